"""The host's side of a run over HTTP: make the room and the sale, open it, read the outcome."""

import time
from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from loadtests.errors import CommandRefused, HostRefused, ServerUnreachable
from loadtests.oracle.occupancy import units_of
from loadtests.scenario import Scenario
from loadtests.show import PRICE_CENTS, SaleTerms
from server.wire.views import HoldView, SaleView

TIMEOUT_S = 15.0
SETTLE_TIMEOUT_S = 30.0  # how long the ledger may take to have what Redis has
SALE_DURATION_S_MAX = 86_400
POLL_S = 0.1


class Host:
    """The host of one room on one server. Every call raises LoadError where it cannot go on."""

    def __init__(self, base_url: str, token: str, room_id: str, scenario: Scenario) -> None:
        self.base_url = base_url
        self.token = token
        self.room_id = room_id
        self._room_url = f"{base_url}/v1/rooms/{room_id}"
        self._scenario = scenario
        # No proxy from the environment: the figures would be the proxy's.
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
            trust_env=False,
        )
        self._guests = httpx.Client(timeout=TIMEOUT_S, trust_env=False)  # who have no token yet

    def __repr__(self) -> str:
        return f"<Host of {self.room_id} at {self.base_url}>"

    def close(self) -> None:
        self._client.close()
        self._guests.close()

    def prepare(self, sales: Sequence[SaleTerms]) -> None:
        """A room, products, and sales that nobody has started."""
        if self._call("look at the room", "GET", "", missing_is_none=True) is None:
            self._call("open the room", "PUT", "", {"title": "Load test"})
        for terms in sales:
            product = {"title": terms.title, "list_price_cents": PRICE_CENTS + 1_000}
            self._call("put a product", "PUT", f"/products/{terms.product_id}", product)
            sale = {
                "product_id": terms.product_id,
                "price_cents": PRICE_CENTS,
                "total_units": terms.units,
                "per_buyer_max": self._scenario.per_buyer_max,
                "hold_duration_s": self._scenario.hold_s,
            }
            self._call("put a sale", "PUT", f"/sales/{terms.sale_id}", sale)

    def guest_token(self, name: str) -> str:
        """As a browser asks for it, without the host's own."""
        try:
            answer = self._guests.post(f"{self._room_url}/tokens", json={"name": name})
        except httpx.TransportError as error:
            raise ServerUnreachable(self.base_url, error) from error
        if not answer.is_success:
            raise CommandRefused("give a guest a token", _reason(answer))
        return str(answer.json()["token"])

    def pin(self, product_id: str) -> None:
        self._call("pin a product", "PUT", "/pin", {"product_id": product_id})

    def start(self, sale_id: str) -> None:
        """Starting a sale that is started already is done: the answer may have been lost."""
        if self.sale(sale_id).starts_at_ms is not None:
            return
        duration_s = min(SALE_DURATION_S_MAX, int(self._scenario.duration_s) + 600)
        body = {"countdown_s": self._scenario.countdown_s, "duration_s": duration_s}
        self._call("start the sale", "POST", f"/sales/{sale_id}/start", body)

    def restock(self, sale_id: str, restock_id: str, units: int) -> None:
        body = {"restock_id": restock_id, "units": units}
        self._call("restock", "POST", f"/sales/{sale_id}/restock", body)

    def sale(self, sale_id: str) -> SaleView:
        return _sale(self._call("show the sale", "GET", f"/sales/{sale_id}"))

    def is_caught_up(self, sale_ids: Sequence[str]) -> bool:
        """Whether the ledger has what Redis has, at this moment."""
        orders = self._listed()
        return all(_has_caught_up(self.sale(sale_id), orders) for sale_id in sale_ids)

    def settled(self, sale_id: str, reservation_ids: set[str]) -> tuple[SaleView, list[HoldView]]:
        """The sale, and its orders once the ledger has caught up with it or has had its time.

        `reservation_ids` are those that clients know of: each is asked for by itself where the
        room's list, which is not endless, does not have it.
        """
        until_s = time.monotonic() + SETTLE_TIMEOUT_S
        while True:
            sale = self.sale(sale_id)
            orders = self._orders(sale_id, reservation_ids)
            if _is_at_rest(sale, orders) or time.monotonic() > until_s:
                return sale, orders
            time.sleep(POLL_S)

    def _listed(self) -> list[HoldView]:
        listed = self._call("list the orders", "GET", "/orders?all=true")
        return msgspec.convert(listed["orders"], list[HoldView])

    def _orders(self, sale_id: str, reservation_ids: set[str]) -> list[HoldView]:
        found = self._listed()
        for reservation_id in reservation_ids - {order.reservation_id for order in found}:
            path = f"/orders/{reservation_id}"
            body = self._call("show an order", "GET", path, missing_is_none=True)
            if body is not None:
                found.append(msgspec.convert(body["order"], HoldView))
        return [order for order in found if units_of(order, sale_id)]

    def _call(
        self,
        what: str,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        missing_is_none: bool = False,
    ) -> Any:
        try:
            answer = self._client.request(method, self._room_url + path, json=body)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise ServerUnreachable(self.base_url, error) from error
        if answer.status_code == httpx.codes.NOT_FOUND and missing_is_none:
            return None
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise HostRefused(self.room_id, _reason(answer))
        if not answer.is_success:
            raise CommandRefused(what, _reason(answer))
        return answer.json()


def _sale(body: Any) -> SaleView:
    return msgspec.convert(body["sale"], SaleView)


def _reason(answer: httpx.Response) -> str:
    """What a problem+json says, or what else was answered."""
    try:
        problem = answer.json()
        return f"{problem['detail']} ({problem['code']})"
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code} {answer.text[:200]}"


def _has_caught_up(sale: SaleView, orders: list[HoldView]) -> bool:
    counted = {
        state: sum(units_of(order, sale.sale_id) for order in orders if order.state == state)
        for state in ("held", "paid")
    }
    return counted == {"held": sale.held, "paid": sale.sold}


def _is_at_rest(sale: SaleView, orders: list[HoldView]) -> bool:
    """Nobody holds, waits or is owed money, and the ledger knows."""
    is_moving = any(order.state in ("held", "waiting", "refund_due") for order in orders)
    return not is_moving and _has_caught_up(sale, orders)
