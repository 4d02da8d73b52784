"""What an audit says: what was compared with what, and each difference as one line of text."""

import msgspec

DIFFERENCES_SHOWN_MAX = 100  # of one room; all are counted


class RoomAudit(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at in one room, and the differences found.

    Sales, units and outbox entries as Redis had them at one moment, at the outbox entry `last_id`;
    paid orders as SQL has them. The others count what was compared one by one.
    """

    room_id: str
    last_id: str
    sales: int
    units_held: int
    units_sold: int
    outbox_entries: int
    orders_paid: int
    holds: int
    buyers: int
    payments: int | None  # None: payments were not looked at
    refunds_waiting: int  # on their way, which is as it should be
    differences: list[str]

    def lines(self) -> list[str]:
        """Two lines, and one for each difference."""
        hidden = len(self.differences) - DIFFERENCES_SHOWN_MAX
        return [
            (
                f"room {self.room_id}: {counted(self.sales, 'sale')}, "
                f"{counted(self.units_held, 'unit')} held, {self.units_sold} sold, "
                f"{counted(self.orders_paid, 'paid order')}, "
                f"{counted(self.outbox_entries, 'outbox entry', 'outbox entries')}"
            ),
            f"  compared Redis with SQL: {self._compared()}",
            *(f"  DIFFERENCE {line}" for line in self.differences[:DIFFERENCES_SHOWN_MAX]),
            *([f"  and {counted(hidden, 'more difference')}"] if hidden > 0 else []),
        ]

    def _compared(self) -> str:
        parts = [
            f"sales as of outbox entry {self.last_id}",
            counted(self.holds, "hold"),
            counted(self.buyers, "buyer's count", "buyers' counts"),
        ]
        if self.payments is not None:
            parts.append(counted(self.payments, "payment"))
        if self.refunds_waiting:
            parts.append(counted(self.refunds_waiting, "refund on its way", "refunds on their way"))
        return ", ".join(parts)


class AuditReport(msgspec.Struct, frozen=True):
    rooms: list[RoomAudit]

    @property
    def differences(self) -> list[str]:
        return [line for room in self.rooms for line in room.differences]

    @property
    def ok(self) -> bool:
        return not self.differences

    def lines(self) -> list[str]:
        """The report as text: each room's lines, and a verdict."""
        text = [line for room in self.rooms for line in room.lines()]
        differences = counted(len(self.differences), "difference")
        verdict = "everything agrees" if self.ok else differences
        return [*text, f"audit: {verdict} in {counted(len(self.rooms), 'room')}"]


def counted(count: int, one: str, many: str = "") -> str:
    """1 room, 2 rooms."""
    return f"{count} {one if count == 1 else many or one + 's'}"
