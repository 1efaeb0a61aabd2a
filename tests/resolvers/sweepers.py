"""One process of several: sweeps twice at once when it is told to, and tells what was written down.

`python -m tests.resolvers.sweepers URL NOW` says `ready`, waits for a line, and prints a JSON list of numbers of cards.
"""

import asyncio
import json
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from resolvers.changing.sweep import sweep
from store import Store
from tests.resolvers.applicants import KEYS
from tests.resolvers.world import world


async def main(url: str, now: str) -> None:
    """Open the database, wait for the word, sweep in two tasks, and print what each wrote down."""
    store = await Store.open(url, KEYS)
    try:
        with tempfile.TemporaryDirectory() as folder:
            country = world(store, Path(folder))
            country.clock.set(datetime.fromisoformat(now))
            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            swept = await asyncio.gather(*(sweep(country.dependencies) for _ in range(2)))
        assert not any(each.failed for each in swept)
        print(json.dumps([each.cards for each in swept]))
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
