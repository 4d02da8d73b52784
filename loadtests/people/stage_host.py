"""The host who runs the show: pins each product, starts its sale, says something, restocks.

It works through HTTP, as a shop's own system would, and repeats what a fault has swallowed.
"""

import time
from collections.abc import Callable
from typing import Any, ClassVar

from locust import User, task
from locust.exception import StopUser

from loadtests.errors import LoadError
from loadtests.host import Host
from loadtests.people.room_socket import new_id
from loadtests.show import SaleTerms, Show

TRYING_S_MAX = 30.0
RETRY_S = 0.5
POLL_S = 0.1
CLOCKS_APART_MS = 1_000  # how far the server's may be from ours


class StageHost(User):
    """The only one on the stage. `show` and `desk` are set by the run, which makes the class."""

    abstract = True
    show: ClassVar[Show]
    desk: ClassVar[Host]

    @task
    def run_the_show(self) -> None:
        for at_s, name, step in self.cues():
            while self.show.t_s < at_s and not self.show.is_closed:
                time.sleep(min(POLL_S, max(0.0, at_s - self.show.t_s)))
            if self.show.is_closed:
                break
            self.do(name, step)
        self.show.await_end()  # whoever stopped now would be replaced by locust
        raise StopUser

    def cues(self) -> list[tuple[float, str, Callable[[], object]]]:
        """What to do when, in order."""
        scenario = self.show.scenario
        cues: list[tuple[float, str, Callable[[], object]]] = []
        for sale in self.show.sales:
            cues.append((max(0.0, sale.starts_at_s - 1), "pin", self.pinning(sale)))
            cues.append((sale.starts_at_s, "start", self.opening(sale)))
        if scenario.restock_at_s is not None and scenario.restock_units:
            cues.append((scenario.restock_at_s, "restock", self.restocking(self.show.sales[0])))
        return sorted(cues, key=lambda cue: cue[0])

    def pinning(self, sale: SaleTerms) -> Callable[[], object]:
        return lambda: self.desk.pin(sale.product_id)

    def opening(self, sale: SaleTerms) -> Callable[[], object]:
        return lambda: self.desk.start(sale.sale_id)

    def restocking(self, sale: SaleTerms) -> Callable[[], object]:
        units, restock_id = self.show.scenario.restock_units, new_id()

        def restock() -> None:
            self.desk.restock(sale.sale_id, restock_id, units)
            done_at_ms = int(time.time() * 1000) + CLOCKS_APART_MS
            self.show.restocks.append((sale.sale_id, done_at_ms, units))

        return restock

    def do(self, name: str, step: Callable[[], object]) -> None:
        """Until it works, or has had its time."""
        began_s = time.monotonic()
        while True:
            failure: LoadError | None = None
            tried_s = time.perf_counter()
            try:
                step()
            except LoadError as error:
                failure = error
            self._tell(name, (time.perf_counter() - tried_s) * 1000, failure)
            if failure is None or time.monotonic() - began_s > TRYING_S_MAX:
                return
            time.sleep(RETRY_S)

    def _tell(self, name: str, taken_ms: float, failure: LoadError | None) -> None:
        timeline, t_s = self.show.timeline, self.show.t_s
        if failure is None:
            timeline.took(t_s, "host", taken_ms)
        else:
            timeline.failed(t_s, "host", type(failure).__name__)
        details: dict[str, Any] = {"response_length": 0, "exception": failure, "context": {}}
        self.environment.events.request.fire(
            request_type="kaibo", name=f"host {name}", response_time=taken_ms, **details
        )
