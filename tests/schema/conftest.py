"""What the tests of the schema share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store import Store
from tests.resolvers.world import world
from tests.schema.graph import Graph, graph_on


@pytest.fixture
async def graph(store: Store, tmp_path: Path) -> AsyncIterator[Graph]:
    """Serve the graph on an empty store."""
    async with graph_on(world(store, tmp_path)) as serving:
        yield serving
