"""What officers do with policy files from the command line: test them, look at what holds and why, see what is coming."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from composition import policy_diff, policy_prove
from composition.loaded import load_policies
from domain.errors import DomainError
from domain.message import Language
from policies.cases import run_cases
from policies.coming import coming_changes, coming_json, coming_text
from policies.coverage import coverage, results_json
from policies.explanation import explain
from policies.explanation_text import explanation_json, explanation_text
from policies.showing import policy_in_force, shown_policy
from policies.showing_text import showing_json, showing_text
from policies.ways import ways_to_be_allowed
from resolvers.explain import Question, asked

Show = Callable[[str], None]
ACTIONS = frozenset({"test", "show", "explain", "calendar", "diff", "prove"})
"""The commands that are carried out here."""


def add_parsers(policy: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands of this module to `main.py policy …`."""
    test = policy.add_parser("test", help="run the tests beside the policies")
    test.add_argument("--coverage", action="store_true", help="show which rules no case tests, by file and line")
    test.add_argument("--at-least", type=float, metavar="PERCENT", help="fail where fewer rules decide in some case")
    _add_show(policy.add_parser("show", help="what holds for a service in a region on a day, with every source"))
    _add_explain(policy.add_parser("explain", help="why a region decides as it does, and what would change it"))
    calendar = policy.add_parser("calendar", help="what is announced to change")
    calendar.add_argument("region", nargs="?", help="GB/T 2260 code; everything if left out")
    calendar.add_argument("--until", type=date.fromisoformat, metavar="DATE", help="the last day to look at")
    calendar.add_argument(
        "--after", type=date.fromisoformat, metavar="DATE", help="look from this day; today if left out"
    )
    _add_language(calendar)
    policy_diff.add_parser(policy)
    policy_prove.add_parser(policy)
    for parser in (test, calendar):
        parser.add_argument("--json", action="store_true", help="print JSON")


def _add_show(parser: argparse.ArgumentParser) -> None:
    _add_place_and_days(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    _add_language(parser)


def _add_place_and_days(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("region", help="GB/T 2260 code")
    parser.add_argument("service", help="a term of the services vocabulary")
    parser.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="the day; today if left out")
    parser.add_argument("--known", type=date.fromisoformat, metavar="DATE", help="by which it had to be published")


def _add_explain(parser: argparse.ArgumentParser) -> None:
    _add_place_and_days(parser)
    parser.add_argument("--born", type=date.fromisoformat, metavar="DATE", help="the holder's date of birth")
    parser.add_argument(
        "--fact", action="append", default=[], metavar="NAME=VALUE", type=_pair, help="what is supposed"
    )
    parser.add_argument("--evidence", action="append", default=[], metavar="NAME", help="a proof, document or detail")
    parser.add_argument("--json", action="store_true", help="print JSON")
    _add_language(parser)


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="the language; Chinese if left out")


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def run(arguments: argparse.Namespace, regions: Path, today: date, show: Show) -> int:
    """Carry out one command and return its exit code.

    Args:
        regions: the policy files; today: the day in China; show: prints a line.
    """
    commands = {"test": _test, "show": _show_policy, "explain": _explain, "calendar": _calendar}
    commands |= {"diff": policy_diff.run, "prove": policy_prove.run}
    command = commands[arguments.action]
    try:
        return command(arguments, regions, today, show)
    except DomainError as error:
        language: Language = getattr(arguments, "lang", "en")
        print(f"error: {error.code}: {error.message.text(language)}", file=sys.stderr)
        return 1


def _test(arguments: argparse.Namespace, regions: Path, today: date, show: Show) -> int:
    policies = load_policies(regions)
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


def _show_policy(arguments: argparse.Namespace, regions: Path, today: date, show: Show) -> int:
    policies = load_policies(regions)
    on: date = arguments.on or today
    found = shown_policy(policies, policy_in_force(policies, arguments.service, arguments.region, on, arguments.known))
    show(showing_json(found) if arguments.json else showing_text(found, arguments.lang))
    return 0


def _explain(arguments: argparse.Namespace, regions: Path, today: date, show: Show) -> int:
    policies = load_policies(regions)
    facts: Sequence[tuple[str, str]] = arguments.fact
    question = Question(
        region=arguments.region,
        service=arguments.service,
        facts=dict(facts),
        evidence=arguments.evidence,
        on=arguments.on,
        known=arguments.known,
        born_on=arguments.born,
    )
    request = asked(policies, question, today, lambda day: policies.calendar.day(day).working)
    found, ways = explain(policies, request), ways_to_be_allowed(policies, request)
    if arguments.json:
        show(explanation_json(found, ways, policies))
    else:
        show(explanation_text(found, ways, policies, arguments.lang))
    return 0


def _calendar(arguments: argparse.Namespace, regions: Path, today: date, show: Show) -> int:
    policies = load_policies(regions)
    if arguments.region is not None:
        policies.region(arguments.region)
    changes = coming_changes(policies.tree, arguments.after or today, arguments.until, arguments.region)
    show(coming_json(changes) if arguments.json else coming_text(changes, arguments.lang))
    return 0
