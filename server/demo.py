"""What `kaibo demo` sells: one room, three products, one flash sale that waits for its host.

`seed` may run at every start: what exists stays as it is, and a new sale is made only when the last
one is over. Everything goes through the same commands as a host's own.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

from server.tokens import Caller
from server.wire.commands import Command, PutProduct, PutRoom, PutSale, Reply, SaleReply
from server.wire.events import ErrorBody
from server.wire.views import SaleView

DEMO_ROOM_ID = "demo"
PICTURES = Path(__file__).parent / "embedded" / "pictures"  # served under PICTURES_URL
PICTURES_URL = "/demo"
HOST = Caller("demo-host", "Kaibo", "host", DEMO_ROOM_ID)
SALES_MAX = 10_000  # sales looked through before giving up

ROOM = PutRoom(
    title="开播小店 Kaibo tea house",
    video_url=f"/media/{DEMO_ROOM_ID}/live.m3u8",
    currency="CNY",
)
PRODUCTS = (
    PutProduct(
        product_id="longjing",
        title="明前龙井茶 Longjing spring tea, 100 g",
        list_price_cents=16_800,
        picture_url=f"{PICTURES_URL}/longjing.svg",
    ),
    PutProduct(
        product_id="gaiwan",
        title="青瓷盖碗 Celadon gaiwan, 150 ml",
        list_price_cents=12_900,
        picture_url=f"{PICTURES_URL}/gaiwan.svg",
    ),
    PutProduct(
        product_id="mooncake",
        title="流心月饼礼盒 Custard mooncakes, box of 6",
        list_price_cents=19_900,
        picture_url=f"{PICTURES_URL}/mooncake.svg",
    ),
)

Handle = Callable[[Caller, str, Command], Awaitable[Reply | ErrorBody]]


class DemoRefused(RuntimeError):
    """The server refused its own demo content."""

    def __init__(self, op: str, error: ErrorBody) -> None:
        super().__init__(f"the demo's {op} was refused: {error.message} ({error.code})")
        self.code = error.code


def flash_sale(number: int) -> PutSale:
    return PutSale(
        sale_id=f"flash-{number}",
        product_id="longjing",
        price_cents=8_800,
        total_units=30,
        per_buyer_max=1,
        hold_duration_s=60,
    )


async def seed(handle: Handle, now_ms: Callable[[], int]) -> SaleView:
    """Puts the demo content; the sale that is ready to start, or that is running already.

    Raises DemoRefused when the server refuses any of it.
    """
    await _put(handle, "put_room", ROOM)
    for product in PRODUCTS:
        await _put(handle, "put_product", product)
    for number in range(1, SALES_MAX + 1):
        sale = await _put_sale(handle, flash_sale(number))
        if sale and not _is_over(sale, now_ms()):
            return sale
    raise RuntimeError(f"all {SALES_MAX} demo sales are over: start with an empty data folder")


async def _put(handle: Handle, op: str, command: Command) -> Reply:
    reply = await handle(HOST, op, command)
    if isinstance(reply, ErrorBody):
        raise DemoRefused(op, reply)
    return reply


async def _put_sale(handle: Handle, terms: PutSale) -> SaleView | None:
    """None when an older version of the demo used this id for other terms."""
    try:
        reply = await _put(handle, "put_sale", terms)
    except DemoRefused as refusal:
        if refusal.code == "KEY_REUSED":
            return None
        raise
    if not isinstance(reply, SaleReply):
        raise TypeError(f"put_sale was answered with {type(reply).__name__}")
    return reply.sale


def _is_over(sale: SaleView, now_ms: int) -> bool:
    """Ended by time or host, or every unit is paid for."""
    ended = sale.ends_at_ms is not None and sale.ends_at_ms <= now_ms
    return ended or sale.sold == sale.total
