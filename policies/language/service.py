"""One service's policy in one region: its settings and rules, each with the place and source it comes from.

A region's policy starts as its parent's; its own file adds to it, replaces by id (and says so) or removes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.duration import Duration, Unit
from domain.message import Message
from policies.language.conditions import Condition
from policies.language.outcomes.outcome import Outcome
from policies.language.sources import Cited
from policies.language.values import LISTS, ValueType, as_number
from policies.source.faults import SourceLocation


@dataclass(frozen=True, slots=True)
class DatedValue(Cited):
    """A setting's value from a day on.

    Args:
        value: of the setting's type.
        start: first day in force.
        end: last day in force, or None.
        published: the day it became known, or None for "always".
    """

    value: Any
    start: date
    end: date | None
    published: date | None

    def holds(self, on: date, known: date) -> bool:
        """Whether it is in force on a day, as known by another."""
        return (
            self.start <= on
            and (self.end is None or on <= self.end)
            and (self.published is None or self.published <= known)
        )


@dataclass(frozen=True, slots=True)
class Binding:
    """How a parent lets children change a setting: `raise`, `lower`, `narrow` or `nothing`."""

    children_may: str
    place: SourceLocation


@dataclass(frozen=True, slots=True)
class Setting:
    """A named, typed, dated value.

    Args:
        layers: values by level, the lowest region's first; each layer newest first.
        place: where its lowest values are; origin: where it is defined.
    """

    name: str
    type: ValueType
    unit: str | None
    label: Message
    binding: Binding | None
    layers: tuple[tuple[DatedValue, ...], ...]
    place: SourceLocation
    origin: SourceLocation

    def at(self, on: date, known: date) -> DatedValue | None:
        """Return the value in force on a day as known by another: the lowest region's that has one."""
        for layer in self.layers:
            for candidate in layer:
                if candidate.holds(on, known):
                    return candidate
        return None


@dataclass(frozen=True, slots=True)
class Rule(Cited):
    """One rule of a service.

    Args:
        id: its name; denials show it in capitals as their code.
        condition: None for "always".
        outcome: what it does.
        message: what people are told; `{setting}` places are filled from the settings in force.
        instead_of: rules that do not apply where this one does.
        bound: children may neither replace, remove nor overrule it.
        start, end, published: as for settings; None for "always".
        weight: how many alternatives its condition has at most.
    """

    id: str
    condition: Condition | None
    outcome: Outcome
    message: Message | None
    instead_of: tuple[str, ...]
    bound: bool
    start: date | None
    end: date | None
    published: date | None
    weight: int

    def holds(self, on: date, known: date) -> bool:
        """Whether it is in force on a day, as known by another."""
        return (
            (self.start is None or self.start <= on)
            and (self.end is None or on <= self.end)
            and (self.published is None or self.published <= known)
        )


@dataclass(frozen=True, slots=True)
class Review:
    """When a service file was last compared with its documents; None where it only says how often it is to be."""

    last: date | None
    place: SourceLocation


# Not frozen, though nobody changes one: a reload of the nation's rules makes a hundred thousand of these.
@dataclass(slots=True)
class ServicePolicy:
    """All that holds for one service in one region, of any date.

    Args:
        own_settings: those of the service's files; shared_settings: those of the region's `settings.yaml` files.
        review: what the region's own file says of its review; None where it says nothing, or there is none.
    """

    name: str
    region: str
    title: Message
    own_settings: Mapping[str, Setting]
    shared_settings: Mapping[str, Setting]
    rules: Mapping[str, Rule]
    review_every: Duration | None
    files: tuple[str, ...]
    review: Review | None = None

    @property
    def settings(self) -> Mapping[str, Setting]:
        """Every setting that the rules may read; the two kinds never share a name."""
        return {**self.shared_settings, **self.own_settings}

    def is_same(self, other: "ServicePolicy") -> bool:
        """Say whether another policy is equal, in the order of its settings and rules too."""
        return (
            self == other
            and [*self.rules] == [*other.rules]
            and [*self.own_settings] == [*other.own_settings]
            and [*self.shared_settings] == [*other.shared_settings]
        )

    def in_region(self, region: str, shared_settings: Mapping[str, Setting]) -> "ServicePolicy":
        """Return the same policy as another region inherits it."""
        return ServicePolicy(
            self.name,
            region,
            self.title,
            self.own_settings,
            shared_settings,
            self.rules,
            self.review_every,
            self.files,
        )


def is_tighter(value: Any, parent: Any, may: str, of_type: ValueType) -> bool:
    """Say whether a child's value stays within what its parent binds it to."""
    if isinstance(value, Duration):
        lengths = _comparable(value, parent)
        if lengths is None:
            return False
        value, parent = lengths
    if value == parent:
        return True
    if may == "nothing":
        return False
    if may == "narrow":
        return of_type.kind in LISTS and set(value) <= set(parent)
    return as_number(value) > as_number(parent) if may == "raise" else as_number(value) < as_number(parent)


_SCALE = {
    Unit.MINUTES: (Unit.MINUTES, 1),
    Unit.HOURS: (Unit.MINUTES, 60),
    Unit.MONTHS: (Unit.MONTHS, 1),
    Unit.YEARS: (Unit.MONTHS, 12),
}
"""Units that are so many of another one, whatever the day: a year is twelve months, a month is no number of days."""


def _comparable(one: Duration, other: Duration) -> tuple[int, int] | None:
    """Return two durations as numbers of one unit, or None where which is longer depends on the day."""
    (unit, by), (other_unit, other_by) = (_SCALE.get(each.unit, (each.unit, 1)) for each in (one, other))
    if unit is not other_unit and 0 not in (one.amount, other.amount):
        return None
    return one.amount * by, other.amount * other_by
