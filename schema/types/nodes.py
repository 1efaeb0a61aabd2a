"""The things on record: regions, holders, delegations and cards, each fetched by its global id."""

from collections.abc import Sequence
from datetime import date, datetime

import strawberry

from domain import card as domain_card
from domain import holder as domain_holder
from domain.access import (
    BOUND_NUMBER,
    CARD,
    CLERKS,
    CLOSE,
    DELEGATION,
    DESKS,
    HOLDER,
    IDENTIFYING,
    NEAR,
    NUMBER_IN_FULL,
    REACHING,
    RELATIONS,
    Standing,
)
from domain.card import AccountState, CardState
from domain.duration import day_in_china
from gateways.identity_number import mask_card_number, mask_identity_number
from gateways.mobile import mask_mobile
from resolvers.looking_up import lookup
from resolvers.looking_up.finding import cards_elsewhere
from resolvers.services.delegate import REASON
from schema.kit.access import WITH_IT, Stood, hidden, no_items, sees
from schema.kit.context import Info
from schema.kit.described import enum, field, shown, worked_out
from schema.kit.loading import Loader, loading
from schema.kit.pages import After, Before, Connection, First, Last, by_index, connection, no_page
from schema.kit.relay import Node, global_id, split_id
from schema.kit.text import Text
from schema.types.accesses import accesses
from schema.types.card_states import CardStateEntry, states_of_card
from schema.types.citations import Citation, citation
from schema.types.guardianships import Guardianship, guardianships_over
from schema.types.identity import CardElsewhere, Contact, IdentityDocument, contact_of, identity_document
from schema.types.notes import CardNote, card_note
from schema.types.notices import notices
from schema.types.terms import Term, name_of_region, shown_term, vocabulary_of

enum(
    AccountState,
    "States of the bank account on a card.",
    {AccountState.OPEN: "Not closed.", AccountState.CLOSED: "Closed by the bank."},
)


_NEAR = int(NEAR)


def _today(info: Info) -> date:
    return day_in_china(info.context.dependencies.clock.now())


@sees(HOLDER)
@strawberry.type(description="A person on record. Identity numbers are shown only in part.")
class Holder(Node):
    """A holder."""

    name: str = shown("As on the identity document.", "record.name", sees=WITH_IT)
    holder_type: str = shown("A term of the holder types vocabulary.", "record.holder_type", sees=WITH_IT)
    holder_type_term: Term = shown_term("holder_types", "record.holder_type", region=None, sees=WITH_IT)
    identity_type: str = shown(
        "The kind of identity document: a term of the identity types vocabulary.", "record.identity_type", sees=WITH_IT
    )
    identity_type_term: Term = shown_term("identity_types", "record.identity_type", region=None, sees=WITH_IT)
    identity_number: str = shown(
        "The number of the document; the middle is hidden; for a delegate, a partner, a hotline and an office elsewhere its end too.",
        lambda node: mask_identity_number(node.record.identity_number),
        sees=IDENTIFYING,
        otherwise=hidden,
    )
    born_on: date = shown("Date of birth.", "record.born_on", sees=WITH_IT)
    mobile: str | None = shown(
        "Bound mobile number; the middle is hidden; null for a partner and a hotline.",
        lambda node: mask_mobile(node.record.mobile) if node.record.mobile else None,
        sees=BOUND_NUMBER,
    )
    photo_on_file: bool = shown("Whether the office has a photo.", "record.photo_on_file", sees=WITH_IT)
    deceased_at: datetime | None = shown(
        "When the person's death was put on record; null for the living.", "record.deceased_at", sees=WITH_IT
    )
    record: strawberry.Private[domain_holder.Holder]
    way: strawberry.Private[Stood | None] = None
    least: strawberry.Private[int] = 0

    async def standing(self, info: Info) -> int:
        """Return how whoever asks stands to the person: as to what led to them, or else by what binds the two."""
        found = self.least | (await self.way.standing(info) if self.way is not None else 0)
        # An office of another place in the province may have been shown who it is.
        if self.way is None or found & _NEAR:
            found |= await info.context.loaders.standing_to(self.record)
        return found

    @loading(
        "The person's cards; for an office or partner those that it serves, for a delegate those of the "
        "places where something was delegated.",
        sees=WITH_IT,
    )
    async def cards(self, info: Info) -> list["Card"]:
        """Load the cards of all holders of the request at once."""
        return [card_node(card, info) for card in await _cards(self.record, info)]

    @loading("`cards` in pages.", sees=WITH_IT)
    async def cards_connection(
        self, info: Info, first: First = 20, after: After = None, last: Last = None, before: Before = None
    ) -> Connection["Card"] | None:
        """Load the cards of all holders of the request at once."""
        cards, listed = await _cards(self.record, info), f"Holder.cards/{self.record.id}"
        return connection([card_node(card, info) for card in cards], listed, _its_id, first, after, last, before)

    @loading(
        "Where the person has cards that your office serves not, as they are another province's. Clerks only.",
        sees=CLERKS,
        otherwise=no_items,
    )
    async def cards_elsewhere(self, info: Info) -> list[CardElsewhere]:
        """Load the cards of all holders of the request at once."""
        actor, now = info.context.require_actor(), info.context.dependencies.clock.now()
        cards = await info.context.loaders.cards_of.load(self.record.id)
        regions = dict.fromkeys(card.region for card in cards_elsewhere(actor, cards, now))
        return [CardElsewhere(region_code=region, region_name=name_of_region(info, region)) for region in regions]

    @loading(
        "Others on record with the same name and date of birth, who may be the same person. A window only.",
        sees=Standing.WINDOW,
        otherwise=no_items,
    )
    async def namesakes(self, info: Info) -> list["Holder"]:
        """Load the namesakes of all holders of the request at once."""
        return [as_namesake(other, info) for other in await info.context.loaders.namesakes_of.load(self.record.id)]

    @loading(
        "Records that a clerk has proposed to make part of this one, the oldest proposal first. A window only.",
        sees=Standing.WINDOW,
        otherwise=no_items,
    )
    async def proposed_duplicates(self, info: Info) -> list["ProposedDuplicate"]:
        """Load what is proposed for all holders of the request at once."""
        merges = await info.context.loaders.merges_of.load(self.record.id)
        found = await info.context.loaders.holders.load_many([merge.gone_id for merge in merges])
        return [
            ProposedDuplicate(holder=as_namesake(holder, info), proposed_at=merge.proposed_at, office=merge.office)
            for merge, holder in zip(merges, found, strict=True)
            if holder is not None
        ]

    @loading("Where the person is reached; null for a delegate, a partner and a hotline.", sees=REACHING)
    async def contact(self, info: Info) -> Contact | None:
        """Show it to the person, a guardian and a clerk."""
        info.context.loaders.look("contact", self.record.id)
        return contact_of(self.record)

    @loading(
        "The person's identity documents, the main one first, replaced ones last; none for a delegate, a partner, a bank's outlet"
        " and a hotline.",
        sees=CLOSE | Standing.WINDOW,
        otherwise=no_items,
    )
    async def documents(self, info: Info) -> list[IdentityDocument]:
        """Load the documents of all holders of the request at once."""
        found = await info.context.loaders.identity_documents_of.load(self.record.id)
        shown = [identity_document(document, self.record, _today(info)) for document in found]
        return sorted(shown, key=lambda document: not document.main)

    accesses = accesses
    notices = notices

    @loading(
        "Whom the person lets act for them, the oldest first, ended ones too (SC-12).",
        sees=RELATIONS,
        otherwise=no_items,
    )
    async def delegations(self, info: Info) -> list["Delegation"]:
        """Load the delegations of all holders of the request at once."""
        return await _delegations(self.record, info, info.context.loaders.delegations_of)

    @loading("`delegations` in pages.", sees=RELATIONS, otherwise=no_page("Holder.delegations"))
    async def delegations_connection(
        self, info: Info, first: First = 20, after: After = None, last: Last = None, before: Before = None
    ) -> Connection["Delegation"] | None:
        """Load the delegations of all holders of the request at once."""
        found = await _delegations(self.record, info, info.context.loaders.delegations_of)
        return connection(found, f"Holder.delegations/{self.record.id}", _its_id, first, after, last, before)

    @loading("For whom the person may act now, the oldest first (SC-12).", sees=RELATIONS, otherwise=no_items)
    async def delegated_by(self, info: Info) -> list["Delegation"]:
        """Load the delegations to all holders of the request at once."""
        return await _delegations(self.record, info, info.context.loaders.delegations_to)

    @loading("`delegatedBy` in pages.", sees=RELATIONS, otherwise=no_page("Holder.delegatedBy"))
    async def delegated_by_connection(
        self, info: Info, first: First = 20, after: After = None, last: Last = None, before: Before = None
    ) -> Connection["Delegation"] | None:
        """Load the delegations to all holders of the request at once."""
        found = await _delegations(self.record, info, info.context.loaders.delegations_to)
        return connection(found, f"Holder.delegatedBy/{self.record.id}", _its_id, first, after, last, before)

    @loading(
        "Who is, was or is to be the person's guardian, the oldest first (SC-12).",
        sees=CLOSE | DESKS,
        otherwise=no_items,
    )
    async def guardianships(self, info: Info) -> list[Guardianship]:
        """Load the guardianships over all holders of the request at once."""
        return await guardianships_over(info, self.record.id)

    @loading("People for whom this person is a guardian on record.", sees=RELATIONS, otherwise=no_items)
    async def wards(self, info: Info) -> list["Holder"]:
        """Load the wards of all holders of the request at once."""
        return await _wards(self.record, info)

    @loading("`wards` in pages.", sees=RELATIONS, otherwise=no_page("Holder.wards"))
    async def wards_connection(
        self, info: Info, first: First = 20, after: After = None, last: Last = None, before: Before = None
    ) -> Connection["Holder"] | None:
        """Load the wards of all holders of the request at once."""
        listed = f"Holder.wards/{self.record.id}"
        return connection(await _wards(self.record, info), listed, _its_id, first, after, last, before)


async def _cards(record: domain_holder.Holder, info: Info) -> Sequence[domain_card.Card]:
    """Return those of a person's cards that whoever asks may see."""
    viewer, loaders = info.context.loaders.viewer, info.context.loaders
    cards, ties = await loaders.cards_of.load(record.id), await loaders.ties(record.id)
    return [card for card in cards if viewer.to_card(card, ties) & CARD]


async def _delegations(
    record: domain_holder.Holder, info: Info, loader: Loader[str, tuple[domain_holder.Delegation, ...]]
) -> list["Delegation"]:
    found = [delegation_node(each, info) for each in await loader.load(record.id)]
    return [each for each in found if await each.standing(info) & DELEGATION]


async def _wards(record: domain_holder.Holder, info: Info) -> list[Holder]:
    loaders = info.context.loaders
    found = await loaders.holders.load_many(list(await loaders.wards_of.load(record.id)))
    return [met(each, info) for each in found if each is not None and await loaders.standing_to(each) & HOLDER]


def _its_id(_: int, node: Node) -> str:
    return split_id(node.id, "id")[1]


@sees(WITH_IT)
@strawberry.type(
    description="A record that may be the same person's; `mergeHolders` by another clerk makes one of the two."
)
class ProposedDuplicate:
    """A proposal."""

    holder: Holder = field("The record that would be part of this one.")
    proposed_at: datetime = field("When it was proposed first.")
    office: str | None = field("Whose clerk proposed it.")


def holder_node(holder: domain_holder.Holder, way: Stood | None = None, least: int = 0) -> Holder:
    """Return a holder as the graph shows it.

    Args:
        way: what led to them, and is shown; least: how whoever asks stands to them at least.
    """
    return Holder(id=global_id("Holder", holder.id), record=holder, way=way, least=least)


def served_holder(holder: domain_holder.Holder, info: Info) -> Holder:
    """Return a holder for whom something was just done, as whoever did it sees them."""
    return holder_node(holder, least=int(info.context.loaders.viewer.desk))


def as_namesake(holder: domain_holder.Holder, info: Info) -> Holder:
    """Return somebody whom a window may only compare with another, unless they are its own."""
    return met(holder, info, int(Standing.WINDOW_NEAR))


def met(holder: domain_holder.Holder, info: Info, least: int = 0) -> Holder:
    """Return somebody to whom the record of another leads, and tell the audit record where an office is shown them."""
    info.context.loaders.look_beside(holder.id)
    return holder_node(holder, least=least)


@sees(DELEGATION)
@strawberry.type(description="Somebody's word that another may act for them (SC-12).")
class Delegation(Node):
    """A delegation."""

    region_code: str = field("GB/T 2260; it holds there and below.", sees=WITH_IT)
    services: list[str] = field("What it is for: terms of the services vocabulary.", sees=WITH_IT)
    service_terms: list[Term] = shown_term("services", "services", sees=WITH_IT)
    reason: str | None = shown("The declared reason, where the region asks for one.", "record.reason", sees=DELEGATION)
    reason_term: Term | None = shown_term(
        lambda node, words: vocabulary_of(words, REASON), "record.reason", sees=DELEGATION
    )
    granted_at: datetime = field("When it was granted.", sees=WITH_IT)
    until: date = field("The last day on which it holds.", sees=WITH_IT)
    revoked_at: datetime | None = field("When the holder took it back.", sees=WITH_IT)
    holds: bool = field("Whether it holds today.", sees=WITH_IT)
    record: strawberry.Private[domain_holder.Delegation]

    async def standing(self, info: Info) -> int:
        """Return how whoever asks stands to it: a delegate no more than a stranger once it has ended."""
        loaders = info.context.loaders
        return loaders.viewer.to_delegation(self.record, await loaders.ties(self.record.holder_id))

    @worked_out("Name of the region.", sees=WITH_IT)
    def region_name(self, info: Info) -> Text | None:
        """Look the name up."""
        return name_of_region(info, self.record.region)

    @loading("Who granted it; null for a delegate whom nothing is delegated to any more.", sees=WITH_IT)
    async def holder(self, info: Info) -> Holder | None:
        """Load the holders of all delegations of the request at once."""
        loaders = info.context.loaders
        found = await loaders.holders.load(self.record.holder_id)
        return met(found, info) if found and await loaders.standing_to(found) & HOLDER else None

    @loading("Name of who may act.", sees=WITH_IT)
    async def delegate_name(self, info: Info) -> str | None:
        """Load the delegates of the request at once."""
        found = await info.context.loaders.holders.load(self.record.delegate_id)
        return found.name if found else None


def delegation_node(delegation: domain_holder.Delegation, info: Info) -> Delegation:
    """Return a delegation as the graph shows it."""
    return Delegation(
        id=global_id("Delegation", delegation.id),
        region_code=delegation.region,
        services=list(delegation.services),
        granted_at=delegation.granted_at,
        until=delegation.until,
        revoked_at=delegation.revoked_at,
        holds=delegation.holds(_today(info)),
        record=delegation,
    )


@sees(CARD)
@strawberry.type(description="A social security card, with the fields of a status look-up (CD-10).")
class Card(Node):
    """A card."""

    social_security_number: str = shown(
        "Social security number; the middle is hidden; for a delegate, a partner, a hotline and an office elsewhere its end too.",
        lambda node: mask_identity_number(node.record.social_security_number),
        sees=IDENTIFYING,
        otherwise=hidden,
    )
    bank: str = shown("Issuing bank: a term of the banks vocabulary.", "record.bank", sees=WITH_IT)
    bank_term: Term = shown_term("banks", "record.bank", sees=WITH_IT)
    region_code: str = shown("Home region, GB/T 2260.", "record.region", sees=WITH_IT)
    generation: str = shown("A term of the card generations vocabulary.", "record.generation", sees=WITH_IT)
    generation_term: Term = shown_term("card_generations", "record.generation", sees=WITH_IT)
    state: CardState = shown("State of the social-security application now.", "settled.state", sees=WITH_IT)
    state_term: Term = shown_term("card_states", "settled.state", sees=WITH_IT)
    state_since: datetime = shown("When that state began.", "settled.state_since", sees=WITH_IT)
    state_until: datetime | None = shown(
        "When it ends by time alone, if it does.",
        lambda node: node.settled.next_ending.at if node.settled.next_ending else None,
        sees=WITH_IT,
    )
    state_then: CardState | None = shown(
        "What it becomes then.",
        lambda node: node.settled.next_ending.then if node.settled.next_ending else None,
        sees=WITH_IT,
    )
    state_then_term: Term | None = shown_term(
        "card_states", lambda node: node.settled.next_ending.then if node.settled.next_ending else None, sees=WITH_IT
    )
    state_source: Citation | None = shown(
        "Who says so.",
        lambda node: (
            citation(node.settled.next_ending.source)
            if node.settled.next_ending and node.settled.next_ending.source
            else None
        ),
        sees=WITH_IT,
    )
    account_state: AccountState = shown(
        "State of the bank account, which the bank closes (SC-11).", "record.account_state", sees=WITH_IT
    )
    account_state_term: Term = shown_term("account_states", "record.account_state", sees=WITH_IT)
    account_closed_at: datetime | None = shown("When the bank closed it.", "record.account_closed_at", sees=WITH_IT)
    issued_on: date = shown("Day of issue.", "record.issued_on", sees=WITH_IT)
    expires_on: date | None = shown("Last day of validity, if it has one.", "record.expires_on", sees=WITH_IT)
    record: strawberry.Private[domain_card.Card]
    settled: strawberry.Private[domain_card.Card]

    async def standing(self, info: Info) -> int:
        """Return how whoever asks stands to the card."""
        loaders = info.context.loaders
        return loaders.viewer.to_card(self.record, await loaders.ties(self.record.holder_id))

    @loading(
        "Card number, on the photo side; before the card is received, people see only the end of it (CD-2), and"
        " a hotline elsewhere always.",
        sees=NUMBER_IN_FULL,
        otherwise=lambda node: mask_card_number(node.record.number),
    )
    async def number(self, info: Info) -> str:
        """Load what made the sealed cards of the request at once."""
        record = self.record
        if not lookup.sees_number_on_receipt(info.context.require_actor(), record):
            return record.number
        operations = await info.context.loaders.operations_of.load(record.holder_id)
        return record.number if lookup.is_received(record, operations) else mask_card_number(record.number)

    @worked_out("Name of the home region.", sees=WITH_IT)
    def region_name(self, info: Info) -> Text | None:
        """Look the name up."""
        return name_of_region(info, self.record.region)

    @loading("The person it belongs to.", sees=WITH_IT)
    async def holder(self, info: Info) -> Holder | None:
        """Load the holders of all cards of the request at once."""
        found = await info.context.loaders.holders.load(self.record.holder_id)
        return holder_node(found, self) if found else None

    @loading("States it has been in, the oldest first (QD-6).", sees=WITH_IT)
    async def history(self, info: Info) -> list[CardStateEntry]:
        """Load the histories of all cards of the request at once."""
        return await states_of_card(self.record.id, info)

    @loading("`history` in pages.", sees=WITH_IT)
    async def history_connection(
        self, info: Info, first: First = 20, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[CardStateEntry] | None:
        """Load the histories of all cards of the request at once."""
        listed = f"Card.history/{self.record.id}"
        return connection(await states_of_card(self.record.id, info), listed, by_index, first, after, last, before)

    @loading("The card in whose place it came, if it is a replacement.", sees=WITH_IT)
    async def replaces(self, info: Info) -> "Card | None":
        """Load the old cards of all cards of the request at once."""
        if self.record.replaces_id is None:
            return None
        return await seen_card(self.record.replaces_id, info)

    @loading("What it can do, as its region lists it (SC-14).", sees=WITH_IT)
    async def functions(self, info: Info) -> list[CardNote]:
        """Ask the policies about all cards of the request at once."""
        return [card_note(advice) for advice in await info.context.loaders.functions.load(self.record)]

    @loading("What will end by itself, and what should be done.", sees=WITH_IT)
    async def reminders(self, info: Info) -> list[CardNote]:
        """Ask the policies about all cards of the request at once."""
        return [card_note(advice) for advice in await info.context.loaders.reminders.load(self.record)]


def card_node(card: domain_card.Card, info: Info) -> Card:
    """Return a card as the graph shows it: in the state that time has brought it to."""
    settled = card.settled(info.context.dependencies.clock.now())
    return Card(id=global_id("Card", card.id), record=card, settled=settled)


async def seen_card(card_id: str | None, info: Info) -> Card | None:
    """Return a card that something else on record leads to, where whoever asks may see it."""
    loaders = info.context.loaders
    found = await loaders.cards.load(card_id) if card_id is not None else None
    if found is None or not loaders.viewer.to_card(found, await loaders.ties(found.holder_id)) & CARD:
        return None
    return card_node(found, info)
