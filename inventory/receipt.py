"""A receipt: a hold as it was acknowledged, signed, for the buyer to keep.

If Redis is lost with holds that SQL had not heard of yet, a receipt is what is left of them: who
shows it gets the hold back if the units are free. It says everything that is needed for that.

    receipt = base64url( MAC || content )
    content = msgpack [format, room, hold, buyer, lines, created, deadline, epoch]

MAC is the first 16 bytes of HMAC-SHA256 over the content. Making one costs a few microseconds, and
nothing is stored. Pure: the key is handed in.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from inventory.hold import Hold, HoldState, Line

FORMAT = 1
MAC_BYTES = 16
RECEIPT_LENGTH_MAX = 6_000  # 20 lines with the longest ids make about 4,500


class Receipt(msgspec.Struct, frozen=True, array_like=True):
    """What a receipt says; `epoch_ms` as in `Result`."""

    format: int
    room_id: str
    hold_id: str
    buyer_id: str
    lines: list[Line]
    created_at_ms: int
    deadline_ms: int
    epoch_ms: int

    @property
    def hold(self) -> Hold:
        """The hold as it was when the receipt was made."""
        return Hold(
            hold_id=self.hold_id,
            buyer_id=self.buyer_id,
            lines=self.lines,
            state=HoldState.HELD,
            created_at_ms=self.created_at_ms,
            deadline_ms=self.deadline_ms,
        )


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Receipt)


class Receipts:
    """Makes and reads receipts with one key."""

    def __init__(self, key: bytes) -> None:
        self._keyed = hmac.new(key, digestmod="sha256")  # to be copied: keying costs the most

    def sign(self, room_id: str, hold: Hold, epoch_ms: int) -> str:
        """The receipt of a hold that is held now."""
        told = Receipt(
            FORMAT,
            room_id,
            hold.hold_id,
            hold.buyer_id,
            hold.lines,
            hold.created_at_ms,
            hold.deadline_ms,
            epoch_ms,
        )
        packed = _encoder.encode(told)
        return urlsafe_b64encode(self._mac(packed) + packed).decode()

    def read(self, receipt: str) -> Receipt | None:
        """What a receipt says, if it is one of ours and unchanged; else None."""
        if len(receipt) > RECEIPT_LENGTH_MAX:
            return None
        try:
            raw = urlsafe_b64decode(receipt.encode("ascii"))
        except ValueError:  # binascii's and codecs' errors are ValueErrors
            return None
        mac, packed = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(packed)):
            return None
        told = _decoder.decode(packed)
        return told if told.format == FORMAT else None

    def _mac(self, packed: bytes) -> bytes:
        keyed = self._keyed.copy()
        keyed.update(packed)
        return keyed.digest()[:MAC_BYTES]
