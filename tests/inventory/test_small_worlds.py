"""Small worlds, searched to their ends: in every state that any order of events can lead to, the
promises are kept, and what is promised of the end still comes true.

A breadth-first search over `small_world.World`. About 87,000 states and 1.1 million steps.
"""

from collections import deque
from collections.abc import Sequence

import pytest

from inventory.codes import Outcome
from inventory.hold import LIVE_STATES, HoldState, first_payment_outcome
from tests.inventory.promises import broken_promises
from tests.inventory.small_world import (
    LAST_TICK,
    ROOM,
    SALE,
    UNITS,
    Step,
    Wish,
    World,
    done,
    payment_id,
)

THREE_ALIKE = (Wish("ann", 1), Wish("bob", 1), Wish("cyd", 1))
ONE_WANTS_BOTH = (Wish("ann", 1), Wish("bob", 1), Wish("cyd", 2))
TWO_TABS = (Wish("ann", 2), Wish("ann", 1), Wish("bob", 1))


@pytest.mark.parametrize(
    ("wishes", "may_pay_twice", "states_min"),
    [
        pytest.param(THREE_ALIKE, True, 45_000, id="three alike"),
        pytest.param(ONE_WANTS_BOTH, False, 9_000, id="one wants both units"),
        pytest.param(TWO_TABS, False, 5_000, id="one buyer with two tabs"),
    ],
)
def test_no_order_of_events_breaks_a_promise(
    wishes: Sequence[Wish], may_pay_twice: bool, states_min: int
) -> None:
    states, steps = explore(World.opened(wishes, may_pay_twice=may_pay_twice))
    print(f"{states:,} states visited, {steps:,} steps taken")
    assert states >= states_min, "the search has become smaller than it was"


def explore(first: World) -> tuple[int, int]:
    """Visits every state that can come of the first; how many states and steps that were."""
    seen, steps, queue = {first.essence()}, 0, deque([first])
    while queue:
        world = queue.popleft()
        check(world)
        for step in world.possible():
            following = world.copy()
            following.take(step)
            steps += 1
            essence = following.essence()
            if essence not in seen:
                seen.add(essence)
                queue.append(following)
    return len(seen), steps


def check(world: World) -> None:
    """The promises, in this state and at the end to which it comes if nobody does anything more."""
    assert not broken_promises(world.records())
    check_payments(world)
    ended = end_of(world)
    assert not broken_promises(ended.records())
    check_payments(ended)
    pool = ended.room.pools[SALE]
    assert (pool.held, pool.waiting, pool.total) == (0, 0, UNITS)
    assert pool.available + pool.sold == UNITS
    assert {hold.state for hold in ended.room.holds.values()}.isdisjoint(LIVE_STATES)
    assert None not in ended.payments.values(), "a payment without an outcome"


def check_payments(world: World) -> None:
    """What SQL says of a payment is what the engine says of its hold."""
    for (wish, payment), outcome in world.payments.items():
        hold = world.hold(wish)
        assert hold is not None
        if hold.payment_id == payment_id(payment):
            assert outcome in (None, first_payment_outcome(hold))
        else:
            assert outcome not in (Outcome.PAID, Outcome.PAID_LATE), "fulfilled by another payment"
    for hold in world.room.holds.values():
        assert hold.state is not HoldState.PAID or hold.payment_id is not None


def end_of(world: World) -> World:
    """The world when every payment is settled and all time is over."""
    ended = world.copy()
    for (wish, payment), outcome in world.payments.items():
        if outcome is None:
            ended.settle(Step("settle", wish, payment))
    ended.tick = 2 * LAST_TICK + 2
    while done(ended.store().expire_due(ROOM)).again:
        pass
    return ended
