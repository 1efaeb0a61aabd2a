"""What one decision is about, and what has been loaded for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from domain.card import Card
from domain.duration import WorkingCalendar, day_in_china
from domain.holder import Actor, Holder
from domain.operation import Delivery, Operation, TimelineEntry
from domain.services import makes_card
from policies.language.vocabulary import Lexicon
from store.records import CardStateEntry, ServicePassword


@dataclass(slots=True)
class Loaded:
    """What the store has told of one situation; empty where no rule reads it.

    Args:
        queries: what was asked of it, so that nothing is asked twice.
        person: who acts, where they are on record.
        guardians: ids of those that the holder has now; duplicates: of records that are proposed to be one with theirs.
        cards, operations: all of the holder's; the oldest card first, the newest operation first.
        states: that cards entered, by card, the first one first.
        password: of the card; timeline: of the operation; papers: kinds of the files that were handed in with it.
    """

    queries: frozenset[str] = frozenset()
    person: Holder | None = None
    guardians: frozenset[str] = frozenset()
    duplicates: frozenset[str] = frozenset()
    cards: tuple[Card, ...] = ()
    operations: tuple[Operation, ...] = ()
    states: dict[str, tuple[CardStateEntry, ...]] = field(default_factory=dict)
    password: ServicePassword | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    papers: tuple[str, ...] = ()

    def of_the_people(self, *, same_person: bool) -> "Loaded":
        """Return what holds for another decision about the same holder, whichever card or operation that is about.

        Args:
            same_person: whether the same person acts.
        """
        queries = self.queries & {"guardians", "merges", "cards", "operations", *(("person",) if same_person else ())}
        person = self.person if same_person else None
        return Loaded(queries, person, self.guardians, self.duplicates, self.cards, self.operations)


@dataclass(slots=True)
class DecisionSubject:
    """What one decision is about.

    Args:
        service: that is asked for; actor: whose token it is; now: when; calendar: of working days.
        region: that decides, GB/T 2260; words: its vocabularies.
        holder: whom it is about; None for services about a region.
        person_id: who acts, at a window not the clerk; relation: theirs to the holder.
        about_operation, about_card: what it is about, for services on one.
        chosen: the choices that can be made with the request, by the facts' names; None for one that is not made.
        declared: what is declared with the request, typed, by the facts' names.
        delivery: the way of delivery that is chosen with the request.
        details: filled-in fields by name.
        derived: facts that the use case has worked out from what was asked, such as a password's length.
        loaded: what the store has told.
    """

    service: str
    actor: Actor
    now: datetime
    calendar: WorkingCalendar
    region: str
    words: Lexicon
    holder: Holder | None
    person_id: str
    relation: str
    about_operation: Operation | None = None
    about_card: Card | None = None
    chosen: Mapping[str, Any] = field(default_factory=dict)
    declared: Mapping[str, Any] = field(default_factory=dict)
    delivery: Delivery | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    derived: Mapping[str, Any] = field(default_factory=dict)
    loaded: Loaded = field(default_factory=Loaded)

    @property
    def today(self) -> date:
        """The day of the decision in China."""
        return day_in_china(self.now)

    @property
    def person(self) -> Holder | None:
        """Who acts, where they are on record."""
        if self.holder is not None and self.person_id == self.holder.id:
            return self.holder
        return self.loaded.person

    @property
    def card(self) -> Card | None:
        """The card that it is about, or that came of the operation that it is about."""
        if self.about_operation is None:
            return self.about_card
        return self._held(self.about_operation.card_id)

    @property
    def operation(self) -> Operation | None:
        """The operation that it is about, or that made the card that it is about."""
        if self.about_card is None:
            return self.about_operation
        made = (o for o in self.loaded.operations if o.card_id == self.about_card.id and makes_card(o.service))
        return next(made, None)

    @property
    def replaced_id(self) -> str | None:
        """The id of the card that is replaced by the one that it is about, or by its operation."""
        if self.about_operation is not None:
            return self.about_operation.replaced_card_id
        return self.about_card.replaces_id if self.about_card is not None else None

    @property
    def replaced(self) -> Card | None:
        """The card that is replaced by the one that it is about, or by its operation."""
        return self._held(self.replaced_id)

    def _held(self, identifier: str | None) -> Card | None:
        return next((card for card in self.loaded.cards if card.id == identifier), None)
