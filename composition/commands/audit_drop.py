"""`audit drop`: months of the audit record that are older than it has to be kept go, once they were exported and all of it was verified."""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path

from composition.commands.arguments import add_language
from composition.commands.audit import report
from composition.commands.commands import Show
from composition.commands.progress import progress_bar
from composition.commands.spoken import refuse, say
from composition.commands.who import add_by, by_whom
from composition.service import service
from composition.settings import ConfigurationError, Settings
from domain.cause import caused_by, new_cause
from domain.errors import Conflict, InvalidInput
from domain.message import Language, Message
from domain.region import NATION
from domain.retention import Kept
from gateways.clock import SystemClock
from policies.source.system_words import in_words
from resolvers.audit import OPERATOR
from resolvers.changing.retention import kept_since
from resolvers.dependencies import Dependencies
from store import Store
from store.audit.dropping import Drop
from store.audit.entries import AuditEntry, AuditKind, moment_text
from store.audit.exports import blocks, is_whole
from store.audit.ranges import Ranges
from store.audit.seals import KeptSeal
from store.audit.verifying import Verifier

DROPPED = "drop_entries"
"""What the record calls it."""
_PAGE = 100


@dataclass(frozen=True, slots=True)
class _Month:
    """A month that goes.

    Args:
        name: such as 2026-10; before: the one after it; seals: the numbers of its first seal and of its last.
    """

    name: str
    before: str
    seals: tuple[int, int]


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--before",
        required=True,
        type=_month,
        metavar=say("年-月", "YYYY-MM"),
        help=say(
            "删除这个月之前封印的记录（按协调世界时）",
            "what was sealed before this month goes; months are those of UTC",
        ),
    )
    parser.add_argument(
        "--exported",
        type=Path,
        nargs="+",
        default=(),
        metavar=say("文件", "FILE"),
        help=say(
            "`audit export` 输出的文件，应含有要删除的全部记录", "what audit export wrote: has to have all that goes"
        ),
    )
    parser.add_argument(
        "--dry-run", action="store_true", help=say("只说明将删除什么，不删除", "say what would go, and let nothing go")
    )
    add_by(parser)
    add_language(parser)


def _month(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        refuse(f"月份 {text!r} 不对，请写年和月，例如 `2026-11`", f"{text!r} is no month; write 2026-11")


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out the command and return its exit code: 1 where the record was bent, so that nothing goes.

    Raises:
        InvalidInput: the months are too young, or were not exported as they are. Conflict: the record changed meanwhile.
        PolicyFaults, StoreError, ConfigurationError: it cannot be done; the message is one plain line.
    """
    with caused_by(new_cause("audit")):
        return asyncio.run(_run(arguments, settings, show))


async def _run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    language: Language = arguments.lang
    by: str = by_whom(arguments)
    async with service(settings, show, SystemClock()) as running:
        dependencies, store = running.dependencies, running.dependencies.store
        await store.check()
        now = dependencies.clock.now()
        _require_old(dependencies, arguments.before, now)
        async with store.reading() as work:
            before = await work.audit.last_drop(store.audit_keys)
        months = await _months(store, before.seal if before is not None else 0, arguments.before)
        if not months:
            show(Message("没有可删除的月份。", "There is no month to drop.").text(language))
            return 0
        verifier = await _verified(store, months, now, language, show)
        if verifier is None:
            return 1
        exports = await _exports(store, arguments.exported, months, arguments.dry_run)
        drops = [verifier.drop_at(each.seals[1], each.before, exports, by) for each in months]
        if not arguments.dry_run:
            await _drop(store, drops, before)
        for line in _told(months, drops, before, arguments.dry_run):
            show(line.text(language))
    return 0


def _require_old(dependencies: Dependencies, before: datetime, now: datetime) -> None:
    """Refuse months that have to be kept.

    Raises:
        InvalidInput: they have.
    """
    since = kept_since(dependencies, Kept.AUDIT, NATION, now)
    if since is None:
        raise InvalidInput(
            Message(
                f"国家层面的设置没有写 `{Kept.AUDIT.value}`，审计记录全部保存。",
                f"The settings of the nation do not say {Kept.AUDIT.value}, so all of the audit record is kept.",
            )
        )
    if before > since:
        raise InvalidInput(
            Message(
                f"{moment_text(since)}以来的审计记录应当保存（`{Kept.AUDIT.value}`），最多可以写 `--before {since.astimezone(UTC):%Y-%m}`。",
                f"The audit record has to be kept since {moment_text(since)} ({Kept.AUDIT.value}); "
                f"the last that can be asked for is --before {since.astimezone(UTC):%Y-%m}.",
            )
        )


async def _months(store: Store, after: int, before: datetime) -> list[_Month]:
    """Return the months whose entries go: those of seals after a number that were made before a moment."""
    found: list[_Month] = []
    async with store.reading() as work:
        while (page := await work.audit.seals(after, 1)) and page[0].at < before:
            at = page[0].at.astimezone(UTC)
            end = datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC)
            last = await work.audit.last_seal_before(end)
            if last is None or last.number <= after:  # Somebody has bent it, which is found next.
                last = page[0]
            found.append(_Month(f"{at:%Y-%m}", f"{end:%Y-%m}", (page[0].number, last.number)))
            after = last.number
    return found


async def _verified(
    store: Store, months: Sequence[_Month], now: datetime, language: Language, show: Show
) -> Verifier | None:
    """Return what has read the whole record; None where it was bent, which is told."""
    count = 0
    with progress_bar("audit verify") as told:
        async with store.reading() as work:
            newest = await work.audit.newest()
            stops = {month.seals[1] for month in months}
            verifier = work.audit.verifying(store.audit_keys, now, {}, lambda done, _: told(done, newest), stops)
            async for finding in verifier.findings():
                count += 1
                show(finding.message.text(language))
    if not count:
        return verifier
    for line in report(verifier.verified, count):
        show(line.text(language))
    show(Message("没有删除任何记录。", "Nothing was dropped.").text(language))
    return None


async def _exports(store: Store, paths: Sequence[Path], months: Sequence[_Month], dry_run: bool) -> list[str]:
    """Return the SHA-256 of files that have all that goes, as it was sealed.

    Raises:
        InvalidInput: they have not. ConfigurationError: one of them cannot be read.
    """
    first, last = months[0].seals[0], months[-1].seals[1]
    if not paths and dry_run:
        return []
    whole, digests = Ranges(), []
    with progress_bar("audit export") as told:
        for path in paths:
            try:
                digests.append(await _read(store, path, (first, last), whole))
            except OSError as error:
                why = in_words(error)
                raise ConfigurationError(
                    Message(f"无法读取 `{path}`：{why.zh}。", f"{path} cannot be read: {why.en}.")
                ) from None
            except ValueError:
                raise InvalidInput(
                    Message(f"`{path}` 不是 `audit export` 输出的文件。", f"{path} is not what audit export wrote.")
                ) from None
            told(len(whole), last - first + 1)
    absent = next((number for number in range(first, last + 1) if number not in whole), None)
    if absent is not None:
        raise InvalidInput(
            Message(
                f"第{absent}号封印及其全部记录没有原样导出，不能删除。先执行 `main.py audit export --after {absent - 1} > 文件`，"
                "另外保存，再用 `--exported 文件` 写明。",
                f"The seal {absent} with all its entries is in no file as it was sealed, so that nothing goes. "
                f"Run main.py audit export --after {absent - 1} > FILE, keep it elsewhere, and name it by --exported FILE.",
            )
        )
    return digests


async def _read(store: Store, path: Path, needed: tuple[int, int], whole: Ranges) -> str:
    """Note down which seals a file has as they are, and return its SHA-256.

    Raises:
        OSError, ValueError: it cannot be read, or is something else.
    """
    page: dict[int, KeptSeal] = {}
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
        file.seek(0)
        for line, entries in blocks(file):
            number = line.get("seal")
            if not isinstance(number, int) or not needed[0] <= number <= needed[1]:
                continue
            if number not in page:
                async with store.reading() as work:
                    page = {each.number: each for each in await work.audit.seals(number - 1, _PAGE)}
            if number in page and is_whole(page[number], line, entries):
                whole.add(number)
    return digest


async def _drop(store: Store, drops: Sequence[Drop], before: Drop | None) -> None:
    """Take months away, each in a transaction of its own; broken off, the rest goes when it is run again.

    Raises:
        Conflict: the record is not as it was verified; or somebody reads it for long.
    """
    with progress_bar("audit drop") as told:
        for place, drop in enumerate(drops):
            told(place, len(drops))
            async with store.transaction() as work:
                mark = AuditEntry(
                    drop.at,
                    AuditKind.DROP,
                    DROPPED,
                    subject=drop.by,
                    role=OPERATOR,
                    record_id=str(drop.seal),
                    reference=f"before {drop.month}",
                    dropped=drop.said(),
                )
                if not await work.audit.drop(drop, before, mark):
                    raise Conflict(
                        Message(
                            f"核对之后审计记录有了变化，{drop.month}之前的记录没有删除。再执行一次。",
                            f"The record changed after it was verified; what is of before {drop.month} was not dropped. Run it again.",
                        )
                    )
            before = drop


def _told(months: Sequence[_Month], drops: Sequence[Drop], before: Drop | None, dry_run: bool) -> Sequence[Message]:
    lines, count = [], before.count if before is not None else 0
    for month, drop in zip(months, drops, strict=True):
        entries, count = drop.count - count, drop.count
        first, last = month.seals
        done = Message("将删除" if dry_run else "已删除", "would go" if dry_run else "went")
        lines.append(
            Message(
                f"{month.name}：{done.zh}{entries}条（第{first}至{last}号封印）。",
                f"{month.name}: {entries} entries {done.en} (seals {first} to {last}).",
            )
        )
    return lines
