"""Queries."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated

import strawberry

from domain.access import EVERYBODY, SIGNED_IN
from domain.errors import DomainError, InvalidInput, NotAuthenticated, NotFound, PolicyChanged
from domain.message import Message
from domain.operation import OperationState
from policies.engine.decide import Policies
from resolvers.changing import deciding
from resolvers.changing.access import is_person
from resolvers.looking_up import lookup
from resolvers.looking_up.regions import all_regions, policy_in_force
from resolvers.looking_up.requirements import form_requirements
from resolvers.rate_limiting import dry_run
from schema.kit.context import Info
from schema.kit.described import INPUT, argument, enum, field, worked_out
from schema.kit.loading import loading
from schema.kit.operators import tell_operators
from schema.kit.pages import (
    After,
    Before,
    First,
    Last,
    change_cursor,
    changes_info,
    changes_window,
    cursor_of,
    page_info,
    window,
)
from schema.kit.relay import NamedBy, Node, local_id, optional_id, split_id
from schema.policy.explain import ExplainQuery
from schema.policy.policies import PoliciesQuery
from schema.policy.policy import Policy, policy_node
from schema.policy.policy_draft import PolicyDraftQuery
from schema.services.account_entries import AccountEntriesQuery, AccountEntry, account_entry_node
from schema.services.accounts_to_close import AccountsToCloseQuery
from schema.services.audit import AuditQuery
from schema.services.functions import FunctionsQuery
from schema.services.outlets import OutletsQuery
from schema.services.requirements import (
    CheckEligibilityInput,
    EligibilityPayload,
    FormRequirements,
    SuppositionInput,
    requirements_shown,
    situation_of,
)
from schema.services.transfer_in import HeldInsuranceQuery
from schema.services.use import UseQuery
from schema.services.vocabulary import VocabularyQuery
from schema.types.decision import decision
from schema.types.documents import Document, document_node
from schema.types.errors import user_errors
from schema.types.finding import FindingQuery
from schema.types.inputs import SIGHTED
from schema.types.nodes import Card, Delegation, Holder, card_node, delegation_node, holder_node
from schema.types.operation_nodes import Operation, OperationConnection, OperationEdge, operation_node
from schema.types.regions import Region, region_node
from store.records import OperationFilter, OperationOrder
from store.repositories.operation_changes import ChangesAsked

CHANNEL = "request.channel"
_LISTED = "operations"
_WAITING, _CHANGES = "operationsByWaiting", "operationsByChange"
"""What the lists of operations are called in their cursors."""
enum(
    OperationOrder,
    "In which order operations are listed.",
    {
        OperationOrder.NEWEST_FIRST: "What was handed in last comes first.",
        OperationOrder.LONGEST_WAITING_FIRST: "What was handed in first comes first: whoever has waited longest.",
        OperationOrder.CHANGED: "What changed first comes first; an operation stands where it changed last.",
    },
)


@strawberry.input(description="Which operations to list; what is left out does not narrow.")
class OperationFilterInput:
    """A filter."""

    holder_id: strawberry.ID | None = field("Of one person.", default=None)
    region_code: str | None = field("Of one region, with all that lies in it.", default=None)
    service: str | None = field("Of one service.", default=None)
    states: list[OperationState] | None = field("In one of these states.", default=None)
    bank: str | None = field("With one issuing bank.", default=None)
    late: bool | None = field("Only those whose promised day is over and whose card is not made.", default=None)
    updated_since: datetime | None = field(
        "That have changed at this moment or later, in the order `CHANGED`; to look again, give the last `endCursor` as"
        " `after`, which goes on where it was: no change is missed, and none is told twice. Whoever keeps a moment alone asks from"
        " five minutes before it, and knows again what it has by `id` and `updatedAt`: a change has the moment when it began, and is"
        " seen once it is committed.",
        default=None,
    )

    def value(self, policies: Policies) -> OperationFilter:
        """Return the filter as plain values."""
        holder = optional_id(self.holder_id, "Holder", "filter.holderId")
        selection = OperationFilter(
            holder_ids=None if holder is None else frozenset({holder}),
            service=self.service,
            states=frozenset(self.states) if self.states is not None else None,
            bank=self.bank,
            late=bool(self.late),
        )
        return lookup.within(policies, selection, self.region_code)


def _region(info: Info, code: str) -> Region:
    place = info.context.dependencies.policies().deciding(code)
    return region_node(place.region, sorted(place.services))


async def _region_by_code(info: Info, code: str) -> Node:
    return _region(info, code)


async def _holder(info: Info, identifier: str) -> Holder:
    info.context.admit(SIGNED_IN)
    return holder_node(await info.context.loaders.seen_holders.load(identifier))


async def _card(info: Info, identifier: str, sighted: Sequence[str] = ()) -> Card:
    info.context.admit(SIGNED_IN)
    return card_node(await info.context.loaders.seen_cards.load((identifier, tuple(sighted))), info)


async def _operation(info: Info, identifier: str, sighted: Sequence[str] = ()) -> Operation:
    info.context.admit(SIGNED_IN)
    return operation_node(await info.context.loaders.seen_operations.load((identifier, tuple(sighted))))


async def _document(info: Info, identifier: str) -> Document:
    info.context.admit(SIGNED_IN)
    return document_node(await info.context.loaders.seen_documents.load(identifier))


async def _delegation(info: Info, identifier: str) -> Delegation:
    info.context.admit(SIGNED_IN)
    return delegation_node(await info.context.loaders.seen_delegations.load(identifier), info)


async def _entry(info: Info, identifier: str) -> AccountEntry:
    info.context.admit(SIGNED_IN)
    return account_entry_node(await info.context.loaders.seen_entries.load(identifier))


FETCHERS: dict[str, Callable[[Info, str], Awaitable[Node]]] = {
    "Region": _region_by_code,
    "Holder": _holder,
    "Card": _card,
    "Operation": _operation,
    "Document": _document,
    "Delegation": _delegation,
    "AccountEntry": _entry,
}


async def _changed(info: Info, selection: OperationFilter, asked: ChangesAsked) -> OperationConnection:
    page, more = await info.context.loaders.operation_changes.load((selection, asked))
    edges = [OperationEdge(cursor=change_cursor(_CHANGES, place), node=operation_node(o)) for o, place in page]
    return OperationConnection(
        edges=edges,
        page_info=changes_info([edge.cursor for edge in edges], more, asked),
        selection=selection,
        changes=replace(asked, after=None),
    )


@strawberry.type(description="What can be asked.")
class Query(
    FindingQuery,
    UseQuery,
    FunctionsQuery,
    HeldInsuranceQuery,
    AccountEntriesQuery,
    AccountsToCloseQuery,
    PoliciesQuery,
    AuditQuery,
    PolicyDraftQuery,
    ExplainQuery,
    VocabularyQuery,
    OutletsQuery,
):
    """The queries."""

    @loading("Anything by its global id; null where there is none that you may see.", sees=EVERYBODY)
    async def node(self, info: Info, id: Annotated[strawberry.ID, argument("Global id.")]) -> Node | None:
        """Fetch a node."""
        kind, identifier = split_id(id, "id")
        try:
            if kind in FETCHERS:
                return await FETCHERS[kind](info, identifier)
        except NotFound:
            return None
        raise InvalidInput(
            Message(
                "这个编号不对，请使用接口给出的编号。",
                "That is no id of anything here; use one that the graph gave you.",
            ),
            field="id",
            code="ID_INVALID",
        )

    @loading("The person of the token; null where they are not on record.", sees=SIGNED_IN)
    async def me(self, info: Info) -> Holder | None:
        """Fetch whoever asks."""
        actor = info.context.require_actor()
        # An office or partner is nobody on record, whatever its token calls it.
        found = await info.context.loaders.holders.load(actor.person_id) if is_person(actor) else None
        return holder_node(found) if found else None

    @loading(
        "A person: yourself, a ward, who delegated to you; for a clerk whoever is of the region or was looked up within the hour.",
        sees=SIGNED_IN,
    )
    async def holder(self, info: Info, id: Annotated[strawberry.ID, argument("Global id.")]) -> Holder | None:
        """Fetch a holder."""
        with NamedBy("id"):
            return await _holder(info, local_id(id, "Holder", "id"))

    @loading("A card, as the region's policy of looking up allows (SC-3, CD-10, QD-6).", sees=SIGNED_IN)
    async def card(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("Global id.")],
        sighted_documents: Annotated[list[str] | None, argument(SIGHTED)] = None,
    ) -> Card | None:
        """Fetch a card."""
        with NamedBy("id"):
            return await _card(info, local_id(id, "Card", "id"), sighted_documents or ())

    @loading("An operation with its progress, as the region's policy allows (NX-5, CD-9).", sees=SIGNED_IN)
    async def operation(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("Global id.")],
        sighted_documents: Annotated[list[str] | None, argument(SIGHTED)] = None,
    ) -> Operation | None:
        """Fetch an operation."""
        with NamedBy("id"):
            return await _operation(info, local_id(id, "Operation", "id"), sighted_documents or ())

    @loading(
        "Operations: your own and your wards', or your office's; the newest first unless asked for otherwise.",
        sees=SIGNED_IN,
    )
    async def operations(
        self,
        info: Info,
        filter: Annotated[
            OperationFilterInput | None, argument("Which ones; all that you may see if left out.")
        ] = None,
        first: First = 20,
        after: After = None,
        last: Last = None,
        before: Before = None,
        order: Annotated[OperationOrder | None, argument("In which order.")] = OperationOrder.NEWEST_FIRST,
    ) -> OperationConnection | None:
        """List operations."""
        given = filter or OperationFilterInput()
        selection = given.value(info.context.dependencies.policies())
        if order is OperationOrder.CHANGED or given.updated_since is not None:
            asked_changes = changes_window(_CHANGES, first, after, last, before, given.updated_since)
            return await _changed(info, selection, asked_changes)
        order = order or OperationOrder.NEWEST_FIRST
        listed = _LISTED if order is OperationOrder.NEWEST_FIRST else _WAITING
        asked = window(listed, first, after, last, before)
        page, more = await info.context.loaders.operation_pages.load((selection, asked, order))
        edges = [OperationEdge(cursor=cursor_of(listed, o.created_at, o.id), node=operation_node(o)) for o in page]
        return OperationConnection(
            edges=edges,
            page_info=page_info([edge.cursor for edge in edges], more, asked),
            selection=selection,
        )

    @worked_out("All regions with policies, by code.", sees=EVERYBODY)
    def regions(self, info: Info) -> list[Region]:
        """List regions."""
        policies = info.context.dependencies.policies()
        return [_region(info, region.code) for region in all_regions(policies)]

    @worked_out(
        "The region that decides for a code, with what it has opened for people elsewhere (NX-0): of a district"
        " without policies of its own, its city; `code` says which.",
        sees=EVERYBODY,
    )
    def region(self, info: Info, code: Annotated[str, argument("GB/T 2260 code.")]) -> Region | None:
        """Fetch a region."""
        return _region(info, code)

    @worked_out("The policy in force for a service in a region, with source and level of every value.", sees=EVERYBODY)
    def policy(
        self,
        info: Info,
        region: Annotated[
            str, argument("GB/T 2260 code; of a district without policies of its own, its city decides.")
        ],
        service: Annotated[str, argument("A term of the services vocabulary.")],
        on: Annotated[date | None, argument("The day whose rules are in force; today if left out.")] = None,
        known: Annotated[date | None, argument("The day by which they had to be published; `on` if left out.")] = None,
    ) -> Policy | None:
        """Fetch a policy."""
        return policy_node(policy_in_force(info.context.dependencies, region, service, on, known))

    @worked_out(
        "What a form must ask: fields, declarations, documents, proofs, fees, channels, deadline.", sees=EVERYBODY
    )
    def requirements(
        self,
        info: Info,
        region: Annotated[
            str, argument("GB/T 2260 code; of a district without policies of its own, its city decides.")
        ],
        service: Annotated[str, argument("A term of the services vocabulary.")],
        suppose: Annotated[list[SuppositionInput] | None, argument("What a form knows or supposes.")] = None,
        on: Annotated[date | None, argument("The day whose rules are in force; today if left out.")] = None,
    ) -> FormRequirements | None:
        """Say what a form must ask."""
        situation = situation_of(suppose or [])
        found = form_requirements(info.context.dependencies, region, service, situation, on)
        return requirements_shown(found)

    @worked_out("Try a request out: the same decision as the mutation would get, and no change.", sees=SIGNED_IN)
    async def check_eligibility(
        self, info: Info, input: Annotated[CheckEligibilityInput, INPUT]
    ) -> EligibilityPayload | None:
        """Try a request out."""
        actor = info.context.require_actor()
        try:
            input.admit(info)
            dry_run(info.context.dependencies, actor)
            asked = await input.asked(info)
            decided = await deciding.preview(info.context.dependencies, actor, asked, info.context.loaders.look)
            deciding.require_quoted(decided)
        except NotAuthenticated:
            raise
        except DomainError as error:
            tell_operators(error)
            shown = decision(error.decision) if isinstance(error, PolicyChanged) else None
            return EligibilityPayload(decision=shown, errors=user_errors(input.named(error)))
        return EligibilityPayload(decision=decision(decided.told))
