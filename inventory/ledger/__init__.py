"""The durable record in SQL: orders, movements of units, payments, and what is sold.

Everything here is synchronous; async callers use `asyncio.to_thread`.
"""

from inventory.ledger.catalogue import Catalogue, Product, Room
from inventory.ledger.engine import LedgerUnavailable, open_engine
from inventory.ledger.ledger import Ledger
from inventory.ledger.payments import ORPHAN, Payment, PaymentBook
from inventory.ledger.writer import LedgerWriter

__all__ = [
    "ORPHAN",
    "Catalogue",
    "Ledger",
    "LedgerUnavailable",
    "LedgerWriter",
    "Payment",
    "PaymentBook",
    "Product",
    "Room",
    "open_engine",
]
