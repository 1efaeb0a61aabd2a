"""What the tests of the use cases share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store import Store
from tests.resolvers.world import World, world


@pytest.fixture
async def country(store: Store, tmp_path: Path) -> AsyncIterator[World]:
    """Return a country of the test's own on each kind of database."""
    made = world(store, tmp_path)
    yield made
    await made.close()
