"""The sandbox provider: each checkout ends once, and each end is reported until it is heard."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import msgspec
import pytest
from sqlalchemy import Engine

from inventory.payments.port import BadEvent, BadSignature, Checkout, new_checkout_id
from inventory.payments.sandbox.books import Books, Finish
from inventory.payments.sandbox.deliveries import (
    ATTEMPTS_MAX,
    DELAY_MS_MAX,
    FIRST_DELAY_MS,
    SIGNATURE_HEADER,
    TIMEOUT_S,
    retry_delay_ms,
)
from inventory.payments.sandbox.provider import SandboxProvider
from inventory.payments.sandbox.records import CheckoutRecord, CheckoutState
from inventory.payments.signature import sign
from tests.inventory.payments.receiver import Receiver, listening

SECRET = b"w" * 32


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ms = time.time_ns() // 1_000_000

    def __call__(self) -> int:
        return self.ms


def checkout(hold_id: str = "hold-1") -> Checkout:
    return Checkout(
        checkout_id=new_checkout_id(),
        room_id="tea",
        hold_id=hold_id,
        buyer_id="g-1",
        amount_cents=1990,
        currency="CNY",
        description="龙井茶 Longjing tea",
        return_url="http://shop.test/r/tea",
    )


def opened(hold_id: str = "hold-1") -> CheckoutRecord:
    """The same as the provider's books are given it."""
    fields = msgspec.structs.asdict(checkout(hold_id))
    return CheckoutRecord(**fields, state=CheckoutState.OPEN, created_at_ms=1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with listening(receiver):
        yield receiver


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider(engine: Engine, receiver: Receiver, clock: Clock) -> SandboxProvider:
    return SandboxProvider(engine, "http://shop.test/", receiver.url, SECRET, clock)


def checkout_id_in(url: str) -> str:
    return url.rpartition("/")[2]


async def deliver(provider: SandboxProvider) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await provider.deliveries.deliver_due(client)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_paying_the_same_hold_again_returns_the_same_checkout(
    provider: SandboxProvider,
) -> None:
    first = await provider.start(checkout())
    assert first.startswith("http://shop.test/sandbox/pay/co_")
    assert await provider.start(checkout()) == first
    assert await provider.start(checkout("hold-2")) != first
    await provider.pay(checkout_id_in(first))
    assert await provider.start(checkout()) == first, "a paid hold is not offered to be paid twice"


async def test_declined_checkout_makes_room_for_another_try(provider: SandboxProvider) -> None:
    first = await provider.start(checkout())
    await provider.decline(checkout_id_in(first))
    second = await provider.start(checkout())
    assert second != first
    record = await provider.checkout(checkout_id_in(second))
    assert record is not None
    assert record.state is CheckoutState.OPEN


def test_many_starts_at_once_make_one_checkout(engine: Engine) -> None:
    books = Books(engine)
    with ThreadPoolExecutor(8) as pool:
        groups = list(pool.map(lambda _: books.open([opened(), opened()]), range(20)))
    assert len({record.checkout_id for records in groups for record in records}) == 1


def test_paying_and_declining_at_once_ends_one_way_and_reports_it_once(
    engine: Engine, provider: SandboxProvider
) -> None:
    books = Books(engine)
    [record] = books.open([opened()])
    both = [
        Finish(record.checkout_id, state, 2)
        for state in (CheckoutState.PAID, CheckoutState.DECLINED)
    ]
    with ThreadPoolExecutor(8) as pool:
        groups = list(pool.map(lambda _: books.finish(both), range(10)))
    assert len({end.state for ends in groups for end in ends if end is not None}) == 1
    assert provider.deliveries.backlog() == {"queued": 1, "parked": 0}


async def test_unknown_checkout_is_none(provider: SandboxProvider) -> None:
    assert await provider.checkout("co_nope") is None
    assert await provider.pay("co_nope") is None
    assert provider.deliveries.backlog()["queued"] == 0


async def test_payment_is_reported_in_a_webhook_that_verifies(
    provider: SandboxProvider, receiver: Receiver, clock: Clock
) -> None:
    await provider.pay(checkout_id_in(await provider.start(checkout())))
    assert await deliver(provider) == 1
    [(headers, body)] = receiver.received
    event = provider.verify(headers, body, clock.ms)
    assert (event.kind, event.room_id, event.hold_id) == ("paid", "tea", "hold-1")
    assert event.amount_cents == 1990
    assert provider.deliveries.backlog() == {"queued": 0, "parked": 0}
    assert await deliver(provider) == 0, "delivered once, never again"


async def test_decline_is_reported_as_failed(
    provider: SandboxProvider, receiver: Receiver, clock: Clock
) -> None:
    await provider.decline(checkout_id_in(await provider.start(checkout())))
    await deliver(provider)
    assert provider.verify(*receiver.received[0], clock.ms).kind == "failed"


async def test_refused_webhook_is_sent_again_later_with_the_same_id(
    provider: SandboxProvider, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = [500, 404]
    await provider.pay(checkout_id_in(await provider.start(checkout())))
    for attempt in (1, 2):
        assert await deliver(provider) == 1
        assert await deliver(provider) == 0, "not before its time"
        clock.ms += retry_delay_ms(attempt)
    assert await deliver(provider) == 1
    ids = [json.loads(body)["event_id"] for _, body in receiver.received]
    assert len(ids) == 3
    assert len(set(ids)) == 1
    signatures = {headers[SIGNATURE_HEADER] for headers, _ in receiver.received}
    assert len(signatures) > 1, "each attempt is signed at its own time"


async def test_webhook_nobody_takes_is_parked(
    provider: SandboxProvider, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = [503] * ATTEMPTS_MAX
    await provider.pay(checkout_id_in(await provider.start(checkout())))
    for attempt in range(1, ATTEMPTS_MAX + 1):
        assert await deliver(provider) == 1
        clock.ms += retry_delay_ms(attempt)
    assert await deliver(provider) == 0
    assert provider.deliveries.backlog() == {"queued": 0, "parked": 1}


async def test_webhook_claimed_by_a_killed_process_is_sent_by_the_next(
    engine: Engine, provider: SandboxProvider, receiver: Receiver, clock: Clock
) -> None:
    await provider.pay(checkout_id_in(await provider.start(checkout())))
    assert len(provider.deliveries._claim_due()) == 1  # and the process dies here
    successor = SandboxProvider(engine, "http://shop.test", receiver.url, SECRET, clock)
    assert await deliver(successor) == 0, "the claim still holds: the dead might be alive"
    clock.ms += int(TIMEOUT_S * 1000) + retry_delay_ms(1)
    assert await deliver(successor) == 1
    assert len(receiver.received) == 1


async def test_two_processes_do_not_send_the_same_webhook_at_once(
    engine: Engine, provider: SandboxProvider, receiver: Receiver, clock: Clock
) -> None:
    other = SandboxProvider(engine, "http://shop.test", receiver.url, SECRET, clock)
    for number in range(10):
        await provider.pay(checkout_id_in(await provider.start(checkout(f"hold-{number}"))))
    await asyncio.gather(deliver(provider), deliver(other))
    assert len(receiver.received) == 10


async def test_running_provider_survives_a_receiver_that_comes_late(engine: Engine) -> None:
    receiver = Receiver()
    with listening(receiver):
        pass  # a port that was free a moment ago, where nobody listens now
    port = int(receiver.url.split(":")[2].partition("/")[0])
    provider = SandboxProvider(engine, "http://shop.test", receiver.url, SECRET)
    running = asyncio.create_task(provider.run())
    try:
        await provider.pay(checkout_id_in(await provider.start(checkout())))
        await until(lambda: _attempts(engine) >= 1)
        with listening(receiver, port):
            await until(lambda: len(receiver.received) == 1)
            await until(lambda: provider.deliveries.backlog()["queued"] == 0)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _attempts(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT attempts FROM sandbox_webhooks").scalar_one())


def test_delays_double_up_to_their_bound() -> None:
    delays = [retry_delay_ms(attempt) for attempt in range(1, ATTEMPTS_MAX + 1)]
    assert delays[:3] == [FIRST_DELAY_MS, 2 * FIRST_DELAY_MS, 4 * FIRST_DELAY_MS]
    assert max(delays) == delays[-1] == DELAY_MS_MAX


def test_unsigned_webhook_is_not_believed(provider: SandboxProvider, clock: Clock) -> None:
    with pytest.raises(BadSignature):
        provider.verify({}, b"{}", clock.ms)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"event_id": 1}'])
def test_signed_nonsense_is_a_bad_event(
    provider: SandboxProvider, clock: Clock, body: bytes
) -> None:
    with pytest.raises(BadEvent):
        provider.verify({SIGNATURE_HEADER: sign(SECRET, body, clock.ms)}, body, clock.ms)
