"""`policy prove`: what the solver finds in the policy files that nobody can have meant."""

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path

from composition.loaded import load_policies
from composition.progress import progress_bar
from policies.diff import Days, Wanted
from policies.proving import prove

Show = Callable[[str], None]


def add_parser(policy: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to `main.py policy …`."""
    command = policy.add_parser("prove", help="gaps, overlaps, rules that never apply, services that nobody can get")
    command.add_argument("--region", metavar="CODE", help="GB/T 2260; with everything below it")
    command.add_argument("--service", metavar="NAME", help="a term of the services vocabulary")
    command.add_argument(
        "--on", type=date.fromisoformat, metavar="DATE", help="the day to look from; today if left out"
    )
    command.add_argument("--known", type=date.fromisoformat, metavar="DATE", help="by which it had to be published")
    command.add_argument("--strict", action="store_true", help="fail where anything is found, or left unsettled")
    command.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, regions: Path, today: date, show: Show) -> int:
    """Carry out the command and return its exit code.

    Raises:
        PolicyFaults: the files have faults.
        NotFound: there is no such region.
    """
    policies = load_policies(regions)
    if arguments.region is not None:
        policies.region(arguments.region)
    days = Days.from_day(arguments.on or today, arguments.known)
    with progress_bar("policy prove") as progress:
        found = prove(policies, days, Wanted(arguments.region, arguments.service), progress)
    show(found.json() if arguments.json else found.text())
    return 1 if arguments.strict and (found.notices or found.open) else 0
