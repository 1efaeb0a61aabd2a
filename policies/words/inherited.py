"""What a region's rules and values took the place of: what the regions above say of the same, and what is gone here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from domain.decision import Citation
from domain.message import Message
from policies.engine.effective import EffectivePolicy
from policies.language.service import DatedValue, Rule, Setting
from policies.source.faults import SourceLocation
from policies.tree.tree import PolicyTree
from policies.words.wording import Wording


@dataclass(frozen=True, slots=True)
class ReplacedValue:
    """A value of a region above that holds on the day and gives way to a lower region's."""

    shown: Message
    start: date
    end: date | None
    citation: Citation


def rules_above(tree: PolicyTree, policy: EffectivePolicy) -> Iterator[Mapping[str, Rule]]:
    """Yield the rules of the same service in the regions above, the nearest first, of any day."""
    code = policy.region.parent
    while code is not None:
        place = tree.regions[code]
        service = place.services.get(policy.policy.name)
        if service is not None:
            yield service.rules
        code = place.region.parent


def replaced_rules(rule: Rule, above: list[Mapping[str, Rule]]) -> tuple[SourceLocation, ...]:
    """Return the rules of the same name above that it replaced: those found beyond its own region."""
    places = dict.fromkeys(rules[rule.id].place for rules in above if rule.id in rules)
    return tuple(place for place in places if place != rule.place)


def removed_rules(policy: EffectivePolicy, above: list[Mapping[str, Rule]], on: date, known: date) -> Iterator[Rule]:
    """Yield the rules in force above on a day, as known by another, that are gone here."""
    mine, told = policy.policy.rules, set()
    for rules in above:
        for name, rule in rules.items():
            if name not in mine and name not in told and rule.holds(on, known):
                told.add(name)
                yield rule


def replaced_values(
    setting: Setting, value: DatedValue, wording: Wording, on: date, known: date
) -> Iterator[ReplacedValue]:
    """Yield what the regions above say of a setting on a day instead of the value in force, the nearest first.

    Args:
        known: the day by which it had to be published.
    """
    for layer in setting.layers:
        found = next((v for v in layer if v.holds(on, known)), None)
        if found is not None and found is not value:
            yield ReplacedValue(wording.show(found.value, setting.type), found.start, found.end, found.citation)
