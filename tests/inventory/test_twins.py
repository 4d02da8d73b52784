"""The scripts and the pure rules are twins: the same commands get the same answers.

Hypothesis makes up commands, for one or for many at once, and time passes in between. After each
step both stores must agree on the answer and on every record, every promise must be kept, and the
outbox, replayed, must lead to the same room. At the end of each run it is written into SQL and
audited.
"""

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine

from inventory.audit import audit
from inventory.entry import Entry, stream_id_of
from inventory.hold import Hold, HoldState, Line, WantedLine, merged
from inventory.ledger.catalogue import Catalogue
from inventory.ledger.ledger import Ledger
from inventory.ledger.restoring import Restoring
from inventory.ledger.writer import LedgerWriter
from inventory.memory_room import MemoryRoom
from inventory.memory_store import MemoryStore
from inventory.redis_store.outbox import Outbox
from inventory.store import Result, SaleTerms, Store
from inventory.uuid7 import FUTURE_MAX_MS, forget_before_ms
from tests.inventory.promises import broken_promises
from tests.inventory.replay import Replay
from tests.inventory.room_records import RoomRecords, broken_lists, read_records
from tests.inventory.shop import EXTENSION_MS, HOLD_MS, RETENTION_MS, RedisServer, Shop

SALES = ("cup", "pot", "tea")
BUYERS = ("ann", "bob", "cyd")
PAYMENTS = ("pay-1", "pay-2", "pay-3")

sales = st.sampled_from((*SALES, "unknown"))
picks = st.integers(0, 7)
buyers = st.sampled_from(BUYERS)
lines = st.lists(
    st.builds(WantedLine, st.sampled_from(("tea", "cup")), st.integers(1, 2)),
    min_size=1,
    max_size=2,
)
terms = st.builds(
    SaleTerms,
    sale_id=st.sampled_from(SALES),
    product_id=st.just("product"),
    price_cents=st.sampled_from((100, 250)),
    total_units=st.integers(1, 6),
    per_buyer_max=st.integers(1, 4),
    hold_duration_ms=st.sampled_from((HOLD_MS, 2 * HOLD_MS)),
)


class Twins(RuleBasedStateMachine):
    """One room in Redis, one in the model, driven alike."""

    redis_server: RedisServer
    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.redis = self.redis_server.connect()
        self.shop = Shop(self.redis)
        self.run(self.shop.stop_clock())
        self.model = MemoryStore(
            lambda: self.shop.now_ms, retention_ms=RETENTION_MS, extension_ms=EXTENSION_MS
        )
        self.hold_ids = [self.shop.new_id()]
        self.restock_ids = [self.shop.new_id()]
        self.replay = Replay()
        self.created = {"tea", "cup"}  # the ledger's part: a sale is created once

    def run(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    def both(self, command: str, *args: Any, **options: Any) -> Result:
        """Gives a command to both and returns the answer on which they agree."""
        room_id = self.shop.room_id
        expected = self.run(getattr(self.model, command)(room_id, *args, **options))
        found = self.run(getattr(self.shop.store, command)(room_id, *args, **options))
        assert msgspec.structs.replace(found, epoch_ms=0) == expected
        return expected  # type: ignore[no-any-return]

    @initialize(tea=terms, cup=terms)
    def open_two_sales(self, tea: SaleTerms, cup: SaleTerms) -> None:
        for sale_id, drawn in (("tea", tea), ("cup", cup)):
            self.both("put_sale", msgspec.structs.replace(drawn, sale_id=sale_id))
            duration_ms = RETENTION_MS if sale_id == "cup" else 99 * RETENTION_MS
            self.both("start_sale", sale_id, 0, duration_ms)

    @rule(wanted=lines, buyer=buyers, or_wait=st.booleans())
    def reserve(self, wanted: list[WantedLine], buyer: str, or_wait: bool) -> None:
        self.hold_ids.append(self.shop.new_id())
        self.both("reserve", self.hold_ids[-1], buyer, wanted, or_wait=or_wait)

    @rule(crowd=st.lists(st.tuples(buyers, lines, st.booleans(), picks), max_size=6))
    def reserve_together(self, crowd: list[tuple[str, list[WantedLine], bool, int]]) -> None:
        """In one call; the same as one after the other. Some repeat what was asked before."""
        asked = []
        for buyer, wanted, or_wait, pick in crowd:
            if pick > 1:
                self.hold_ids.append(self.shop.new_id())
            asked.append((self._picked(pick if pick < 2 else 0), buyer, wanted, or_wait))
        expected = [
            self.run(self.model.reserve(self.shop.room_id, *each[:3], or_wait=each[3]))
            for each in asked
        ]
        found = self.run(self._together(asked))
        for one, other in zip(expected, found, strict=True):
            assert (other.outcome, other.hold) == (one.outcome, one.hold)

    async def _together(self, asked: list[tuple[str, str, list[WantedLine], bool]]) -> list[Result]:
        reserve, room_id = self.shop.store.reserve, self.shop.room_id
        return await asyncio.gather(
            *(reserve(room_id, *each[:3], or_wait=each[3]) for each in asked)
        )

    @rule(buyer=buyers, sale_id=st.sampled_from(("tea", "cup")))
    def reserve_one(self, buyer: str, sale_id: str) -> None:
        self.reserve_again([WantedLine(sale_id, 1)], buyer, None)

    @rule(wanted=lines, buyer=buyers, pick=picks)
    def reserve_again(self, wanted: list[WantedLine], buyer: str, pick: int | None) -> None:
        """With an id seen before (or a fresh one), twice: the second is a repeat for certain."""
        if pick is None:
            self.hold_ids.append(self.shop.new_id())
        hold_id = self._picked(pick or 0)
        self.both("reserve", hold_id, buyer, wanted)
        self.both("reserve", hold_id, buyer, wanted)

    @rule(wanted=lines, buyer=buyers, pick=picks, left_ms=st.sampled_from((-1, HOLD_MS)))
    def readmit(self, wanted: list[WantedLine], buyer: str, pick: int, left_ms: int) -> None:
        """A hold that nobody knows, or one that was never lost; twice, as the answer may be."""
        if pick > 2:
            self.hold_ids.append(self.shop.new_id())
        lost = Hold(
            hold_id=self._picked(pick if pick < 3 else 0),
            buyer_id=buyer,
            lines=[
                Line(sale_id=it.sale_id, product_id="p", quantity=it.quantity, price_cents=7)
                for it in merged(wanted)
            ],
            state=HoldState.HELD,
            created_at_ms=self.shop.now_ms - 9,
            deadline_ms=self.shop.now_ms + left_ms,
        )
        self.both("readmit", lost)
        self.both("readmit", lost)

    @rule(pick=picks)
    def repeat(self, pick: int) -> None:
        """As whoever lost the answer does: the same id, buyer and content."""
        hold_id = self._picked(pick)
        hold = self.run(self.model.hold(self.shop.room_id, hold_id))
        if hold is not None:
            wanted = [WantedLine(line.sale_id, line.quantity) for line in hold.lines]
            assert self.both("reserve", hold_id, hold.buyer_id, wanted).outcome == "REPLAYED"

    @rule(pick=picks, buyer=buyers)
    def extend(self, pick: int, buyer: str) -> None:
        self.both("extend", *self._hold_and_buyer(pick, buyer))

    @rule(pick=picks, buyer=buyers)
    def cancel(self, pick: int, buyer: str) -> None:
        self.both("cancel", *self._hold_and_buyer(pick, buyer))

    @rule(pick=picks, payment=st.sampled_from(PAYMENTS), wrong=st.integers(0, 4))
    def pay(self, pick: int, payment: str, wrong: int) -> None:
        hold_id = self._picked(pick)
        hold = self.run(self.model.hold(self.shop.room_id, hold_id))
        amount_cents = (hold.amount_cents if hold else 100) + (wrong == 4)
        self.both("pay", hold_id, payment, amount_cents)

    @rule(pick=picks, refund=st.sampled_from(("refund-1", "refund-2")), restock=st.booleans())
    def refund(self, pick: int, refund: str, restock: bool) -> None:
        self.both("refund", self._picked(pick), refund, with_restock=restock)

    @rule(at_most=st.sampled_from((1, 100)))
    def expire_due(self, at_most: int) -> None:
        """Until nothing is left; only the store may come by names of holds that are over."""
        model, store = self.model, self.shop.store
        expected, found = (self.run(self._sweep(each, at_most)) for each in (model, store))
        assert found == expected

    async def _sweep(self, store: Store, at_most: int) -> list[Hold]:
        holds: list[Hold] = []
        again = True
        while again:
            swept = await store.expire_due(self.shop.room_id, at_most)
            holds, again = holds + swept.holds, swept.again
        return sorted(holds, key=lambda hold: hold.hold_id)

    @rule(by_ms=st.sampled_from((1, HOLD_MS - 1, HOLD_MS, HOLD_MS, EXTENSION_MS)))
    def time_passes(self, by_ms: int) -> None:
        self.run(self.shop.advance(by_ms))

    @rule(skip=st.integers(0, 2))
    def a_day_passes(self, skip: int) -> None:
        if skip == 0:
            self.run(self.shop.advance(RETENTION_MS + FUTURE_MAX_MS + 1))
            self.expire_due(at_most=100)

    @rule(skip=st.integers(0, 4))
    def an_epoch_begins(self, skip: int) -> None:
        """Ids of before that nobody knows are refused from now on."""
        if skip == 0:
            self.run(self.redis.set(self.shop.key("epoch"), self.shop.now_ms))
            self.model._room(self.shop.room_id).epoch_ms = self.shop.now_ms

    @rule(
        step=st.sampled_from(("put", "start", "stop", "pause", "resume")), new=terms, sale_id=sales
    )
    def host(self, step: str, new: SaleTerms, sale_id: str) -> None:
        if step == "put":
            self.both("put_sale", new, may_create=new.sale_id not in self.created)
            self.created.add(new.sale_id)
        elif step == "start":
            self.both("start_sale", sale_id, HOLD_MS, 5 * HOLD_MS)
        elif step in ("pause", "resume"):
            self.both(f"{step}_sale", sale_id)
        elif sale_id != "tea":
            self.both("end_sale", sale_id)

    @rule(sale_id=sales, units=st.integers(-2, 4), pick=st.integers(0, 9))
    def restock(self, sale_id: str, units: int, pick: int) -> None:
        if pick > 1:
            self.restock_ids.append(self.shop.new_id())
        self.both("restock", self.restock_ids[-1], sale_id, units)
        self.both("restock", self.restock_ids[-1], sale_id, units)

    @invariant()
    def all_records_are_as_they_must_be(self) -> None:
        """The promises, the lists beside the records, the model, and what the outbox told."""
        room = self.run(self._read())
        assert not broken_promises(room.records)
        assert not broken_lists(room)
        self._are_the_models(room)
        self.replay.tell(self.run(self._told()))
        assert not self.replay.differences(room.records)
        assert room.restocks.items() <= self.replay.restocks.items()

    async def _read(self) -> RoomRecords:
        forgets_before_ms = forget_before_ms(self.shop.now_ms, RETENTION_MS)
        return await read_records(
            self.redis, self.shop.room_id, self.shop.now_ms, forgets_before_ms
        )

    def _are_the_models(self, room: RoomRecords) -> None:
        model, records = self.model._rooms.get(self.shop.room_id, MemoryRoom()), room.records
        assert records.pools == model.pools
        assert records.holds == model.holds
        assert records.places == model.places
        assert records.unserved == model.unserved
        assert records.bought == {key: units for key, units in model.bought.items() if units}
        assert (room.finished, room.restocks) == (model.retained_from_ms, model.restocks)

    async def _told(self) -> list[Entry]:
        """What was told since the last step; all of it must be readable."""
        after = stream_id_of(self.replay.position)
        entries = await Outbox(self.redis).read({self.shop.room_id: after})
        told = [entry for entry in entries if isinstance(entry, Entry)]
        assert told == entries
        return told

    def teardown(self) -> None:
        try:
            self.run(self._audit())
            self.run(self.redis.aclose())
        finally:
            self.runner.close()

    async def _audit(self) -> None:
        room_id, outbox, ledger = self.shop.room_id, Outbox(self.redis), Ledger(self.engine)
        writer = LedgerWriter(outbox, ledger, Catalogue(self.engine))
        report = await audit(self.shop.store, ledger, [room_id], writer.drain)
        assert report.ok, report.lines()
        restocks = Restoring(self.engine).restocks(room_id, 0, "", len(self.restock_ids))
        assert {it.restock_id: (it.sale_id, it.units) for it in restocks} == self.replay.restocks
        in_sql = {hold.hold_id: hold for hold in ledger.orders(room_id, len(self.hold_ids))}
        for hold_id in self.hold_ids:
            hold = await self.shop.store.hold(room_id, hold_id)
            assert hold == await self.model.hold(room_id, hold_id)
            assert hold is None or in_sql[hold_id] == hold

    def _picked(self, pick: int) -> str:
        """A hold's id; 0 is the latest."""
        return self.hold_ids[-1 - pick % len(self.hold_ids)]

    def _hold_and_buyer(self, pick: int, stranger: str) -> tuple[str, str]:
        """A hold and, mostly, its own buyer."""
        hold_id = self._picked(pick)
        hold = self.run(self.model.hold(self.shop.room_id, hold_id))
        return hold_id, hold.buyer_id if hold and stranger != "cyd" else stranger


def test_scripts_and_rules_give_the_same_answers(redis_server: RedisServer, engine: Engine) -> None:
    Twins.redis_server, Twins.engine = redis_server, engine
    run_state_machine_as_test(
        Twins,
        settings=settings(
            max_examples=120 if engine.dialect.name == "sqlite" else 20,  # SQL is but the end of it
            stateful_step_count=50,
            deadline=None,
            print_blob=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("due", [99, 100, 101, 250])
async def test_reclaiming_many_due_holds_is_the_same_in_batches(shop: Shop, due: int) -> None:
    model = MemoryStore(lambda: shop.now_ms, retention_ms=RETENTION_MS, extension_ms=EXTENSION_MS)
    for store in (shop.store, model):
        await store.put_sale(shop.room_id, _many_units(due))
        await store.start_sale(shop.room_id, "tea", 0, RETENTION_MS)
    for number in range(due):
        hold_id, wanted = shop.new_id(), [WantedLine("tea", 1)]
        for store in (shop.store, model):
            await store.reserve(shop.room_id, hold_id, f"buyer-{number}", wanted)
    await shop.advance(HOLD_MS)
    hold_id, wanted = shop.new_id(), [WantedLine("tea", 1), WantedLine("tea", min(due, 98))]
    answers = [
        await store.reserve(shop.room_id, hold_id, "ann", wanted) for store in (shop.store, model)
    ]
    assert answers[0] == answers[1]
    assert await shop.store.pools(shop.room_id) == await model.pools(shop.room_id)


def _many_units(units: int) -> SaleTerms:
    return SaleTerms(
        sale_id="tea",
        product_id="longjing",
        price_cents=990,
        total_units=units,
        per_buyer_max=99,
        hold_duration_ms=HOLD_MS,
    )
