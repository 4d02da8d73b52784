"""A till with a catalogue, open for business."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from inventory.ledger.catalogue import Catalogue
from inventory.ledger.writer import LedgerWriter
from tests.inventory.payments.receiver import listening
from tests.inventory.payments.till import Till
from tests.inventory.shop import Shop


@pytest.fixture
async def till_itself(
    shop: Shop, engine: Engine, writer: LedgerWriter, catalogue: Catalogue
) -> Till:
    return Till(shop, engine, writer)


@pytest.fixture
def till(till_itself: Till) -> Iterator[Till]:
    with listening(till_itself):
        till_itself.open()
        yield till_itself
