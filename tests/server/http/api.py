"""An HTTP client of one room on the real server, and tokens of every kind for it."""

import secrets
import time
from typing import Any

import httpx

from server.settings import Settings
from server.tokens import Caller, Tokens, load_secret
from server.wire.views import Role
from tests.harness import LiveServer, new_id, one

DAY_S = 86_400


class Api:
    """Calls addresses under /v1/rooms/{room_id}, by default as the room's host."""

    def __init__(self, server: LiveServer, client: httpx.AsyncClient) -> None:
        self.server = server
        self.client = client
        self.room_id = f"h_{secrets.token_hex(5)}"
        secret = load_secret(Settings(data_dir=str(server.data_dir)))
        self._tokens = Tokens(secret, guest_lifetime_s=DAY_S, host_lifetime_s=DAY_S)
        self.host = self.token("host")

    def token(
        self, role: Role = "viewer", *, room_id: str | None = None, age_s: int = 0, user: str = ""
    ) -> str:
        """A token signed with the server's secret, issued `age_s` ago; it works for a day."""
        user_id = user or f"u-{secrets.token_hex(5)}"
        caller = Caller(user_id, "Ann", role, room_id or self.room_id)
        return self._tokens.issue(caller, int(time.time()) - age_s)[0]

    async def ask(
        self, method: str, path: str = "", body: object = None, *, token: str | None = ""
    ) -> httpx.Response:
        """`token`: "" is the host's, None sends none."""
        bearer = self.host if token == "" else token
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        return await self.client.request(
            method, f"/v1/rooms/{self.room_id}{path}", json=body, headers=headers
        )

    async def open(self, units: int = 3, per_buyer_max: int = 1) -> None:
        """The room, a product `tea` and an open sale `flash`."""
        terms = {
            "product_id": "tea",
            "price_cents": 1990,
            "total_units": units,
            "per_buyer_max": per_buyer_max,
        }
        for method, path, body in (
            ("PUT", "", {"title": "Tea night"}),
            ("PUT", "/products/tea", {"title": "Tea", "list_price_cents": 2990}),
            ("PUT", "/sales/flash", terms),
            ("POST", "/sales/flash/start", {"countdown_s": 0}),
        ):
            response = await self.ask(method, path, body)
            assert response.status_code == 200, response.text

    async def reserve(
        self, token: str, reservation_id: str = "", quantity: int = 1, sale_id: str = "flash"
    ) -> Any:
        """The reply to a reservation that succeeds."""
        body = {"reservation_id": reservation_id or new_id(), "lines": one(sale_id, quantity)}
        response = await self.ask("POST", "/reservations", body, token=token)
        assert response.status_code == 201, response.text
        return response.json()

    async def stock(self) -> tuple[int, int, int]:
        """(available, held, sold) of the sale."""
        sale = (await self.ask("GET", "/sales/flash")).json()["sale"]
        return sale["available"], sale["held"], sale["sold"]
