"""Operations on record, with what happened to them."""

from datetime import date, datetime

import strawberry

from domain import fee as domain_fee
from domain import operation as domain_operation
from domain.access import DESKS, FILLED_IN, OPERATION, SENT_TO, WORKING
from domain.card import CardState
from domain.fee import Due, FeeState
from domain.services import Choice, is_step_of
from policies.language.outcomes.charge import PAYERS
from policies.language.vocabulary import Lexicon
from schema.kit.access import WITH_IT, no_items, sees
from schema.kit.context import Info
from schema.kit.described import enum, field, shown, worked_out
from schema.kit.loading import loading
from schema.kit.pages import After, Before, Connection, First, Last, by_index, connection
from schema.kit.relay import Node, PageInfo, global_id
from schema.kit.scalars import Fen, Json
from schema.kit.text import Text, text
from schema.types.citations import Citation, citation
from schema.types.closed_sets import Payer
from schema.types.decision import plain_facts
from schema.types.documents import Document, document_node
from schema.types.guardianships import Guardianship, guardianship_node
from schema.types.next_steps import NextStep, next_step_node
from schema.types.nodes import Card, Holder, holder_node, seen_card
from schema.types.operation_states import OperationState
from schema.types.payments import Payment, payment_node
from schema.types.print_data import PrintData, print_data_node
from schema.types.terms import Term, name_of_region, shown_term, vocabulary_of
from store.records import Count, DecisionRecord, OperationFilter, RefundStatus
from store.repositories.operation_changes import ChangesAsked

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


@sees(WITH_IT)
@strawberry.type(description="A line of the bill.")
class Fee:
    """A fee."""

    fee: str = shown("Which fee: a term of the fees vocabulary.", "record.id")
    label: Text = shown("What the bill calls it.", lambda fee: text(fee.record.label))
    amount: Fen = shown("How much, in fen.", "record.amount")
    payer: str = shown("Who bears it.", "record.payer", instead="Use `paidBy`.")
    paid_by: Payer = shown("Who bears it.", lambda fee: Payer(fee.record.payer))
    paid_by_label: Text = shown("What people call who bears it.", lambda fee: text(PAYERS[fee.record.payer]))
    service: str = shown("The service that charges it: a term of the services vocabulary.", "record.service")
    service_term: Term = shown_term("services", "record.service", region="region")
    due: Due = shown("Whether that service waits for it.", "record.due")
    refundable: bool = shown("Whether it may be given back; a refund says when it is.", "record.refundable")
    state: FeeState | None = shown("Where it stands; null for what the holder does not bear.", "record.state")
    paid_at: datetime | None = shown("When it was paid.", "record.paid_at")
    refunded_at: datetime | None = shown("When it was given back.", "record.refunded_at")
    record: strawberry.Private[domain_fee.Fee]
    region: strawberry.Private[str]


@sees(WITH_IT)
@strawberry.type(description="Money that is given back through the payment provider.")
class Refund:
    """A refund."""

    fee: str | None = field("Which fee: a term of the fees vocabulary; null for a payment that fitted no bill.")
    fee_term: Term | None = shown_term("fees", "fee", region="region")
    region: strawberry.Private[str]
    amount: Fen = field("How much, in fen.")
    status: RefundStatus = field("Where it stands.")
    asked_at: datetime = field("When it was decided.")
    done_at: datetime | None = field("When the provider gave it back.")


@sees(WITH_IT)
@strawberry.type(description="Where the card goes.")
class Delivery:
    """A delivery."""

    method: str = field("By post, or collected at an outlet: a term of the delivery methods vocabulary.")
    method_term: Term = shown_term("delivery_methods", "method", region="region")
    outlet: str | None = field("The outlet of collection: a term of the outlets vocabulary.")
    outlet_term: Term | None = shown_term("outlets", "outlet", region="region")
    region: strawberry.Private[str]
    region_code: str | None = field("GB/T 2260 code of the address.")
    recipient: str | None = field("Who receives it.")
    mobile: str | None = field("The recipient's mobile number.")
    address: str | None = field("The address.")
    postcode: str | None = field("The postcode.")


@sees(WITH_IT)
@strawberry.type(description="A material that the handling office keeps (QD-1).")
class ArchivedMaterial:
    """A material."""

    document: str = field("A term of the documents vocabulary.")
    label: Text = field("What people call it.")
    file_ids: list[strawberry.ID] = field("Uploaded files of that type; empty for paper that the office keeps.")


@sees(WITH_IT)
@strawberry.type(description="A field that the applicant filled in.")
class FilledDetail:
    """A filled-in field."""

    name: str = field("A term of the details vocabulary.")
    label: Text = field("What a form calls it.")
    value: str = field("What was filled in.")


@sees(WITH_IT)
@strawberry.type(description="A line of an operation's timeline.")
class TimelineEntry:
    """Who did what."""

    at: datetime = shown("When.", "record.at")
    event: str = shown("What was done: a service, `pay`, or `lapsed` for what time alone has done.", "record.event")
    from_state: OperationState | None = shown("The state before.", "record.from_state")
    event_term: Term = shown_term(("services", "by_itself"), "record.event", region="region")
    from_state_term: Term | None = shown_term("operation_states", "record.from_state", region="region")
    to_state: OperationState = shown("The state after.", "record.to_state")
    to_state_term: Term = shown_term("operation_states", "record.to_state", region="region")
    card_from: CardState | None = shown("The card's state before, where the step was about a card.", "record.card_from")
    card_from_term: Term | None = shown_term("card_states", "record.card_from", region="region")
    card_to: CardState | None = shown("The card's state after.", "record.card_to")
    card_to_term: Term | None = shown_term("card_states", "record.card_to", region="region")
    role: str = shown("In which role it was done: a term of the roles vocabulary, or `system`.", "record.role")
    role_term: Term = shown_term(("roles", "by_itself"), "record.role", region="region")
    channel: str | None = shown("Through which channel: a term of the channels vocabulary.", "record.channel")
    channel_term: Term | None = shown_term("channels", "record.channel", region="region")
    office: str | None = shown("For which office.", "record.office")
    policy_digest: str | None = shown("The policies that decided it.", "record.policy_digest")
    note: str | None = shown("What was said.", "record.note")
    record: strawberry.Private[domain_operation.TimelineEntry]
    region: strawberry.Private[str]


@sees(WITH_IT)
@strawberry.type(description="One of the four nodes of production progress (NX-5).")
class ProgressNode:
    """A node of the progress."""

    state: OperationState = field("Accepted for production, produced, shipped or received.")
    state_term: Term = shown_term("operation_states", "state", region=None)
    at: datetime | None = field("When it was reached; null while it lies ahead.")


@sees(WITH_IT)
@strawberry.type(description="A decision that was recorded with an operation.")
class RecordedDecision:
    """A recorded decision."""

    service: str = shown("The service that was decided: a term of the services vocabulary.", "record.service")
    service_term: Term = shown_term("services", "record.service")
    at: datetime = shown("When.", "record.at")
    on: date = shown("The day whose rules were in force.", "record.on")
    known: date = shown("The day by which they had to be published.", "record.known")
    allowed: bool = shown("The answer.", "record.allowed")
    policy_digest: str = shown("Which policies.", "record.digest")
    facts: Json = shown("What was decided on; no personal data.", lambda decision: plain_facts(decision.record.facts))
    record: strawberry.Private[DecisionRecord]


@sees(OPERATION)
@strawberry.type(description="One handled request, from submission to the end.")
class Operation(Node):
    """An operation."""

    service: str = shown("What was asked for: a term of the services vocabulary.", "record.service", sees=WITH_IT)
    service_term: Term = shown_term("services", "record.service", sees=WITH_IT)
    region_code: str = shown("The region that handles it, GB/T 2260.", "record.region", sees=WITH_IT)
    state: OperationState = shown("Where it stands.", "record.state", sees=WITH_IT)
    state_term: Term = shown_term("operation_states", "record.state", sees=WITH_IT)
    state_until: datetime | None = shown(
        "When that ends by time alone, if it does.", "record.state_until", sees=WITH_IT
    )
    state_then: OperationState | None = shown("What becomes of it then.", "record.state_then", sees=WITH_IT)
    state_then_term: Term | None = shown_term("operation_states", "record.state_then", sees=WITH_IT)
    state_source: Citation | None = shown(
        "Who says so.",
        lambda node: citation(node.record.state_source) if node.record.state_source else None,
        sees=WITH_IT,
    )
    reason: str | None = shown("Why it was asked for, where its service has reasons.", "record.reason", sees=WITH_IT)
    reason_term: Term | None = shown_term(
        lambda node, words: _vocabularies_of_reasons(words), "record.reason", sees=WITH_IT
    )
    relation: str = shown("Who asked: a term of the relations vocabulary.", "record.relation", sees=WITH_IT)
    relation_term: Term = shown_term("relations", "record.relation", sees=WITH_IT)
    channel: str = shown("How it came in: a term of the channels vocabulary.", "record.channel", sees=WITH_IT)
    channel_term: Term = shown_term("channels", "record.channel", sees=WITH_IT)
    office: str | None = shown("The office that took it.", "record.office", sees=WITH_IT)
    bank: str | None = shown("The chosen issuing bank: a term of the banks vocabulary.", "record.bank", sees=WITH_IT)
    bank_term: Term | None = shown_term("banks", "record.bank", sees=WITH_IT)
    outlet: str | None = shown("The chosen outlet: a term of the outlets vocabulary.", "record.outlet", sees=WITH_IT)
    outlet_term: Term | None = shown_term("outlets", "record.outlet", sees=WITH_IT)
    created_at: datetime = shown("When it was submitted.", "record.created_at", sees=WITH_IT)
    updated_at: datetime = shown("When it last changed.", "record.updated_at", sees=WITH_IT)
    fees: list[Fee] = shown("What is charged.", lambda node: _fees(node.record), sees=WITH_IT)
    due: Fen = shown("What the holder still has to pay, in fen.", "record.due", sees=WITH_IT)
    due_before: Fen = shown("Of that, what has to be paid before it goes on.", "record.due_before", sees=WITH_IT)
    paid_at: datetime | None = shown("When everything due was last paid.", "record.paid_at", sees=WITH_IT)
    postponed: str | None = shown(
        "The service that is carried out once everything due is paid, if one waits for that: a term of the services vocabulary.",
        lambda node: node.record.postponed.service if node.record.postponed else None,
        sees=WITH_IT,
    )
    postponed_term: Term | None = shown_term(
        "services", lambda node: node.record.postponed.service if node.record.postponed else None, sees=WITH_IT
    )

    @loading("How the card reaches its holder, once chosen; for a partner as long as the work lasts.", sees=SENT_TO)
    async def delivery(self, info: Info) -> Delivery | None:
        """Show it; who reads where somebody lives, and how they are reached, is on record."""
        record, chosen = self.record, self.record.delivery
        if chosen is not None and (chosen.address is not None or chosen.mobile is not None):
            info.context.loaders.look("details", record.holder_id, operation_id=record.id, region=record.region)
        return _delivery(chosen, record.region) if chosen is not None else None

    correction_reason: str | None = shown(
        "What the applicant must change, while correction is asked for.", "record.correction_reason", sees=WITH_IT
    )
    tracking_number: str | None = shown(
        "Of the parcel; while another card is made, of the one that was lost in the post.",
        "record.tracking_number",
        sees=WITH_IT,
    )
    promised_at: datetime | None = shown("When the card is promised.", "record.promised_at", sees=WITH_IT)
    promise_estimated: bool = shown(
        "Whether the promise rests on holidays that are not announced yet.", "record.promise_estimated", sees=WITH_IT
    )
    archive: list[str] = shown(
        "Materials that the office keeps: terms of the documents vocabulary.",
        lambda node: list(node.record.archive),
        sees=WITH_IT,
    )
    archive_terms: list[Term] = shown_term("documents", "record.archive", sees=WITH_IT)
    sighted: list[str] = shown(
        "Originals that a clerk has seen: terms of the documents vocabulary.",
        lambda node: list(node.record.sighted),
        sees=WITH_IT,
    )
    sighted_terms: list[Term] = shown_term("documents", "record.sighted", sees=WITH_IT)
    policy_digest: str = shown("The policies that decided it.", "record.policy_digest", sees=WITH_IT)
    record: strawberry.Private[domain_operation.Operation]

    async def standing(self, info: Info) -> int:
        """Return how whoever asks stands to the operation."""
        loaders = info.context.loaders
        return loaders.viewer.to_operation(self.record, await loaders.ties(self.record.holder_id))

    @worked_out("Name of the region.", sees=WITH_IT)
    def region_name(self, info: Info) -> Text | None:
        """Look the name up."""
        return name_of_region(info, self.record.region)

    @loading(
        "What was filled in, for the applicant and whoever handles it; a delegate sees only their own requests'.",
        sees=FILLED_IN,
        otherwise=no_items,
    )
    async def details(self, info: Info) -> list[FilledDetail]:
        """Show what the applicant wrote, such as what a correction is asked for."""
        record = self.record
        words = info.context.dependencies.policies().region(self.record.region).words
        info.context.loaders.look("details", record.holder_id, operation_id=record.id, region=record.region)
        return [
            FilledDetail(name=name, label=text(words.label("details", name)), value=value)
            for name, value in record.details.items()
        ]

    @loading("Whom it is about.", sees=WITH_IT)
    async def holder(self, info: Info) -> Holder | None:
        """Load the holders of all operations of the request at once."""
        found = await info.context.loaders.holders.load(self.record.holder_id)
        return holder_node(found, self) if found else None

    @loading("The card that came of it, or that it is about.", sees=WITH_IT)
    async def card(self, info: Info) -> Card | None:
        """Load the cards of all operations of the request at once."""
        return await seen_card(self.record.card_id, info)

    @loading("The card in whose place a new one is asked for.", sees=WITH_IT)
    async def replaced_card(self, info: Info) -> Card | None:
        """Load the old cards of all operations of the request at once."""
        return await seen_card(self.record.replaced_card_id, info)

    @loading("What the office keeps of it: each material with the files that were handed in for it.", sees=WITH_IT)
    async def archived(self, info: Info) -> list[ArchivedMaterial]:
        """Load the files of all operations of the request at once."""
        loaded = await info.context.loaders.documents.load_many(list(self.record.documents))
        found = [document.evidence for document in loaded if document is not None]
        words = info.context.dependencies.policies().region(self.record.region).words
        return [
            ArchivedMaterial(
                document=name,
                label=text(words.label("documents", name)),
                file_ids=[global_id("Document", e.id or "") for e in found if e.type == name],
            )
            for name in (*self.record.archive, *sorted({e.type for e in found} - set(self.record.archive)))
        ]

    @loading("Who did what, and under which policy, the oldest first.", sees=WITH_IT)
    async def timeline(self, info: Info) -> list[TimelineEntry]:
        """Load the timelines of all operations of the request at once."""
        return await _timeline(self.record, info)

    @loading("`timeline` in pages.", sees=WITH_IT)
    async def timeline_connection(
        self, info: Info, first: First = 20, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[TimelineEntry] | None:
        """Load the timelines of all operations of the request at once."""
        listed = f"Operation.timeline/{self.record.id}"
        return connection(await _timeline(self.record, info), listed, by_index, first, after, last, before)

    @loading("What is given back of what was paid, the oldest first.", sees=WITH_IT)
    async def refunds(self, info: Info) -> list[Refund]:
        """Load the refunds of all operations of the request at once."""
        return [
            Refund(
                fee=r.fee,
                amount=Fen(r.amount),
                status=r.status,
                asked_at=r.asked_at,
                done_at=r.done_at,
                region=self.record.region,
            )
            for r in await info.context.loaders.refunds.load(self.record.id)
        ]

    @loading("What was asked of the payment provider, the oldest first.", sees=WITH_IT)
    async def payments(self, info: Info) -> list[Payment]:
        """Load the payments of all operations of the request at once."""
        loaders = info.context.loaders
        found = await loaders.payments.load(self.record.id)
        refunds = await loaders.refunds.load(self.record.id) if found else ()
        return [payment_node(payment, refunds, self.record.region) for payment in found]

    @loading(
        "The documents that were handed in with it, for the applicant and whoever works on it; a delegate sees only those"
        " of their own requests.",
        sees=FILLED_IN,
        otherwise=no_items,
    )
    async def documents(self, info: Info) -> list[Document]:
        """Load the documents of all operations of the request at once."""
        record = self.record
        found = await info.context.loaders.documents.load_many(list(record.documents))
        return [document_node(each, record) for each in found if each is not None]

    @loading(
        "What is printed on the card, in full; for its maker alone, whose office has accepted the operation, until the card is"
        " made. Null for everybody else. Each time is put on record.",
        sees=WORKING | DESKS,
    )
    async def print_data(self, info: Info) -> PrintData | None:
        """Load what is printed for all operations of the request at once."""
        info.context.require_actor()
        found = await info.context.loaders.print_data.load(self.record.id)
        return print_data_node(found) if found is not None else None

    @loading(
        "The guardianship that it asks for, or to end; for people and clerks, null where it is about something else.",
        sees=WITH_IT,
    )
    async def guardianship(self, info: Info) -> Guardianship | None:
        """Load the guardianships of all operations of the request at once."""
        actor = info.context.require_actor()
        if not is_step_of("confirm_guardianship", self.record.service) or actor.role not in ("citizen", "clerk"):
            return None
        found = await info.context.loaders.guardianships_asked.load(self.record.id)
        return guardianship_node(found, info) if found is not None else None

    @loading("What comes next, by whom and by when; null where the operation is over.", sees=WITH_IT)
    async def next(self, info: Info) -> NextStep | None:
        """Ask the region's policy which step is open."""
        record, loaders = self.record, info.context.loaders
        card = await loaders.cards.load(record.card_id) if record.card_id is not None else None
        steps, role = loaders.next_steps, info.context.require_actor().role
        found = steps.of(record, card)
        if found is None:
            return None
        told = await steps.for_whoever_asks(found, record, card, role, loaders.open_services.load)
        return next_step_node(told, record.region)

    @loading("The four nodes of production progress with their times (NX-5).", sees=WITH_IT)
    async def progress(self, info: Info) -> list[ProgressNode]:
        """Take the nodes' times from the timeline; a node reached twice shows the later time."""
        timeline = await info.context.loaders.timelines.load(self.record.id)
        reached = domain_operation.progress(timeline)
        return [ProgressNode(state=state, at=reached.get(state)) for state in domain_operation.PROGRESS]

    @loading("Decisions that were made on the way, the oldest first.", sees=WITH_IT)
    async def decisions(self, info: Info) -> list[RecordedDecision]:
        """Load the decisions of all operations of the request at once."""
        return await _decisions(self.record, info)

    @loading("`decisions` in pages.", sees=WITH_IT)
    async def decisions_connection(
        self, info: Info, first: First = 20, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[RecordedDecision] | None:
        """Load the decisions of all operations of the request at once."""
        listed = f"Operation.decisions/{self.record.id}"
        return connection(await _decisions(self.record, info), listed, by_index, first, after, last, before)


async def _timeline(record: domain_operation.Operation, info: Info) -> list[TimelineEntry]:
    entries = await info.context.loaders.timelines.load(record.id)
    return [TimelineEntry(record=entry, region=record.region) for entry in entries]


async def _decisions(record: domain_operation.Operation, info: Info) -> list[RecordedDecision]:
    return [RecordedDecision(record=decided) for decided in await info.context.loaders.decisions.load(record.id)]


def _fees(record: domain_operation.Operation) -> list[Fee]:
    return [Fee(record=fee, region=record.region) for fee in record.fees]


def _vocabularies_of_reasons(words: Lexicon) -> tuple[str, ...]:
    facts = (Choice.REISSUE_REASON, Choice.CANCELLATION_REASON)
    return tuple(name for fact in facts for name in vocabulary_of(words, fact))


def _delivery(value: domain_operation.Delivery, region: str) -> Delivery:
    return Delivery(
        region=region,
        method=value.method,
        outlet=value.outlet,
        region_code=value.region,
        recipient=value.recipient,
        mobile=value.mobile,
        address=value.address,
        postcode=value.postcode,
    )


def operation_node(operation: domain_operation.Operation) -> Operation:
    """Return an operation as the graph shows it."""
    return Operation(id=global_id("Operation", operation.id), record=operation)


@sees(WITH_IT)
@strawberry.type(description="An operation in a page.")
class OperationEdge:
    """An edge."""

    cursor: str = field("Its place in the list.")
    node: Operation = field("The operation.")


@sees(WITH_IT)
@strawberry.type(description="A page of operations, in the order that was asked for.")
class OperationConnection:
    """A connection."""

    edges: list[OperationEdge] = field("The operations with their cursors.")
    page_info: PageInfo = field("Where the page lies.")
    selection: strawberry.Private[OperationFilter]
    changes: strawberry.Private[ChangesAsked | None] = None

    @loading("How many there are in all pages; 10,000 where there are more.")
    async def total_count(self, info: Info) -> int:
        """Count only for who asks: counting reads what the page does not."""
        return (await self._counted(info)).number

    @loading("Whether `totalCount` is how many there are; if not, there are more.")
    async def total_count_is_exact(self, info: Info) -> bool:
        """Counted once, whichever of the two is asked for."""
        return not (await self._counted(info)).more

    async def _counted(self, info: Info) -> Count:
        loaders = info.context.loaders
        if self.changes is not None:
            return await loaders.change_counts.load((self.selection, self.changes))
        return await loaders.operation_counts.load(self.selection)
