"""The host's side of a run over HTTP: make the room and the sale, open it, read the outcome."""

import time
from typing import Any

import httpx
import msgspec

from loadtests.errors import CommandRefused, HostRefused, ServerUnreachable
from loadtests.occupancy import units_of
from loadtests.rush import Terms
from server.wire.views import HoldView, SaleView

PRODUCT_ID = "rush-tea"
TIMEOUT_S = 15.0
SETTLE_TIMEOUT_S = 10.0  # how long the ledger may take to have what Redis has
POLL_S = 0.1


class Host:
    """The host of one room on one server. Every call raises LoadError where it cannot go on."""

    def __init__(self, base_url: str, token: str, terms: Terms) -> None:
        self.base_url = base_url
        self._room_url = f"{base_url}/v1/rooms/{terms.room_id}"
        self._terms = terms
        # No proxy from the environment: the figures would be the proxy's.
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
            trust_env=False,
        )

    def __repr__(self) -> str:
        return f"<Host of {self._terms.room_id} at {self.base_url}>"

    def close(self) -> None:
        self._client.close()

    def prepare(self) -> None:
        """A room, a product, and a sale that nobody has started."""
        terms = self._terms
        if self._call("look at the room", "GET", "", missing_is_none=True) is None:
            self._call("open the room", "PUT", "", {"title": "Countdown rush"})
        product = {"title": "Rush tea", "list_price_cents": terms.price_cents + 1_000}
        self._call("put the product", "PUT", f"/products/{PRODUCT_ID}", product)
        sale = {
            "product_id": PRODUCT_ID,
            "price_cents": terms.price_cents,
            "total_units": terms.units,
            "per_buyer_max": terms.per_buyer_max,
            "hold_duration_s": terms.hold_duration_s,
        }
        self._call("put the sale", "PUT", self._sale_path, sale)

    def start(self) -> SaleView:
        body = {"countdown_s": self._terms.countdown_s, "duration_s": 600}
        return _sale(self._call("start the sale", "POST", f"{self._sale_path}/start", body))

    def sale(self) -> SaleView:
        return _sale(self._call("show the sale", "GET", self._sale_path))

    def settled(self, reservation_ids: set[str]) -> tuple[SaleView, list[HoldView]]:
        """The sale, and its orders once the ledger has caught up with it or has had its time.

        `reservation_ids` are those that clients know of: each is asked for by itself where the
        room's list, which is not endless, does not have it.
        """
        until_s = time.monotonic() + SETTLE_TIMEOUT_S
        while True:
            sale = self.sale()
            orders = self._orders(reservation_ids)
            if _has_caught_up(sale, orders) or time.monotonic() > until_s:
                return sale, orders
            time.sleep(POLL_S)

    def _orders(self, reservation_ids: set[str]) -> list[HoldView]:
        listed = self._call("list the orders", "GET", "/orders?all=true")
        found = msgspec.convert(listed["orders"], list[HoldView])
        for reservation_id in reservation_ids - {order.reservation_id for order in found}:
            path = f"/orders/{reservation_id}"
            body = self._call("show an order", "GET", path, missing_is_none=True)
            if body is not None:
                found.append(msgspec.convert(body["order"], HoldView))
        return [order for order in found if units_of(order, self._terms.sale_id)]

    @property
    def _sale_path(self) -> str:
        return f"/sales/{self._terms.sale_id}"

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
            raise HostRefused(self._terms.room_id, _reason(answer))
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
