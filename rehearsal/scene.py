"""What a case becomes before the service is asked: people, cards, operations and papers, none of them written yet."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from domain.card import Card
from domain.duration import CHINA_TIME
from domain.holder import Actor, Delegation, Guardianship, Holder, Merge
from domain.identity import IdentityDocument
from domain.operation import Operation, TimelineEntry
from domain.services import About
from policies.cases.case_files import Case
from policies.language.vocabulary import Lexicon
from store.records import StoredDocument

NOW, TIME_OF_DAY = "request.now", "request.time_of_day"
MORNING = time(10)
"""When a case is asked that states no time of day."""


@dataclass(frozen=True, slots=True)
class CardStep:
    """A state that a card enters on its way to the one that it has when the service is asked.

    Args:
        card: with the state; reason: why it entered it, as the card's history tells.
    """

    card: Card
    reason: str | None = None


@dataclass(slots=True)
class Scene:
    """One case as records that are still to be written.

    Args:
        case: what is arranged; words: of its region; about: what its service is on; now: when the service is asked.
        holder: whom it is about; person: who acts, if that is a person on record; actor: whose token it is.
        card: each step of the card that it is about, the first one first; operation: that it is about.
        password_errors: wrong service passwords in a row; None where the card has no password.
        people: others on record; cards: the steps of other cards; operations: others of the holder.
        held: insurance kinds that the register tells of the holder, by city.
        delegation: that is to be revoked; delegate: who is to be one; guardian: that the service is about.
        merges: that are proposed; other: another record of theirs, that is to be one with the holder's.
        document: that is to come on record; replaced: on record, whose place it takes.
    """

    case: Case
    words: Lexicon
    about: About
    now: datetime
    holder: Holder
    actor: Actor
    person: Holder | None = None
    people: list[Holder] = field(default_factory=list)
    guardianships: list[Guardianship] = field(default_factory=list)
    delegations: list[Delegation] = field(default_factory=list)
    delegation: Delegation | None = None
    delegate: Holder | None = None
    guardian: Holder | None = None
    merges: list[Merge] = field(default_factory=list)
    other: Holder | None = None
    document: IdentityDocument | None = None
    replaced: IdentityDocument | None = None
    card: tuple[CardStep, ...] = ()
    cards: list[tuple[CardStep, ...]] = field(default_factory=list)
    password_errors: int | None = None
    operation: Operation | None = None
    operations: list[Operation] = field(default_factory=list)
    timelines: list[tuple[TimelineEntry, ...]] = field(default_factory=list)
    documents: list[StoredDocument] = field(default_factory=list)
    held: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The region that decides."""
        return self.case.region

    @property
    def on(self) -> date:
        """The day on which the service is asked."""
        return self.case.on

    def fact(self, name: str, otherwise: Any = None) -> Any:
        """Return what the case states of a fact; where it states nothing, or that there is none, the other value."""
        value = self.case.facts.get(name)
        return otherwise if value is None else value

    def states(self, record: str) -> bool:
        """Say whether the case states any fact of a record but that there is none."""
        return any(name.startswith(f"{record}.") and value is not None for name, value in self.case.facts.items())


def moment_of(case: Case) -> datetime:
    """Return when the service is asked."""
    now, clock = case.facts.get(NOW), case.facts.get(TIME_OF_DAY)
    if isinstance(now, datetime):
        return now
    return datetime.combine(case.on, clock if isinstance(clock, time) else MORNING, CHINA_TIME)


def born_on(age: int, on: date) -> date:
    """Return the birthday of somebody who has just reached an age on a day."""
    try:
        return on.replace(year=on.year - age)
    except ValueError:  # 29 February
        return on.replace(year=on.year - age, day=28)


def midday(day: date, back: timedelta = timedelta()) -> datetime:
    """Return noon of a day in China, or so long before it."""
    return datetime.combine(day, time(12), CHINA_TIME) - back
