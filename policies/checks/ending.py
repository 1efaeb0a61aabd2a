"""Values and rules that are about to end."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from domain.message import Message
from policies.language.service import DatedValue, Rule, Setting
from policies.language.values import show_day
from policies.language.vocabulary import Lexicon
from policies.source.faults import SourceLocation
from policies.tree.passing import PassingSettings
from policies.tree.region_policies import is_own, sets_of_rules
from policies.tree.tree import PolicyTree
from policies.words.notices import Notice
from policies.words.wording import shown_value

ENDING_SOON_DAYS = 60
_ADD_VALUE = Message("如非有意，补写其后的值", "add the value that follows, if this is not meant")
_ADD_RULE = Message("如非有意，补写其后的规则", "add the rule that follows, if this is not meant")


def ending(tree: PolicyTree, today: date) -> Iterator[Notice]:
    """Yield the values and rules that end within `ENDING_SOON_DAYS`."""
    yield from ending_values(tree, today)
    for rules in sets_of_rules(tree.regions.values()):
        for rule in rules.values():
            if rule.end is not None and _ends_soon(rule.end, today):
                yield _rule_ends(rule)


def ending_values(
    tree: PolicyTree, today: date, passing: PassingSettings | None = None, *, for_good: bool = False
) -> Iterator[Notice]:
    """Yield the values that end within `ENDING_SOON_DAYS`.

    Args:
        passing: knows which settings pass of trees before this one.
        for_good: only where no region above has a value then either.
    """
    names = {code: place.region.name for code, place in tree.regions.items()}
    for place, setting in (passing or PassingSettings()).of(tree.regions, today):
        for value in setting.layers[0] if setting.layers and is_own(setting, place) else ():
            if not _ends_soon(value.end, today) or _goes_on(setting.layers[0], value):
                continue
            if not for_good or _following(setting, value) is None:
                yield _value_ends(setting, value, place.words, names)


def _following(setting: Setting, value: DatedValue) -> DatedValue | None:
    assert value.end is not None  # noqa: S101 - asked before
    return setting.at(value.end + timedelta(days=1), date.max)


def _ends_soon(end: date | None, today: date) -> bool:
    return end is not None and today <= end <= today + timedelta(days=ENDING_SOON_DAYS)


def _goes_on(layer: tuple[DatedValue, ...], value: DatedValue) -> bool:
    """Say whether the same file has a value for the day after one ends."""
    assert value.end is not None  # noqa: S101 - asked before
    return value.end == date.max or any(other.holds(value.end + timedelta(days=1), date.max) for other in layer)


def _value_ends(setting: Setting, value: DatedValue, words: Lexicon, regions: Mapping[str, Message]) -> Notice:
    assert value.end is not None  # noqa: S101 - asked before
    following = _following(setting, value)
    then = Message("之后没有值", "and nothing follows")
    if following:
        parents = shown_value(following.value, setting.type, words, regions)
        then = Message(f"之后沿用上级的值{parents.zh}", f"then the parent's {parents.en} holds")
    name, own = setting.name, shown_value(value.value, setting.type, words, regions)
    message = Message(
        f"`{name}` 的值{own.zh}有效到{show_day(value.end)}，{then.zh}",
        f"the value {own.en} of `{name}` ends on {value.end}, {then.en}",
    )
    place = SourceLocation(value.citation.file, value.citation.line, 1, setting.place.path)
    return Notice("VALUE_ENDS", place, message, _ADD_VALUE)


def _rule_ends(rule: Rule) -> Notice:
    assert rule.end is not None  # noqa: S101 - asked before
    message = Message(f"规则 `{rule.id}` 有效到{show_day(rule.end)}", f"the rule `{rule.id}` ends on {rule.end}")
    return Notice("RULE_ENDS", rule.place, message, _ADD_RULE)
