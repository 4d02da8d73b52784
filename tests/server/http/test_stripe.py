"""A whole server that sells through Stripe: pay page, webhook, order; and no secret anywhere."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from server.settings import Settings
from server.tokens import load_secret, purpose_key
from tests.harness import LiveServer
from tests.inventory.payments.stripe_api import KEY, StripeApi, serving
from tests.inventory.payments.stripe_events import WEBHOOK_SECRET, event, session, signed
from tests.server.http.api import Api


@pytest.fixture(scope="module")
def stripe_api() -> Iterator[StripeApi]:
    api = StripeApi()
    with serving(api):
        yield api


@pytest.fixture(scope="module")
def stripe_server(
    tmp_path_factory: pytest.TempPathFactory, stripe_api: StripeApi
) -> Iterator[LiveServer]:
    server = LiveServer(
        tmp_path_factory.mktemp("stripe") / "data",
        KAIBO_PAYMENT_PROVIDER="stripe",
        KAIBO_STRIPE_API_KEY=KEY,
        KAIBO_STRIPE_WEBHOOK_SECRET=WEBHOOK_SECRET,
        KAIBO_STRIPE_API_URL=stripe_api.url,
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def shop(stripe_server: LiveServer) -> AsyncIterator[Api]:
    async with httpx.AsyncClient(base_url=stripe_server.url, trust_env=False) as client:
        api = Api(stripe_server, client)
        await api.open()
        yield api


async def test_a_payment_at_stripe_becomes_an_order(shop: Api, stripe_api: StripeApi) -> None:
    buyer = shop.token()
    reservation_id = (await shop.reserve(buyer))["hold"]["reservation_id"]
    page = await shop.ask("POST", f"/reservations/{reservation_id}/pay", token=buyer)
    assert page.json()["pay_url"].startswith("https://checkout.stripe.com/")
    settings = Settings(data_dir=str(shop.server.data_dir))
    mark = purpose_key(load_secret(settings), "stripe").hex()[:16]
    about = session(shop.room_id, reservation_id, amount_total=1990)
    about["metadata"]["kaibo_shop"] = mark
    body = event("checkout.session.completed", about)
    told = await shop.client.post("/v1/webhooks/stripe", content=body, headers=signed(body))
    assert (told.status_code, told.json()) == (200, {"received": True})
    order = await shop.ask("GET", f"/orders/{reservation_id}", token=buyer)
    assert order.json()["order"]["state"] == "paid"
    assert await shop.stock() == (2, 0, 1)


async def test_a_webhook_that_stripe_did_not_sign_changes_nothing(shop: Api) -> None:
    reservation_id = (await shop.reserve(shop.token()))["hold"]["reservation_id"]
    body = event("checkout.session.completed", session(shop.room_id, reservation_id))
    headers = signed(body, "whsec_guessed")
    told = await shop.client.post("/v1/webhooks/stripe", content=body, headers=headers)
    assert (told.status_code, told.json()["code"]) == (400, "BAD_MESSAGE")
    assert await shop.stock() == (2, 1, 0)


async def test_a_payment_that_stripe_refuses_is_told_so(shop: Api, stripe_api: StripeApi) -> None:
    terms = {"product_id": "tea", "price_cents": 49, "total_units": 1}
    assert (await shop.ask("PUT", "/sales/cheap", terms)).status_code == 200
    await shop.ask("POST", "/sales/cheap/start", {"countdown_s": 0})
    buyer = shop.token()
    held = await shop.reserve(buyer, sale_id="cheap")
    path = f"/reservations/{held['hold']['reservation_id']}/pay"
    refused = await shop.ask("POST", path, token=buyer)
    assert (refused.status_code, refused.json()["code"]) == (409, "PAYMENT_REFUSED")
    assert "below the minimum" in refused.json()["detail"]


async def test_stripe_being_away_is_a_matter_of_pressing_again(
    shop: Api, stripe_api: StripeApi
) -> None:
    buyer = shop.token()
    path = f"/reservations/{(await shop.reserve(buyer))['hold']['reservation_id']}/pay"
    stripe_api.failures = [503, 503]
    away = await shop.ask("POST", path, token=buyer)
    assert (away.status_code, away.json()["code"]) == (503, "UNAVAILABLE")
    assert (await shop.ask("POST", path, token=buyer)).status_code == 200


def test_no_secret_is_in_the_log_or_in_the_process_list(stripe_server: LiveServer) -> None:
    command = Path(f"/proc/{stripe_server.pid}/cmdline").read_bytes().decode()
    for secret in (KEY, WEBHOOK_SECRET):
        assert secret not in stripe_server.log() + command


async def test_stripe_without_its_secrets_does_not_start(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data", KAIBO_PAYMENT_PROVIDER="stripe")
    done = await asyncio.to_thread(server.kaibo, "serve")
    assert done.returncode == 2
    assert "KAIBO_STRIPE_API_KEY and KAIBO_STRIPE_WEBHOOK_SECRET" in done.stderr


def test_a_secret_is_no_flag(tmp_path: Path) -> None:
    done = LiveServer(tmp_path / "data").kaibo("serve", "--stripe-api-key", KEY)
    assert done.returncode == 2
    assert "unrecognized arguments" in done.stderr
    assert KEY not in repr(Settings(stripe_api_key=KEY))
