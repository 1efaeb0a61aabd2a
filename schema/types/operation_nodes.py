"""Operations on record, with what happened to them."""

from datetime import date, datetime

import strawberry

from domain import fee as domain_fee
from domain import operation as domain_operation
from domain.card import CardState
from domain.fee import Due, FeeState
from domain.operation import OperationState
from resolvers.looking_up import lookup
from schema.kit.context import Info
from schema.kit.described import enum, field
from schema.kit.loading import loading
from schema.kit.relay import Node, PageInfo, global_id
from schema.kit.scalars import Fen, Json
from schema.kit.text import Text, text
from schema.types.decision import Citation, citation, plain_facts
from schema.types.nodes import Card, Holder, card_node, holder_node, name_of_region
from store.records import DecisionRecord, OperationFilter, RefundStatus

enum(
    OperationState,
    "States of an operation.",
    {
        OperationState.SUBMITTED: "Handed in.",
        OperationState.WITHDRAWN: "Withdrawn by the applicant, before it was paid for or accepted, or by time alone.",
        OperationState.PAID: "Everything due is paid.",
        OperationState.ACCEPTED: "Accepted for production.",
        OperationState.CORRECTION_REQUESTED: "The applicant must change something.",
        OperationState.PRODUCED: "The card is produced.",
        OperationState.SHIPPED: "The card is on its way by post.",
        OperationState.RECEIVED: "The card has reached its holder.",
        OperationState.COMPLETED: "Done, such as an activation.",
    },
)


enum(
    FeeState,
    "Where a line of a bill stands.",
    {
        FeeState.DUE: "To be paid.",
        FeeState.PAID: "Paid.",
        FeeState.WAIVED: "Waived by a rule.",
        FeeState.REFUNDING: "The provider is asked to give it back.",
        FeeState.REFUNDED: "Given back.",
    },
)
enum(
    RefundStatus,
    "Where a refund stands.",
    {
        RefundStatus.PENDING: "The provider is asked for it, again until it answers.",
        RefundStatus.DONE: "Given back.",
        RefundStatus.REFUSED: "The provider will not give it back; the office sees to it.",
    },
)


@strawberry.type(description="A line of the bill.")
class Fee:
    """A fee."""

    fee: str = field("Which fee: a term of the fees vocabulary.")
    label: Text = field("What the bill calls it.")
    amount: Fen = field("How much, in fen.")
    payer: str = field("Who bears it.")
    service: str = field("The service that charges it.")
    due: Due = field("Whether that service waits for it.")
    refundable: bool = field("Whether it may be given back; a refund says when it is.")
    state: FeeState | None = field("Where it stands; null for what the holder does not bear.")
    paid_at: datetime | None = field("When it was paid.")
    refunded_at: datetime | None = field("When it was given back.")


@strawberry.type(description="Money that is given back through the payment provider.")
class Refund:
    """A refund."""

    fee: str | None = field("Which fee; null for a payment that fitted no bill.")
    amount: Fen = field("How much, in fen.")
    status: RefundStatus = field("Where it stands.")
    asked_at: datetime = field("When it was decided.")
    done_at: datetime | None = field("When the provider gave it back.")


@strawberry.type(description="Where the card goes.")
class Delivery:
    """A delivery."""

    method: str = field("By post, or collected at an outlet.")
    outlet: str | None = field("The outlet of collection.")
    region_code: str | None = field("GB/T 2260 code of the address.")
    recipient: str | None = field("Who receives it.")
    mobile: str | None = field("The recipient's mobile number.")
    address: str | None = field("The address.")
    postcode: str | None = field("The postcode.")


@strawberry.type(description="A material that the handling office keeps (QD-1).")
class ArchivedMaterial:
    """A material."""

    document: str = field("A term of the documents vocabulary.")
    label: Text = field("What people call it.")
    file_ids: list[strawberry.ID] = field("Uploaded files of that type; empty for paper that the office keeps.")


@strawberry.type(description="A field that the applicant filled in.")
class FilledDetail:
    """A filled-in field."""

    name: str = field("A term of the details vocabulary.")
    label: Text = field("What a form calls it.")
    value: str = field("What was filled in.")


@strawberry.type(description="A line of an operation's timeline.")
class TimelineEntry:
    """Who did what."""

    at: datetime = field("When.")
    event: str = field("What was done: a service, `pay`, or `lapsed` for what time alone has done.")
    from_state: OperationState | None = field("The state before.")
    to_state: OperationState = field("The state after.")
    card_from: CardState | None = field("The card's state before, where the step was about a card.")
    card_to: CardState | None = field("The card's state after.")
    role: str = field("In which role it was done.")
    channel: str | None = field("Through which channel.")
    office: str | None = field("For which office.")
    policy_digest: str | None = field("The policies that decided it.")
    note: str | None = field("What was said.")


@strawberry.type(description="One of the four nodes of production progress (NX-5).")
class ProgressNode:
    """A node of the progress."""

    state: OperationState = field("Accepted for production, produced, shipped or received.")
    at: datetime | None = field("When it was reached; null while it lies ahead.")


@strawberry.type(description="A decision that was recorded with an operation.")
class RecordedDecision:
    """A recorded decision."""

    service: str = field("The service that was decided.")
    at: datetime = field("When.")
    on: date = field("The day whose rules were in force.")
    known: date = field("The day by which they had to be published.")
    allowed: bool = field("The answer.")
    policy_digest: str = field("Which policies.")
    facts: Json = field("What was decided on; no personal data.")


_NODES = (OperationState.ACCEPTED, OperationState.PRODUCED, OperationState.SHIPPED, OperationState.RECEIVED)


@strawberry.type(description="One handled request, from submission to the end.")
class Operation(Node):
    """An operation."""

    service: str = field("What was asked for: a term of the services vocabulary.")
    region_code: str = field("The region that handles it, GB/T 2260.")
    state: OperationState = field("Where it stands.")
    state_until: datetime | None = field("When that ends by time alone, if it does.")
    state_then: OperationState | None = field("What becomes of it then.")
    state_source: Citation | None = field("Who says so.")
    reason: str | None = field("Why it was asked for, where its service has reasons.")
    relation: str = field("Who asked: self, guardian, delegate or office.")
    channel: str = field("How it came in.")
    office: str | None = field("The office that took it.")
    bank: str | None = field("The chosen issuing bank.")
    outlet: str | None = field("The chosen outlet.")
    created_at: datetime = field("When it was submitted.")
    updated_at: datetime = field("When it last changed.")
    fees: list[Fee] = field("What is charged.")
    due: Fen = field("What the holder still has to pay, in fen.")
    due_before: Fen = field("Of that, what has to be paid before it goes on.")
    paid_at: datetime | None = field("When everything due was last paid.")
    postponed: str | None = field("The service that is carried out once everything due is paid, if one waits for that.")
    delivery: Delivery | None = field("How the card reaches its holder, once chosen.")
    correction_reason: str | None = field("What the applicant must change, while correction is asked for.")
    tracking_number: str | None = field("Of the parcel.")
    promised_at: datetime | None = field("When the card is promised.")
    promise_estimated: bool = field("Whether the promise rests on holidays that are not announced yet.")
    archive: list[str] = field("Materials that the office keeps: terms of the documents vocabulary.")
    sighted: list[str] = field("Originals that a clerk has seen: terms of the documents vocabulary.")
    policy_digest: str = field("The policies that decided it.")
    record: strawberry.Private[domain_operation.Operation]

    @strawberry.field(description="Name of the region.")
    def region_name(self, info: Info) -> Text | None:
        """Look the name up."""
        return name_of_region(info, self.region_code)

    @loading("What was filled in, for the applicant and whoever handles it; a delegate sees only their own requests'.")
    async def details(self, info: Info) -> list[FilledDetail]:
        """Show what the applicant wrote, such as what a correction is asked for."""
        actor, record = info.context.require_actor(), self.record
        known = lookup.is_known(actor, record.holder_id)
        wards = () if known else await info.context.loaders.wards_of.load(actor.person_id)
        if not lookup.sees_details(actor, wards, record):
            return []
        words = info.context.dependencies.policies().region(self.region_code).words
        return [
            FilledDetail(name=name, label=text(words.label("details", name)), value=value)
            for name, value in record.details.items()
        ]

    @loading("Whom it is about.")
    async def holder(self, info: Info) -> Holder | None:
        """Load the holders of all operations of the request at once."""
        found = await info.context.loaders.holders.load(self.record.holder_id)
        return holder_node(found) if found else None

    @loading("The card that came of it, or that it is about.")
    async def card(self, info: Info) -> Card | None:
        """Load the cards of all operations of the request at once."""
        if self.record.card_id is None:
            return None
        found = await info.context.loaders.cards.load(self.record.card_id)
        return card_node(found, info) if found else None

    @loading("The card in whose place a new one is asked for.")
    async def replaced_card(self, info: Info) -> Card | None:
        """Load the old cards of all operations of the request at once."""
        if self.record.replaced_card_id is None:
            return None
        found = await info.context.loaders.cards.load(self.record.replaced_card_id)
        return card_node(found, info) if found else None

    @loading("What the office keeps of it: each material with the files that were handed in for it.")
    async def archived(self, info: Info) -> list[ArchivedMaterial]:
        """Load the files of all operations of the request at once."""
        loaded = await info.context.loaders.documents.load_many(list(self.record.documents))
        found = [document.evidence for document in loaded if document is not None]
        words = info.context.dependencies.policies().region(self.region_code).words
        return [
            ArchivedMaterial(
                document=name,
                label=text(words.label("documents", name)),
                file_ids=[global_id("Document", e.id or "") for e in found if e.type == name],
            )
            for name in (*self.record.archive, *sorted({e.type for e in found} - set(self.record.archive)))
        ]

    @loading("Who did what, and under which policy, the oldest first.")
    async def timeline(self, info: Info) -> list[TimelineEntry]:
        """Load the timelines of all operations of the request at once."""
        return [
            TimelineEntry(
                at=e.at,
                event=e.event,
                from_state=e.from_state,
                to_state=e.to_state,
                card_from=e.card_from,
                card_to=e.card_to,
                role=e.role,
                channel=e.channel,
                office=e.office,
                policy_digest=e.policy_digest,
                note=e.note,
            )
            for e in await info.context.loaders.timelines.load(self.record.id)
        ]

    @loading("What is given back of what was paid, the oldest first.")
    async def refunds(self, info: Info) -> list[Refund]:
        """Load the refunds of all operations of the request at once."""
        return [
            Refund(fee=r.fee, amount=Fen(r.amount), status=r.status, asked_at=r.asked_at, done_at=r.done_at)
            for r in await info.context.loaders.refunds.load(self.record.id)
        ]

    @loading("The four nodes of production progress with their times (NX-5).")
    async def progress(self, info: Info) -> list[ProgressNode]:
        """Take the nodes' times from the timeline; a node reached twice shows the later time."""
        timeline = await info.context.loaders.timelines.load(self.record.id)
        # What is paid or asked for in a state does not enter it.
        reached = {e.to_state: e.at for e in timeline if e.from_state is not e.to_state}
        return [ProgressNode(state=state, at=reached.get(state)) for state in _NODES]

    @loading("Decisions that were made on the way, the oldest first.")
    async def decisions(self, info: Info) -> list[RecordedDecision]:
        """Load the decisions of all operations of the request at once."""
        return [recorded(record) for record in await info.context.loaders.decisions.load(self.record.id)]


def recorded(record: DecisionRecord) -> RecordedDecision:
    """Return a recorded decision as the graph shows it."""
    return RecordedDecision(
        service=record.service,
        at=record.at,
        on=record.on,
        known=record.known,
        allowed=record.allowed,
        policy_digest=record.digest,
        facts=plain_facts(record.facts),
    )


def _delivery(value: domain_operation.Delivery) -> Delivery:
    return Delivery(
        method=value.method,
        outlet=value.outlet,
        region_code=value.region,
        recipient=value.recipient,
        mobile=value.mobile,
        address=value.address,
        postcode=value.postcode,
    )


def _fee(value: domain_fee.Fee) -> Fee:
    return Fee(
        fee=value.id,
        label=text(value.label),
        amount=Fen(value.amount),
        payer=value.payer,
        service=value.service,
        due=value.due,
        refundable=value.refundable,
        state=value.state,
        paid_at=value.paid_at,
        refunded_at=value.refunded_at,
    )


def operation_node(operation: domain_operation.Operation) -> Operation:
    """Return an operation as the graph shows it."""
    return Operation(
        id=global_id("Operation", operation.id),
        service=operation.service,
        region_code=operation.region,
        state=operation.state,
        state_until=operation.state_until,
        state_then=operation.state_then,
        state_source=citation(operation.state_source) if operation.state_source else None,
        reason=operation.reason,
        relation=operation.relation,
        channel=operation.channel,
        office=operation.office,
        bank=operation.bank,
        outlet=operation.outlet,
        created_at=operation.created_at,
        updated_at=operation.updated_at,
        fees=[_fee(fee) for fee in operation.fees],
        due=Fen(operation.due),
        due_before=Fen(operation.due_before),
        postponed=operation.postponed.service if operation.postponed else None,
        paid_at=operation.paid_at,
        delivery=_delivery(operation.delivery) if operation.delivery else None,
        correction_reason=operation.correction_reason,
        tracking_number=operation.tracking_number,
        promised_at=operation.promised_at,
        promise_estimated=operation.promise_estimated,
        archive=list(operation.archive),
        sighted=list(operation.sighted),
        policy_digest=operation.policy_digest,
        record=operation,
    )


@strawberry.type(description="An operation in a page.")
class OperationEdge:
    """An edge."""

    cursor: str = field("Its place in the list.")
    node: Operation = field("The operation.")


@strawberry.type(description="A page of operations, the newest first.")
class OperationConnection:
    """A connection."""

    edges: list[OperationEdge] = field("The operations with their cursors.")
    page_info: PageInfo = field("Where the page lies.")
    selection: strawberry.Private[OperationFilter]

    @loading("How many there are in all pages; 10,000 where there are more.")
    async def total_count(self, info: Info) -> int:
        """Count only for who asks: counting reads what the page does not."""
        return (await info.context.loaders.operation_counts.load(self.selection)).number

    @loading("Whether `totalCount` is how many there are; if not, there are more.")
    async def total_count_is_exact(self, info: Info) -> bool:
        """Counted once, whichever of the two is asked for."""
        return not (await info.context.loaders.operation_counts.load(self.selection)).more
