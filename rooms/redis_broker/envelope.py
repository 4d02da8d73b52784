"""The envelope that `publish.lua` packs around a payload: what routing needs, and nothing more."""

import msgpack

from rooms.events import Delivery, Incoming


def decode(envelope: bytes) -> Incoming:
    """The event in an envelope; its payload stays as it is."""
    delivery, key, to, offset, payload, epoch = msgpack.unpackb(envelope, raw=True)
    return Incoming(
        delivery=Delivery(delivery.decode()),
        key=key.decode(),
        to=to.decode(),
        offset=offset or None,
        payload=payload,
        epoch=epoch.decode(),
    )
