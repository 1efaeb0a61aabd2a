"""What officers do with policy files from the command line: test them, have one explained, see what is coming."""

import argparse
from collections.abc import Callable
from pathlib import Path

from policies.cases import run_cases
from policies.coverage import coverage, results_json
from policies.decide import Policies
from policies.tree import load_tree

Show = Callable[[str], None]


def add_parsers(policy: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands of this module to `main.py policy …`."""
    test = policy.add_parser("test", help="run the tests beside the policies")
    test.add_argument("--coverage", action="store_true", help="show which rules no case tests, by file and line")
    test.add_argument("--at-least", type=float, metavar="PERCENT", help="fail where fewer rules decide in some case")
    test.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace, regions: Path, show: Show) -> int:
    """Carry out one command and return its exit code."""
    return _test(arguments, regions, show)


def _test(arguments: argparse.Namespace, regions: Path, show: Show) -> int:
    policies = Policies(load_tree(regions))
    results = run_cases(policies)
    measured = arguments.coverage or arguments.at_least is not None
    found = coverage(policies, results) if measured else None
    reached = found is None or arguments.at_least is None or found.reaches(arguments.at_least)
    failed = [result for result in results if not result.passed]
    if arguments.json:
        show(results_json(results, found))
    else:
        for result in failed:
            show(result.text())
        if found is not None and (arguments.coverage or not reached):
            show(found.text())
        show(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 0 if reached and not failed else 1
