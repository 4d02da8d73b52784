"""The doorkeeper: shows banned users out, on each worker, and keeps the list of who is here.

It also keeps the rulebook fresh for rooms with viewers, so that their commands need not wait.
"""

import asyncio
import logging
from collections.abc import Sequence

from rooms.broker import BrokerUnavailable
from rooms.each_room import each_room
from rooms.redis_broker.roster import NAMES_MAX, Watching
from rooms.rules import Rules
from server.live import Live
from server.wire.codes import CloseCode

log = logging.getLogger("kaibo.doorkeeper")

BEAT_S = 0.5
ROSTER_EVERY_BEATS = 4
ROSTER_RENEWED_BEATS = 40  # a worker that was taken for dead is heard of again


class Doorkeeper:
    """One worker's. `_checked` and `_reported` have an entry per room with viewers here."""

    def __init__(self, live: Live, worker_id: str) -> None:
        self._live = live
        self._worker_id = worker_id
        self._checked: dict[str, str] = {}  # the version of the rules it last acted on
        self._reported: dict[str, list[Watching]] = {}

    async def run(self) -> None:
        """Keep the doors until cancelled."""
        beat = 0
        while True:
            await asyncio.sleep(BEAT_S)
            beat += 1
            try:
                await self._check_rules(list(self._live.hub.audiences()))
                if beat % ROSTER_EVERY_BEATS == 0:
                    await self._report_rosters(is_renewal=beat % ROSTER_RENEWED_BEATS == 0)
            except BrokerUnavailable as error:
                log.warning("rules and names wait: %s", error)

    async def _check_rules(self, room_ids: Sequence[str]) -> None:
        found = await self._live.together.rulebook.refresh(room_ids)
        changed = {
            room_id: rules
            for room_id, rules in found.items()
            if self._checked.get(room_id, "") != rules.version
        }
        if changed:
            self._show_out(changed)
        here = self._live.hub.audiences()
        kept = {room_id: each for room_id, each in self._checked.items() if room_id in here}
        self._checked = kept | {room_id: rules.version for room_id, rules in found.items()}

    def _show_out(self, rules: dict[str, Rules]) -> None:
        for connection in tuple(self._live.connections):
            caller = connection.caller
            if caller is None or caller.role == "host" or caller.room_id not in rules:
                continue
            if caller.user_id in rules[caller.room_id].banned:
                connection.close(CloseCode.FORBIDDEN, "you are banned from this room")

    async def _report_rosters(self, *, is_renewal: bool) -> None:
        here = self._watching()

        async def report(room_id: str) -> None:
            watching = here.get(room_id, [])
            if is_renewal or watching != self._reported.get(room_id):
                await self._live.together.roster.report(room_id, self._worker_id, watching)
            self._reported[room_id] = watching
            if not watching:
                del self._reported[room_id]

        await each_room(here.keys() | self._reported.keys(), report)

    def _watching(self) -> dict[str, list[Watching]]:
        """Up to NAMES_MAX of the viewers of each room, each once."""
        found: dict[str, set[Watching]] = {}
        for connection in self._live.connections:
            caller = connection.caller
            if caller is None or not (connection.is_audience and connection.is_welcomed):
                continue
            room = found.setdefault(caller.room_id, set())
            if len(room) < NAMES_MAX:
                room.add(Watching(caller.user_id, caller.name))
        return {room_id: sorted(watching) for room_id, watching in found.items()}
