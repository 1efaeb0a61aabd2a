"""`policy diff`: two versions of the policy files, what is written otherwise, and whose decisions change."""

import argparse
from datetime import date

from composition.commands.arguments import add_json, add_known, add_language, add_wanted, today
from composition.commands.commands import Show
from composition.commands.loaded import load_policies
from composition.commands.progress import progress_bar
from composition.commands.revisions import version_folder
from composition.commands.spoken import day, say
from composition.settings import Settings
from policies.compare.diff import Days, Wanted, check_service, diff
from policies.compare.diff_text import DiffText

LAST_COMMIT = "HEAD"


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "old",
        nargs="?",
        default=LAST_COMMIT,
        help=say("原先的版本：文件夹或 git 修订；不写即上次提交", "a folder or a git revision; HEAD if left out"),
    )
    parser.add_argument(
        "new", nargs="?", help=say("新的版本，写法相同；不写即现有文件", "likewise; the files in force if left out")
    )
    add_wanted(parser)
    parser.add_argument(
        "--on",
        type=day,
        metavar=say("日期", "DATE"),
        help=say("只看这一天；不写即今天和以后", "that day only; today and later if left out"),
    )
    parser.add_argument(
        "--after",
        type=day,
        metavar=say("日期", "DATE"),
        help=say("这一天和以后；不写即今天", "that day and later; today if left out"),
    )
    add_known(parser)
    parser.add_argument(
        "--must-be-alike",
        action="store_true",
        help=say("不能证明所有判定都不变时返回错误", "fail unless it is proven that no decision changes"),
    )
    add_json(parser)
    add_language(parser)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out the command and return its exit code.

    Raises:
        ConfigurationError: a version is neither a folder nor a revision.
        PolicyFaults: a version has faults.
        NotFound: no version has the region or the service.
    """
    days = _days(arguments, today())
    with (
        version_folder(arguments.old, settings.regions) as old_folder,
        version_folder(arguments.new or str(settings.regions), settings.regions) as new,
    ):
        old_policies, new_policies = (load_policies(folder, arguments.region) for folder in (old_folder, new))
    if arguments.region is not None and arguments.region not in old_policies.tree.regions:
        new_policies.region(arguments.region)
    wanted = Wanted(arguments.region, arguments.service)
    check_service(wanted, old_policies, new_policies)
    with progress_bar("policy diff") as progress:
        found = diff(old_policies, new_policies, days, wanted, progress)
    text = DiffText(found, old_policies, new_policies, arguments.lang)
    show(text.json() if arguments.json else text.text())
    return 1 if arguments.must_be_alike and not found.proven_alike else 0


def _days(arguments: argparse.Namespace, today: date) -> Days:
    if arguments.on is not None:
        return Days(arguments.on, arguments.on, arguments.known)
    return Days.from_day(arguments.after or today, arguments.known)
