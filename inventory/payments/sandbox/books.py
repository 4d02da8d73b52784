"""The state machine of a checkout, in SQL.

    open -> paid        queues a `paid` webhook
         -> declined    queues a `failed` webhook; the hold may start another checkout
    paid, and a refund  queues a `refunded` webhook; once for each checkout

Each step happens once: the update names the state it leaves, and the webhooks are queued in the
same transaction. Calls take many at once and block; `provider.py` groups what comes together.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, select, update

from inventory.ledger.engine import insert, reading, writing
from inventory.payments.port import RefundAnswer, RefundRequest, RefundState
from inventory.payments.sandbox.faults import Faults
from inventory.payments.sandbox.records import CheckoutRecord, CheckoutState, checkout_id_of
from inventory.payments.sandbox.reports import queued, refund_report, reports_of
from inventory.payments.sandbox.tables import IS_LIVE, checkouts, refunds, webhooks


class Finish(NamedTuple):
    """Take an open checkout to `state`; with `faults` in place of those it was opened with."""

    checkout_id: str
    state: CheckoutState
    now_ms: int
    faults: Faults | None = None


class Books:
    """The provider's checkouts in one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, wanted: Sequence[CheckoutRecord]) -> list[CheckoutRecord]:
        """For each the hold's checkout that is open or paid already, else this one, opened."""
        first: dict[tuple[str, str], CheckoutRecord] = {}
        for record in wanted:
            first.setdefault((record.room_id, record.hold_id), record)
        with writing(self._engine) as connection:
            # The index of live checkouts decides who is first, not a look before the insert; the
            # update that changes nothing gives the one that was first, whoever finishes it now.
            statement = (
                insert(connection, checkouts)
                .on_conflict_do_update(
                    index_elements=["room_id", "hold_id"],
                    index_where=IS_LIVE,
                    set_={"state": checkouts.c.state},
                )
                .returning(*checkouts.columns)
            )
            rows = [_row(record) for record in first.values()]
            found = [_record(row) for row in connection.execute(statement, rows).mappings()]
        live = {(record.room_id, record.hold_id): record for record in found}
        return [live[record.room_id, record.hold_id] for record in wanted]

    def checkout(self, checkout_id: str) -> CheckoutRecord | None:
        with reading(self._engine) as connection:
            return _read(connection, checkout_id)

    def finish(self, wanted: Sequence[Finish]) -> list[CheckoutRecord | None]:
        """Finishes checkouts; one that is finished stays as it is. Each as it is then, or None if
        there is no such checkout."""
        with writing(self._engine) as connection:
            return [_finish(connection, each) for each in wanted]

    def refund(self, request: RefundRequest, now_ms: int) -> RefundAnswer:
        """Pays a paid checkout back; the same request again is answered as it was."""
        checkout_id = checkout_id_of(request.payment_id)
        with writing(self._engine) as connection:
            record = _read(connection, checkout_id)
            if record is None or record.state is not CheckoutState.PAID:
                return _refused(f"there is no payment {request.payment_id}")
            if record.faults.refund == "refused":
                return _refused("the sandbox was told to refuse it")
            if request.amount_cents != record.amount_cents:
                return _refused(f"it was {record.amount_cents} cents")
            return _refund(connection, record, request.refund_id, now_ms)


def _refused(reason: str) -> RefundAnswer:
    return RefundAnswer(state=RefundState.FAILED, reason=reason)


def _refund(
    connection: Connection, record: CheckoutRecord, refund_id: str, now_ms: int
) -> RefundAnswer:
    row = {
        "refund_id": refund_id,
        "checkout_id": record.checkout_id,
        "state": "made",
        "created_at_ms": now_ms,
    }
    added = insert(connection, refunds).values(row).on_conflict_do_nothing()
    if connection.execute(added.returning(refunds.c.refund_id)).first() is not None:
        report = refund_report(record, refund_id, now_ms)
        connection.execute(insert(connection, webhooks), queued(record, [report], now_ms))
    return RefundAnswer(state=RefundState.SENT, reference=f"re_{refund_id}")


def _finish(connection: Connection, wanted: Finish) -> CheckoutRecord | None:
    values: dict[str, object] = {"state": wanted.state.value, "finished_at_ms": wanted.now_ms}
    if wanted.faults is not None:
        values["faults"] = msgspec.json.encode(wanted.faults)
    leave_open = (
        update(checkouts)
        .where(
            checkouts.c.checkout_id == wanted.checkout_id,
            checkouts.c.state == CheckoutState.OPEN.value,
        )
        .values(values)
    )
    happened = connection.execute(leave_open).rowcount == 1
    record = _read(connection, wanted.checkout_id)
    if happened and record is not None:
        reports = reports_of(record, wanted.now_ms)
        rows = queued(record, reports, wanted.now_ms)
        connection.execute(insert(connection, webhooks), rows)
    return record


def _read(connection: Connection, checkout_id: str) -> CheckoutRecord | None:
    query = select(checkouts).where(checkouts.c.checkout_id == checkout_id)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _record(row)


def _row(record: CheckoutRecord) -> dict[str, Any]:
    faults = msgspec.json.encode(record.faults)
    return {**msgspec.to_builtins(record), "faults": faults}


def _record(row: Any) -> CheckoutRecord:
    faults = msgspec.json.decode(row["faults"] or b"{}", type=Faults)
    fields = {name: row[name] for name in CheckoutRecord.__struct_fields__}
    return msgspec.convert(fields | {"faults": faults}, CheckoutRecord)
