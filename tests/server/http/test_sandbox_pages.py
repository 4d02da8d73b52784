"""The sandbox pay page: says what is paid, works without script, and acts once."""

from collections.abc import AsyncIterator, Iterator
from html import escape
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from inventory.ledger.engine import open_engine
from inventory.payments.port import Checkout, new_checkout_id
from inventory.payments.sandbox.provider import SandboxProvider
from server.http.sandbox_pages import price_text, sandbox_mount
from server.http.sandbox_words import WORDS

RETURN_URL = "http://shop.test/r/tea?order=1"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'kaibo.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def provider(engine: Engine) -> SandboxProvider:
    return SandboxProvider(engine, "http://shop.test", "http://shop.test/hooks", b"s" * 32)


@pytest.fixture
async def browser(provider: SandboxProvider) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=[sandbox_mount(provider)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as browser:
        yield browser


async def open_checkout(
    provider: SandboxProvider, return_url: str = RETURN_URL, deadline_ms: int | None = None
) -> str:
    checkout = Checkout(
        checkout_id=new_checkout_id(),
        room_id="tea",
        hold_id="hold-1",
        buyer_id="g-1",
        amount_cents=123456,
        currency="CNY",
        description="茶 <b>tea</b>",
        return_url=return_url,
        deadline_ms=deadline_ms,
    )
    return await provider.start(checkout)


async def test_page_says_what_is_paid_and_that_it_is_a_test(
    browser: httpx.AsyncClient, provider: SandboxProvider
) -> None:
    page = await browser.get(await open_checkout(provider))
    assert page.status_code == 200
    assert "¥1,234.56" in page.text
    assert "茶 &lt;b&gt;tea&lt;/b&gt;" in page.text
    assert "no money moves" in page.text
    for action in ("pay", "decline", "back"):
        assert f'data-testid="sandbox-{action}"' in page.text


async def test_page_needs_no_script_and_may_send_its_form_only_home(
    browser: httpx.AsyncClient, provider: SandboxProvider
) -> None:
    page = await browser.get(await open_checkout(provider))
    assert "<script" not in page.text
    assert " style=" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://shop.test;" in policy
    style = await browser.get("/sandbox/pay.css")
    assert style.headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    ("query", "accept", "lang"),
    [
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "de, en-GB;q=0.8, zh;q=0.5", "en"),
        ("", "fr", "en"),
        ("?lang=zh", "en", "zh"),
        ("?lang=en", "zh-CN", "en"),
        ("?lang=xx", "zh", "zh"),
    ],
)
async def test_page_speaks_the_buyers_language(
    browser: httpx.AsyncClient, provider: SandboxProvider, query: str, accept: str, lang: str
) -> None:
    url = await open_checkout(provider)
    page = await browser.get(url + query, headers={"accept-language": accept})
    assert WORDS[lang]["heading"] in page.text
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page.text


def test_both_languages_have_the_same_words() -> None:
    assert set(WORDS["zh"]) == set(WORDS["en"])


async def test_paying_returns_to_the_room_and_queues_one_report(
    browser: httpx.AsyncClient, provider: SandboxProvider
) -> None:
    url = await open_checkout(provider)
    for _ in range(2):  # an impatient second press changes nothing
        response = await browser.post(f"{url}/pay")
        back_to = f"{RETURN_URL}&payment=paid"
        assert (response.status_code, response.headers["location"]) == (303, back_to)
    assert provider.deliveries.backlog()["queued"] == 1
    page = await browser.get(url)
    assert WORDS["en"]["paid"] in page.text
    assert "sandbox-pay" not in page.text, "a finished checkout has no buttons"


async def test_declining_says_that_nothing_was_charged(
    browser: httpx.AsyncClient, provider: SandboxProvider
) -> None:
    url = await open_checkout(provider)
    assert (await browser.post(f"{url}/decline")).status_code == 303
    assert (await browser.post(f"{url}/pay")).status_code == 303, "too late: it stays declined"
    assert WORDS["en"]["declined"] in (await browser.get(url)).text


async def test_the_way_back_says_how_the_payment_stands(
    browser: httpx.AsyncClient, provider: SandboxProvider
) -> None:
    url = await open_checkout(provider)
    assert f'href="{escape(RETURN_URL)}&amp;payment=back"' in (await browser.get(url)).text
    declined = await browser.post(f"{url}/decline")
    assert declined.headers["location"] == f"{RETURN_URL}&payment=failed"
    assert "payment=failed" in (await browser.post(f"{url}/pay")).headers["location"]
    assert "&amp;payment=failed" in (await browser.get(url)).text
    plain = await open_checkout(provider, "http://shop.test/r/tea")
    paid = await browser.post(f"{plain}/pay")
    assert paid.headers["location"] == "http://shop.test/r/tea?payment=paid"


async def test_page_says_how_long_the_hold_lasts(
    browser: httpx.AsyncClient, provider: SandboxProvider
) -> None:
    moment = provider.now_ms()
    provider.now_ms = lambda: moment
    url = await open_checkout(provider, deadline_ms=moment + 119_001)
    assert "2:00 more" in (await browser.get(url)).text
    assert "还剩 2:00" in (await browser.get(f"{url}?lang=zh")).text
    provider.now_ms = lambda: moment + 119_001
    assert WORDS["en"]["hold_over"] in (await browser.get(url)).text
    await browser.post(f"{url}/decline")
    assert "sandbox-hold" not in (await browser.get(url)).text, "it no longer matters"


async def test_looking_at_the_page_pays_nothing(
    browser: httpx.AsyncClient, provider: SandboxProvider
) -> None:
    url = await open_checkout(provider)
    assert (await browser.get(f"{url}/pay")).status_code == 405
    assert provider.deliveries.backlog()["queued"] == 0


@pytest.mark.parametrize("path", ["", "/pay", "/decline"])
async def test_unknown_checkout_is_a_plain_404(browser: httpx.AsyncClient, path: str) -> None:
    send = browser.post if path else browser.get
    response = await send(f"/sandbox/pay/co_guess{path}")
    assert response.status_code == 404


@pytest.mark.parametrize(
    ("cents", "currency", "text"),
    [(0, "CNY", "¥0.00"), (5, "USD", "$0.05"), (100000000, "CHF", "1,000,000.00 CHF")],
)
def test_price_is_written_with_its_cents(cents: int, currency: str, text: str) -> None:
    assert price_text(cents, currency) == text
