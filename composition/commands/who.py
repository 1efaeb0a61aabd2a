"""Who runs a command that the audit record tells of."""

import argparse
import getpass
import re
from typing import Final

from composition.commands.spoken import refuse, say
from composition.settings import ConfigurationError
from domain.message import Message

_STAFF_ID: Final = re.compile(r"[A-Za-z0-9._@-]{1,64}")


def add_by(parser: argparse.ArgumentParser) -> None:
    """Add who runs the command."""
    parser.add_argument(
        "--by",
        type=_staff_id,
        metavar=say("工号", "ID"),
        help=say(
            "由谁执行，写工号或登录名，不写姓名，会记录在案；不写即登录名",
            "who does it, by staff number or login and not by name: the record tells it; the login if left out",
        ),
    )


def by_whom(arguments: argparse.Namespace) -> str:
    """Return who runs the command.

    Raises:
        ConfigurationError: nobody is named, and who is logged in cannot stand in the record.
    """
    try:
        found: str = arguments.by or getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in a container
        found = ""
    if not _STAFF_ID.fullmatch(found):
        raise ConfigurationError(
            Message(
                "登录名不能记入审计记录，请用 `--by` 写明工号。", "The login cannot stand in the record; give --by ID."
            )
        )
    return found


def _staff_id(text: str) -> str:
    if not _STAFF_ID.fullmatch(text):
        refuse(
            f"{text!r} 不是工号或登录名（字母、数字和 `. _ @ -`，最多64个）",
            f"{text!r} is no staff number or login (letters, digits, and . _ @ -, 64 at most)",
        )
    return text
