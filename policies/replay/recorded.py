"""A request that was decided once, as it is kept, and what an answer to one comes to: what replaying compares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from domain.decision import Need
from domain.duration import Duration


class Standing(StrEnum):
    """Where an answer leaves whoever asked."""

    ALLOWED = "allowed"
    ASKED = "asked"
    """Nothing denies, but something more is asked for."""
    REFUSED = "refused"
    UNDECIDED = "undecided"
    """The policies have no answer, or nobody can say from what was kept."""


class Reason(NamedTuple):
    """A rule that stands in the way, and where it is written, as far as that is known.

    Args:
        asks: whether it asks for something; otherwise it denies.
    """

    asks: bool
    rule: str
    file: str | None = None
    line: int | None = None


class Undecided(NamedTuple):
    """Why there is no answer: the code of a fault, and what it is about, such as the facts that nobody recorded."""

    code: str
    about: tuple[str, ...] = ()


class Due(NamedTuple):
    """An amount in fen that somebody pays."""

    fee: str
    payer: str
    amount: int


class Promised(NamedTuple):
    """A promise, whichever rule makes it."""

    what: str
    within: Duration
    counted_from: str


class Lapsing(NamedTuple):
    """A state that ends by time alone, whichever rule says so."""

    state: str
    after: Duration
    becomes: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer comes to, without its words.

    Args:
        reasons: the rules that deny, or if none does, those that ask; fault: why it is undecided.
        dues: what is charged, waived fees left out.
    """

    standing: Standing
    reasons: tuple[Reason, ...] = ()
    fault: Undecided | None = None
    dues: tuple[Due, ...] = ()
    promises: frozenset[Promised] = frozenset()
    lapses: frozenset[Lapsing] = frozenset()


class Thing(NamedTuple):
    """Something that was brought along, as it was asked for: never what it said, nor whose it was."""

    kind: str
    name: str
    specification: frozenset[tuple[str, Any]] = frozenset()

    def serves(self, wanted: "Thing") -> bool:
        """Say whether what fitted this fits what is wanted: all that is wanted of it was wanted here too."""
        if (self.kind, self.name) != (wanted.kind, wanted.name) or not wanted.specification <= self.specification:
            return False
        # A tolerance loosens the sizes beside it, so leaving it out asks for more.
        sized = any(key.endswith("_mm") for key, _ in wanted.specification)
        return not sized or _tolerance(self) == _tolerance(wanted)


def _tolerance(thing: Thing) -> Any:
    return next((value for key, value in thing.specification if key == "tolerance_mm"), 0)


def thing_asked(need: Need) -> Thing:
    """Return what a need asks for."""
    return Thing(need.kind, need.name, frozenset(need.specification.items()))


Alternatives = frozenset[frozenset[Thing]]


@dataclass(frozen=True, slots=True)
class Brought:
    """What is known of what people brought along.

    Args:
        certain: each of these was there.
        either: of each of these alternatives, all things of one at least were there.
    """

    certain: frozenset[Thing] = frozenset()
    either: frozenset[Alternatives] = frozenset()

    def satisfies(self, wanted: Iterable[Iterable[Thing]]) -> bool:
        """Say whether one of some alternatives was there for sure, whichever was of those that are not known."""
        sets = tuple(map(tuple, wanted))
        if _one_of(sets, self.certain):
            return True
        return any(all(_one_of(sets, self.certain | these) for these in found) for found in self.either)


def _one_of(wanted: Iterable[Iterable[Thing]], there: frozenset[Thing]) -> bool:
    return any(all(any(had.serves(thing) for had in there) for thing in things) for things in wanted)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision on record.

    Args:
        region, service, on, known, facts, digest: of the decision.
        answer: what was answered.
        brought: what satisfied its requirements; None where that was not kept yet.
        missing: rules that asked in vain, each with the names of what it asked for.
    """

    region: str
    service: str
    on: date
    known: date
    digest: str
    facts: Mapping[str, Any]
    answer: Answer
    brought: Brought | None = None
    missing: frozenset[tuple[str, tuple[str, ...]]] = field(default_factory=frozenset)
