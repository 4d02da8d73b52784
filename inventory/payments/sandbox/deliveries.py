"""Delivering webhooks: at least once, with the same event id, until the receiver says 2xx.

A webhook is a row until it is delivered, so a killed process loses none. Before each attempt the
row's next attempt is moved ahead in SQL: that claim keeps two processes from sending it at once,
and makes it due again if the one that claimed it dies. After `ATTEMPTS_MAX` it is parked. What is
due together is claimed in one transaction, and what ends together is written down in one.

Of a webhook whose checkout says so (`faults.py`) the first attempts get lost, and the next ones'
answers; a webhook that comes after another waits until that one is delivered or parked.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import httpx
from sqlalchemy import ColumnElement, Connection, Engine, delete, func, or_, select, update

from inventory.ledger.engine import LedgerUnavailable, reading, writing
from inventory.ledger.grouped import Grouped
from inventory.payments.sandbox.tables import webhooks
from inventory.payments.signature import sign

log = logging.getLogger(__name__)

SIGNATURE_HEADER = "kaibo-sandbox-signature"
ATTEMPTS_MAX = 16
FIRST_DELAY_MS = 500
DELAY_MS_MAX = 60_000
TIMEOUT_S = 10.0
BATCH_MAX = 64  # sent at once
LOOK_INTERVAL_S = 0.5  # how soon a webhook queued by another process is seen


class Webhook(NamedTuple):
    event_id: str
    body: bytes
    attempts: int
    next_attempt_at_ms: int
    lost: int | None
    unheard: int | None


class Ended(NamedTuple):
    """An attempt that is over; `failure` says why the webhook is not delivered, None that it is."""

    webhook: Webhook
    failure: str | None


def retry_delay_ms(attempts: int) -> int:
    """How long to wait after the attempt number `attempts` (1, 2, ...) failed."""
    doubled: int = FIRST_DELAY_MS << min(attempts - 1, 20)
    return min(doubled, DELAY_MS_MAX)


class Deliveries:
    """The queue of webhooks and the loop that empties it."""

    def __init__(
        self, engine: Engine, webhook_url: str, secret: bytes, now_ms: Callable[[], int]
    ) -> None:
        self._engine = engine
        self._url = webhook_url
        self._secret = secret
        self._now_ms = now_ms
        self._queued = asyncio.Event()
        self._write_down = Grouped(self._write_ends)

    def notice(self) -> None:
        """Something was queued just now: deliver it without waiting for the next look."""
        self._queued.set()

    async def run(self) -> None:
        """Deliver forever; survives the receiver and the database being away.

        What an earlier process left goes first: whatever it had claimed it can no longer deliver.
        One delivered twice by that is recognised by its id.
        """
        # No proxy from the environment: the receiver is usually this very server.
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            released = False
            while True:
                self._queued.clear()
                try:
                    if not released:
                        await asyncio.to_thread(self._release_claims)
                        released = True
                    attempted = await self.deliver_due(client)
                except LedgerUnavailable as error:
                    log.warning("webhooks wait: %s", error)
                    attempted = 0
                if attempted < BATCH_MAX:
                    await self._wait()

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._queued.wait(), LOOK_INTERVAL_S)

    async def deliver_due(self, client: httpx.AsyncClient) -> int:
        """Attempt every webhook that is due, at most `BATCH_MAX`; how many were attempted."""
        claimed = await asyncio.to_thread(self._claim_due)
        await asyncio.gather(*(self._deliver(client, webhook) for webhook in claimed))
        return len(claimed)

    def backlog(self) -> dict[str, int]:
        """How many webhooks are 'queued' and 'parked'."""
        query = select(webhooks.c.state, func.count().label("counted")).group_by(webhooks.c.state)
        with reading(self._engine) as connection:
            counted = {row.state: row.counted for row in connection.execute(query)}
        return {"queued": 0, "parked": 0} | counted

    async def _deliver(self, client: httpx.AsyncClient, webhook: Webhook) -> None:
        failure = await self._attempt(client, webhook)
        if failure is not None:
            is_last = webhook.attempts >= ATTEMPTS_MAX
            level = logging.ERROR if is_last else logging.WARNING
            log.log(
                level, "webhook %s, attempt %d: %s", webhook.event_id, webhook.attempts, failure
            )
        await self._write_down(Ended(webhook, failure))

    async def _attempt(self, client: httpx.AsyncClient, webhook: Webhook) -> str | None:
        """None if delivered and heard, else why not."""
        lost = webhook.lost or 0
        if webhook.attempts <= lost:
            return "lost on the way, as the sandbox was told"
        failure = await self._post(client, webhook)
        if webhook.attempts <= lost + (webhook.unheard or 0):
            return "its answer was lost, as the sandbox was told"
        return failure

    async def _post(self, client: httpx.AsyncClient, webhook: Webhook) -> str | None:
        """None if delivered, else why not. Each attempt is signed anew, as time has passed."""
        headers = {
            "content-type": "application/json",
            SIGNATURE_HEADER: sign(self._secret, webhook.body, self._now_ms()),
        }
        try:
            response = await client.post(self._url, content=webhook.body, headers=headers)
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        return None if response.is_success else f"HTTP {response.status_code}"

    def _release_claims(self) -> None:
        now_ms = self._now_ms()
        claimed = (
            webhooks.c.state == "queued",
            webhooks.c.attempts > 0,
            webhooks.c.next_attempt_at_ms > now_ms,
        )
        with writing(self._engine) as connection:
            connection.execute(update(webhooks).where(*claimed).values(next_attempt_at_ms=now_ms))

    def _claim_due(self) -> list[Webhook]:
        now_ms = self._now_ms()
        columns = [webhooks.c[name] for name in Webhook._fields]
        due = (
            select(*columns)
            .where(
                webhooks.c.state == "queued",
                webhooks.c.next_attempt_at_ms <= now_ms,
                _nothing_before_it(),
            )
            .order_by(webhooks.c.next_attempt_at_ms)
            .limit(BATCH_MAX)
        )
        with reading(self._engine) as connection:
            found = [Webhook(*row) for row in connection.execute(due)]
        if not found:
            return []
        with writing(self._engine) as connection:
            claims = [_claim(connection, webhook, now_ms) for webhook in found]
        return [claimed for claimed in claims if claimed is not None]

    def _write_ends(self, ends: Sequence[Ended]) -> list[None]:
        now_ms = self._now_ms()
        with writing(self._engine) as connection:
            for webhook, failure in ends:
                if failure is None:
                    done = webhooks.c.event_id == webhook.event_id
                    connection.execute(delete(webhooks).where(done))
                else:
                    _note_failure(connection, webhook, failure, now_ms)
        return [None] * len(ends)


def _nothing_before_it() -> ColumnElement[bool]:
    before = webhooks.alias("before")
    is_queued = (before.c.event_id == webhooks.c.after_id, before.c.state == "queued")
    return or_(webhooks.c.after_id.is_(None), ~select(before.c.event_id).where(*is_queued).exists())


def _claim(connection: Connection, seen: Webhook, now_ms: int) -> Webhook | None:
    attempts = seen.attempts + 1
    lease_ms = int(TIMEOUT_S * 1000) + retry_delay_ms(attempts)
    claimed = seen._replace(attempts=attempts, next_attempt_at_ms=now_ms + lease_ms)
    still_as_seen = (
        update(webhooks)
        .where(
            webhooks.c.event_id == seen.event_id,
            webhooks.c.state == "queued",
            webhooks.c.attempts == seen.attempts,
        )
        .values(attempts=attempts, next_attempt_at_ms=claimed.next_attempt_at_ms)
    )
    return claimed if connection.execute(still_as_seen).rowcount == 1 else None


def _note_failure(connection: Connection, webhook: Webhook, failure: str, now_ms: int) -> None:
    # Only the latest attempt may speak: an earlier one may end after a later one has begun.
    connection.execute(
        update(webhooks)
        .where(webhooks.c.event_id == webhook.event_id, webhooks.c.attempts == webhook.attempts)
        .values(
            state="parked" if webhook.attempts >= ATTEMPTS_MAX else "queued",
            next_attempt_at_ms=now_ms + retry_delay_ms(webhook.attempts),
            last_error=failure[:500],
        )
    )
