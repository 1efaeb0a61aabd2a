"""`main.py policy impact`: whom a draft of the policy files changes, before anybody is affected."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import get_terminal_size

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from composition.commands.commands import Show
from composition.commands.impact_report import impact_json, impact_text
from composition.commands.impact_words import ImpactWords
from composition.commands.impact_workers import AssumptionFolders, Worker, measure, workers
from composition.commands.revisions import version_folder
from composition.commands.spoken import day, refuse, say
from composition.keys import KeyRing
from composition.settings import ConfigurationError, Settings
from domain.message import Message
from policies.replay.impact import Impact
from policies.source.system_words import in_words
from resolvers.policy_tools.impact import Selection, pages
from store import Store

PICTURES = (".png", ".svg")
MAX_PROCESSES = 64


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "draft",
        help=say(
            "草案：文件夹，或 git 修订",
            "a folder with the policy files of the draft, or a git revision",
        ),
    )
    parser.add_argument(
        "--against",
        metavar=say("版本", "VERSION"),
        help=say("与这个版本比较，不与当时的判定比较", "compare with these policy files, not with the answers then"),
    )
    for name, text in {
        "--on": say(
            "全部按这一天判定；不写即各按当天", "as if all requests came on this day; each on its own if left out"
        ),
        "--known": say(
            "只算截至这一天（含当日）已公布的规定；不写即判定当天",
            "by which day rules had to be published; the day in force if left out",
        ),
        "--since": say("哪一天起的判定", "the first day of the decisions"),
        "--until": say("到哪一天为止的判定", "their last day"),
    }.items():
        parser.add_argument(name, type=day, metavar=say("日期", "DATE"), help=text)
    parser.add_argument(
        "--region", help=say("地区的行政区划代码；连同下级地区", "GB/T 2260 code; with all that lies in it")
    )
    parser.add_argument("--service", help=say("服务事项，例如 apply", "a term of the services vocabulary"))
    parser.add_argument("--json", action="store_true", help=say("输出 JSON", "print JSON"))
    parser.add_argument(
        "--plot",
        type=_picture,
        metavar=say("文件", "FILE"),
        help=say("画成图片：.png 或 .svg 文件", "draw a picture: a .png or .svg file"),
    )
    parser.add_argument(
        "--lang",
        choices=("zh", "en"),
        default="zh",
        help=say("输出的语言；不写即中文", "the language; Chinese if left out"),
    )
    parser.add_argument(
        "--processes",
        type=_processes,
        default=os.cpu_count() or 1,
        help=say("同时用几个进程；不写即每个处理器一个", "how many; one for each processor if left out"),
    )


def _picture(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in PICTURES:
        refuse(
            f"{text!r} 不是图片，请写 .png 或 .svg 文件", f"{text!r} is no picture; name a {' or '.join(PICTURES)} file"
        )
    if not path.absolute().parent.is_dir():
        refuse(f"{text!r} 所在的文件夹不存在，请先新建", f"the folder of {text!r} does not exist; make it first")
    return path


def _processes(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_PROCESSES:
        refuse(
            f"进程数不能是 {text!r}，请写1至{MAX_PROCESSES}",
            f"{text!r} is no number of processes; give 1 to {MAX_PROCESSES}",
        )
    return int(text)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was replayed, and the words to tell it in."""

    impact: Impact
    words: ImpactWords


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out the command and return its exit code.

    Raises:
        PolicyFaults: the draft has faults, or what it is compared with; all of them are told.
        ConfigurationError, StoreError: a folder or the database cannot be used.
    """
    found = _replay(arguments, settings)
    if arguments.json:
        show(impact_json(found.impact))
    elif not found.impact.cells:
        show(found.words.say("没有符合条件的历史判定。", "There are no decisions on record that match."))
    else:
        width = get_terminal_size().columns if sys.stdout.isatty() else None
        show(impact_text(found.impact, found.words, arguments.against is not None, width))
    if arguments.plot is not None and found.impact.cells:
        _plot(found, arguments.plot)
    return 0


def _replay(arguments: argparse.Namespace, settings: Settings) -> _Found:
    with version_folder(arguments.draft, settings.regions) as draft, _maybe(arguments, settings) as against:
        folders = AssumptionFolders(draft, against, arguments.on, arguments.known)
        assumed = folders.load()
        known = [policies for policies in (assumed.draft, assumed.against) if policies is not None]
        # Before the store is opened, which starts threads.
        with workers(folders, assumed, arguments.processes) as team:
            impact = asyncio.run(_measured(arguments, settings, team))
    return _Found(impact, ImpactWords(known, arguments.lang))


@contextmanager
def _maybe(arguments: argparse.Namespace, settings: Settings) -> Iterator[Path | None]:
    if arguments.against is None:
        yield None
        return
    with version_folder(arguments.against, settings.regions) as folder:
        yield folder


async def _measured(arguments: argparse.Namespace, settings: Settings, team: Sequence[Worker]) -> Impact:
    selection = Selection(arguments.region, arguments.service, arguments.since, arguments.until).filter
    store = await Store.open(settings.database_url, KeyRing(settings).store_keys())
    try:
        await store.check()
        async with store.reading() as work:
            count = await work.decisions.count(selection)
        with _progress(count) as done:
            return await measure(pages(store, selection), team, done)
    finally:
        await store.close()


@contextmanager
def _progress(count: int) -> Iterator[Callable[[int], None]]:
    """Show how far it is on a terminal, and nothing anywhere else."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("impact", total=count)
        yield lambda more: progress.advance(task, more)


def _plot(found: _Found, path: Path) -> None:
    # Takes a second to import, which nobody should wait for who wants no picture.
    from composition.commands.impact_plot import draw

    try:
        spoken = draw(found.impact, found.words, path)
    except OSError as error:
        why = in_words(error)
        message = Message(f"无法写入图片 `{path}`：{why.zh}。", f"The picture {path} cannot be written: {why.en}.")
        raise ConfigurationError(message) from None
    if spoken != found.words.language:
        print(f"{path}: no font of this machine has the Chinese characters, so the names are English.", file=sys.stderr)
