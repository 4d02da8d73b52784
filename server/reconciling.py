"""The wiring of the job that audits for ever: for a server, and for `kaibo reconcile`."""

from functools import partial

from inventory.audit import audit
from inventory.audit.reconcile import Reconciler
from inventory.audit.report import AuditReport
from inventory.redis_store.verdicts import Verdicts
from server.clock import now_ms
from server.stores import Stores


async def audit_rooms(stores: Stores, room_ids: list[str]) -> AuditReport:
    return await audit(
        stores.store,
        stores.ledger,
        room_ids,
        stores.writer.drain,
        stores.book,
        stores.refunds,
    )


def make_reconciler(stores: Stores) -> Reconciler:
    return Reconciler(
        stores.store,
        stores.catalogue,
        Verdicts(stores.redis),
        partial(audit_rooms, stores),
        now_ms,
        interval_s=stores.settings.reconcile_interval_s,
    )
