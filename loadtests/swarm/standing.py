"""Where one viewer is in the room's stream: what it was promised, had, missed or had twice. Pure.

Promised is every number from the welcome's to the stream's end. A number that is passed over must
be told of by a `skipped` notice before; what is not is a gap. A welcome that says `recovered` is
followed by exactly what was missed, so a drop changes nothing; one that does not starts anew.
"""

from loadtests.swarm.blob import Blob, Event


class Standing:
    __slots__ = (
        "duplicates",
        "epoch",
        "gaps",
        "notices",
        "offset",
        "promised",
        "received",
        "skipped",
        "stocks",
        "unspent",
    )

    def __init__(self) -> None:
        self.epoch = ""
        self.offset = 0
        self.stocks: dict[str, int] = {}
        self.promised = self.received = self.gaps = self.duplicates = 0
        self.notices = self.skipped = 0
        self.unspent = 0  # events that a notice told of and that were not yet passed over

    def __repr__(self) -> str:
        return f"<Standing at {self.epoch}:{self.offset}, {self.gaps} gaps>"

    @property
    def since(self) -> str:
        """What a reconnecting viewer says; "" before the first welcome."""
        return f"{self.epoch}:{self.offset}" if self.epoch else ""

    def welcome(self, epoch: str, offset: int, stocks: dict[str, int], *, recovered: bool) -> None:
        """Recovered, the stream goes on where we are; else from the snapshot on."""
        self.stocks = stocks
        if not (recovered and self.epoch == epoch):
            self.epoch, self.offset, self.unspent = epoch, offset, 0

    def hear(self, blob: Blob) -> None:
        """The fast way: whoever is in step takes the whole blob at once."""
        if blob.is_plain and (not blob.last or blob.first == self.offset + 1):
            if blob.last:
                count = blob.last - blob.first + 1
                self.offset = blob.last
                self.promised += count
                self.received += count
        else:
            for event in blob.events:
                self.take(event)
        for sale_id, version in blob.stocks.items():
            if version > self.stocks.get(sale_id, 0):  # what was missed may be older than a welcome
                self.stocks = self.stocks | {sale_id: version}

    def take(self, event: Event) -> None:
        """One event, looked at with care."""
        if event.name == "skipped":
            self.notices += 1
            self.skipped += event.body["count"]
            self.unspent += event.body["count"]
        elif event.offset is not None:
            self._number(event.offset)

    def _number(self, offset: int) -> None:
        if offset <= self.offset:
            self.duplicates += 1
            return
        self._pass_over(offset - self.offset - 1)
        self.offset = offset
        self.promised += 1
        self.received += 1

    def _pass_over(self, count: int) -> None:
        told_of = min(count, self.unspent)
        self.unspent -= told_of
        self.gaps += count - told_of
        self.promised += count

    def finish(self, epoch: str, offset: int) -> bool:
        """Count what is missing up to the stream's end; False where it is another stream."""
        if self.epoch != epoch:
            return False
        self._pass_over(max(0, offset - self.offset))
        self.offset = max(self.offset, offset)
        return True
