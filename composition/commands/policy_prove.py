"""`policy prove`: what the solver finds in the policy files that nobody can have meant."""

import argparse

from composition.commands.arguments import add_json, add_known, add_language, add_wanted, today
from composition.commands.commands import Show
from composition.commands.loaded import load_region
from composition.commands.progress import progress_bar
from composition.commands.spoken import day, say
from composition.settings import Settings
from policies.compare.diff import Days, Wanted, check_service
from policies.prove.proving import prove


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_wanted(parser)
    parser.add_argument(
        "--on",
        type=day,
        metavar=say("日期", "DATE"),
        help=say("从哪一天看起；不写即今天", "the day to look from; today if left out"),
    )
    add_known(parser)
    parser.add_argument(
        "--strict",
        action="store_true",
        help=say("有任何发现或未能判定时返回错误", "fail where anything is found, or left unsettled"),
    )
    add_language(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out the command and return its exit code.

    Raises:
        PolicyFaults: the files have faults.
        NotFound: there is no such region or service.
    """
    policies = load_region(settings.regions, arguments.region)
    wanted = Wanted(arguments.region, arguments.service)
    check_service(wanted, policies)
    days = Days.from_day(arguments.on or today(), arguments.known)
    with progress_bar("policy prove") as progress:
        found = prove(policies, days, wanted, progress)
    show(found.json() if arguments.json else found.text(arguments.lang))
    return 1 if arguments.strict and (found.notices or found.open) else 0
