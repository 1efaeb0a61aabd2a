"""Conditions as lists of tests that must all hold, and how many of them there may be."""

from collections.abc import Sequence
from math import prod

from domain.message import Message
from policies.language.conditions import AllOf, AnyOf, Condition, Not, Test, push_negations

MAX_CONJUNCTIONS = 64
MAX_TESTS = 24
TOO_HEAVY = 1_000_000
"""Stands for a condition whose alternatives have to be worked out to say whether they are possible."""


class ConditionTooComplex(Exception):
    """A rule has more alternatives or tests than the engine can be trusted with.

    Args:
        message: how many of what, to be said of the rule.
    """

    def __init__(self, message: Message) -> None:
        super().__init__(message.en)
        self.message = message


def conjunctions(condition: Condition | None) -> list[tuple[Test, ...]]:
    """Return a condition's alternatives as lists of tests that must all hold.

    Raises:
        ConditionTooComplex: there are more than the engine is trusted with.
    """
    found = _normal_form(push_negations(condition)) if condition is not None else [()]
    found = [tuple(dict.fromkeys(tests)) if len(tests) > 1 else tests for tests in found]
    found = list(dict.fromkeys(found)) if len(found) > 1 else found
    if any(len(tests) > MAX_TESTS for tests in found):
        raise ConditionTooComplex(
            Message(f"超过{MAX_TESTS}项判断须同时成立", f"more than {MAX_TESTS} tests that must hold at once")
        )
    return found


def weight_of(condition: Condition | None) -> int:
    """Return how many alternatives a condition has at most, without working them out.

    Where there could be more of them, or of tests in one, than is possible, the answer is `TOO_HEAVY`.
    """
    alternatives, tests = _size(condition)
    return alternatives if alternatives <= MAX_CONJUNCTIONS and tests <= MAX_TESTS else TOO_HEAVY


def _size(condition: Condition | None, negate: bool = False) -> tuple[int, int]:
    """Return how many alternatives a condition, or its negation, has at most, and how many tests one of them."""
    if condition is None or isinstance(condition, Test):
        return 1, 1
    if isinstance(condition, Not):
        return _size(condition.part, not negate)
    sizes = [_size(part, negate) for part in condition.parts] or [(1, 1)]
    alternatives, tests = zip(*sizes, strict=True)
    if isinstance(condition, AllOf) is not negate:
        return prod(alternatives), sum(tests)
    return sum(alternatives), max(tests)


def _normal_form(condition: Condition) -> list[tuple[Test, ...]]:
    if isinstance(condition, Test):
        return [(condition,)]
    if isinstance(condition, AnyOf):
        found = [tests for part in condition.parts for tests in _normal_form(part)]
    else:
        found = [()]
        for part in condition.parts if isinstance(condition, AllOf) else ():
            more = _normal_form(part)
            found = [(*done, *tests) for done in found for tests in more]
            _check_size(found)
    _check_size(found)
    return found


def _check_size(found: Sequence[object]) -> None:
    if len(found) > MAX_CONJUNCTIONS:
        amount = len(found)
        raise ConditionTooComplex(
            Message(
                f"{amount}种情形，最多可有{MAX_CONJUNCTIONS}种",
                f"{amount} alternatives; {MAX_CONJUNCTIONS} are possible",
            )
        )
