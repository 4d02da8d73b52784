"""A receipt says what was acknowledged, and nobody else can say it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
import pytest

from inventory.hold import LINES_MAX, Hold, HoldState, Line
from inventory.receipt import FORMAT, RECEIPT_LENGTH_MAX, Receipts
from inventory.uuid7 import uuid7

LINES = [Line(sale_id="tea", product_id="longjing", quantity=2, price_cents=990)]
HELD = Hold(
    hold_id=uuid7(1_000_000, bytes(10)),
    buyer_id="ann",
    lines=LINES,
    state=HoldState.HELD,
    created_at_ms=1_000_001,
    deadline_ms=1_060_001,
)
RECEIPTS = Receipts(b"k" * 32)


def test_a_receipt_gives_the_hold_back_as_it_was() -> None:
    told = RECEIPTS.read(RECEIPTS.sign("room", HELD, 77))
    assert told is not None
    assert (told.hold, told.room_id, told.epoch_ms) == (HELD, "room", 77)


def test_no_byte_of_a_receipt_can_be_changed() -> None:
    raw = urlsafe_b64decode(RECEIPTS.sign("room", HELD, 0))
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        assert RECEIPTS.read(urlsafe_b64encode(changed).decode()) is None


def test_a_receipt_of_another_key_is_none() -> None:
    assert Receipts(b"o" * 32).read(RECEIPTS.sign("room", HELD, 0)) is None


@pytest.mark.parametrize("text", ["", "x", "nonsense!", "茶", "A" * 40, "A" * 20_000])
def test_what_is_no_receipt_is_none(text: str) -> None:
    assert RECEIPTS.read(text) is None


def test_a_receipt_of_another_format_is_none() -> None:
    raw = urlsafe_b64decode(RECEIPTS.sign("room", HELD, 0))
    fields = msgspec.msgpack.decode(raw[16:])
    assert fields[0] == FORMAT
    packed = msgspec.msgpack.encode([FORMAT + 1, *fields[1:]])
    resigned = RECEIPTS._mac(packed) + packed
    assert RECEIPTS.read(urlsafe_b64encode(resigned).decode()) is None


def test_the_largest_receipt_fits() -> None:
    line = Line(sale_id="s" * 64, product_id="p" * 64, quantity=99, price_cents=100_000_000)
    largest = msgspec.structs.replace(HELD, buyer_id="b" * 64, lines=[line] * LINES_MAX)
    receipt = RECEIPTS.sign("r" * 64, largest, 2**53 - 1)
    assert len(receipt) <= RECEIPT_LENGTH_MAX
    told = RECEIPTS.read(receipt)
    assert told is not None and told.hold == largest
