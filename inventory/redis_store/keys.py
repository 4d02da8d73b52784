"""The Redis keys of a room. All share one hash tag, so they live in one slot of a Cluster.

| key         | type   | content                                                                 |
|-------------|--------|-------------------------------------------------------------------------|
| `pools`     | hash   | sale_id -> Pool, msgpack; of sales that are not archived                |
| `holds`     | hash   | hold_id -> Hold, msgpack                                                |
| `buyers`    | hash   | "sale_id:buyer_id" -> units that buyer's holds in `holds` hold or sold  |
| `deadlines` | zset   | one hold id or many on end, by when their time is over at the latest;   |
|             |        | names every hold that is held or waits, and others that did. "sale:" +  |
|             |        | sale_id: more buyers wait than the last command could serve             |
| `finished`  | zset   | hold_id, "op:" + restock id, "sale:" + sale_id, by when retention began |
| `ops`       | hash   | restock_id -> its content, msgpack                                      |
| `clock`     | string | the highest time seen, in ms                                            |
| `outbox`    | stream | what happened: kind, holds, pools, units, restock_id                    |
| `waiting`   | hash   | the waitlists: "sale_id:place" -> hold_id, and                          |
|             |        | "sale_id:buyer:buyer_id" -> the number of that buyer's place            |
| `epoch`     | string | when the room was restored from SQL, in ms; not there if it never was   |
| `relay`     | string | the stream id up to which the relay has told the room                   |
"""

SCRIPT_KEYS = (
    *("pools", "holds", "buyers", "deadlines", "finished", "ops", "clock", "outbox"),
    *("waiting", "epoch"),
)


def room_key(room_id: str, name: str) -> str:
    return f"kaibo:{{{room_id}}}:{name}"


def script_keys(room_id: str) -> list[str]:
    """The KEYS of every script, in the order in which the prelude names them."""
    return [room_key(room_id, name) for name in SCRIPT_KEYS]
