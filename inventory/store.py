"""The port to the reservation engine: what any store of pools and holds must offer.

`redis_store` is the one that serves; `memory_store` runs the pure rules and is the model the
scripts are tested against. Every call names its room, is atomic, and is idempotent by the id it
carries. A store that cannot be reached raises `StoreUnavailable`; everything else is an `Outcome`.
"""

from typing import Protocol

import msgspec

from inventory.codes import Outcome
from inventory.durability import Durability
from inventory.hold import Hold, WantedLine
from inventory.pool import Pool

SALES_MAX = 1_000  # sales of a room that are not archived


class InventoryError(Exception):
    """Base of every exception this package raises."""


class StoreUnavailable(InventoryError):
    """The store did not answer. Whether the command took effect is unknown: retry by its id."""

    def __init__(self, retry_after_ms: int, reason: str) -> None:
        super().__init__(
            f"the reservation store is not answering ({reason}); retry with the same id"
        )
        self.retry_after_ms = retry_after_ms


class SaleTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a host fixes when creating a sale; a sale created twice must have the same terms."""

    sale_id: str
    product_id: str
    price_cents: int
    total_units: int
    per_buyer_max: int
    hold_duration_ms: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one command and the records it concerns, as they are after it.

    `hold` is the hold concerned, if it is the caller's to see. `pools` are the pools touched, or
    for a refusal of a sale the one that refused. `first_outcome` is what a REPLAYED command first
    led to. `epoch_ms`: when the room's state was restored from SQL, 0 if it never was.
    `durability` is what all of this survives.
    """

    outcome: Outcome
    now_ms: int
    hold: Hold | None = None
    pools: list[Pool] = []
    first_outcome: Outcome | None = None
    epoch_ms: int = 0
    durability: Durability = Durability.MEMORY


class Swept(msgspec.Struct, frozen=True):
    """The holds that expired or waited in vain; `again`: more may be due or old, call at once."""

    holds: list[Hold]
    again: bool


class Store(Protocol):
    """Every command may also answer BROKEN: a pool it would write breaks the conservation law, so
    nothing was written and that sale was paused."""

    async def put_sale(self, room_id: str, terms: SaleTerms, *, may_create: bool = True) -> Result:
        """CREATED, REPLAYED (same terms), KEY_REUSED, or TOO_MANY_SALES (`SALES_MAX`).

        `may_create=False` is for a sale that the ledger knows: UNKNOWN_SALE if the store does not,
        because its units must not be sold again.
        """

    async def start_sale(
        self, room_id: str, sale_id: str, countdown_ms: int, duration_ms: int
    ) -> Result:
        """STARTED, ALREADY_STARTED or UNKNOWN_SALE. Opens `countdown_ms` from now."""

    async def end_sale(self, room_id: str, sale_id: str) -> Result:
        """STOPPED, ENDED (it had ended already) or UNKNOWN_SALE. Holds given stay payable."""

    async def pause_sale(self, room_id: str, sale_id: str) -> Result:
        """SALE_PAUSED, REPLAYED (it is paused), ENDED or UNKNOWN_SALE. Holds stay payable and the
        time runs on."""

    async def resume_sale(self, room_id: str, sale_id: str) -> Result:
        """SALE_RESUMED, REPLAYED (it is not paused), ENDED or UNKNOWN_SALE."""

    async def restock(self, room_id: str, restock_id: str, sale_id: str, units: int) -> Result:
        """RESTOCKED, REPLAYED, KEY_REUSED, STALE_ID, STALE_EPOCH, UNKNOWN_SALE, or CUT_TOO_DEEP
        (negative `units` beyond what is available)."""

    async def reserve(
        self,
        room_id: str,
        hold_id: str,
        buyer_id: str,
        wanted: list[WantedLine],
        *,
        or_wait: bool = False,
    ) -> Result:
        """HELD, or the first refusal that applies in the order of `Outcome`. All lines or none.

        STALE_EPOCH is the answer to an id that is not known and was made before the room was
        restored (`Result.epoch_ms`): what became of it is lost.

        Two lines of one sale count as one with their sum. Before it says USER_LIMIT or SOLD_OUT it
        expires holds that are due. The hold's deadline is the shortest of its sales' durations.
        PAUSED is also the answer while the outbox is too far ahead of the ledger.

        With `or_wait`, and one unit only, it is WAITING in place of SOLD_OUT: units that
        come back go to those who wait, first come first served and before whoever asks then, and
        are held for them for `OFFER_DURATION_MS` (OFFERED is told by the outbox). Or
        ALREADY_WAITING, WAITLIST_FULL.
        """

    async def readmit(self, room_id: str, hold: Hold) -> Result:
        """Gives back a hold that the store has lost, as its receipt has it (HELD): READMITTED.

        Its deadline is that of the receipt, but `READMITTED_MIN_MS` from now at least. Or REPLAYED
        (it is there, and `hold` says how), KEY_REUSED (somebody else has its id), STALE_ID (so old
        that it may have been forgotten), UNKNOWN_SALE, PAUSED, USER_LIMIT, SOLD_OUT. Whether the
        sale has ended is no question.
        """

    async def extend(self, room_id: str, hold_id: str, buyer_id: str) -> Result:
        """EXTENDED, ALREADY_EXTENDED, NOT_HELD (resolved, or its time is over) or UNKNOWN_HOLD.

        Called when payment starts; moves the deadline once. A hold of another buyer is unknown.
        """

    async def cancel(self, room_id: str, hold_id: str, buyer_id: str) -> Result:
        """CANCELLED, LEFT (it waited), REPLAYED (it was cancelled already), NOT_HELD or
        UNKNOWN_HOLD."""

    async def pay(self, room_id: str, hold_id: str, payment_id: str, amount_cents: int) -> Result:
        """What the payment leads to; every retry of a payment gets the same answer.

        UNKNOWN_HOLD
        REPLAYED        this payment resolved the hold; `first_outcome` says how
        REFUND_DUE      the amount is not the hold's, or it waits: not its payment, so the hold is
                        left alone
        SECOND_PAYMENT  another payment resolved the hold: this one is to be refunded
        PAID            the hold was live (even past its deadline, if nobody had expired it)
        PAID_LATE       cancelled or expired, but its units were free, the sale neither paused nor
                        archived and the buyer under the limit
        REFUND_DUE      otherwise; the hold says so and keeps the payment's id
        """

    async def refund(
        self, room_id: str, hold_id: str, refund_id: str, *, with_restock: bool
    ) -> Result:
        """What paying a buyer back leads to; every retry of a refund gets REPLAYED.

        RETURNED        the hold was paid, and its units are on sale again
        REFUNDED        the hold was paid, and its units are gone (without restock)
        REPAID          a refund was due
        KEY_REUSED      it was refunded under another id
        NOT_PAID, UNKNOWN_HOLD, UNKNOWN_SALE (archived)
        """

    async def expire_due(self, room_id: str, at_most: int = 100) -> Swept:
        """Expires holds whose deadline has passed, and forgets what retention no longer covers.

        Each at most `at_most` a call. A hold is forgotten when it and its sales have been over for
        the retention time; a sale that nobody holds units of, too: it is archived, its record stays
        in SQL, and to every command it is unknown.
        """

    def remembered_since_ms(self, now_ms: int) -> int:
        """What finished at this time or later is remembered at `now_ms`."""

    async def pools(self, room_id: str) -> list[Pool]:
        """Every pool of the room that is not archived, sorted by sale id."""

    async def shown_pools(self, room_id: str) -> list[Pool]:
        """Those of them that newcomers are told of (`pool.is_shown`)."""

    async def hold(self, room_id: str, hold_id: str) -> Hold | None:
        """One hold, if it is remembered."""
