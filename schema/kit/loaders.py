"""The loaders of one request: records by their ids, and what whoever asks may look up."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any, TypeVar
from weakref import proxy

from domain.account import AccountEntry
from domain.card import Card
from domain.decision import Advice
from domain.duration import day_in_china
from domain.errors import DomainError, NotAuthenticated
from domain.holder import Actor, Delegation, Holder, Ties
from domain.message import Message
from domain.once import once
from domain.operation import Operation
from resolvers.audit import told_of
from resolvers.changing.access import is_person, is_staff
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.standing import NONE, NOWHERE, Viewer, belongings_of, see_holder
from resolvers.dependencies import Dependencies
from resolvers.looking_up import lookup, next_steps
from resolvers.looking_up.accesses import count_looks, looks_at
from resolvers.looking_up.finding import find_holder
from resolvers.looking_up.next_steps import NextSteps
from resolvers.looking_up.notices import notices_to
from resolvers.looking_up.print_data import PrintData, print_data
from resolvers.services.account_entries import look_up_entry
from resolvers.services.functions import functions_of
from resolvers.services.progress import look_up_operation
from resolvers.services.remind import reminders_of
from resolvers.services.status import FoundCard, find_card, look_up_card
from schema.kit.loading import Loader
from store import UnitOfWork
from store.audit.entries import AuditKind, KeptEntry
from store.records import Count, OperationFilter, OperationOrder, StoredDocument, Window
from store.repositories.audit import AuditSelection
from store.repositories.belonging import Belonging
from store.repositories.operation_changes import Change, ChangesAsked

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")
Absent = TypeVar("Absent")
AdviceOnCards = Callable[[Dependencies, Actor, Sequence[Card]], Awaitable[Mapping[str, tuple[Advice, ...]]]]
Sighted = tuple[str, tuple[str, ...]]
"""An id or a card's number, and the types of the originals that a clerk has seen."""
IdentityNamed = tuple[str, str, str]
"""A name, with the type and the number of an identity document."""
Page = tuple[OperationFilter, Window, OperationOrder]
"""Which operations, and which part of the list of them."""
NO_TIES = Ties()
AuditPage = tuple[AuditSelection, int | None, int]
"""Which entries, after which, and how many at most."""
Changes = tuple[OperationFilter, ChangesAsked]
"""Which operations, by which of their changes."""


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


def _records(
    find: Callable[[UnitOfWork, list[Key]], Awaitable[Mapping[Key, Found]]], absent: Absent
) -> "once[Loader[Key, Found | Absent]]":
    """Return what loads records by a key, made when it is asked for.

    Args:
        find: finds those that exist; absent: stands for the others.
    """
    return once(lambda loaders: Loader(find, absent, loaders.dependencies.store.reading))


def _records_now(
    find: Callable[[UnitOfWork, list[str], datetime], Awaitable[Mapping[str, Found]]], absent: Absent
) -> "once[Loader[str, Found | Absent]]":
    """Return what loads records as they are now."""

    def made(loaders: "Loaders") -> Loader[str, Found | Absent]:
        dependencies = loaders.dependencies
        return Loader(lambda work, keys: find(work, keys, dependencies.clock.now()), absent, dependencies.store.reading)

    return once(made)


def _looked_up(
    look: Callable[["Loaders", UnitOfWork, Actor, Key], Awaitable[Found]],
) -> "once[Loader[Key, Found]]":
    """Return what looks things up for whoever asks, one by one: each may be refused by itself."""

    def made(loaders: "Loaders") -> Loader[Key, Any]:
        # Only a search for garbage would free what refers to itself, and with it all that the request has read.
        asking = proxy(loaders)

        async def read(work: UnitOfWork, keys: list[Key]) -> dict[Key, Found | DomainError]:
            actor = require_actor(asking.actor)
            return await _each(lambda key: look(asking, work, actor, key), keys)

        return Loader(read, None, loaders.dependencies.store.reading)

    return once(made)


async def _each(find: Callable[[Key], Awaitable[Found]], keys: Sequence[Key]) -> dict[Key, Found | DomainError]:
    """Return what is found by each of some keys, or why it is refused."""
    found: dict[Key, Found | DomainError] = {}
    for key in keys:
        try:
            found[key] = await find(key)
        except DomainError as refusal:
            found[key] = refusal
    return found


def _advice(advise: AdviceOnCards) -> "once[Loader[Card, tuple[Advice, ...]]]":
    """Return what asks the policies about cards."""

    def made(loaders: "Loaders") -> Loader[Card, tuple[Advice, ...]]:
        dependencies, actor = loaders.dependencies, loaders.actor

        async def read(_: None, cards: list[Card]) -> Mapping[Card, tuple[Advice, ...]]:
            found = await advise(dependencies, require_actor(actor), cards)
            return {card: found[card.id] for card in cards}

        return Loader(read, ())

    return once(made)


async def _holder(loaders: "Loaders", work: UnitOfWork, _: Actor, holder_id: str) -> Holder:
    found, standing = await see_holder(work, loaders.viewer, holder_id)
    loaders.known_standings[found.id] = standing
    loaders.look("holder", found.id)
    return found


async def _card(loaders: "Loaders", work: UnitOfWork, actor: Actor, asked: Sighted) -> Card:
    decided = await look_up_card(loaders.dependencies, work, actor, *asked)
    loaders.prime(decided)
    loaders.look_at_card(decided.its_card)
    return decided.its_card


async def _operation(loaders: "Loaders", work: UnitOfWork, actor: Actor, asked: Sighted) -> Operation:
    decided = await look_up_operation(loaders.dependencies, work, actor, *asked)
    loaders.prime(decided)
    operation = decided.its_operation
    loaders.look("operation", operation.holder_id, operation_id=operation.id, region=operation.region)
    return operation


async def _open_service(loaders: "Loaders", work: UnitOfWork, actor: Actor, asked: next_steps.Request) -> bool:
    return await next_steps.is_open_to(loaders.dependencies, work, actor, asked)


async def _document(loaders: "Loaders", work: UnitOfWork, _: Actor, document_id: str) -> StoredDocument:
    return await lookup.look_up_document(work, loaders.viewer, document_id)


async def _entry(loaders: "Loaders", work: UnitOfWork, actor: Actor, entry_id: str) -> AccountEntry:
    found = await look_up_entry(loaders.dependencies, work, actor, entry_id)
    loaders.look("account_entries", found.holder_id, record_id=found.id, region=found.region)
    return found


async def _delegation(loaders: "Loaders", work: UnitOfWork, _: Actor, delegation_id: str) -> Delegation:
    found = await lookup.look_up_delegation(work, loaders.viewer, delegation_id)
    loaders.look("holder", found.holder_id, record_id=found.id, region=found.region)
    return found


async def _page(loaders: "Loaders", work: UnitOfWork, actor: Actor, page: Page) -> tuple[tuple[Operation, ...], bool]:
    policies, now = loaders.dependencies.policies(), loaders.dependencies.clock.now()
    found = await lookup.visible_operations(policies, work, actor, *page, now)
    loaders.know_as_theirs(found[0])
    loaders.look_at_list("operations", [operation.id for operation in found[0]])
    return found


async def _audit(_: "Loaders", work: UnitOfWork, __: Actor, page: AuditPage) -> list[KeptEntry]:
    return await work.audit.page(*page)


async def _changes(
    loaders: "Loaders", work: UnitOfWork, actor: Actor, asked: Changes
) -> tuple[tuple[tuple[Operation, Change], ...], bool]:
    policies, now = loaders.dependencies.policies(), loaders.dependencies.clock.now()
    found = await lookup.visible_changes(policies, work, actor, *asked, now)
    loaders.know_as_theirs([operation for operation, _ in found[0]])
    loaders.look_at_list("operations", [operation.id for operation, _ in found[0]])
    return found


async def _change_count(loaders: "Loaders", work: UnitOfWork, actor: Actor, asked: Changes) -> Count:
    policies, now = loaders.dependencies.policies(), loaders.dependencies.clock.now()
    return await lookup.count_visible_changes(policies, work, actor, *asked, now)


async def _count(loaders: "Loaders", work: UnitOfWork, actor: Actor, selection: OperationFilter) -> Count:
    policies, now = loaders.dependencies.policies(), loaders.dependencies.clock.now()
    return await lookup.count_visible_operations(policies, work, actor, selection, now)


async def _namesakes(work: UnitOfWork, ids: list[str]) -> Mapping[str, tuple[Holder, ...]]:
    return await work.holders.namesakes(tuple((await work.holders.get_many(ids)).values()))


async def _complete_since(work: UnitOfWork, keys: list[None]) -> Mapping[None, datetime | None]:
    return dict.fromkeys(keys, await work.audit.complete_since())


@dataclass(eq=False)
class Loaders:
    """Loaders of one request: what its fields ask for one by one is fetched together.

    Args:
        actor: who asks; None where nobody said.
    """

    dependencies: Dependencies
    actor: Actor | None
    known_ties: dict[str, Ties] = field(default_factory=dict, init=False)
    known_standings: dict[str, int] = field(default_factory=dict, init=False)
    known_looks: set[tuple[str, str, str | None]] = field(default_factory=set, init=False)

    holders = _records(lambda work, ids: work.holders.get_many(ids), None)
    cards = _records(lambda work, ids: work.cards.get_many(ids), None)
    operations_of = _records(lambda work, ids: work.operations.of_holders(ids), ())
    documents = _records(lambda work, ids: work.documents.get_many(ids), None)
    namesakes_of = _records(_namesakes, ())
    merges_of = _records(lambda work, ids: work.merges.proposed(ids), ())
    identity_documents_of = _records(lambda work, ids: work.identity_documents.of_holders(ids), ())
    cards_of = _records(lambda work, ids: work.cards.of_holders(ids), ())
    guardianships_over = _records(lambda work, ids: work.guardianships.of_wards(ids), ())
    guardianships_asked = _records(lambda work, ids: work.guardianships.of_operations(ids), None)
    wards_of = _records_now(lookup.wards_of, ())
    looks_at = _records(looks_at, ((), False))
    look_counts = _records(count_looks, 0)
    audit_complete = _records(_complete_since, None)
    notices_of = _records(notices_to, ())
    card_imports = _records(lambda work, ids: work.card_imports.get_many(ids), None)
    card_states = _records_now(lambda work, ids, now: work.cards.states_of_cards(ids, now), ())
    timelines = _records_now(lambda work, ids, now: work.timeline.of_operations(ids, now), ())
    decisions = _records(lambda work, ids: work.decisions.of_operations(ids), ())
    delegations_of = _records(lambda work, ids: work.delegations.of_holders(ids), ())
    delegations_to = _records(lambda work, ids: work.delegations.of_delegates(ids), ())
    refunds = _records(lambda work, ids: work.refunds.of_operations(ids), ())
    payments = _records(lambda work, ids: work.payments.of_operations(ids), ())
    functions = _advice(functions_of)
    reminders = _advice(reminders_of)
    seen_holders = _looked_up(_holder)
    seen_cards = _looked_up(_card)
    seen_operations = _looked_up(_operation)
    open_services = _looked_up(_open_service)
    seen_documents = _looked_up(_document)
    seen_delegations = _looked_up(_delegation)
    seen_entries = _looked_up(_entry)
    operation_pages = _looked_up(_page)
    audit_pages = _looked_up(_audit)
    operation_changes = _looked_up(_changes)
    change_counts = _looked_up(_change_count)
    operation_counts = _looked_up(_count)

    @once
    def found_holders(self) -> Loader[IdentityNamed, Holder | None]:
        """People by what is on a document; it opens what it needs by itself, for it also writes."""
        asking = proxy(self)

        async def find(document: IdentityNamed) -> Holder | None:
            found = await find_holder(asking.dependencies, asking.viewer, *document)
            if found is None:
                return None
            holder, asking.known_standings[found[0].id] = found
            asking.look("holder", holder.id)
            return holder

        return Loader(lambda _, keys: _each(find, keys), None)

    @once
    def found_cards(self) -> Loader[Sighted, FoundCard]:
        """Cards by the number on them; it opens what it needs by itself, for it also writes."""
        asking = proxy(self)

        async def find(asked: Sighted) -> FoundCard:
            viewer = asking.viewer
            found = await find_card(asking.dependencies, viewer, *asked)
            if found.decided is not None:
                asking.prime(found.decided)
                asking.look_at_card(found.decided.its_card)
                if viewer.desk:
                    asking.known_standings[found.decided.holder.id] = int(viewer.desk)
            return found

        return Loader(lambda _, keys: _each(find, keys), FoundCard())

    @once
    def print_data(self) -> Loader[str, PrintData | None]:
        """What is printed for operations, by their ids; it opens what it needs by itself, for it also writes."""
        dependencies, actor, steps = self.dependencies, self.actor, self.next_steps

        async def read(_: None, ids: list[str]) -> Mapping[str, PrintData]:
            return await print_data(dependencies, require_actor(actor), ids, steps)

        return Loader(read, None)

    @once
    def next_steps(self) -> NextSteps:
        """What comes next of the operations of this request."""
        return NextSteps(self.dependencies)

    def look(
        self,
        shown: str,
        holder_id: str,
        *,
        record_id: str | None = None,
        operation_id: str | None = None,
        region: str | None = None,
    ) -> None:
        """Tell the audit record that somebody else's data are shown, once in a request; no answer waits for it.

        Args:
            shown: what.
        """
        actor = self.actor
        if (
            actor is None
            or (holder_id == actor.person_id and is_person(actor))
            or (seen := (shown, holder_id, operation_id)) in self.known_looks
        ):
            return
        self.known_looks.add(seen)
        about = {"record_id": record_id, "operation_id": operation_id, "region": region}
        now = self.dependencies.clock.now()
        entry = told_of(actor, now, AuditKind.LOOK, shown, holder_id=holder_id, **about)
        self.dependencies.store.looks.note([entry])

    def look_beside(self, holder_id: str) -> None:
        """Tell the audit record that an office is shown somebody to whom the record of another leads; people's own lists are none."""
        if self.actor is not None and is_staff(self.actor):
            self.look("holder", holder_id)

    def look_at_list(self, shown: str, ids: Sequence[str]) -> None:
        """Tell the audit record that a page of a list is shown to an office or partner, by one entry: how much, and a digest of what.

        Args:
            shown: which list; ids: of what is on the page, in its order.
        """
        if self.actor is None or not ids or not is_staff(self.actor):
            return
        now, digest = self.dependencies.clock.now(), sha256("\n".join(ids).encode()).hexdigest()
        entry = told_of(self.actor, now, AuditKind.LOOK, shown, reference=str(len(ids)), digest=digest)
        self.dependencies.store.looks.note([entry])

    def look_at_card(self, card: Card) -> None:
        """Tell the audit record that somebody else's card is shown."""
        self.look("card", card.holder_id, record_id=card.id, region=card.region)

    @once
    def viewer(self) -> Viewer:
        """Who asks, and how they stand to what they ask for."""
        return Viewer.of(self.dependencies.policies(), require_actor(self.actor), self.dependencies.clock.now())

    async def ties(self, holder_id: str) -> Ties:
        """Return what binds a person who asks to a holder; only for loading fields."""
        viewer, known = self.viewer, self.known_ties.get(holder_id)
        if known is not None or not viewer.is_person:
            return known or NO_TIES
        me = viewer.actor.person_id
        if holder_id == me:
            known = Ties(same=True)
        elif holder_id in await self.wards_of.load(me):
            known = Ties(guardian=True)
        else:
            given = await self.delegations_to.load(me)
            known = Ties(delegations=tuple(each for each in given if each.holder_id == holder_id))
        self.known_ties[holder_id] = known
        return known

    async def standing_to(self, holder: Holder) -> int:
        """Return how whoever asks stands to a person; only for loading fields."""
        viewer, known = self.viewer, self.known_standings.get(holder.id)
        if known is not None:
            return known
        if viewer.is_person:
            return viewer.by_ties(await self.ties(holder.id))
        if not viewer.desk:
            return NONE
        found = viewer.to_person(holder)
        return found if found == viewer.desk else viewer.to_person(holder, await self.belongings.load(holder.id))

    @once
    def belongings(self) -> Loader[str, Belonging]:
        """Where people belong, by their ids, as far as it is the business of the clerk who asks."""
        asking = proxy(self)

        async def read(work: UnitOfWork, ids: list[str]) -> Mapping[str, Belonging]:
            return await belongings_of(work, asking.viewer, ids)

        return Loader(read, NOWHERE, self.dependencies.store.reading)

    @property
    def now(self) -> datetime:
        """The moment."""
        return self.dependencies.clock.now()

    @property
    def today(self) -> date:
        """Today in China."""
        return day_in_china(self.dependencies.clock.now())

    def know_as_theirs(self, operations: Sequence[Operation]) -> None:
        """Keep that operations are a person's own or their wards', which the list of them has looked up."""
        if self.viewer.is_person:
            for operation in operations:
                own = operation.holder_id == self.viewer.actor.person_id
                self.known_ties.setdefault(operation.holder_id, Ties(same=own, guardian=not own))

    def prime(self, decided: DecidedRequest) -> None:
        """Keep what a decision has read, so that no field asks for it again."""
        self.holders.known.setdefault(decided.holder.id, decided.holder)
        if decided.subject.ties is not None:
            self.known_ties.setdefault(decided.holder.id, decided.subject.ties)
        for card in decided.loaded.cards:
            self.cards.known.setdefault(card.id, card)
        if "operations" in decided.loaded.queries:
            self.operations_of.known.setdefault(decided.holder.id, decided.loaded.operations)
        if "timeline" in decided.loaded.queries and decided.operation is not None:
            self.timelines.known.setdefault(decided.operation.id, decided.loaded.timeline)
