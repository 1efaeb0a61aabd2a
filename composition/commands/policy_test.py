"""`policy test`: the tests beside the policies, and which rules no case tests."""

import argparse

from composition.commands.arguments import add_json, add_language
from composition.commands.commands import Show
from composition.commands.loaded import load_policies
from composition.commands.spoken import say
from composition.settings import Settings
from domain.message import Message
from policies.cases.case_files import load_cases
from policies.cases.cases import run_cases
from policies.cases.coverage import coverage, results_json
from policies.engine.decide import Policies


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "--coverage",
        action="store_true",
        help=say("列出没有被用例检验到的规则，注明文件和行号", "show which rules no case tests, by file and line"),
    )
    parser.add_argument(
        "--at-least",
        type=float,
        metavar=say("百分比", "PERCENT"),
        help=say("起决定作用的规则少于这个百分比时返回错误", "fail where fewer rules decide in some case"),
    )
    parser.add_argument(
        "--through-service",
        action="store_true",
        help=say(
            "每个用例都在服务中实际办理一遍，并核对办理结果",
            "ask the service each case for real, and compare what came of it",
        ),
    )
    parser.add_argument(
        "--database",
        metavar=say("数据库地址", "URL"),
        help=say(
            "与 --through-service 一起使用：空的数据库；不写的，用临时的SQLite数据库",
            "with --through-service: an empty database; SQLite in a temporary folder if left out",
        ),
    )
    add_language(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out the command and return its exit code.

    Raises:
        PolicyFaults: the files have faults.
        StoreError: the database for the rehearsal cannot be used.
    """
    policies = load_policies(settings.regions)
    if arguments.through_service:
        return _through_service(policies, arguments, show)
    results = run_cases(policies)
    measured = arguments.coverage or arguments.at_least is not None
    found = coverage(policies, results) if measured else None
    reached = found is None or arguments.at_least is None or found.reaches(arguments.at_least)
    failed = [result for result in results if not result.passed]
    if arguments.json:
        show(results_json(results, found))
    else:
        for result in failed:
            show(result.text(arguments.lang))
        if found is not None and (arguments.coverage or not reached):
            show(found.text(arguments.lang))
        passed = len(results) - len(failed)
        said = Message(f"{passed}例通过，{len(failed)}例未通过", f"{passed} passed, {len(failed)} failed")
        show(said.text(arguments.lang))
    return 0 if reached and not failed else 1


def _through_service(policies: Policies, arguments: argparse.Namespace, show: Show) -> int:
    """Run the cases through the service and return the exit code."""
    # Only now: an officer who runs the cases alone need not wait for the whole service to be imported.
    from rehearsal import rehearse, rehearsed_json

    results = rehearse(policies, load_cases(policies.tree), arguments.database)
    failed = [result for result in results if not result.passed]
    if arguments.json:
        show(rehearsed_json(results))
        return 1 if failed else 0
    for result in failed:
        show(result.text(arguments.lang))
    passed = len(results) - len(failed)
    said = Message(
        f"在服务中办理：{passed}例通过，{len(failed)}例未通过",
        f"through the service: {passed} passed, {len(failed)} failed",
    )
    show(said.text(arguments.lang))
    return 1 if failed else 0
