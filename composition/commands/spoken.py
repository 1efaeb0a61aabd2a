"""The language of the command line: of the help, of what argparse says, and of what is wrong with an argument."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from itertools import pairwise
from typing import NoReturn

from domain.message import Language, Message

_LANGUAGE: ContextVar[Language] = ContextVar("language of the command line", default="zh")

_ARGPARSE: Mapping[str, str] = {
    "usage: ": "用法：",
    "positional arguments": "参数",
    "options": "选项",
    "show this help message and exit": "显示本说明",
    "%(prog)s: error: %(message)s\n": "%(prog)s：错误：%(message)s\n",
    "argument %(argument_name)s: %(message)s": "参数 %(argument_name)s：%(message)s",
    "the following arguments are required: %s": "缺少参数：%s",
    "one of the arguments %s is required": "以下参数应写其中一个：%s",
    "unrecognized arguments: %s": "没有这样的参数：%s",
    "not allowed with argument %s": "不能与参数 %s 同时使用",
    "ambiguous option: %(option)s could match %(matches)s": "选项 %(option)s 不明确，可能是：%(matches)s",
    "ignored explicit argument %r": "这个选项不带值，不能写 %r",
    "expected one argument": "后面应写一个值",
    "expected at most one argument": "后面最多写一个值",
    "expected at least one argument": "后面至少写一个值",
    "expected %s argument": "后面应写%s个值",
    "expected %s arguments": "后面应写%s个值",
    "invalid %(type)s value: %(value)r": "值 %(value)r 的写法不对",
    "invalid choice: %(value)r (choose from %(choices)s)": "没有 %(value)r 这一项，可选：%(choices)s",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "没有命令 %(parser_name)r，可用：%(choices)s",
}
"""What argparse looks up with gettext, in Chinese."""


def say(zh: str, en: str) -> str:
    """Return one of two texts, in the language of the command line."""
    return Message(zh, en).text(_LANGUAGE.get())


def language_of(given: Sequence[str]) -> Language:
    """Return the language that a command line asks for, before it is understood; Chinese if it names none."""
    spoken = [word.removeprefix("--lang=") for word in given if word.startswith("--lang=")]
    spoken += [word for option, word in pairwise(given) if option == "--lang"]
    return "en" if spoken[-1:] == ["en"] else "zh"


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak a language while the context lasts.

    argparse looks up its texts with the gettext of its module, which knows the language of the machine only: what is looked
    up is looked up here instead.
    """
    token = _LANGUAGE.set(language)
    spoken = {"_": _looked_up, "ngettext": _counted}
    kept = {name: getattr(argparse, name) for name in spoken}
    for name, looked_up in spoken.items():
        setattr(argparse, name, looked_up)
    try:
        yield
    finally:
        for name, was in kept.items():
            setattr(argparse, name, was)
        _LANGUAGE.reset(token)


def _looked_up(text: str) -> str:
    return _ARGPARSE.get(text, text) if _LANGUAGE.get() == "zh" else text


def _counted(one: str, many: str, amount: int) -> str:
    return _looked_up(one if amount == 1 else many)


def refuse(zh: str, en: str) -> NoReturn:
    """Refuse an argument.

    Raises:
        ArgumentTypeError: always.
    """
    raise argparse.ArgumentTypeError(say(zh, en))


def day(text: str) -> date:
    """Read a day of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        meant = _meant(text)
        refuse(f"日期 {text!r} 的写法不对，请写 {meant}", f"{text!r} is no date; write {meant}")


def _meant(text: str) -> str:
    """Return how a day is written that was written with other signs, else an example."""
    parts = "".join(character if character.isdecimal() else " " for character in text).split()
    try:
        year, month, number = (int(part) for part in parts)
        return date(year, month, number).isoformat()
    except (ValueError, OverflowError):
        return "2026-12-01"
