"""The checkout sessions of a hold, in SQL: at most one is wanted at a time. Blocks."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, select

from inventory.ledger.engine import insert, reading, writing
from inventory.payments.stripe.tables import sessions


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """`wanted` is what Stripe is asked with; `session_id` is None until it has answered."""

    room_id: str
    hold_id: str
    attempt: int
    wanted: dict[str, Any]
    created_at_ms: int
    session_id: str | None = None

    @property
    def idempotency_key(self) -> str:
        return f"kaibo-{self.room_id}-{self.hold_id}-{self.attempt}"


class SessionBook:
    """Raises LedgerUnavailable when SQL is away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def latest(self, room_id: str, hold_id: str) -> Session | None:
        with reading(self._engine) as connection:
            return _latest(connection, room_id, hold_id)

    def want(self, wanted: Session) -> Session:
        """This session, or the one that somebody else wanted first under its number."""
        row = {**msgspec.to_builtins(wanted), "wanted": msgspec.json.encode(wanted.wanted)}
        with writing(self._engine) as connection:
            connection.execute(insert(connection, sessions).on_conflict_do_nothing(), row)
            found = _latest(connection, wanted.room_id, wanted.hold_id)
        assert found is not None
        return found

    def made(self, session: Session, session_id: str) -> None:
        """Notes what Stripe called it."""
        change = (
            sessions.update()
            .where(
                sessions.c.room_id == session.room_id,
                sessions.c.hold_id == session.hold_id,
                sessions.c.attempt == session.attempt,
            )
            .values(session_id=session_id)
        )
        with writing(self._engine) as connection:
            connection.execute(change)


def _latest(connection: Connection, room_id: str, hold_id: str) -> Session | None:
    of_hold = (sessions.c.room_id == room_id, sessions.c.hold_id == hold_id)
    newest = select(sessions).where(*of_hold).order_by(sessions.c.attempt.desc()).limit(1)
    row = connection.execute(newest).mappings().one_or_none()
    if row is None:
        return None
    fields = {name: row[name] for name in Session.__struct_fields__}
    return Session(**(fields | {"wanted": msgspec.json.decode(row["wanted"])}))
