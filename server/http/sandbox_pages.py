"""The sandbox provider's own pages: pay, decline, or go back.

A checkout's id is the capability: it cannot be guessed, so whoever has the address may act on it,
and a forged form elsewhere would have to know it. No script, no cookie, no token of Kaibo's.

The buyer returns with `payment=paid|failed|back` in the address. It is only what the shop says at
once: anybody can write it, so nothing is decided by it; the signed webhook is what counts.
"""

from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, Router

from inventory.payments.sandbox.faults import Faults
from inventory.payments.sandbox.provider import SandboxProvider
from inventory.payments.sandbox.records import CheckoutRecord, CheckoutState
from server.http.sandbox_faults import faults_fields, faults_in
from server.http.sandbox_words import WORDS

Finisher = Callable[[str, Faults | None], Awaitable[CheckoutRecord | None]]

_FOLDER = Path(__file__).parent / "sandbox"
_PAGE = Template((_FOLDER / "page.html").read_text(encoding="utf-8"))
_UNKNOWN = (
    "<!doctype html><meta charset=utf-8><title>404</title><p>No such checkout. 没有这笔付款。"
)

_SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "HKD": "HK$", "SGD": "S$"}

_OUTCOMES = {
    CheckoutState.OPEN: "back",
    CheckoutState.PAID: "paid",
    CheckoutState.DECLINED: "failed",
}


def sandbox_mount(provider: SandboxProvider) -> Mount:
    """The pages under /sandbox."""

    async def show(request: Request) -> Response:
        record = await provider.checkout(request.path_params["checkout_id"])
        if record is None:
            return _unknown()
        return _page(record, language(request), provider.now_ms())

    def finish_as(end: Finisher) -> Callable[[Request], Awaitable[Response]]:
        async def finish(request: Request) -> Response:
            faults = await faults_in(request)
            if isinstance(faults, str):
                return _refused(f"{WORDS[language(request)]['bad_faults']}: {faults}")
            return _return(await end(request.path_params["checkout_id"], faults))

        return finish

    async def style(_: Request) -> Response:
        return FileResponse(_FOLDER / "pay.css", headers={"cache-control": "no-cache"})

    pages = [
        Route("/pay.css", style),
        Route("/pay/{checkout_id}", show),
        *[
            Route(f"/pay/{{checkout_id}}/{action}", finish_as(end), methods=["POST"])
            for action, end in (("pay", provider.pay), ("decline", provider.decline))
        ],
    ]
    return Mount("/sandbox", app=Router(routes=pages, redirect_slashes=False))


def language(request: Request) -> str:
    """'zh' or 'en': by ?lang, else the first of the two that the browser names, else 'en'."""
    asked = request.query_params.get("lang", "")
    if asked in WORDS:
        return asked
    for entry in request.headers.get("accept-language", "").lower().split(","):
        if entry.strip()[:2] in WORDS:
            return entry.strip()[:2]
    return "en"


def price_text(amount_cents: int, currency: str) -> str:
    """1990 CNY as "¥19.90"; yen have no cents but are still counted in hundredths here."""
    amount = f"{amount_cents // 100:,}.{amount_cents % 100:02d}"
    sign = _SIGNS.get(currency)
    return f"{sign}{amount}" if sign else f"{amount} {currency}"


def time_text(left_ms: int) -> str:
    """119,001 ms as "2:00": whole seconds, rounded up, as the room counts them."""
    seconds = -(-left_ms // 1000)
    return f"{seconds // 60}:{seconds % 60:02d}"


def returning(record: CheckoutRecord) -> str:
    """Where the buyer goes back to, with how the payment stands."""
    mark = "&" if urlsplit(record.return_url).query else "?"
    return f"{record.return_url}{mark}payment={_OUTCOMES[record.state]}"


def _page(record: CheckoutRecord, lang: str, now_ms: int) -> Response:
    words = WORDS[lang]
    values = {
        **words,
        "lang": "zh-CN" if lang == "zh" else "en",
        "other_lang": "en" if lang == "zh" else "zh",
        "amount": price_text(record.amount_cents, record.currency),
        "description": record.description,
        "hold_id": record.hold_id,
    }
    safe = {name: escape(value) for name, value in values.items()}
    hold = _hold(record, words, now_ms)
    page = _PAGE.substitute(safe, hold=hold, actions=_actions(record, words))
    return HTMLResponse(page, headers=_headers(record.return_url))


def _hold(record: CheckoutRecord, words: dict[str, str], now_ms: int) -> str:
    """How long the hold lasts, while that matters."""
    if record.state is not CheckoutState.OPEN or record.deadline_ms is None:
        return ""
    left_ms = record.deadline_ms - now_ms
    told = words["hold_left"].format(time=time_text(left_ms)) if left_ms > 0 else words["hold_over"]
    label, told = escape(words["hold_label"]), escape(told)
    return f'<div><dt>{label}</dt><dd data-testid="sandbox-hold">{told}</dd></div>'


def _actions(record: CheckoutRecord, words: dict[str, str]) -> str:
    is_open = record.state is CheckoutState.OPEN
    back = (
        f'<a class="{"back" if is_open else "back primary"}" data-testid="sandbox-back"'
        f' href="{escape(returning(record))}">{escape(words["back"])}</a>'
    )
    if not is_open:
        result = escape(words[record.state.value])
        return f'<p class="result" role="status" data-testid="sandbox-result">{result}</p>\n{back}'
    buttons = [_button(record, action, escape(words[action])) for action in ("pay", "decline")]
    fields = faults_fields(record.faults, words)
    return "\n".join(['<form method="post">', *buttons, fields, "</form>", back])


def _button(record: CheckoutRecord, action: str, label: str) -> str:
    look = "primary" if action == "pay" else "secondary"
    address = f"/sandbox/pay/{escape(record.checkout_id)}/{action}"
    return (
        f'<button class="{look}" formaction="{address}" data-testid="sandbox-{action}">'
        f"{label}</button>"
    )


def _return(record: CheckoutRecord | None) -> Response:
    if record is None:
        return _unknown()
    return RedirectResponse(returning(record), status_code=303, headers=_headers(record.return_url))


def _refused(message: str) -> Response:
    page = f"<!doctype html><meta charset=utf-8><title>422</title><p>{escape(message)}"
    return HTMLResponse(page, status_code=422, headers=_headers(""))


def _unknown() -> Response:
    return HTMLResponse(_UNKNOWN, status_code=404, headers=_headers(""))


def _headers(return_url: str) -> dict[str, str]:
    # Browsers hold a form's redirect to `form-action` too, so the shop's origin is named.
    shop = urlsplit(return_url)
    origin = f" {shop.scheme}://{shop.netloc}" if shop.scheme and shop.netloc else ""
    return {
        "content-security-policy": (
            f"default-src 'none'; style-src 'self'; form-action 'self'{origin}; "
            "frame-ancestors 'none'; base-uri 'none'"
        ),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
