"""The commands of `main.py`, each with the module that carries it out.

A module is imported when its command is asked for: an officer who checks a file need not wait for a server to load.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from composition.commands.spoken import language_of, say, speaking
from composition.settings import Settings
from domain.errors import DecisionFault, DomainError, OperatorError
from domain.message import Language, Message
from policies.source.faults import PolicyFaults
from policies.words.report import consequences

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
        tolerant: whether it goes on though settings are faulty.
    """

    module: str
    help: Message
    tolerant: bool = False

    def carrier(self) -> Carrier:
        """Import the module."""
        return cast(Carrier, import_module(self.module))


COMMANDS: Mapping[str, Command] = {
    "serve": Command(
        "composition.serving",
        Message(
            "升级数据库并启动服务（加 --demo：带演示数据和令牌）",
            "migrate and serve (with --demo: demo data and tokens)",
        ),
    ),
    "migrate": Command("composition.serving", Message("把数据库升级到本版本", "bring the database up to this code")),
    "demo": Command("composition.serving", Message("载入演示数据", "load the demo data")),
    "sweep": Command("composition.serving", Message("登记到期变更", "write down what time alone has done")),
    "token": Command(
        "composition.serving", Message("用开发密钥签发演示令牌", "make a demo token from the development key")
    ),
    "revoke": Command(
        "composition.commands.revoke_tokens",
        Message("作废已签发的令牌", "make tokens count no more that were issued"),
    ),
    "doctor": Command(
        "composition.commands.doctor",
        Message(
            "检查这套安装能否用于正式环境，一次列出所有问题（不作任何修改）",
            "say everything that would keep this installation from production, at once; changes nothing",
        ),
        tolerant=True,
    ),
    "schema": Command("composition.serving", Message("输出 GraphQL 接口的定义", "print the GraphQL schema")),
    "import": Command(
        "composition.commands.import_cards",
        Message(
            "从CSV文件导入本系统启用前的持卡人和社会保障卡",
            "put holders and cards on record that were issued before this service, from a CSV file",
        ),
    ),
    "keys status": Command(
        "composition.commands.keys",
        Message("各密钥还有多少数据在用", "which key is still needed, and by how much"),
    ),
    "keys rotate": Command(
        "composition.commands.keys",
        Message(
            "用最新的密钥重新加密全部数据（不停止服务，可以中断后继续）",
            "seal everything anew with the newest keys, while others serve; goes on where it was broken off",
        ),
    ),
    "person export": Command(
        "composition.commands.person",
        Message("导出一个人的全部信息", "give out all that is on record about one person"),
    ),
    "person erase": Command(
        "composition.commands.person",
        Message(
            "删除一个人的信息，应当归档的除外", "erase what is on record about one person but what has to be archived"
        ),
    ),
    "audit verify": Command(
        "composition.commands.audit",
        Message(
            "核对审计记录，指出被修改、删除、插入、调换或提前时间的内容",
            "verify the audit record: what was changed, taken away, put in, exchanged or back-dated",
        ),
    ),
    "audit export": Command(
        "composition.commands.audit",
        Message("导出审计记录，供他人独立核对", "the audit record as lines that somebody else can check"),
    ),
    "audit roots": Command(
        "composition.commands.audit",
        Message("列出各封印的摘要，供另外保存", "the hash of each seal, to be kept elsewhere"),
    ),
    "audit seal": Command(
        "composition.commands.audit",
        Message("立即封印审计记录（服务运行时每分钟自动封印）", "seal the record now; the service does each minute"),
    ),
    "audit drop": Command(
        "composition.commands.audit_drop",
        Message(
            "删除保存期满、已经导出的审计记录，核对时会说明",
            "let months of the record go that need be kept no longer and were exported; verify says so then",
        ),
    ),
    "policy check": Command(
        "composition.commands.policy_check",
        Message("检查政策文件，列出所有错误和警告", "report every fault and warning of the policy files"),
    ),
    "policy test": Command(
        "composition.commands.policy_test",
        Message("执行政策文件旁的用例，并列出没有检验到的规则", "run the tests beside the policies, with coverage"),
    ),
    "policy schema": Command(
        "composition.commands.policy_files", Message("重新生成编辑器用的格式定义", "write the schemas for editors anew")
    ),
    "policy format": Command(
        "composition.commands.policy_files",
        Message("统一政策文件的格式，注释保留", "bring the policy files into their one form; comments stay"),
    ),
    "policy new": Command(
        "composition.commands.policy_files",
        Message("新建地区：文件夹和最初的文件", "start a region: a folder with its first files"),
    ),
    "policy show": Command(
        "composition.commands.policy_show",
        Message("某地区某日有效的规定，附依据", "what holds in a region on a day, with every source"),
    ),
    "policy explain": Command(
        "composition.commands.policy_explain",
        Message("为什么这样判定，怎样才能办理", "why a region decides so, and what would change it"),
    ),
    "policy calendar": Command(
        "composition.commands.policy_calendar", Message("已公布、即将发生的变更", "what is announced to change")
    ),
    "policy diff": Command(
        "composition.commands.policy_diff",
        Message(
            "两个版本有哪些不同，哪些人的办理结果会变", "what differs between two versions, and whose decisions change"
        ),
    ),
    "policy prove": Command(
        "composition.commands.policy_prove",
        Message(
            "查找空档、重叠、永远用不上的规则和谁都办不成的事项",
            "gaps, overlaps, rules that never apply, services that nobody can get",
        ),
    ),
    "policy impact": Command(
        "composition.commands.policy_impact",
        Message(
            "草案影响谁：把记录在案的判定重新判定一遍",
            "whom a draft changes: recorded decisions, decided again",
        ),
    ),
}
_GROUPS: Mapping[str, Message] = {
    "policy": Message("政策文件", "the policy files"),
    "keys": Message("密钥", "the keys of what is encrypted"),
    "audit": Message("审计记录", "the record of who did and saw what"),
    "person": Message("一个人的信息", "the data of one person"),
}
"""The first words of commands of two words."""
_ERROR = Message("错误：", "error: ")
_COLON = Message("：", ": ")


def run(given: Sequence[str], settings: Callable[[bool], Settings], show: Show) -> int:
    """Carry out the command that is given and return its exit code.

    Args:
        given: the command line; settings: of the installation, asked for once the command line is understood, with tolerance or not.
    """
    with speaking(language_of(given)):
        asked, arguments = _understood(given)
    try:
        command = COMMANDS[asked]
        return command.carrier().run(arguments, settings(command.tolerant), show)
    except (DomainError, OperatorError, PolicyFaults) as error:
        for line in lines_of(error, getattr(arguments, "lang", "en")):
            print(line, file=sys.stderr)
        return 1


def _understood(given: Sequence[str]) -> tuple[str, argparse.Namespace]:
    """Return the command that a command line names, and its arguments; ends the process where there is none."""
    asked = " ".join(given[: 2 if given[:1] and given[0] in _GROUPS else 1])
    carrier = COMMANDS[asked].carrier() if asked in COMMANDS else None
    parser = argparse.ArgumentParser(
        prog="main.py", description=say("社会保障卡服务。", "The social security card service.")
    )
    parser.add_argument(
        "--lang", dest="spoken", choices=("zh", "en"), help=say("本说明的语言", "the language of this help")
    )
    commands = parser.add_subparsers(dest="command", required=True)
    groups = {
        name: commands.add_parser(name, help=say(about.zh, about.en)).add_subparsers(dest="action", required=True)
        for name, about in _GROUPS.items()
    }
    for name, command in COMMANDS.items():
        first, _, word = name.rpartition(" ")
        group = groups.get(first, commands)
        its = group.add_parser(word, help=say(command.help.zh, command.help.en))
        if carrier is not None and name == asked:
            carrier.add_arguments(name, its)
    arguments = parser.parse_args(given)
    return asked, arguments


def lines_of(error: DomainError | OperatorError | PolicyFaults, language: Language) -> Iterator[str]:
    """Yield what keeps a command from working, in plain lines and never as a traceback."""
    before = _ERROR.text(language)
    if isinstance(error, PolicyFaults):
        yield from (fault.text(language) for fault in error.faults)
        if error.consequences:
            yield consequences(error.consequences).text(language)
        yield f"{before}{error.message.text(language)}"
    elif isinstance(error, OperatorError):
        yield f"{before}{error.text(language)}"
    else:
        told = error.detail if isinstance(error, DecisionFault) else error.message
        yield f"{before}{error.code}{_COLON.text(language)}{told.text(language)}"
