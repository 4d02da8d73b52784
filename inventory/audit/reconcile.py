"""Reconciling: the audit as a job that never ends. It changes nothing and stops nobody; it says.

A room in which all agreed and nothing has been told since is looked at in every tenth round only,
for what changes without a word. After each round the job rests, four times as long as the round
took at least, so that it takes no more than a fifth of a core however many rooms there are. What it
found last is kept in Redis for everybody (`redis_store/verdicts.py`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from inventory.audit.report import AuditReport, RoomAudit, counted
from inventory.ledger.catalogue import Catalogue
from inventory.redis_store.store import RedisStore
from inventory.redis_store.verdicts import Verdict, Verdicts
from inventory.store import InventoryError

log = logging.getLogger("kaibo.reconcile")

LINES_LOGGED_MAX = 20  # of one room, when what differs has changed
REST_FACTOR = 4
LOOK_ANEW_ROUNDS = 10
Audit = Callable[[list[str]], Awaitable[AuditReport]]
State = tuple[str, int]  # a room's last outbox entry and its epoch


class Reconciler:
    """`run()` until cancelled. `audit` audits the rooms it is given, payments and refunds too."""

    def __init__(
        self,
        store: RedisStore,
        catalogue: Catalogue,
        verdicts: Verdicts,
        audit: Audit,
        now_ms: Callable[[], int],
        *,
        interval_s: float,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._verdicts = verdicts
        self._audit = audit
        self._now_ms = now_ms
        self._interval_s = interval_s
        self._agreed: dict[str, State] = {}  # rooms in which all agreed, and as of when
        self._differing: dict[str, list[str]] = {}
        self._rounds = 0

    async def run(self, told: Callable[[Verdict], None] = lambda _: None) -> None:
        """Rounds for ever; a store that is away is waited for."""
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                told(await self.round())
            except InventoryError as error:
                log.warning("nothing can be reconciled now: %s", error)
            await asyncio.sleep(max(self._interval_s, REST_FACTOR * (clock() - began)))

    async def round(self) -> Verdict:
        """Audits the rooms that may have changed, and says what differs in all of them."""
        room_ids = await asyncio.to_thread(self._catalogue.room_ids)
        self._rounds += 1
        if self._rounds % LOOK_ANEW_ROUNDS == 0:
            self._agreed.clear()
        for room_id in room_ids:
            await self._look_at(room_id)
        verdict = Verdict(
            at_ms=self._now_ms(),
            rooms=len(room_ids),
            differences={room_id: len(lines) for room_id, lines in self._differing.items()},
        )
        await self._verdicts.put(verdict)
        return verdict

    async def _look_at(self, room_id: str) -> None:
        state = await self._state(room_id)
        if self._agreed.get(room_id) == state:
            return
        [audited] = (await self._audit([room_id])).rooms
        self._say(audited)
        if audited.differences:
            self._agreed.pop(room_id, None)
            self._differing[room_id] = audited.differences
        else:
            self._agreed[room_id] = state
            self._differing.pop(room_id, None)

    async def _state(self, room_id: str) -> State:
        facts = await self._store.audit(room_id)
        return facts.last_id, facts.epoch_ms

    def _say(self, audited: RoomAudit) -> None:
        """In the log, when it is news."""
        before = self._differing.get(audited.room_id, [])
        if before and not audited.differences:
            log.warning("room %s: everything agrees again", audited.room_id)
        if audited.differences == before:
            return
        for line in audited.differences[:LINES_LOGGED_MAX]:
            log.error("DIFFERENCE %s", line)
        hidden = len(audited.differences) - LINES_LOGGED_MAX
        if hidden > 0:
            log.error("and %d more differences in room %s", hidden, audited.room_id)


def in_words(verdict: Verdict) -> str:
    rooms, found = counted(verdict.rooms, "room"), sum(verdict.differences.values())
    if not found:
        return f"everything agrees in {rooms}"
    return f"{counted(found, 'difference')} in {len(verdict.differences)} of {rooms}"
