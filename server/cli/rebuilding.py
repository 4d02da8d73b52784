"""`kaibo rebuild`: restores what Redis has lost from SQL, and says what it did."""

import asyncio
import sys

from inventory.audit.report import counted
from inventory.ledger.lost_payments import LostPayments
from inventory.ledger.restoring import Restoring
from inventory.rebuild import CannotRebuild, Rebuilder
from inventory.rebuild.loss import loss_of
from server.connecting import require_ledger
from server.settings import Settings
from server.stores import Stores, open_stores


async def rebuild(settings: Settings, *, room: str | None, dry_run: bool, force: bool) -> int:
    require_ledger(settings)  # Redis's own folder may be what was lost
    async with open_stores(settings) as stores:
        known = await asyncio.to_thread(stores.catalogue.room_ids)
        if room is not None and room not in known:
            print(f"kaibo: there is no room {room}", file=sys.stderr)
            return 1
        rooms = [room] if room else sorted(known)
        done = [await _room(stores, each, dry_run=dry_run, force=force) for each in rooms]
    return 0 if all(done) else 1


async def _room(stores: Stores, room_id: str, *, dry_run: bool, force: bool) -> bool:
    """Whether the room is as it should be, or a dry run said what is not."""
    loss = await loss_of(stores.store, stores.ledger, room_id, stores.writer.drain)
    print("\n".join(loss.lines()))
    if dry_run:
        return True
    if not loss.is_lost:
        if not force:
            await _reopen(stores, room_id)
            print("  left alone; --force makes it anew from SQL all the same")
            return True
        print("\n".join(loss.dropped()) or "  nothing is dropped")
    try:
        rebuilt = await _rebuilder(stores).rebuild(room_id)
    except CannotRebuild as refusal:
        print(f"  not restored: {refusal}")
        return False
    print("\n".join(rebuilt.lines()), flush=True)
    return True


async def _reopen(stores: Stores, room_id: str) -> None:
    """What a rebuild does at its end, for one that was interrupted before that."""
    reopened = await asyncio.to_thread(LostPayments(stores.engine).reopen, room_id)
    if reopened:
        print(f"  {counted(reopened, 'payment is', 'payments are')} settled once more")


def _rebuilder(stores: Stores) -> Rebuilder:
    return Rebuilder(
        store=stores.store,
        ledger=stores.ledger,
        restoring=Restoring(stores.engine),
        lost_payments=LostPayments(stores.engine),
        drain=stores.writer.drain,
    )
