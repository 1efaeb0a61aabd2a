"""`policy show`: what holds for a service in a region on a day, with every source."""

import argparse
from datetime import date

from composition.commands.arguments import add_json, add_language, add_place_and_days, today
from composition.commands.commands import Show
from composition.commands.loaded import load_region
from composition.settings import Settings
from policies.explain.policy_view import policy_in_force, shown_policy
from policies.explain.policy_view_text import showing_json, showing_text


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_place_and_days(parser)
    add_json(parser)
    add_language(parser)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out the command and return its exit code.

    Raises:
        PolicyFaults: the files have faults.
        NotFound: there is no such region or service.
    """
    policies = load_region(settings.regions, arguments.region)
    on: date = arguments.on or today()
    found = shown_policy(policies, policy_in_force(policies, arguments.service, arguments.region, on, arguments.known))
    show(showing_json(found) if arguments.json else showing_text(found, arguments.lang))
    return 0
