"""`keys status` and `keys rotate`: which key is still needed, and everything sealed anew with the newest."""

import argparse
import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Final

from composition.commands.arguments import add_json, add_language
from composition.commands.commands import Show
from composition.commands.progress import progress_bar
from composition.commands.who import add_by, by_whom
from composition.keys import KeyRing
from composition.renewing import Renewal, Renewed, Standing, standing
from composition.settings import Settings
from domain.message import Language, Message
from gateways.files import FolderFiles
from resolvers.audit import run_by
from store import Keys, Store

_NOTHING: Final = Message("", "")
_RETIRE: Final = Message("，可以取出", "; it can be taken out")
_NAMELESS: Final[Mapping[str, Message]] = {
    "earlier": Message("旧格式（没有写明密钥）", "in earlier forms, which name no key"),
    "unknown": Message("这里没有的密钥", "by no key that is here"),
}
"""What is counted of no key that is named."""


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a command."""
    if command == "keys status":
        add_json(parser)
    else:
        add_by(parser)
    add_language(parser)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out a command and return its exit code: 1 where something does not open, or is not sealed with the newest keys yet.

    Raises:
        StoreError, ConfigurationError, GatewayConfigurationError: it cannot be done; the message is one plain line.
    """
    if arguments.action == "rotate":
        with run_by(by_whom(arguments)):
            return asyncio.run(_rotate(settings, arguments.lang, show))
    return asyncio.run(_status(settings, arguments.lang, show, as_json=arguments.json))


async def _rotate(settings: Settings, language: Language, show: Show) -> int:
    ring = KeyRing(settings)
    store = await Store.open(settings.database_url, ring.store_keys())
    try:
        await store.check()
        with progress_bar("keys rotate") as told:
            renewed = await Renewal(store, FolderFiles(settings.uploads, ring.file_keys()), told).run()
    finally:
        await store.close()
    for line in _of_renewed(renewed):
        show(line.text(language))
    return 0 if renewed.complete else 1


def _of_renewed(renewed: Renewed) -> Iterator[Message]:
    yield Message(
        f"重新加密了{renewed.rows}行、{renewed.files}个文件。",
        f"{renewed.rows} rows and {renewed.files} files sealed anew.",
    )
    if renewed.complete:
        yield Message(
            "全部数据已用最新的密钥加密，旧版本加密的内容从现在起不再接受。可以取出旧密钥了。",
            "Everything is sealed with the newest keys, and what earlier versions sealed is refused from now on. Take the old keys out.",
        )
    elif renewed.unreadable:
        count = len(renewed.unreadable)
        yield Message(f"有{count}处打不开，保持原样：", f"{count} do not open, and stay as they are:")
    else:
        yield Message(
            "还有数据正在用其他密钥写入。请先让所有进程都以最新的密钥启动，再执行一次。",
            "Rows come that other keys seal. Start all processes with the newest keys first, then run this again.",
        )
    for line in sorted(renewed.unreadable):
        yield Message(f"  {line}", f"  {line}")


async def _status(settings: Settings, language: Language, show: Show, *, as_json: bool) -> int:
    ring = KeyRing(settings)
    keys = ring.store_keys()
    files = FolderFiles(settings.uploads, ring.file_keys())
    store = await Store.open(settings.database_url, keys)
    try:
        await store.check()
        with progress_bar("keys status") as told:
            found = await standing(store, files, told)
    finally:
        await store.close()
    if as_json:
        show(json.dumps({"sealed": found.sealed, "indexed": found.indexed, "unreadable": found.unreadable}, indent=2))
    else:
        for line in _of_standing(found, keys, files.key_ids):
            show(line.text(language))
    return 1 if found.unreadable else 0


def _of_standing(found: Standing, keys: Keys, file_keys: tuple[str, ...]) -> Iterator[Message]:
    for variable, ids, counted in (
        ("ENCRYPTION_KEYS", keys.encryption_ids, found.sealed),
        ("INDEX_KEY", keys.index_ids, found.indexed),
        ("FILE_KEYS", file_keys, {"files": found.sealed["files"]}),
    ):
        places = {place: counts for place, counts in counted.items() if (place == "files") == (variable == "FILE_KEYS")}
        for place, key in enumerate(ids):
            used = {name: counts[key] for name, counts in places.items() if counts[key]}
            said = ", ".join(f"{name} {count}" for name, count in used.items())
            # What names no key may need any of them.
            unnamed = sum(counts[name] for counts in places.values() for name in ("earlier", "unknown"))
            newest = Message("（最新）", " (newest)") if place == 0 else _NOTHING
            retire = _RETIRE if not (place == 0 or used or unnamed) else _NOTHING
            yield Message(
                f"{variable} {key}{newest.zh}：{said or '没有数据使用'}{retire.zh}",
                f"{variable} {key}{newest.en}: {said or 'nothing'}{retire.en}",
            )
        for name, form in _NAMELESS.items():
            if told := ", ".join(f"{place} {counts[name]}" for place, counts in places.items() if counts[name]):
                yield Message(f"{variable} {form.zh}：{told}", f"{variable} {form.en}: {told}")
    for line in found.unreadable:
        yield Message(f"打不开：{line}", f"does not open: {line}")
