"""Whether it stays as fast when a province has grown: `python -m benchmarks.growth`.

Loads 10,000, 1,000,000 and 10,000,000 cards with what belongs to them by COPY into a PostgreSQL of its own under the temporary
folder (23 GB and half an hour for the largest), measures the same work at each size, and looks at the plan of every statement that was
sent. Writes docs/growth.json and docs/growth.md.

    python -m benchmarks.growth --cards 10000 1000000
    python -m benchmarks.growth --server postgresql://postgres@localhost/postgres --keep
"""

import argparse
import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from benchmarks.growth_load import load, weigh
from benchmarks.growth_plans import Findings, explained
from benchmarks.growth_rows import NOW, Rows, Size
from benchmarks.growth_work import Measured, measured_work, noted
from benchmarks.report import machine
from store import Store
from store.sealing import Sealer
from tests.databases import TestServer
from tests.resolvers.applicants import KEYS

SIZES = {
    10_000: Size(10_000, 10_000, 10_000),
    1_000_000: Size(1_000_000, 300_000, 1_000_000),
    10_000_000: Size(10_000_000, 300_000, 3_000_000, brief=True),
}
"""The largest holds fewer people and decisions for a card than the others, and briefer ones, to stay below 25 GB."""
DOCS = Path("docs")
JUDGED = ("request: list of a city by state", "request: list and count of a city by state")
"""Whose growth is aimed at: what a clerk's screen costs, service and database."""


@dataclass(frozen=True, slots=True)
class Grown:
    """What was found at one size.

    Args:
        work: by name; bytes: of a row and of its entries in indexes, by table; findings: what is to be said of statements.
    """

    cards: int
    work: Mapping[str, Measured]
    bytes: Mapping[str, tuple[int, int, int]]
    findings: Findings


async def filled(url: str, size: Size) -> None:
    """Fill a new database."""
    store = await Store.open(url, KEYS)
    try:
        await store.migrate()
    finally:
        await store.close()
    await load(url, Rows(size, Sealer(KEYS)))


async def grown(urls: Mapping[int, str]) -> list[Grown]:
    """Measure all sizes, in turn."""
    turn = asyncio.Lock()
    with noted() as sent:
        work = await asyncio.gather(*(_worked(url, SIZES[cards], turn) for cards, url in urls.items()))
    return [
        Grown(cards, each, await weigh(url), await explained(url, sent[_name(cards)]))
        for (cards, url), each in zip(urls.items(), work, strict=True)
    ]


async def _worked(url: str, size: Size, turn: asyncio.Lock) -> dict[str, Measured]:
    store = await Store.open(f"{url}{'&' if '?' in url else '?'}application_name=growth&pool_size=1", KEYS)
    try:
        return await measured_work(store, url, Rows(size, Sealer(KEYS)), turn)
    finally:
        await store.close()


def _name(cards: int) -> str:
    return f"growth_{cards}"


@contextmanager
def server(given: str | None) -> Iterator[str]:
    """Yield the URL of a server's own database: one that is there, or one of the benchmark's own, which is deleted after it."""
    if given is not None:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="growth"))
    own = TestServer(folder / "data")
    try:
        own.run("ALTER SYSTEM SET max_wal_size = '2GB'", "SELECT pg_reload_conf()")
        yield own.url("postgres")
    finally:
        own.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _made(url: str, name: str) -> bool:
    """Make a database, and say whether it was not there."""
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", name):
            return False
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return True
    finally:
        await connection.close()


async def _drop(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.close()


def main() -> None:
    """Load, measure all sizes in turn, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cards", nargs="+", type=int, choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--server", help="the URL of a database on a PostgreSQL that is there; its superuser's")
    parser.add_argument(
        "--keep", action="store_true", help="keep the databases growth_…, and measure those that are there"
    )
    given = parser.parse_args()
    with server(given.server) as url:
        urls = {cards: urlsplit(url)._replace(path=f"/{_name(cards)}").geturl() for cards in sorted(given.cards)}
        try:
            for cards, own in urls.items():
                if asyncio.run(_made(url, _name(cards))):
                    asyncio.run(filled(own, SIZES[cards]))
            found = asyncio.run(grown(urls))
        finally:
            if not given.keep:
                for cards in urls:
                    asyncio.run(_drop(url, _name(cards)))
    write(found)


def write(found: Sequence[Grown]) -> None:
    """Write the figures and the page, and print it."""
    figures = {
        "of": machine(),
        "now": NOW.isoformat(),
        "worst": max(ratio(found, name) for name in JUDGED),
        "judged": JUDGED,
        "sizes": {
            each.cards: {
                "work": {name: of.figures() for name, of in each.work.items()},
                "bytes": {
                    t: {"rows": n, "row": row, "indexes": indexes} for t, (n, row, indexes) in each.bytes.items()
                },
                "statements": each.findings.count,
                "no_index": each.findings.no_index,
                "small": each.findings.small,
            }
            for each in found
        },
    }
    (DOCS / "growth.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page = "\n".join(lines(found, figures))
    (DOCS / "growth.md").write_text(page, encoding="utf-8")
    print(page)


def ratio(found: Sequence[Grown], name: str) -> float:
    """Return how many times as much the largest costs as the smallest."""
    first, last = found[0].work[name].cpu, found[-1].work[name].cpu
    return last / first


def lines(found: Sequence[Grown], figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield the page."""
    of, sizes = figures["of"], [f"{each.cards:,}" for each in found]
    yield "# Growth"
    yield ""
    yield f"Written by `python -m benchmarks.growth`, {of['measured']}, commit {of['commit']}, {of['machine']}, load {of['load']}."
    yield ""
    yield "CPU microseconds of the service and the database together, medians, by cards on record; an operation belongs to each card."
    yield "`request` is a whole request to the graph, without what an empty one takes. In brackets: milliseconds by the clock."
    yield ""
    yield f"| work | {' | '.join(sizes)} | growth |"
    yield f"|---|{'--:|' * (len(sizes) + 1)}"
    for name in found[0].work:
        cells = [f"{each.work[name].cpu:,.0f} ({each.work[name].clock:.1f})" for each in found]
        yield f"| {name} | {' | '.join(cells)} | x{ratio(found, name):.2f} |"
    yield ""
    yield "## Bytes of a row, and of its entries in all indexes"
    yield ""
    yield f"| table | {' | '.join(f'{size}: rows, row, indexes' for size in sizes)} |"
    yield f"|---|{'---|' * len(sizes)}"
    for table in sorted({table for each in found for table in each.bytes}):
        cells = ["{:,}, {}, {}".format(*each.bytes[table]) if table in each.bytes else "" for each in found]
        yield f"| {table} | {' | '.join(cells)} |"
    yield ""
    yield "## Plans"
    yield ""
    for each in found:
        yield from _plans(each)


def _plans(each: Grown) -> Iterator[str]:
    yield f"**{each.cards:,} cards.** {each.findings.count} different statements were sent and explained."
    if each.findings.no_index:
        yield "These have no index to be looked up by:"
        yield ""
        yield from (f"- {what}" for what in each.findings.no_index)
    else:
        yield "Each of them can be looked up by an index."
    if each.findings.small:
        yield f"PostgreSQL reads these tables whole all the same, because they are so small: {', '.join(each.findings.small)}."
    yield ""


if __name__ == "__main__":
    main()
