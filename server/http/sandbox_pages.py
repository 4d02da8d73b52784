"""The sandbox provider's own pages: pay, decline, or go back.

A checkout's id is the capability: it cannot be guessed, so whoever has the address may act on it,
and a forged form elsewhere would have to know it. No script, no cookie, no token of Kaibo's.

The buyer returns with `payment=paid|failed|back` in the address. It is only what the shop says at
once: anybody can write it, so nothing is decided by it; the signed webhook is what counts.
"""

from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, Router

from inventory.payments.sandbox.books import CheckoutRecord, CheckoutState
from inventory.payments.sandbox.provider import SandboxProvider

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

WORDS = {
    "zh": {
        "title": "沙盒支付",
        "test_notice": "测试支付：这里不会扣任何钱。",
        "heading": "金额",
        "for_label": "商品",
        "order_label": "订单号",
        "hold_label": "为你保留",
        "hold_left": "打开本页时还剩 {time}",
        "hold_over": "保留时间已过。现在付款，如已售出会退款。",
        "pay": "支付",
        "decline": "拒绝付款（测试失败）",
        "back": "返回直播间",
        "paid": "已支付。",
        "declined": "付款被拒绝，没有扣款。",
        "other_language": "English",
    },
    "en": {
        "title": "Sandbox payment",
        "test_notice": "Test payment: no money moves here.",
        "heading": "Amount",
        "for_label": "For",
        "order_label": "Order",
        "hold_label": "Held for you",
        "hold_left": "{time} more, from when this page opened",
        "hold_over": "The time is up. If it was sold meanwhile, a payment now is refunded.",
        "pay": "Pay",
        "decline": "Decline (test a failure)",
        "back": "Back to the room",
        "paid": "Paid.",
        "declined": "Declined. Nothing was charged.",
        "other_language": "中文",
    },
}


def sandbox_mount(provider: SandboxProvider) -> Mount:
    """The pages under /sandbox."""

    async def show(request: Request) -> Response:
        record = await provider.checkout(request.path_params["checkout_id"])
        if record is None:
            return _unknown()
        return _page(record, language(request), provider.now_ms())

    async def pay(request: Request) -> Response:
        return _return(await provider.pay(request.path_params["checkout_id"]))

    async def decline(request: Request) -> Response:
        return _return(await provider.decline(request.path_params["checkout_id"]))

    async def style(_: Request) -> Response:
        return FileResponse(_FOLDER / "pay.css", headers={"cache-control": "no-cache"})

    pages = [
        Route("/pay.css", style),
        Route("/pay/{checkout_id}", show),
        Route("/pay/{checkout_id}/pay", pay, methods=["POST"]),
        Route("/pay/{checkout_id}/decline", decline, methods=["POST"]),
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
    forms = [_form(record, action, escape(words[action])) for action in ("pay", "decline")]
    return "\n".join([*forms, back])


def _form(record: CheckoutRecord, action: str, label: str) -> str:
    look = "primary" if action == "pay" else "secondary"
    return (
        f'<form method="post" action="/sandbox/pay/{escape(record.checkout_id)}/{action}">'
        f'<button class="{look}" data-testid="sandbox-{action}">{label}</button></form>'
    )


def _return(record: CheckoutRecord | None) -> Response:
    if record is None:
        return _unknown()
    return RedirectResponse(returning(record), status_code=303, headers=_headers(record.return_url))


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
