"""One process of several: applies for one person many times at once, and tells what came of it.

`python -m tests.resolvers.applicants URL PERSON DOCUMENTS COUNT` prints a JSON object of outcomes and their counts.
"""

import asyncio
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from domain.errors import DecisionRefused, DomainError
from domain.holder import Actor
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.apply import apply_for_card
from store import Keys, Store
from tests.resolvers.world import CHANNELS, CHENGDU, DETAILS, World, world

KEYS = Keys((b"encryption key of the test suite",), b"blind index key of the testsuite")
"""The keys that tests/databases.py gives to every store."""


def chengdu_application(person_id: str, documents: tuple[str, ...]) -> tuple[Actor, ServiceRequest]:
    """Return a complete application of an adult in Chengdu."""
    return Actor(person_id, "citizen", CHANNELS[CHENGDU]), ServiceRequest(
        "apply", region=CHENGDU, details=DETAILS, documents=documents
    )


def outcome_of(result: object) -> str:
    """Return what became of an application, in a word: `done`, or the codes of the refusal."""
    if isinstance(result, DecisionRefused):
        return "+".join(denial.code for denial in result.decision.denials)
    if isinstance(result, DomainError):
        return result.code
    if isinstance(result, BaseException):
        raise result
    return "done"


async def apply_many(country: World, actor: Actor, ask: ServiceRequest, count: int) -> Counter[str]:
    """Apply many times at once."""
    attempts = (apply_for_card(country.dependencies, actor, ask) for _ in range(count))
    return Counter(outcome_of(result) for result in await asyncio.gather(*attempts, return_exceptions=True))


async def main(url: str, person_id: str, documents: str, count: str) -> None:
    """Open the database, apply, and print the outcomes."""
    store = await Store.open(url, KEYS)
    try:
        with tempfile.TemporaryDirectory() as folder:
            actor, ask = chengdu_application(person_id, tuple(documents.split(",")))
            outcomes = await apply_many(world(store, Path(folder)), actor, ask, int(count))
        print(json.dumps(outcomes))
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
