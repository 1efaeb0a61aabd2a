"""Conditions as they are written, in words: without any request, from the labels of the words.

`wording` says what a test saw of the facts at hand; here there are none, and what is said is what the rule says. What a rule
does is said by its outcome (`Outcome.stated`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.message import Message
from policies.language.conditions import AllOf, Condition, Not, Test, push_negations
from policies.words.wording import Wording

_ALL = Message("同时满足：", "all of these:")
_ANY = Message("满足其一：", "one of these:")


@dataclass(frozen=True, slots=True)
class StatedGroup:
    """Conditions of which all must hold, or one."""

    all: bool
    parts: "tuple[Stated, ...]"


Stated = Message | StatedGroup
"""A condition in words: one test, or a group of them."""


def stated_condition(condition: Condition, wording: Wording) -> Stated:
    """Say a condition as it is written; `not` is said of each test within."""
    return _stated(push_negations(condition), wording)


def _stated(condition: Condition, wording: Wording) -> Stated:
    if isinstance(condition, Test):
        return wording.test(condition)
    of_all = isinstance(condition, AllOf)  # of `Not`, none is left
    inner = () if isinstance(condition, Not) else condition.parts
    parts: list[Stated] = []
    for part in (_stated(each, wording) for each in inner):
        if isinstance(part, StatedGroup) and part.all is of_all:
            parts.extend(part.parts)
        else:
            parts.append(part)
    return StatedGroup(of_all, tuple(parts))


def lines_of(stated: Stated, depth: int = 0) -> Iterator[tuple[int, Message]]:
    """Yield a condition a line a test, each with how deep it is nested."""
    if isinstance(stated, Message):
        yield depth, stated
        return
    if depth or not stated.all:
        yield depth, _ALL if stated.all else _ANY
        depth += 1
    for part in stated.parts:
        yield from lines_of(part, depth)
