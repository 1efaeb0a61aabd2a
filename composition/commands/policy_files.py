"""Commands about the files of the policies: what they do, on the command line."""

import argparse
from datetime import date
from pathlib import Path

from composition.commands.arguments import add_language, today
from composition.commands.commands import Show
from composition.commands.spoken import say
from composition.settings import Settings
from domain.message import Language, Message
from policies.edit.format_files import format_tree
from policies.edit.schemas import write_schemas
from policies.edit.starting import NewRegion, RegionRefused, start_region
from policies.tree.tree import load_tree

_REFUSED = Message("未处理", "refused")
_FORMATTED = Message(
    "更改{changed}个文件，{unchanged}个格式已统一，{refused}个未处理",
    "{changed} changed, {unchanged} in form, {refused} refused",
)
_ONE_NAME = Message(
    "请同时给出上级地区的中英文名称：`--parent-name-zh` 和 `--parent-name-en`。",
    "Give the name of the region above in both languages: --parent-name-zh and --parent-name-en.",
)
_NEXT = Message(
    "接下来：写明本地另有规定的内容，再运行 `policy check` 和 `policy test`。",
    "Next: write what is otherwise there, then `policy check` and `policy test`.",
)


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a command."""
    add_language(parser)
    if command == "policy format":
        parser.add_argument(
            "--check",
            action="store_true",
            help=say("不改动；有格式不统一的文件时返回错误", "change nothing; fail where a file is not in form"),
        )
    elif command == "policy new":
        parser.add_argument(
            "folder",
            help=say(
                "新文件夹，从国家一级写起，例如 nation/province/city",
                "the new folder from the nation down, such as nation/province/city",
            ),
        )
        parser.add_argument("--code", required=True, help=say("行政区划代码，六位数字", "GB/T 2260, six digits"))
        parser.add_argument("--name-zh", required=True, help=say("中文名称", "its name in Chinese"))
        parser.add_argument("--name-en", required=True, help=say("英文名称", "its name in English"))
        parser.add_argument(
            "--parent-name-zh",
            help=say("上级地区的中文名称；上级也要新建时写", "the region above, where it is to be started too"),
        )
        parser.add_argument("--parent-name-en", help=say("上级地区的英文名称", "its name in English"))
        parser.add_argument("--service", help=say("先写哪个服务事项", "the service to begin with"))


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out a command and return its exit code.

    Raises:
        PolicyFaults: the files have faults; RegionRefused: a region cannot be started so.
    """
    regions = settings.regions
    if arguments.action == "new":
        return new_region(arguments, regions, today(), show)
    if arguments.action == "format":
        return format_files(regions, not arguments.check, arguments.lang, show)
    return schema(regions, show)


def format_files(regions: Path, write: bool, language: Language, show: Show) -> int:
    """Bring the files into form, or say which are not; files with faults make it fail."""
    done = format_tree(regions, write=write)
    changed = Message("已整理", "formatted") if write else Message("格式不统一", "not in form")
    for file in done.changed:
        show(f"{changed.text(language)}: {file}")
    for file, reason in done.refused:
        show(f"{_REFUSED.text(language)}: {file}: {reason.text(language)}")
    amounts = {"changed": len(done.changed), "unchanged": done.unchanged, "refused": len(done.refused)}
    show(_FORMATTED.format(**amounts).text(language))
    return 1 if done.refused or (done.changed and not write) else 0


def schema(regions: Path, show: Show) -> int:
    """Write the schemas of the regions' files."""
    for path in write_schemas(load_tree(regions)):
        show(path.relative_to(regions.parent).as_posix())
    return 0


def new_region(arguments: argparse.Namespace, regions: Path, today: date, show: Show) -> int:
    """Start a region and say which files were written."""
    above = (arguments.parent_name_zh, arguments.parent_name_en)
    if (above[0] is None) is not (above[1] is None):
        raise RegionRefused(_ONE_NAME)
    new = NewRegion(
        path=arguments.folder.strip("/"),
        code=arguments.code,
        name=Message(arguments.name_zh, arguments.name_en),
        parent=Message(*above) if above[0] is not None else None,
        service=arguments.service,
    )
    for file in start_region(regions, new, today):
        show(f"{regions.name}/{file}")
    show(_NEXT.text(arguments.lang))
    return 0
