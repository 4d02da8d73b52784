"""The envelope that the scripts pack around payloads: what routing needs, and nothing more.

`publish.lua` packs one event; `personal.lua` packs those of many users, with arrays in the places
of the user and of the payload.
"""

import msgpack

from rooms.events import Delivery, Incoming


def decode(envelope: bytes) -> list[Incoming]:
    """The events in an envelope; their payloads stay as they are."""
    delivery, key, to, offset, payload, epoch = msgpack.unpackb(envelope, raw=True)
    its_class, its_epoch = Delivery(delivery.decode()), epoch.decode()
    if isinstance(to, list):
        return [
            Incoming(its_class, "", user.decode(), None, own, its_epoch)
            for user, own in zip(to, payload, strict=True)
        ]
    return [Incoming(its_class, key.decode(), to.decode(), offset or None, payload, its_epoch)]
