"""The loaders of one request: records by their ids, and what whoever asks may look up."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from domain.card import Card
from domain.decision import Advice
from domain.duration import day_in_china
from domain.errors import DomainError, NotAuthenticated
from domain.holder import Actor, Delegation, Holder
from domain.message import Message
from domain.operation import Operation
from resolvers.changing.access import see_holder
from resolvers.changing.decided_request import DecidedRequest
from resolvers.dependencies import Dependencies
from resolvers.looking_up import lookup
from resolvers.services.functions import functions_of
from resolvers.services.progress import look_up_operation
from resolvers.services.remind import reminders_of
from resolvers.services.status import look_up_card
from schema.kit.loading import Loader
from store import UnitOfWork
from store.records import Count, OperationFilter, StoredDocument

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")
Absent = TypeVar("Absent")
AdviceOnCards = Callable[[Dependencies, Actor, Sequence[Card]], Awaitable[Mapping[str, tuple[Advice, ...]]]]
Sighted = tuple[str, tuple[str, ...]]
"""An id, and the types of the originals that a clerk has seen."""
Page = tuple[OperationFilter, tuple[datetime, str] | None, int]
"""Which operations, after which place, how many at most."""


def require_actor(actor: Actor | None) -> Actor:
    """Return who asks.

    Raises:
        NotAuthenticated: nobody said.
    """
    if actor is None:
        raise NotAuthenticated(
            Message(
                "请先登录。",
                "A token is needed: send it in the header Authorization: Bearer …",
            )
        )
    return actor


class Loaders:
    """Loaders of one request: what its fields ask for one by one is fetched together."""

    def __init__(self, dependencies: Dependencies, actor: Actor | None) -> None:
        self._dependencies = dependencies
        self._actor = actor
        clock, records, looked_up = dependencies.clock, self._records, self._looked_up
        self.holders = records(lambda work, ids: work.holders.get_many(ids), None)
        self.cards = records(lambda work, ids: work.cards.get_many(ids), None)
        self.operations = records(lambda work, ids: work.operations.get_many(ids), None)
        self.operations_of = records(lambda work, ids: work.operations.of_holders(ids), ())
        self.documents = records(lambda work, ids: work.documents.get_many(ids), None)
        self.cards_of = records(lambda work, ids: work.cards.of_holders(ids), ())
        self.wards_of = records(lookup.wards_of, ())
        self.card_states = records(lambda work, ids: work.cards.states_of_cards(ids, clock.now()), ())
        self.timelines = records(lambda work, ids: work.timeline.of_operations(ids, clock.now()), ())
        self.decisions = records(lambda work, ids: work.decisions.of_operations(ids), ())
        self.delegations_of = records(lambda work, ids: work.delegations.of_holders(ids), ())
        self.delegations_to = records(lambda work, ids: work.delegations.of_delegates(ids), ())
        self.payments = records(lambda work, ids: work.payments.of_operations(ids), ())
        self.refunds = records(lambda work, ids: work.refunds.of_operations(ids), ())
        self.functions = self._advice(functions_of)
        self.reminders = self._advice(reminders_of)
        self.seen_holders: Loader[str, Holder] = looked_up(
            lambda work, actor, key: see_holder(work, actor, key, self._today)
        )
        self.seen_cards: Loader[Sighted, Card] = looked_up(self._card)
        self.seen_operations: Loader[Sighted, Operation] = looked_up(self._operation)
        self.seen_documents: Loader[str, StoredDocument] = looked_up(
            lambda work, actor, key: lookup.look_up_document(work, actor, key, self._today)
        )
        self.seen_delegations: Loader[str, Delegation] = looked_up(lookup.look_up_delegation)
        self.operation_pages: Loader[Page, tuple[tuple[Operation, ...], bool]] = looked_up(self._page)
        self.operation_counts: Loader[OperationFilter, Count] = looked_up(self._count)

    def _records(
        self, find: Callable[[UnitOfWork, list[str]], Awaitable[Mapping[str, Found]]], absent: Absent
    ) -> Loader[str, Found | Absent]:
        """Return what loads values by id.

        Args:
            find: finds those that exist; absent: stands for the others.
        """
        return Loader(find, absent, self._dependencies.store.reading)

    def _looked_up(self, look: Callable[[UnitOfWork, Actor, Any], Awaitable[Any]]) -> Loader[Any, Any]:
        """Return what looks things up for whoever asks, one by one: each may be refused by itself."""

        async def read(work: UnitOfWork, keys: list[Any]) -> dict[Any, Any]:
            actor, found = require_actor(self._actor), {}
            for key in keys:
                try:
                    found[key] = await look(work, actor, key)
                except DomainError as refusal:
                    found[key] = refusal
            return found

        return Loader(read, None, self._dependencies.store.reading)

    def _advice(self, advise: AdviceOnCards) -> Loader[Card, tuple[Advice, ...]]:
        """Return what asks the policies about cards."""

        async def read(_: None, cards: list[Card]) -> Mapping[Card, tuple[Advice, ...]]:
            found = await advise(self._dependencies, require_actor(self._actor), cards)
            return {card: found[card.id] for card in cards}

        return Loader(read, ())

    @property
    def _today(self) -> date:
        return day_in_china(self._dependencies.clock.now())

    async def _card(self, work: UnitOfWork, actor: Actor, asked: Sighted) -> Card:
        decided = await look_up_card(self._dependencies, work, actor, *asked)
        self._prime(decided)
        return decided.its_card

    async def _operation(self, work: UnitOfWork, actor: Actor, asked: Sighted) -> Operation:
        decided = await look_up_operation(self._dependencies, work, actor, *asked)
        self._prime(decided)
        return decided.its_operation

    async def _page(self, work: UnitOfWork, actor: Actor, page: Page) -> tuple[tuple[Operation, ...], bool]:
        now = self._dependencies.clock.now()
        return await lookup.visible_operations(self._dependencies.policies(), work, actor, *page, now)

    async def _count(self, work: UnitOfWork, actor: Actor, selection: OperationFilter) -> Count:
        now = self._dependencies.clock.now()
        return await lookup.count_visible_operations(self._dependencies.policies(), work, actor, selection, now)

    def _prime(self, decided: DecidedRequest) -> None:
        """Keep what a decision has read, so that no field asks for it again."""
        self.holders.known.setdefault(decided.holder.id, decided.holder)
        for card in decided.loaded.cards:
            self.cards.known.setdefault(card.id, card)
        if "timeline" in decided.loaded.queries and decided.operation is not None:
            self.timelines.known.setdefault(decided.operation.id, decided.loaded.timeline)
