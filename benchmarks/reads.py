"""Reads over HTTP: a person with everything about them, and an operation, asked of the service and of its peers."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from benchmarks.kit import asks
from benchmarks.kit.contenders import BARE, ON_SQLITE, SERVICE, STRAWBERRY, YOGA, at_rest_key, contenders
from benchmarks.kit.driver import Ask, answer_to
from benchmarks.kit.installation import POSTGRESQL, SQLITE, Installation, installation
from benchmarks.kit.options import Options
from benchmarks.kit.people import READER
from benchmarks.kit.processes import Server
from benchmarks.kit.turns import again_and_again
from benchmarks.peers.sealed import seal_for_node

NAMES = (SERVICE, ON_SQLITE, YOGA, BARE, STRAWBERRY)
READERS = 100
DOCUMENTS: Mapping[str, tuple[asks.Asking, int]] = {"read": (asks.holder, 113), "operation": (asks.operation, 57)}
"""What is asked, with how many leaves the answer has."""


def run(options: Options) -> dict[str, Any]:
    """Measure, once everybody has given the same answers byte for byte; strawberry as it comes escapes what is not ASCII."""
    names = options.chosen(NAMES)
    with installation({POSTGRESQL: {READER: READERS}, SQLITE: {READER: READERS}}) as made:
        asyncio.run(seal_for_node(made.url(POSTGRESQL), at_rest_key(made)))
        with contenders(made, names) as servers:
            measured = {}
            for document, (asking, leaves) in DOCUMENTS.items():
                asked = _asked(made, servers, asking, leaves)
                figures = again_and_again(servers, asked, made.server.pid, options.rounds, options.seconds)
                measured[document] = {name: of.plain() for name, of in figures.items()}
            return measured


def _asked(
    made: Installation, servers: Mapping[str, Server], asking: asks.Asking, leaves: int
) -> dict[str, Sequence[Ask]]:
    """Return what to ask of each, with the answers that are right.

    Raises:
        RuntimeError: two on the same database answer otherwise, or not with as many leaves.
    """
    asked: dict[str, Sequence[Ask]] = {}
    answers: dict[str, list[bytes]] = {}
    for name, server in servers.items():
        engine = SQLITE if name == ON_SQLITE else POSTGRESQL
        given = [asking(made.tokens, who) for who in made.people[engine][READER]]
        found = [answer_to(server.port, ask) for ask in given]
        asked[name] = [Ask(ask.content, answer) for ask, answer in zip(given, found, strict=True)]
        first = answers.setdefault(engine, found)
        for one, other in zip(first, found, strict=True):
            same = one == other or (name == STRAWBERRY and orjson.loads(one) == orjson.loads(other))
            if not same or count_leaves(orjson.loads(one)["data"]) != leaves:
                raise RuntimeError(f"{name} does not answer as the others:\n{one.decode()}\n{other.decode()}")
    return asked


def count_leaves(value: Any) -> int:
    """Return how many scalars, nulls included, an answer holds."""
    if isinstance(value, dict):
        return sum(map(count_leaves, value.values()))
    return sum(map(count_leaves, value)) if isinstance(value, list) else 1
