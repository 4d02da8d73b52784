"""What a room shows and sells: rooms and products, written by hosts, read by everyone."""

import msgspec
from sqlalchemy import Engine, select

from inventory.ledger.engine import reading, upsert, writing
from inventory.ledger.tables import products, rooms


class Room(msgspec.Struct, frozen=True, kw_only=True):
    room_id: str
    title: str
    video_url: str | None  # an HLS playlist
    currency: str  # ISO 4217


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A catalogue entry; it is sold through sales, which carry their own price."""

    room_id: str
    product_id: str
    title: str
    picture_url: str | None
    list_price_cents: int


class Catalogue:
    """Rooms and products in SQL. Every method raises LedgerUnavailable when SQL is away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put_room(self, room: Room) -> None:
        """Creates the room or changes it."""
        with writing(self._engine) as connection:
            upsert(connection, rooms, [msgspec.structs.asdict(room)])

    def room(self, room_id: str) -> Room | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(rooms).where(rooms.c.room_id == room_id)).first()
        return None if row is None else Room(**row._mapping)

    def rooms(self) -> list[Room]:
        """All rooms, by id."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(rooms).order_by(rooms.c.room_id)).mappings()
            return [Room(**row) for row in rows]

    def room_ids(self) -> list[str]:
        with reading(self._engine) as connection:
            return list(connection.execute(select(rooms.c.room_id)).scalars())

    def put_product(self, product: Product) -> None:
        """Creates the product or changes it."""
        with writing(self._engine) as connection:
            upsert(connection, products, [msgspec.structs.asdict(product)])

    def product(self, room_id: str, product_id: str) -> Product | None:
        query = select(products).where(
            products.c.room_id == room_id, products.c.product_id == product_id
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else Product(**row._mapping)

    def products(self, room_id: str) -> list[Product]:
        """A room's products, by id."""
        query = select(products).where(products.c.room_id == room_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(products.c.product_id)).mappings()
            return [Product(**row) for row in rows]
