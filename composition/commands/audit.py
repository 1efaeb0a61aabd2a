"""`audit verify`, `audit export`, `audit roots` and `audit seal`: the record of who did and saw what, held to what was signed."""

import argparse
import asyncio
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from composition.commands.arguments import add_language
from composition.commands.commands import Show
from composition.commands.progress import progress_bar
from composition.commands.spoken import refuse, say
from composition.keys import KeyRing
from composition.settings import ConfigurationError, Settings
from domain.message import Language, Message
from gateways.clock import SystemClock
from store import Store
from store.audit.entries import moment_text
from store.audit.exporting import FORMAT
from store.audit.verifying import Verified


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a command."""
    add_language(parser)
    if command == "audit verify":
        parser.add_argument(
            "--roots",
            type=Path,
            metavar=say("文件", "FILE"),
            help=say(
                "另外保存的封印（`audit roots` 的输出或日志）",
                "seals that were kept elsewhere: what `audit roots` printed, or the log",
            ),
        )
    if command in ("audit export", "audit roots"):
        parser.add_argument(
            "--after", type=int, default=0, metavar="N", help=say("从这一号封印之后开始", "go on after the seal N")
        )
    if command == "audit export":
        for name, zh, en in (
            ("--since", "从这一时间起", "from this moment on"),
            ("--before", "到这一时间止", "before it"),
        ):
            parser.add_argument(name, type=_moment, metavar=say("时间", "MOMENT"), help=say(zh, en))


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        refuse(
            f"时间 {text!r} 不对，请写日期和时间，例如 `2026-11-30T08:00+08:00`",
            f"{text!r} is no moment; write 2026-11-30T08:00+08:00",
        )
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out a command and return its exit code: 1 where the record was bent.

    Raises:
        StoreError, ConfigurationError: it cannot be done; the message is one plain line.
    """
    return asyncio.run(_run(arguments, settings, show))


async def _run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    store = await Store.open(settings.database_url, KeyRing(settings).store_keys())
    try:
        await store.check()
        if arguments.action == "verify":
            published = _published(arguments.roots) if arguments.roots is not None else {}
            return await _verify(store, published, arguments.lang, show)
        if arguments.action == "export":
            await _export(store, arguments, show)
        elif arguments.action == "roots":
            await _roots(store, arguments.after, show)
        else:
            for seal in await store.seal_audit(SystemClock().now()):
                show(_root(seal.number, seal.hash, seal.at))
        return 0
    finally:
        await store.close()


def _root(number: int, hashed: str, at: datetime) -> str:
    return f"audit seal {number} {hashed} {moment_text(at)}"


def _published(path: Path) -> Mapping[int, str]:
    """Return the hashes of seals in a file, by number, wherever they stand in a line."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError as error:
        raise ConfigurationError(
            Message(f"无法读取 `{path}`：{error.strerror}。", f"{path} cannot be read: {error.strerror}.")
        ) from None
    found = dict(_hashes(lines))
    if not found:
        raise ConfigurationError(
            Message(
                f"`{path}` 里没有封印；应是 `audit roots` 的输出，或者日志中 `audit.roots` 的各行。",
                f"{path} has no seals; give what audit roots printed, or the lines of the log audit.roots.",
            )
        )
    return found


def _hashes(lines: list[str]) -> Iterator[tuple[int, str]]:
    for line in lines:
        _, found, rest = line.partition("audit seal ")
        parts = rest.split()
        if found and len(parts) > 1 and parts[0].isdecimal():
            yield int(parts[0]), parts[1]


async def _verify(store: Store, published: Mapping[int, str], language: Language, show: Show) -> int:
    count = 0
    with progress_bar("audit verify") as told:
        async with store.reading() as work:
            newest = await work.audit.newest()
            verifier = work.audit.verifying(
                store.audit_keys, SystemClock().now(), published, lambda done, _: told(done, newest)
            )
            async for finding in verifier.findings():
                count += 1
                show(finding.message.text(language))
    if published:
        first, last = min(published), max(published)
        show(
            Message(
                f"已与另外保存的{len(published)}个封印（第{first}至{last}号）比较。",
                f"Compared with {len(published)} seals that were kept elsewhere ({first} to {last}).",
            ).text(language)
        )
    for line in report(verifier.verified, count):
        show(line.text(language))
    return 1 if count else 0


def report(verified: Verified, count: int) -> Iterator[Message]:
    """Yield what came of reading the record, of which so many findings were told."""
    if verified.since is None:
        yield Message("审计记录还是空的。", "The record is empty.")
    else:
        since = moment_text(verified.since)
        yield Message(
            f"审计记录从{since}开始：已核对{verified.entries}条、{verified.seals}个封印，{verified.unsealed}条待封印。",
            f"The record begins at {since}: {verified.entries} entries and {verified.seals} seals verified, "
            f"{verified.unsealed} entries are sealed next.",
        )
    if (drop := verified.drop) is not None:
        exports = ", ".join(drop.exports) or "-"
        yield Message(
            f"此前的{drop.count}条（到第{drop.seal}号封印，{drop.month}之前）已按保存期限删除，最近一次由 `{drop.by}` 于{moment_text(drop.at)}删除；"
            f"导出文件的摘要：{exports}。",
            f"Before it {drop.count} entries (up to the seal {drop.seal}, before {drop.month}) were dropped, the last on "
            f"{moment_text(drop.at)} by {drop.by}; exported as {exports}.",
        )
    if verified.broken_off:
        yield Message(
            f"有{verified.broken_off}个进程还在运行或者意外中断；意外中断的，最后一秒的查询可能没有记下来，"
            f"另有{verified.unsettled}个编号无法确定有没有内容。",
            f"{verified.broken_off} processes still run or were killed; of one that was killed, looks of its last second may be "
            f"missing. Of {verified.unsettled} numbers nobody can say whether there ever was an entry.",
        )
    if count:
        yield Message(f"发现{count}处被改动。", f"The record was bent in {count} places.")
    else:
        yield Message("没有发现改动。", "Nothing was bent.")


async def _roots(store: Store, after: int, show: Show) -> None:
    async with store.reading() as work:
        while page := await work.audit.seals(after, 100):
            for seal in page:
                show(_root(seal.number, seal.hash, seal.at))
            after = page[-1].number


async def _export(store: Store, arguments: argparse.Namespace, show: Show) -> None:
    keys = {name: b64encode(key.public).decode() for name, key in store.audit_keys.by_name.items()}
    show(json.dumps({"format": FORMAT, "keys": keys}))
    async with store.reading() as work:
        async for line in work.audit.exported(store.audit_keys, arguments.after, arguments.since, arguments.before):
            show(json.dumps(line, ensure_ascii=False))
