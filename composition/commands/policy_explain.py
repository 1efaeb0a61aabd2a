"""`policy explain`: why a region decides as it does, and what would change it."""

import argparse
from collections.abc import Sequence

from composition.commands.arguments import add_json, add_language, add_place_and_days, today
from composition.commands.commands import Show
from composition.commands.loaded import load_region
from composition.commands.spoken import day, refuse, say
from composition.settings import Settings
from policies.explain.explanation import explain
from policies.explain.explanation_text import explanation_json, explanation_text
from policies.explain.ways import ways_to_be_allowed
from resolvers.policy_tools.explain import Past, Question, asked


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_place_and_days(parser)
    parser.add_argument(
        "--born", type=day, metavar=say("日期", "DATE"), help=say("持卡人的出生日期", "the holder's date of birth")
    )
    parser.add_argument(
        "--fact",
        action="append",
        default=[],
        metavar=say("名称=值", "NAME=VALUE"),
        type=_pair,
        help=say(
            "假定的情况，名称或中文叫法都可以，例如 holder.age=16",
            "what is supposed, by name or label, such as holder.age=16",
        ),
    )
    parser.add_argument(
        "--past",
        action="append",
        metavar=say("名称=日期[,属性=值…]", "NAME=DATE[,ATTRIBUTE=WORD…]"),
        type=_past,
        help=say(
            "以前办过的事项，或卡进入过的状态；没有的写 none",
            "a service asked for before, or a state that a card entered; `none` if nothing was",
        ),
    )
    parser.add_argument(
        "--evidence",
        action="append",
        default=[],
        metavar=say("名称", "NAME"),
        help=say(
            "带了什么：证明、材料或填写的内容，名称或中文叫法都可以", "a proof, document or detail, by name or label"
        ),
    )
    add_json(parser)
    add_language(parser)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        refuse(f"{text!r} 的写法不对，请写 名称=值", f"{text!r} is not NAME=VALUE")
    return name, value


def _past(text: str) -> Past | None:
    if text == "none":
        return None
    (name, at), *attributes = (_pair(part) for part in text.split(","))
    return Past(name, at, dict(attributes))


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out the command and return its exit code.

    Raises:
        PolicyFaults: the files have faults.
        DomainError: something is asked or supposed that does not exist or cannot be.
    """
    policies = load_region(settings.regions, arguments.region)
    facts: Sequence[tuple[str, str]] = arguments.fact
    question = Question(
        region=arguments.region,
        service=arguments.service,
        facts=dict(facts),
        evidence=arguments.evidence,
        on=arguments.on,
        known=arguments.known,
        born_on=arguments.born,
        past=[past for past in arguments.past if past is not None] if arguments.past is not None else None,
    )
    request = asked(policies, question, today(), lambda day: policies.calendar.day(day).working)
    found, ways = explain(policies, request), ways_to_be_allowed(policies, request)
    if arguments.json:
        show(explanation_json(found, ways, policies))
    else:
        show(explanation_text(found, ways, policies, arguments.lang))
    return 0
