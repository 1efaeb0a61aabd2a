"""How often what may be asked for, by whom: the one table of it, and what a process knows of who is over it."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from weakref import WeakValueDictionary

from domain.holder import Actor

_UNITS: Final = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
MOST: Final = 1_000_000
"""The highest figure that an operator may set."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many in how long; the time begins with the first."""

    most: int
    period: timedelta


class Limited(StrEnum):
    """What is limited, and by whom it is counted."""

    CODES_OF_PERSON = "codes.person"
    CODES_OF_STAFF = "codes.staff"
    CODES_TO_NUMBER = "codes.number"
    NUMBERS_OF_PERSON = "wrong_numbers.person"
    NUMBERS_OF_STAFF = "wrong_numbers.staff"
    NUMBERS_OF_HOLDER = "wrong_numbers.holder"
    REFUSALS_OF_PERSON = "refusals.person"
    REFUSALS_OF_STAFF = "refusals.staff"
    CHANGES_OF_PERSON = "changes.person"
    DRY_RUNS_OF_PERSON = "dry_runs.person"
    DRY_RUNS_OF_STAFF = "dry_runs.staff"
    FACE_CHECKS_OF_PERSON = "face_checks.person"
    FACE_CHECKS_OF_STAFF = "face_checks.staff"
    DOCUMENTS_OF_PERSON = "documents.person"
    DOCUMENTS_OF_STAFF = "documents.staff"
    COPIES = "copies.person"
    DRAFTS = "drafts.person"
    KEPT_QUERIES = "kept_queries.address"
    SIGN_INS = "sign_ins.address"
    ANONYMOUS = "anonymous.address"

    @property
    def purpose(self) -> str:
        """What is limited, without by whom it is counted."""
        return self.value.partition(".")[0]


def rates_of(text: str) -> tuple[Rate, ...] | None:
    """Return what `5/hour+10/day` says; None where it says nothing, or two things of one period."""
    found = [re.fullmatch("([0-9]{1,7})/(minute|hour|day)", part.strip()) for part in text.split("+")]
    if any(each is None or not 0 < int(each[1]) <= MOST for each in found):
        return None
    if len({each[2] for each in found if each is not None}) < len(found):
        return None
    return tuple(Rate(int(each[1]), _UNITS[each[2]]) for each in found if each is not None)


def _rates(text: str) -> tuple[Rate, ...]:
    rates = rates_of(text)
    if rates is None:
        raise ValueError(text)
    return rates


DEFAULTS: Final[Mapping[Limited, tuple[Rate, ...]]] = MappingProxyType(
    {
        Limited.CODES_OF_PERSON: _rates("1/minute+5/hour+10/day"),
        Limited.CODES_OF_STAFF: _rates("60/hour+400/day"),
        Limited.CODES_TO_NUMBER: _rates("1/minute+5/hour+10/day"),
        Limited.NUMBERS_OF_PERSON: _rates("10/hour+30/day"),
        Limited.NUMBERS_OF_STAFF: _rates("100/hour+500/day"),
        Limited.NUMBERS_OF_HOLDER: _rates("10/hour+20/day"),
        Limited.REFUSALS_OF_PERSON: _rates("30/hour+100/day"),
        Limited.REFUSALS_OF_STAFF: _rates("1000/hour+5000/day"),
        Limited.CHANGES_OF_PERSON: _rates("120/hour+500/day"),
        Limited.DRY_RUNS_OF_PERSON: _rates("300/minute"),
        Limited.DRY_RUNS_OF_STAFF: _rates("3000/minute"),
        Limited.FACE_CHECKS_OF_PERSON: _rates("30/hour"),
        Limited.FACE_CHECKS_OF_STAFF: _rates("600/hour"),
        Limited.DOCUMENTS_OF_PERSON: _rates("300/hour"),
        Limited.DOCUMENTS_OF_STAFF: _rates("2000/hour"),
        Limited.COPIES: _rates("3/day"),
        Limited.DRAFTS: _rates("120/hour"),
        Limited.KEPT_QUERIES: _rates("300/hour"),
        Limited.SIGN_INS: _rates("300/minute"),
        Limited.ANONYMOUS: _rates("6000/minute"),
    }
)
"""Argued in docs/decisions/0019-who-may-do-what.md; operators change single ones (`LIMITS`)."""
UNLIMITED: Final[Mapping[Limited, tuple[Rate, ...]]] = MappingProxyType(dict.fromkeys(Limited, ()))
_DEMO_UNLIMITED: Final = frozenset(
    {"codes", "changes", "face_checks", "dry_runs", "drafts", "kept_queries", "sign_ins", "anonymous"}
)
DEMO: Final[Mapping[Limited, tuple[Rate, ...]]] = MappingProxyType(
    {each: () if each.purpose in _DEMO_UNLIMITED else rates for each, rates in DEFAULTS.items()}
)
"""The demo's codes go to nobody's telephone, all its callers are on one machine, and whoever tries it out should not have to wait."""


def of_people_or_staff(actor: Actor, people: Limited, staff: Limited) -> Limited:
    """Return which of two counts somebody: people for themselves, or whoever asks for an office or a partner."""
    return people if actor.role == "citizen" else staff


Key = tuple[Limited, timedelta, str]
"""What is counted, in which period, and of whom: an id, an address or a keyed hash."""


@dataclass(slots=True)
class Bar:
    """Somebody who is refused for a time.

    Args:
        until: when it ends; refused: how often it was said so here.
    """

    until: datetime
    refused: int = 0


@dataclass(slots=True)
class Tally:
    """What a process has counted by itself.

    Args:
        ends_at: when it begins anew; count: as far as it knows of others; unshared: of these, what others do not know of.
    """

    ends_at: datetime
    count: int = 0
    unshared: int = 0


@dataclass(slots=True)
class RateLimits:
    """The figures, and who is over them as far as this process knows: looked at without a look at the database.

    Args:
        figures: how often what; told: is called with the purpose of each refusal.
        bars: who is refused, by the names under which the database counts them in whichever period; tallies: what is counted here alone.
        turns: of those who type numbers here just now, by who they are; forgotten when nobody has or waits for one.
    """

    figures: Mapping[Limited, tuple[Rate, ...]] = field(default_factory=lambda: DEFAULTS)
    told: Callable[[str], None] = lambda purpose: None
    bars: dict[str, Bar] = field(default_factory=dict)
    tallies: dict[Key, Tally] = field(default_factory=dict)
    turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def keys(self, limited: Limited, who: str) -> list[tuple[Key, Rate]]:
        """Return what is counted of somebody, one for each period."""
        return [((limited, rate.period, who), rate) for rate in self.figures[limited]]

    def bar(self, name: str, until: datetime) -> None:
        """Note that somebody is refused until a moment."""
        known = self.bars.get(name)
        if known is None or known.until < until:
            self.bars[name] = Bar(until, known.refused if known is not None else 0)
