"""`main.py import`: holders and cards that were issued before this service, from a CSV file of any length.

The file is read twice: once to see that it can be read to its end, then in pieces. Each piece is one transaction, in which it is also
written down how many rows are done. So the command may be broken off at any moment, and goes on where it was when it is run again.
"""

import argparse
import asyncio
import getpass
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import file_digest
from itertools import islice
from pathlib import Path
from typing import IO

from composition.commands.arguments import add_language
from composition.commands.commands import Show
from composition.commands.loaded import load_policies
from composition.commands.progress import progress_bar
from composition.commands.rejected import Rejected
from composition.commands.spoken import say
from composition.keys import KeyRing
from composition.settings import ConfigurationError, Settings
from domain.cause import caused_by, new_cause
from domain.errors import Conflict, DomainError, InvalidInput
from domain.message import Message
from gateways.clock import SystemClock
from policies.source.system_words import in_words
from resolvers.audit import OPERATOR, told_of
from resolvers.changing.imported_cards import CardReader, ReadCard
from resolvers.services.import_cards import SERVICE, TRIES, progress, put_on_record
from schema.services.batch_columns import columns_of, row_of
from schema.services.import_cards import ImportedCardInput
from store import Store
from store.audit.entries import AuditEntry, AuditKind
from store.records import CardImport
from web.csv_text import CsvRow, each_row

PIECE = 1_000
"""Rows of one transaction."""
_COLUMNS = columns_of(ImportedCardInput)
_NEEDED = [name for name, needed in _COLUMNS.items() if needed]


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of a file before anything of it is imported: the SHA-256 of its bytes, and how many rows it has."""

    digest: str
    rows: int


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "file",
        type=Path,
        metavar=say("文件", "FILE"),
        help=say("要导入的文件，`CSV UTF-8` 格式", "a CSV file in UTF-8"),
    )
    parser.add_argument(
        "--by",
        metavar=say("姓名", "NAME"),
        help=say(
            "由谁导入，会记录在案；不写即登录名", "who imports, which is kept on record; the login name if left out"
        ),
    )
    add_language(parser)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out the command and return its exit code: 1 if rows were refused, which stand in the file beside.

    Raises:
        PolicyFaults, StoreError, ConfigurationError: the policies, the database or the file cannot be used.
        RequestRefused: the file is no CSV, or its columns are not right; nothing is imported then.
        Conflict: the same file is being imported by another process.
    """
    path: Path = arguments.file
    with _opened(path):
        survey = surveyed(path)
        with progress_bar("import") as told, caused_by(new_cause("import")):
            done, rejected = asyncio.run(_import(path, survey, arguments.by or getpass.getuser(), settings, told))
    codes = rejected.codes()
    for line in _report(survey, done, codes, rejected.path):
        show(line.text(arguments.lang))
    return 1 if done.refused else 0


@contextmanager
def _opened(path: Path) -> Iterator[None]:
    """Keep every other process of this machine from importing the file, until the context is left.

    Raises:
        ConfigurationError: it cannot be read. Conflict: another process imports it.
    """
    try:
        with path.open("rb") as file:
            _lock(file)
            yield
    except OSError as error:
        why = in_words(error)
        raise ConfigurationError(
            Message(
                f"无法读写 `{path}` 或旁边的文件：{why.zh}。",
                f"{path}, or the file beside it, cannot be used: {why.en}.",
            )
        ) from None


def _lock(file: IO[bytes]) -> None:
    with suppress(ImportError):  # Windows has no such locks
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                Message(
                    "另一个进程正在导入同一份文件，请等它完成后再运行。",
                    "Another process imports the same file at this moment; wait for it, and run the import again.",
                )
            ) from None


def surveyed(path: Path) -> Survey:
    """Read a file to its end.

    Raises:
        RequestRefused: it is no CSV, or its columns are not right (`CSV_UNREADABLE`).
    """
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return Survey(digest, sum(1 for _ in _rows(path)))


def _rows(path: Path) -> Iterator[CsvRow]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from each_row(file, list(_COLUMNS), _NEEDED)


async def _import(
    path: Path, survey: Survey, by: str, settings: Settings, told: Callable[[int, int], None]
) -> tuple[CardImport, Rejected]:
    policies, clock = load_policies(settings.regions), SystemClock()
    store = await Store.open(settings.database_url, KeyRing(settings).store_keys())
    try:
        await store.check()
        now = clock.now()
        async with store.transaction() as work:
            begun = await work.card_imports.begin(CardImport(survey.digest, by, None, now, now))
            work.audit.tell(_entry_of(by, now, survey.digest, "begin"))
        rows = _rows(path)
        last = 1
        for row in islice(rows, begun.rows):
            last = row.line
        rejected = Rejected(path.with_suffix(".rejected.csv"), last)
        with rejected:
            done = begun.rows
            told(done, survey.rows)
            while piece := list(islice(rows, PIECE)):
                # A long import sees the day change.
                await _import_piece(
                    store, CardReader(policies, clock.now()), piece, (survey.digest, by), done, rejected
                )
                done += len(piece)
                told(done, survey.rows)
        async with store.reading() as work:
            return await work.card_imports.get(survey.digest), rejected
    finally:
        await store.close()


async def _import_piece(
    store: Store, reader: CardReader, piece: list[CsvRow], origin: tuple[str, str], after: int, rejected: Rejected
) -> None:
    """Import a piece in one transaction; anew, if somebody else was faster with one of its cards or people.

    Args:
        origin: the digest of the file, and who imports it.
    """
    digest, by = origin
    read: list[tuple[CsvRow, ReadCard]] = []
    refused: list[tuple[int, DomainError]] = []
    for row in piece:
        try:
            read.append((row, _read(reader, row)))
        except InvalidInput as wrong:
            refused.append((row.line, wrong))
    for attempt in range(TRIES):
        try:
            async with store.transaction() as work:
                now = reader.now
                done = await put_on_record(work, [card for _, card in read], digest, now)
                await work.card_imports.go_on(progress(digest, done, len(piece), len(refused)), after, now)
                work.audit.tell(_entry_of(by, now, digest, f"rows {after + 1} to {after + len(piece)}"))
                told = [*refused, *((read[place][0].line, error) for place, error in done.refused.items())]
                # Before the commit: what a break leaves there too much, the next run takes out again.
                rejected.add(sorted(told, key=lambda each: each[0]))
            return
        except Conflict:
            if attempt == TRIES - 1:
                raise


def _entry_of(by: str, now: datetime, digest: str, part: str) -> AuditEntry:
    """Return what the audit record is told of a part of a file."""
    entry = told_of(None, now, AuditKind.IMPORT, SERVICE, role=OPERATOR, record_id=digest, reference=part)
    return replace(entry, subject=by)


def _read(reader: CardReader, row: CsvRow) -> ReadCard:
    if row.wrong is not None:
        raise row.wrong
    return reader.read(row_of(ImportedCardInput, row.cells).given())


def _report(survey: Survey, done: CardImport, codes: Counter[str], path: Path) -> Iterator[Message]:
    digest = survey.digest
    yield Message(
        f"已导入：{done.cards}张卡，新登记{done.people}人；{done.known}行的卡原来就有；{done.refused}行有错。文件的 `SHA-256`：{digest}",
        f"Imported: {done.cards} cards, and {done.people} people who were not on record; {done.known} rows whose card was there "
        f"before; {done.refused} rows refused. SHA-256 of the file: {digest}",
    )
    for code, count in codes.most_common():
        yield Message(f"  {code}：{count}", f"  {code}: {count}")
    if done.refused:
        yield Message(
            f"有错的行及原因在 `{path}`。改正后放进另一个文件再导入；已导入的行不会重复。",
            f"The rows refused are in {path}, with their reasons. Import them again once they are right; what is on record stays "
            "as it is.",
        )
