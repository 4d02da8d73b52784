"""The orders: one row each, committed before the buyer is told."""

import sqlite3
import threading
from pathlib import Path
from typing import NamedTuple

BUSY_TIMEOUT_S = 10.0
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS orders"
    " (order_id TEXT PRIMARY KEY, sale TEXT NOT NULL, buyer TEXT NOT NULL)"
)


class Order(NamedTuple):
    order_id: str
    sale: str
    buyer: str


class Orders:
    """One connection, one writer at a time. Every method blocks: call it in a thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._sql = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, check_same_thread=False, isolation_level=None
        )
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", SCHEMA):
            self._sql.execute(statement)

    def add(self, order: Order) -> None:
        """Once, however often."""
        with self._lock:
            self._sql.execute("INSERT OR IGNORE INTO orders VALUES (?, ?, ?)", order)

    def of(self, sale: str) -> list[Order]:
        with self._lock:
            rows = self._sql.execute("SELECT * FROM orders WHERE sale = ?", (sale,))
            return [Order(*row) for row in rows]
