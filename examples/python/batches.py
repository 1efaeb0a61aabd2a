"""A batch to its end: as many requests as it takes, and each row's answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from examples.python.graph import Graph

MOST_ROWS = 500
"""How many rows the service takes in one batch."""


def batch(
    graph: Graph, document: str, key: str, rows: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Send rows as batches, and yield each row with its answer. A row that was done before is only answered again.

    Args:
        document: takes `$input`, with one root field, a batch mutation; key: your own name for this work.

    Raises:
        GraphRefused: a whole batch was refused.
    """
    for start in range(0, len(rows), MOST_ROWS):
        part = rows[start : start + MOST_ROWS]
        found: dict[str, Any] = {"notReached": len(part)}
        while found["notReached"]:
            # What one request has no time for is reached by the next one, under the same key.
            found = graph.change(document, key, rows=part)
        yield from zip(part, found["rows"], strict=True)
