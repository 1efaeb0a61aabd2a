"""What a region says of a service on top of a parent that has changed, without reading the region's files again.

What the region itself says is seen by comparing, by identity, its policy with the parent's as it was: whatever is
inherited is the parent's very own object. It is put on top of the parent as it is now only where reading the files
could neither find a fault nor anything else; in any doubt the answer is None, and they are read.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from policies.language.inheritance import may_overrule
from policies.language.rule_reads import names_read
from policies.language.service import Rule, ServicePolicy, Setting
from policies.language.settings import settings_again

T = TypeVar("T")


def says_something(policy: ServicePolicy, above: ServicePolicy | None) -> bool:
    """Say whether the region's own files said something of a service, shared rules included.

    Args:
        policy: in the region; above: in the parent from which it came to be.
    """
    return above is None or policy.rules is not above.rules


def service_again(
    was: ServicePolicy, above_was: ServicePolicy | None, above: ServicePolicy | None, shared: Mapping[str, Setting]
) -> ServicePolicy | None:
    """Return a service on top of what the region inherits now; None where its files must be read for that.

    Its files must say what they said, with words that mean what they meant.

    Args:
        was: the service as it was in the region.
        above_was: as the parent had it then, above: as the parent has it now; None where it had or has none.
        shared: the region's shared settings now.
    """
    if above is above_was and shared is was.shared_settings:
        return was
    if (above_was is None) is not (above is None):
        return None
    settings = settings_again(was.own_settings, _settings(above_was), _settings(above), shared)
    rules = _rules_again(was.rules, _rules(above_was), _rules(above)) if settings is not None else None
    if settings is None or rules is None or not _reads_the_same(was, _rules(above_was), settings, shared):
        return None
    title, review_every, files = was.title, was.review_every, was.files
    if above is not None and above_was is not None:
        title = above.title if title is above_was.title else title
        review_every = above.review_every if review_every is above_was.review_every else review_every
        files = (*above.files, *files[len(above_was.files) :])
    again = ServicePolicy(was.name, was.region, title, settings, shared, rules, review_every, files, review=was.review)
    return was if _is_same(was, again) else again


def kept(was: Mapping[str, T], now: Mapping[str, T], inherited: Mapping[str, T]) -> Mapping[str, T]:
    """Return settings or rules as they were read now, where each of a region's own that is what it was is the very same.

    What a region below has taken over of them it then need not look at again. What is inherited stays the parent's.
    """
    found = {
        name: was[name] if name in was and value is not inherited.get(name) and was[name] == value else value
        for name, value in now.items()
    }
    return was if _is_all_of(found, was) else found


def _is_all_of(found: Mapping[str, T], was: Mapping[str, T]) -> bool:
    return [*found] == [*was] and all(value is was[name] for name, value in found.items())


def service_kept(was: ServicePolicy | None, now: ServicePolicy, above: ServicePolicy | None) -> ServicePolicy:
    """Return a service as it was read now, where each part of the region's own that is what it was is the very same."""
    if was is None:
        return now
    again = replace(
        now,
        title=_own_kept(was.title, now.title, above.title if above else None),
        review_every=_own_kept(was.review_every, now.review_every, above.review_every if above else None),
        own_settings=kept(was.own_settings, now.own_settings, _settings(above)),
        rules=kept(was.rules, now.rules, _rules(above)),
    )
    return was if _is_same(was, again) and was.review == again.review else again


def _own_kept(was: T, now: T, inherited: object) -> T:
    """Return the very same as before for what is a region's own, and was: it may say now what it had inherited."""
    return was if was == now and inherited is not now and inherited is not was else now


_NOTHING: Mapping[str, Any] = {}


def _settings(policy: ServicePolicy | None) -> Mapping[str, Setting]:
    return policy.own_settings if policy is not None else _NOTHING


def _rules(policy: ServicePolicy | None) -> Mapping[str, Rule]:
    return policy.rules if policy is not None else _NOTHING


def _is_same(was: ServicePolicy, again: ServicePolicy) -> bool:
    return (
        again.rules is was.rules
        and again.own_settings is was.own_settings
        and again.shared_settings is was.shared_settings
        and again.title is was.title
        and again.review_every is was.review_every
        and again.files == was.files
    )


def _rules_again(
    was: Mapping[str, Rule], above_was: Mapping[str, Rule], above: Mapping[str, Rule]
) -> Mapping[str, Rule] | None:
    if above is above_was:
        return was
    rules = dict(above)
    removed = [name for name in above_was if name not in was]
    for name in removed:
        if name not in above or above[name].bound:
            return None
        del rules[name]
    for name, rule in was.items():
        if rule is not above_was.get(name):
            if (name in above) is not (name in above_was) or (name in above and above[name].bound):
                return None
            rules[name] = rule
    return rules if may_overrule(rules, above, removed) else None


def _reads_the_same(
    was: ServicePolicy, above_was: Mapping[str, Rule], settings: Mapping[str, Setting], shared: Mapping[str, Setting]
) -> bool:
    """Say whether the settings that the region's own rules read are there, and of the types that they were of."""
    lost: set[str] = set()
    for before, now in ((was.shared_settings, shared), (was.own_settings, settings)):
        if now is not before:
            lost.update(name for name, setting in before.items() if not _is_of_type(setting, name, settings, shared))
    own = (rule for name, rule in was.rules.items() if rule is not above_was.get(name))
    return not lost or all(lost.isdisjoint(names_read(rule)) for rule in own)


def _is_of_type(was: Setting, name: str, settings: Mapping[str, Setting], shared: Mapping[str, Setting]) -> bool:
    now = settings.get(name) or shared.get(name)  # as rules read them
    return now is was or (now is not None and now.type == was.type)
