"""Everything that is encrypted sealed anew with the newest keys, while others serve: page by page, and on from where it was broken off."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from domain.errors import DomainError, NotFound
from gateways.files import FolderFiles
from resolvers.audit import OPERATOR, told_of
from store import Store
from store.audit.entries import AuditKind
from store.repositories.sealed_rows import EARLIER, TABLES, Key

PROGRESS: Final = "renewing"
ROTATED: Final = "keys_rotate"
"""What the audit record calls it."""
PAGE: Final = 200
"""Rows of one transaction: whoever wants one of them waits some hundredths of a second at most."""
MOST_PASSES: Final = 100
BETWEEN_SECONDS: Final = 0.2
"""How long is waited for those who held rows, before these are tried again."""
Told = Callable[[int, int], None]
"""Is told how much is done, and of how much."""


@dataclass(slots=True)
class Renewed:
    """What came of it.

    Args:
        rows, files: how many were sealed anew; unreadable: what does not open, each with why.
        complete: whether everything is sealed with the newest keys now.
    """

    rows: int = 0
    files: int = 0
    unreadable: set[str] = field(default_factory=set)
    complete: bool = False


@dataclass(slots=True)
class Standing:
    """With which keys everything is sealed and indexed.

    Args:
        sealed: how many values by place and id of the key; indexed: how many indexes likewise.
        unreadable: what does not open, each with why.
    """

    sealed: dict[str, Counter[str]] = field(default_factory=dict)
    indexed: dict[str, Counter[str]] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    def users(self, key: str) -> int:
        """Return how many values and indexes still need a key: those of earlier forms may need any."""
        return sum(counts[key] + counts[EARLIER] for counts in (*self.sealed.values(), *self.indexed.values()))


class Renewal:
    """Seals everything anew.

    Args:
        store: with the newest keys first; files: likewise; told: how far it is.
    """

    def __init__(self, store: Store, files: FolderFiles, told: Told) -> None:
        self._store, self._files, self._told = store, files, told
        self._done, self._total = 0, 0
        self._renewed = Renewed()

    async def run(self) -> Renewed:
        """Go through everything until nothing is left that other keys have sealed.

        Raises:
            StoreError: nobody who serves writes with the newest keys yet.
        """
        target = f"{await self._store.begin_renewing()} {self._files.key_ids[0]}"
        async with self._store.reading() as work:
            begun = await work.key_marks.get(PROGRESS)
            self._total = sum([await work.sealed_rows.count(name) for name in TABLES]) + len(await self._files.names())
        resumed = begun if begun.get("target") == target and not begun.get("complete") else {}
        for _ in range(MOST_PASSES):
            left = await self._pass(target, resumed)
            resumed = {}
            if not left:
                break
            await asyncio.sleep(BETWEEN_SECONDS)
            self._done = 0
        self._renewed.complete = not left and not self._renewed.unreadable
        if self._renewed.complete:
            await self._store.all_renewed()
            await self._files.refuse_earlier()
        await self._note(target, complete=self._renewed.complete)
        return self._renewed

    async def _pass(self, target: str, resumed: Mapping[str, object]) -> int:
        """Go through everything once, and return how much was not sealed with the newest keys: none when all is done."""
        found, self._renewed.unreadable = 0, set()
        names = list(TABLES)
        begun = names.index(str(resumed["table"])) if resumed.get("table") in names else 0
        # What was passed before it was broken off has to be looked at once more at last.
        found += begun
        for name in names[begun:]:
            after = resumed.get("after") if name == resumed.get("table") else None
            found += await self._table(target, name, after if isinstance(after, int | str) else None)
        return found + await self._all_files()

    async def _table(self, target: str, name: str, after: Key | None) -> int:
        found = 1 if after is not None else 0
        while True:
            async with self._store.reading() as work:
                looked = await work.sealed_rows.look(name, after, PAGE)
            if looked.last is None:
                return found
            after, found = looked.last, found + len(looked.stale)
            if looked.stale:
                began = time.monotonic()
                async with self._store.transaction() as work:
                    self._renewed.rows += await work.sealed_rows.renew(name, looked.stale)
                    await work.key_marks.put(PROGRESS, {"target": target, "table": name, "after": after})
                # Others have their turn for as long as they were kept waiting.
                await asyncio.sleep(time.monotonic() - began)
            self._renewed.unreadable.update(looked.unreadable)
            self._advance(looked.rows)

    async def _all_files(self) -> int:
        found = 0
        for name in await self._files.names():
            try:
                renewed = await self._files.renew(name)
            except NotFound:
                continue
            except DomainError as broken:
                self._renewed.unreadable.add(f"files/{name}: {broken}")
                continue
            found += renewed
            self._advance(1)
        self._renewed.files += found
        return found

    async def _note(self, target: str, *, complete: bool) -> None:
        async with self._store.transaction() as work:
            await work.key_marks.put(PROGRESS, {"target": target, "complete": complete})
            now, part = datetime.now(UTC), "complete" if complete else "incomplete"
            work.audit.tell(
                told_of(None, now, AuditKind.KEYS, ROTATED, role=OPERATOR, record_id=part, reference=target)
            )

    def _advance(self, rows: int) -> None:
        self._done += rows
        self._told(self._done, max(self._total, self._done))


async def standing(store: Store, files: FolderFiles, told: Told) -> Standing:
    """Look through everything, and count with which keys it is sealed and indexed."""
    found, done, total = Standing(), 0, 0
    async with store.reading() as work:
        total = sum([await work.sealed_rows.count(name) for name in TABLES])
    for name in TABLES:
        sealed, indexed, after = Counter[str](), Counter[str](), None  # type: Counter[str], Counter[str], Key | None
        while True:
            async with store.reading() as work:
                looked = await work.sealed_rows.look(name, after, PAGE)
            if looked.last is None:
                break
            after, done = looked.last, done + looked.rows
            sealed.update(looked.sealed_by)
            indexed.update(looked.indexed_by)
            found.unreadable += looked.unreadable
            told(done, max(total, done))
            await asyncio.sleep(0)
        found.sealed[name], found.indexed[name] = sealed, indexed
    found.sealed["files"] = Counter([key async for key in _of_files(files)])
    return found


async def _of_files(files: FolderFiles) -> AsyncIterator[str]:
    for name in await files.names():
        try:
            yield await files.sealed_with(name) or EARLIER
        except NotFound:
            continue
