"""The commands of `main.py`, each with the module that carries it out.

A module is imported when its command is asked for: an officer who checks a file need not wait for a server to load.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from composition.settings import Settings
from domain.errors import DecisionFault, DomainError, OperatorError
from domain.message import Language, Message
from policies.faults import PolicyFaults

Show = Callable[[str], None]
"""Prints a line."""


class Carrier(Protocol):
    """What the module of a command has."""

    def add_arguments(self, command: str, parser: argparse.ArgumentParser) -> None:
        """Add the arguments of a command."""

    def run(self, arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
        """Carry a command out and return its exit code."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Args:
        module: which carries it out; help: what it does.
    """

    module: str
    help: str

    def carrier(self) -> Carrier:
        """Import the module."""
        return cast(Carrier, import_module(self.module))


COMMANDS: Mapping[str, Command] = {
    "serve": Command("composition.serving", "migrate and serve (with --demo: demo data and tokens)"),
    "migrate": Command("composition.serving", "bring the database up to this code"),
    "demo": Command("composition.serving", "load the demo data"),
    "sweep": Command("composition.serving", "write down what time alone has done"),
    "token": Command("composition.serving", "make a demo token from the development key"),
    "schema": Command("composition.serving", "print the GraphQL schema"),
    "policy check": Command("composition.policy_check", "report every fault and warning of the policy files"),
    "policy test": Command("composition.policy_test", "run the tests beside the policies, with coverage"),
    "policy schema": Command("composition.policy_files", "write the schemas for editors anew"),
    "policy format": Command("composition.policy_files", "bring the policy files into their one form; comments stay"),
    "policy new": Command("composition.policy_files", "start a region: a folder with its first files"),
    "policy show": Command("composition.policy_show", "what holds in a region on a day, with every source"),
    "policy explain": Command("composition.policy_explain", "why a region decides so, and what would change it"),
    "policy calendar": Command("composition.policy_calendar", "what is announced to change"),
    "policy diff": Command("composition.policy_diff", "what differs between two versions, and whose decisions change"),
    "policy prove": Command(
        "composition.policy_prove", "gaps, overlaps, rules that never apply, services that nobody can get"
    ),
    "policy impact": Command("composition.policy_impact", "whom a draft changes: recorded decisions, decided again"),
}
_GROUP = "policy"
_ERROR = Message("错误：", "error: ")
_COLON = Message("：", ": ")


def run(given: Sequence[str], settings: Callable[[], Settings], show: Show) -> int:
    """Carry out the command that is given and return its exit code.

    Args:
        given: the command line; settings: of the installation, asked for once the command line is understood.
    """
    asked = " ".join(given[: 2 if _GROUP in given[:1] else 1])
    carrier = COMMANDS[asked].carrier() if asked in COMMANDS else None
    parser = argparse.ArgumentParser(prog="main.py", description="The social security card service.")
    commands = parser.add_subparsers(dest="command", required=True)
    policy = commands.add_parser(_GROUP, help="the policy files").add_subparsers(dest="action", required=True)
    for name, command in COMMANDS.items():
        group, word = (policy, name.split()[1]) if name.startswith(_GROUP) else (commands, name)
        its = group.add_parser(word, help=command.help)
        if carrier is not None and name == asked:
            carrier.add_arguments(name, its)
    arguments = parser.parse_args(given)
    assert carrier is not None  # noqa: S101 - else the parser has refused the command
    try:
        return carrier.run(arguments, settings(), show)
    except (DomainError, OperatorError, PolicyFaults) as error:
        for line in _told(error, getattr(arguments, "lang", "en")):
            print(line, file=sys.stderr)
        return 1


def _told(error: DomainError | OperatorError | PolicyFaults, language: Language) -> Iterator[str]:
    """Yield what keeps a command from working, in plain lines and never as a traceback."""
    before = _ERROR.text(language)
    if isinstance(error, PolicyFaults):
        yield from (fault.text(language) for fault in error.faults)
        yield f"{before}{error.message.text(language)}"
    elif isinstance(error, DomainError):
        told = error.detail if isinstance(error, DecisionFault) else error.message
        yield f"{before}{error.code}{_COLON.text(language)}{told.text(language)}"
    else:
        yield f"{before}{error.text(language)}"
