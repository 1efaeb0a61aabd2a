"""`policy calendar`: what is announced to change."""

import argparse

from composition.commands.arguments import add_json, add_language, today
from composition.commands.commands import Show
from composition.commands.loaded import load_region
from composition.commands.spoken import day, say
from composition.settings import Settings
from policies.explain.coming import coming_changes, coming_json, coming_text
from policies.explain.explanation import region_names


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "region", nargs="?", help=say("地区的行政区划代码；不写即全部", "GB/T 2260 code; everything if left out")
    )
    parser.add_argument(
        "--until", type=day, metavar=say("日期", "DATE"), help=say("看到哪一天为止", "the last day to look at")
    )
    parser.add_argument(
        "--after",
        type=day,
        metavar=say("日期", "DATE"),
        help=say("从哪一天看起；不写即今天", "look from this day; today if left out"),
    )
    add_language(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out the command and return its exit code.

    Raises:
        PolicyFaults: the files have faults.
        NotFound: there is no such region.
    """
    policies = load_region(settings.regions, arguments.region)
    changes = coming_changes(policies.tree, arguments.after or today(), arguments.until, arguments.region)
    names = region_names(policies)
    show(coming_json(changes) if arguments.json else coming_text(changes, arguments.lang, names))
    return 0
