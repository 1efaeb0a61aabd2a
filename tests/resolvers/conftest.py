"""What the tests of the use cases share."""

from pathlib import Path

import pytest

from store import Store
from tests.resolvers.world import World, world


@pytest.fixture
def country(store: Store, tmp_path: Path) -> World:
    """Return a country of the test's own on each kind of database."""
    return world(store, tmp_path)
