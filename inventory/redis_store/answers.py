"""Typing what `scripts/reserve.lua` answers: a few values for a whole batch become its results.

The script tells what each request led to, and nothing that follows from the request itself, so a
new hold is made here by the same rule as there.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from inventory.codes import Outcome
from inventory.durability import Durability
from inventory.hold import Hold, Line, first_outcome_of, lines_held, new_hold
from inventory.pool import Pool
from inventory.redis_store.batcher import Request
from inventory.store import Result

_AGAIN = "?"


def results_of(
    requests: Sequence[Request], answer: dict[str, Any], durability: Durability
) -> list[Result | None]:
    """One result for each request, in order; None: it was not decided, ask again."""
    now_ms, pools = answer["now_ms"], msgspec.convert(answer["pools"], list[Pool])
    if answer["outcome"] == Outcome.BROKEN:
        broken = Result(
            outcome=Outcome.BROKEN,
            now_ms=now_ms,
            pools=pools,
            epoch_ms=answer["epoch_ms"],
            durability=durability,
        )
        return [broken] * len(requests)
    batch = _Batch(now_ms, {pool.sale_id: pool for pool in pools}, answer, durability)
    others = _by_number(answer["others"])
    return [
        None if others.get(number) == _AGAIN else batch.result(number, request, others.get(number))
        for number, request in enumerate(requests, start=1)
    ]


class _Batch:
    """What the requests of one call share."""

    def __init__(
        self,
        now_ms: int,
        pools: dict[str, Pool],
        answer: dict[str, Any],
        durability: Durability,
    ) -> None:
        self._now_ms = now_ms
        self._epoch_ms = answer["epoch_ms"]
        self._durability = durability
        self._pools = pools
        self._seen = _by_number(answer["seen"])
        self._refusing = _by_number(answer["refusing"])
        self._lines: dict[Any, list[Line]] = {}

    def result(self, number: int, request: Request, word: str | None) -> Result:
        outcome = Outcome.HELD if word is None else Outcome(word)
        if outcome is Outcome.HELD or outcome is Outcome.WAITING:
            return self._made(request, outcome)
        if outcome is Outcome.REPLAYED:
            hold = msgspec.convert(self._seen[number], Hold)
            return self._result(outcome, hold=hold, first_outcome=first_outcome_of(hold))
        refusing = self._refusing.get(number)
        if refusing is None and outcome in (Outcome.ALREADY_WAITING, Outcome.WAITLIST_FULL):
            refusing = request.wanted[0].sale_id
        return self._result(outcome, pools=[] if refusing is None else [self._pools[refusing]])

    def _made(self, request: Request, outcome: Outcome) -> Result:
        pools = [self._pools[line.sale_id] for line in request.wanted]
        lines = self._lines.get(request.wanted)
        if lines is None:
            lines = self._lines[request.wanted] = lines_held(request.wanted, self._pools)
        hold = new_hold(request.hold_id, request.buyer_id, lines, pools, self._now_ms, outcome)
        return self._result(outcome, hold=hold, pools=pools)

    def _result(self, outcome: Outcome, **fields: Any) -> Result:
        return Result(
            outcome=outcome,
            now_ms=self._now_ms,
            epoch_ms=self._epoch_ms,
            durability=self._durability,
            **fields,
        )


def _by_number(found: Any) -> dict[int, Any]:
    """A Lua table with some numbers as keys; cmsgpack makes an array of it if none is missing."""
    return dict(enumerate(found, start=1)) if isinstance(found, list) else found
