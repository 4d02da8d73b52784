"""Webhooks: what a payment provider reports, believed only if it signed it.

2xx is answered once the report is in SQL, whatever it led to: a payment for an unknown reservation
is recorded too. Only a report that cannot be believed or read is a 400. Bounded thrice: a body is
read up to its cap, reports up to a rate are taken on, and as many wait to be written as
`inventory/ledger/grouped.py` lets wait. A provider repeats what was refused so, and loses nothing.
What nobody signed costs no more than any request and uses up nothing of that rate.
"""

from inventory.payments.port import BadEvent, BadSignature
from server.http.calls import Call
from server.http.replies import WebhookReply
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody

AMOUNT_CENTS_MAX = 2**53  # what JSON carries exactly, and SQL can add up


async def receive(call: Call) -> WebhookReply | ErrorBody:
    provider, now_ms = call.parts.provider, call.parts.now_ms()
    if call.path["provider"] != provider.name:
        return ErrorBody(
            code=ErrorCode.NOT_FOUND, message=f"this server's provider is {provider.name!r}"
        )
    try:
        event = provider.verify(call.headers, call.body, now_ms)
    except (BadSignature, BadEvent) as error:
        return ErrorBody(code=ErrorCode.BAD_MESSAGE, message=str(error))
    if not 0 <= event.amount_cents <= AMOUNT_CENTS_MAX:
        message = f"{event.amount_cents} cents were paid by nobody"
        return ErrorBody(code=ErrorCode.BAD_MESSAGE, message=message)
    if wait_ms := call.parts.webhook_bucket.take(now_ms):
        return ErrorBody(
            code=ErrorCode.RATE_LIMITED, message="too many reports; retry", retry_after_ms=wait_ms
        )
    await call.parts.settler.settle(provider.name, event)
    return WebhookReply(received=True)
