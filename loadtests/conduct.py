"""Conducts a run: the swarm and the people come, faults are made, all settle, the oracle judges.

Every wait has a deadline, so a run ends by itself whatever the server does.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from loadtests.faults.processes import cpu_s
from loadtests.faults.proxy import Network
from loadtests.faults.script import Scene, Script
from loadtests.host import Host
from loadtests.oracle.evidence import Evidence, RunEvidence
from loadtests.own_server import OwnServer
from loadtests.people.room_socket import RoomSocket
from loadtests.people.talker import talkers_of
from loadtests.progress import say
from loadtests.result import Fault, SwarmResult
from loadtests.scenario import Scenario
from loadtests.shapes import shape_of
from loadtests.show import Show
from loadtests.swarm.herd import VIEWERS_PER_PROCESS, Herd, share_out
from loadtests.swarm.plan import Finish, Orders

POLL_S = 0.1
PROGRESS_EVERY_S = 3.0
OVERTIME_S = 75.0  # after the planned end, for those who still pay or wait for an answer
GOING_HOME_S = 3.0
READERS_PER_TOKEN = 5  # the server allows a user ten sockets; a reader that returns may need two

Audit = Callable[[], tuple[int, str] | None]  # `kaibo audit`; None where it cannot be run


class Target(NamedTuple):
    """The server of a run: where it is, who may host, how it is audited, whether it is ours."""

    url: str
    host_token: str
    words: str
    audit: Audit
    own: OwnServer | None = None


class Ran(NamedTuple):
    """What a run left behind for the oracle and the record."""

    evidence: RunEvidence
    faults: list[Fault]
    swarm: SwarmResult
    duration_s: float
    people_cpu_s: float
    server_cpu_s: float | None


@contextmanager
def network_of(scenario: Scenario, target: Target) -> Iterator[Network | None]:
    """A proxy between people and server, where the scenario needs one."""
    if not scenario.needs_proxy:
        yield None
        return
    with closing(Network(target.url)) as network:
        yield network


class Stage:
    """A show on a server that has been prepared: `run` once."""

    def __init__(self, show: Show, target: Target, host: Host, network: Network | None) -> None:
        self._show = show
        self._target = target
        self._host = host
        self._script = Script(Scene(show, host, target.own, network), show.scenario.faults)
        self._orders: list[Orders] = []

    def prepare(self) -> None:
        """The room, the sales, and tokens for all readers. Raises LoadError."""
        self._host.prepare(self._show.sales)
        readers = readers_of(self._show.scenario)
        count = math.ceil(readers / READERS_PER_TOKEN)
        say(f"{count} guests' tokens for {readers} readers")
        tokens = [self._host.guest_token(f"viewer {number}") for number in range(count)]
        self._orders = self._orders_with(tokens)

    def run(self, send_home: Callable[[], object]) -> Ran:
        """From the first who comes to the last who has gone; `send_home` ends those people who do
        not go by themselves. Raises LoadError."""
        show, own = self._show, self._target.own
        people_cpu_s, server_cpu_s = time.process_time(), cpu_s(own.pid) if own else 0.0
        with closing(Herd(show.timeline)) as herd:
            begun = [self._begun(each) for each in self._orders]
            herd.start(begun)
            self._script.start()
            self._watch()
            duration_s = show.t_s
            show.is_closed = True
            people_cpu_s = time.process_time() - people_cpu_s
            self._empty_the_room(send_home)
            say("asking the server for its own records")
            sales = [self._evidence(sale.sale_id) for sale in show.sales]
            swarm, lagging, stale = herd.finish(self._end())
        server_cpu_s = cpu_s(own.pid) - server_cpu_s if own else 0.0
        audited = self._target.audit()
        evidence = RunEvidence(
            sales=sales,
            records=show.records,
            swarm=swarm,
            stale=stale,
            lagging=lagging,
            audit_status=audited[0] if audited else None,
            audit_words=audited[1] if audited else "",
            buyers_wanted=show.buyers,
            unsettled=show.unsettled,
        )
        cpu = round(server_cpu_s, 2) if own else None
        return Ran(evidence, self._script.faults(), swarm, duration_s, people_cpu_s, cpu)

    def _orders_with(self, tokens: list[str]) -> list[Orders]:
        """One for each process of the swarm."""
        scenario = self._show.scenario
        readers = readers_of(scenario)
        processes = math.ceil(readers / VIEWERS_PER_PROCESS)
        steps = shape_of(scenario).steps(readers)
        cuts = [(each.at_s, each.share) for each in scenario.faults if each.kind == "cut_viewers"]
        return [
            Orders(
                url=self._target.url,
                room_id=self._show.room_id,
                tokens=tokens[number::processes],
                begun_at_ms=0,
                steps=shared,
                cuts=cuts,
                clock_offset_ms=self._clock_offset_ms(),
            )
            for number, shared in enumerate(share_out(steps, processes) if processes else [])
        ]

    def _begun(self, orders: Orders) -> Orders:
        orders.begun_at_ms = self._show.begun_at_ms
        return orders

    def _clock_offset_ms(self) -> float:
        """Of the server's clock to ours; its own machine's is the same clock."""
        if self._target.own:
            return 0.0
        with closing(self._socket()) as socket:
            return socket.sync_clock().offset_ms

    def _socket(self) -> RoomSocket:
        return RoomSocket(
            self._target.url,
            self._show.room_id,
            self._target.host_token,
            lambda _body, _at_ms: None,
            frozenset(),
        )

    def _watch(self) -> None:
        """Until the plan is over and all have settled, or the overtime is."""
        show, told_s = self._show, time.monotonic()
        duration_s = show.scenario.duration_s
        while show.t_s < duration_s + OVERTIME_S:
            is_over = show.t_s >= duration_s and show.is_settled and self._script.is_over
            if is_over:
                break
            if time.monotonic() - told_s >= PROGRESS_EVERY_S:
                told_s = time.monotonic()
                say(progress_line(show))
            time.sleep(POLL_S)
        say(progress_line(show))

    def _empty_the_room(self, send_home: Callable[[], object]) -> None:
        until_s = time.monotonic() + GOING_HOME_S
        while self._show.people and time.monotonic() < until_s:
            time.sleep(POLL_S)
        send_home()

    def _evidence(self, sale_id: str) -> Evidence:
        """The buyers' word beside the server's."""
        records = [each for each in self._show.records if each.sale_id == sale_id]
        told = {
            attempt.reservation_id
            for record in records
            for attempt in record.attempts
            if attempt.hold is not None
        }
        sale, orders = self._host.settled(sale_id, told)
        restocks = [
            (at_ms, units) for which, at_ms, units in self._show.restocks if which == sale_id
        ]
        return Evidence(records=records, sale=sale, orders=orders, restocks=restocks)

    def _end(self) -> Finish:
        """Where the room's stream is now, when nobody says or buys anything any more."""
        with closing(self._socket()) as socket:
            room = socket.welcome
        ours = {sale.sale_id for sale in self._show.sales}
        return Finish(
            epoch=room.position.epoch,
            offset=room.position.offset,
            stocks={sale.sale_id: sale.version for sale in room.sales if sale.sale_id in ours},
        )


def readers_of(scenario: Scenario) -> int:
    """Viewers who only watch."""
    return scenario.viewers - talkers_of(scenario)


def progress_line(show: Show) -> str:
    told, timeline = show.progress(), show.timeline
    heard = timeline.latest("publish_to_receive")
    return (
        f"{show.t_s:5.0f} s  {timeline.viewers_now()} connected, {told.joined} buyers,"
        f" {told.held} got a hold, {told.paid} paid, {told.sold_out} sold out, {told.settled} done;"
        f" heard after {heard.p50_ms:.0f} ms, p99 {heard.p99_ms:.0f} ms"
    )
