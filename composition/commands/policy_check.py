"""`policy check`: every fault and warning of the policy files."""

import argparse

from composition.commands.arguments import add_json, add_language, today
from composition.commands.commands import Show
from composition.settings import Settings
from policies.checks.checking import check


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_language(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out the command and return its exit code."""
    report = check(settings.regions, today())
    show(report.json() if arguments.json else report.text(arguments.lang))
    return 0 if report.ok else 1
