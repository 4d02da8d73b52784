"""Webhooks: what a payment provider reports, believed only if it signed it.

2xx is answered once the payment is in SQL, whatever it led to: a payment for an unknown
reservation is recorded too. Only a report that cannot be believed or read is a 400.
"""

from inventory.payments.port import BadEvent, BadSignature
from server.http.calls import Call
from server.http.replies import WebhookReply
from server.wire.codes import ErrorCode
from server.wire.events import ErrorBody


async def receive(call: Call) -> WebhookReply | ErrorBody:
    provider = call.parts.provider
    if call.path["provider"] != provider.name:
        return ErrorBody(
            code=ErrorCode.NOT_FOUND, message=f"this server's provider is {provider.name!r}"
        )
    try:
        event = provider.verify(call.headers, call.body, call.parts.now_ms())
    except (BadSignature, BadEvent) as error:
        return ErrorBody(code=ErrorCode.BAD_MESSAGE, message=str(error))
    async with call.parts.sql_writes.open():
        await call.parts.settler.settle(provider.name, event)
    return WebhookReply(received=True)
