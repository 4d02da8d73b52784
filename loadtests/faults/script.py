"""What a scenario's faults do, and how it is seen that the server has recovered.

Each runs in a thread of its own (gevent's, under locust) and is a marker in the record. A fault
that has not been recovered from within its time keeps an open end, and the run goes on.
"""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence

from loadtests.errors import LoadError
from loadtests.faults.processes import redis_of, workers
from loadtests.faults.proxy import Network
from loadtests.host import Host
from loadtests.own_server import OwnServer, is_ready
from loadtests.progress import say
from loadtests.result import Fault
from loadtests.scenario import FaultPlan
from loadtests.show import Show

POLL_S = 0.1
RECOVERY_TIMEOUT_S = 60.0
SEEN_AFTER_S = 2.0  # viewers are counted once a second: before, an old count would look recovered
VIEWERS_BACK_SHARE = 0.98
LOST_WORD = "reserve"


class Scene:
    """What faults are made on: the show, its host, and where they are ours the server and the
    network before it."""

    def __init__(
        self, show: Show, host: Host, own: OwnServer | None, network: Network | None
    ) -> None:
        self.show = show
        self.host = host
        self._own = own
        self._network = network

    @property
    def own(self) -> OwnServer:
        assert self._own is not None, "a scenario with such a fault needs a server of its own"
        return self._own

    @property
    def network(self) -> Network:
        assert self._network is not None
        return self._network


Recovered = Callable[[], bool]
Make = Callable[[Scene, FaultPlan], tuple[str, Recovered]]


class Script:
    """The faults of one run."""

    def __init__(self, scene: Scene, plans: Sequence[FaultPlan]) -> None:
        self._scene = scene
        self._plans = plans
        self._threads: list[threading.Thread] = []
        self._faults: list[Fault] = []

    def __repr__(self) -> str:
        return f"<Script of {len(self._plans)} faults, {len(self._faults)} made>"

    def start(self) -> None:
        for plan in self._plans:
            thread = threading.Thread(target=self._play, args=(plan,), daemon=True)
            thread.start()
            self._threads.append(thread)

    @property
    def is_over(self) -> bool:
        """Whether all have been made and recovered from, or have had their time."""
        return not any(thread.is_alive() for thread in self._threads)

    def faults(self) -> list[Fault]:
        return sorted(self._faults, key=lambda fault: fault.t_s)

    def _play(self, plan: FaultPlan) -> None:
        show = self._scene.show
        while show.t_s < plan.at_s:
            if show.is_closed:
                return
            time.sleep(POLL_S)
        at_s = show.t_s
        words, is_recovered = MAKES[plan.kind](self._scene, plan)
        say(f"fault: {words}")
        recovered_at_s = self._recovery(is_recovered)
        self._faults.append(
            Fault(t_s=round(at_s, 2), kind=plan.kind, words=words, recovered_at_s=recovered_at_s)
        )

    def _recovery(self, is_recovered: Recovered) -> float | None:
        show, began_s = self._scene.show, time.monotonic()
        while time.monotonic() - began_s < RECOVERY_TIMEOUT_S and not show.is_closed:
            try:
                if is_recovered():
                    return round(show.t_s, 2)
            except LoadError:
                pass  # it is away: so it has not recovered
            time.sleep(POLL_S)
        return None


def kill_worker(scene: Scene, _: FaultPlan) -> tuple[str, Recovered]:
    """As a crash would: nothing is closed, nothing is said."""
    before = workers(scene.own.pid)
    victim = before[0] if before else scene.own.pid
    back = viewers_back(scene)
    os.kill(victim, signal.SIGKILL)

    def is_recovered() -> bool:
        now = workers(scene.own.pid)
        return victim not in now and len(now) >= len(before) and back()

    return f"worker {victim} was killed", is_recovered


def replace_workers(scene: Scene, _: FaultPlan) -> tuple[str, Recovered]:
    """A deployment: SIGHUP replaces every worker, one after the other."""
    before = workers(scene.own.pid)
    back = viewers_back(scene)
    os.kill(scene.own.pid, signal.SIGHUP)

    def is_recovered() -> bool:
        now = workers(scene.own.pid)
        return not set(now) & set(before) and len(now) == len(before) and back()

    return f"all {len(before)} workers are replaced", is_recovered


def restart_redis(scene: Scene, _: FaultPlan) -> tuple[str, Recovered]:
    """It ends as told, and its owner starts it again."""
    before = redis_of(scene.own.pid)
    assert before is not None, "an own server has a private Redis"
    os.kill(before, signal.SIGTERM)

    def is_recovered() -> bool:
        now = redis_of(scene.own.pid)
        return now is not None and now != before and is_ready(scene.host.base_url)

    return "Redis was restarted", is_recovered


def pause_ledger(scene: Scene, plan: FaultPlan) -> tuple[str, Recovered]:
    """Somebody else writes to the SQL file for so long: nobody of ours can."""
    ledger = sqlite3.connect(scene.own.database, timeout=0, isolation_level=None)
    for _ in range(200):
        try:
            ledger.execute("BEGIN IMMEDIATE")
            break
        except sqlite3.OperationalError:
            time.sleep(0.01)  # the writer is at it
    free_at_s = time.monotonic() + plan.for_s
    sale_ids = [sale.sale_id for sale in scene.show.sales]

    def is_recovered() -> bool:
        if time.monotonic() < free_at_s:
            return False
        ledger.close()  # which ends the transaction; closing again does nothing
        return scene.host.is_caught_up(sale_ids)

    return f"nobody could write to the ledger for {plan.for_s:g} s", is_recovered


def drop_replies(scene: Scene, plan: FaultPlan) -> tuple[str, Recovered]:
    """Answers to `reserve` are lost, and their connections with them."""
    network = scene.network
    network.lose(LOST_WORD, plan.count)
    words = f"the answers to the next {plan.count} reservations were lost"
    return words, lambda: not network.left_to_lose()


def slow_network(scene: Scene, plan: FaultPlan) -> tuple[str, Recovered]:
    scene.network.slow(plan.delay_ms)
    fast_at_s = time.monotonic() + plan.for_s

    def is_recovered() -> bool:
        if time.monotonic() < fast_at_s:
            return False
        scene.network.slow(0)
        return True

    words = f"all that people sent and were sent was {plan.delay_ms} ms late for {plan.for_s:g} s"
    return words, is_recovered


def cut_viewers(scene: Scene, plan: FaultPlan) -> tuple[str, Recovered]:
    """The swarm does it by itself, at the same moment."""
    return f"{plan.share:.0%} of the readers lost their sockets at once", viewers_back(scene)


def viewers_back(scene: Scene) -> Recovered:
    """Whether nearly as many are connected as are now."""
    timeline, began_s = scene.show.timeline, time.monotonic()
    wanted = timeline.viewers_now() * VIEWERS_BACK_SHARE

    def is_back() -> bool:
        return time.monotonic() - began_s > SEEN_AFTER_S and timeline.viewers_now() >= wanted

    return is_back


MAKES: dict[str, Make] = {
    "kill_worker": kill_worker,
    "replace_workers": replace_workers,
    "restart_redis": restart_redis,
    "pause_ledger": pause_ledger,
    "drop_replies": drop_replies,
    "slow_network": slow_network,
    "cut_viewers": cut_viewers,
}
