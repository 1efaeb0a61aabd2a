"""`person export` and `person erase`: what the law on personal information owes to a person (arts. 45 and 47)."""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from composition.commands.arguments import add_json, add_language
from composition.commands.commands import Show
from composition.commands.spoken import say
from composition.commands.who import add_by, by_whom
from composition.service import service
from composition.settings import Settings
from domain.message import Language, Message
from gateways.clock import SystemClock
from resolvers.audit import run_by
from resolvers.changing.erasure import Erased, erase
from resolvers.dependencies import Dependencies
from resolvers.looking_up.personal_copy import data_of


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a command."""
    parser.add_argument("id", metavar="HOLDER", help=say("持卡人编号", "the id of the holder"))
    if command == "person export":
        parser.add_argument(
            "--documents",
            type=Path,
            metavar="FOLDER",
            help=say(
                "同时把上传的材料解密存到这个文件夹", "put the uploaded documents into this folder too, decrypted"
            ),
        )
    else:
        add_json(parser)
    add_by(parser)
    add_language(parser)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out a command and return its exit code.

    Raises:
        NotFound: nobody is on record with that id.
        Conflict: the data are still needed.
        StoreError, ConfigurationError: it cannot be done; the message is one plain line.
    """
    with run_by(by_whom(arguments)):
        return asyncio.run(_run(arguments, settings, show))


async def _run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    async with service(settings, show, SystemClock()) as running:
        dependencies = running.dependencies
        await dependencies.store.check()
        if arguments.action == "export":
            found = await data_of(dependencies, arguments.id)
            show(json.dumps(found, ensure_ascii=False, indent=2, default=str))
            if arguments.documents is not None:
                _write(arguments.documents, await _documents(dependencies, found.get("documents", [])))
        else:
            _tell(await erase(dependencies, arguments.id), arguments.lang, show, as_json=arguments.json)
    return 0


async def _documents(dependencies: Dependencies, documents: list[dict[str, Any]]) -> dict[str, bytes]:
    """Return the content of documents, by the name of a file for each."""
    found = {}
    for document in documents:
        kind = document["evidence"]
        name = f"{kind['type']}-{kind['id']}.{kind['format'] or 'bin'}"
        found[name] = await dependencies.files.read(document["name"])
    return found


def _write(folder: Path, documents: dict[str, bytes]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in documents.items():
        (folder / name).write_bytes(content)


def _tell(report: Erased, language: Language, show: Show, *, as_json: bool) -> None:
    if as_json:
        kept = {table: {"rows": count, "why": why} for table, (count, why) in report.kept.items()}
        show(
            json.dumps(
                {"person": report.person_id, "erased": report.erased, "kept": kept}, ensure_ascii=False, indent=2
            )
        )
        return
    for table, count in report.erased.items():
        if count:
            show(Message(f"已删除：{table}，{count}", f"erased: {table}, {count}").text(language))
    for table, (count, why) in report.kept.items():
        show(Message(f"保留：{table}，{count}：{why}", f"kept: {table}, {count}: {why}").text(language))
