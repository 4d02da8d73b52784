"""What happens on each server, in this order: a room fills, talks, rushes, loses a worker."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import msgspec
import uvloop

from loadtests.bench.follower import percentile
from loadtests.bench_whole.crowd import Crowd, Wish
from loadtests.bench_whole.plan import Plan
from loadtests.bench_whole.promises import Heard, Sale, broken, missed
from loadtests.bench_whole.servers import (
    SERVERS,
    Server,
    family_cpu_s,
    kill_a_worker,
    worker_bytes,
)
from loadtests.errors import LoadError
from loadtests.progress import say

SETTLE_S = 2.0  # for what is still on its way when the talking ends


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """Comments alone. CPU is the server's, without Redis."""

    p50_ms: float
    p99_ms: float
    deliveries: int
    cpu_s: float
    crowd_percent: float  # of a core, by the crowd itself; near 100 the times are its own

    @property
    def us_per_delivery(self) -> float:
        return 1e6 * self.cpu_s / self.deliveries


class Rushes(msgspec.Struct, frozen=True, kw_only=True):
    """Sales, one after the other, while comments go on."""

    per_s: list[float]  # answers a second, from the first press to the last answer
    answer_p50_ms: float
    answer_p99_ms: float
    comment_p99_ms: float
    cpu_s: float
    redis_us_per_press: float


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """A rush in which the fullest worker is killed. Comments are those of the whole course."""

    back_s: float | None  # until all were connected and answered; None: they never were
    viewers_cut: int
    missed_comments: int
    comments_twice: int
    broken: list[str]  # of all sales


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What one server took, and what it gave."""

    subject: str
    viewers: int
    buyers: int
    units: int
    comments_per_s: int
    listeners: int  # viewers whose comments were read
    talk: Talk
    rushes: Rushes
    loss: Loss
    worker_bytes: int  # of the largest worker, with its viewers


def run(subject: str, plan: Plan) -> Course:
    """Raises LoadError when the crowd cannot come in."""
    with SERVERS[subject](plan) as server:
        return uvloop.run(_run(subject, server, plan))


async def _run(subject: str, server: Server, plan: Plan) -> Course:
    tokens = await asyncio.to_thread(server.tokens, plan)
    crowd = Crowd(server.port, plan, tokens, server.words)
    try:
        await crowd.arrive()
        say(f"{subject}: {plan.viewers} viewers and {plan.buyers} buyers are in")
        await asyncio.sleep(SETTLE_S)  # for the last one's welcome
        async with _talking(crowd):
            talk, rushes, size, sales, back_s = await _measured(subject, server, plan, crowd)
        await asyncio.sleep(SETTLE_S)
        return Course(
            subject=subject,
            viewers=plan.viewers,
            buyers=plan.buyers,
            units=plan.units,
            comments_per_s=plan.comments_per_s,
            listeners=len(crowd.listeners),
            talk=talk,
            rushes=rushes,
            loss=_loss(crowd, sales, back_s),
            worker_bytes=size,
        )
    finally:
        crowd.leave()


@contextlib.asynccontextmanager
async def _talking(crowd: Crowd) -> AsyncIterator[None]:
    talk = asyncio.create_task(crowd.talk())
    try:
        yield
    finally:
        talk.cancel()
        await asyncio.wait([talk])


async def _measured(
    subject: str, server: Server, plan: Plan, crowd: Crowd
) -> tuple[Talk, Rushes, int, list[Sale], float | None]:
    talk = await _talk(server, plan, crowd)
    say(f"{subject}: comments arrive, p50 {talk.p50_ms:.1f} ms, p99 {talk.p99_ms:.1f} ms")
    sales, rushes = await _rushes(subject, server, plan, crowd)
    size = await asyncio.to_thread(worker_bytes, server.pid)
    last, back_s = await _rush_without_a_worker(server, plan, crowd)
    say(f"{subject}: a worker was killed; all back after {back_s or 0:.1f} s")
    return talk, rushes, size, [*sales, last], back_s


async def _talk(server: Server, plan: Plan, crowd: Crowd) -> Talk:
    crowd.latencies_ms.clear()
    before_s, before = family_cpu_s(server.pid), _count(crowd)
    crowd_s, begun_s = time.process_time(), time.monotonic()
    await asyncio.sleep(plan.talk_s)
    crowd_share = (time.process_time() - crowd_s) / (time.monotonic() - begun_s)
    cpu_s, heard = family_cpu_s(server.pid) - before_s, _count(crowd) - before
    if not heard:
        raise LoadError("no comment reached any viewer")
    return Talk(
        p50_ms=percentile(crowd.latencies_ms, 0.5),
        p99_ms=percentile(crowd.latencies_ms, 0.99),
        deliveries=round(heard * len(crowd.everybody) / len(crowd.listeners)),
        cpu_s=cpu_s,
        crowd_percent=100 * crowd_share,
    )


def _count(crowd: Crowd) -> int:
    """Comments that listeners have heard."""
    return sum(sum(listener.heard.values()) for listener in crowd.listeners)


async def _rushes(
    subject: str, server: Server, plan: Plan, crowd: Crowd
) -> tuple[list[Sale], Rushes]:
    crowd.latencies_ms.clear()
    rates, sales, presses_ms = list[float](), list[Sale](), list[float]()
    cpu_s = redis_s = 0.0
    for number in range(plan.rushes):
        name = f"rush-{number}"
        await asyncio.to_thread(server.open_sale, name, plan.units)
        before = family_cpu_s(server.pid), await asyncio.to_thread(server.redis_cpu_s)
        wishes = await crowd.rush(name)
        await asyncio.sleep(plan.rest_s)  # what follows from a purchase is its price too
        cpu_s += family_cpu_s(server.pid) - before[0]
        redis_s += await asyncio.to_thread(server.redis_cpu_s) - before[1]
        rates.append(_per_s(wishes))
        presses_ms += [w.answered_ms - w.asked_ms for w in wishes if w.answered_ms is not None]
        sales.append(await asyncio.to_thread(_sale, server, name, plan, wishes))
        say(f"{subject}: {name}: {rates[-1]:,.0f} answers/s, {len(sales[-1].held)} got one")
    return sales, Rushes(
        per_s=rates,
        answer_p50_ms=percentile(presses_ms, 0.5),
        answer_p99_ms=percentile(presses_ms, 0.99),
        comment_p99_ms=percentile(crowd.latencies_ms, 0.99),
        cpu_s=cpu_s,
        redis_us_per_press=1e6 * redis_s / len(presses_ms),
    )


def _per_s(wishes: list[Wish]) -> float:
    answered = [wish.answered_ms for wish in wishes if wish.answered_ms is not None]
    lasted_ms = max(answered, default=0.0) - min(wish.asked_ms for wish in wishes)
    return 1e3 * len(answered) / lasted_ms if answered else 0.0


async def _rush_without_a_worker(
    server: Server, plan: Plan, crowd: Crowd
) -> tuple[Sale, float | None]:
    """The fullest worker is killed while everybody presses."""
    name = "rush-with-a-kill"
    await asyncio.to_thread(server.open_sale, name, plan.units)
    loop = asyncio.get_running_loop()
    killed_s = list[float]()

    def kill() -> None:
        kill_a_worker(server.pid)
        killed_s.append(loop.time())

    wishes = await crowd.rush(name, kill)
    are_back = await crowd.until_back() and all(wish.answered_ms for wish in wishes)
    back_s = loop.time() - killed_s[0] if killed_s and are_back else None
    return await asyncio.to_thread(_sale, server, name, plan, wishes), back_s


def _sale(server: Server, name: str, plan: Plan, wishes: list[Wish]) -> Sale:
    books = server.books(name)
    return Sale(
        name=name,
        units=plan.units,
        left=books.left,
        orders=books.orders,
        held={wish.reservation_id: wish.buyer for wish in wishes if wish.is_held},
        refused=sum(wish.answered_ms is not None and not wish.is_held for wish in wishes),
        unanswered=sum(wish.answered_ms is None for wish in wishes),
    )


def _loss(crowd: Crowd, sales: list[Sale], back_s: float | None) -> Loss:
    heard = missed(
        [
            Heard(
                published=crowd.published,
                counts=dict(listener.heard),
                skipped=listener.skipped,
                cuts=listener.person.cuts,
            )
            for listener in crowd.listeners
        ]
    )
    return Loss(
        back_s=back_s,
        viewers_cut=heard["cut"],
        missed_comments=heard["missed"],
        comments_twice=heard["twice"],
        broken=[words for sale in sales for words in broken(sale)],
    )
