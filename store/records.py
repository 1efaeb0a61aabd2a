"""What only the store keeps: values that record what was done, beside the values of the domain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from domain.account import EntryKind
from domain.card import CardState
from domain.evidence import DocumentEvidence
from domain.frozen import quickly_made
from domain.operation import OperationState

Place = tuple[datetime, str]
"""Where something stands in a list that is sorted by time and id."""


@quickly_made
@dataclass(frozen=True, slots=True)
class CardStateEntry:
    """A state that a card entered.

    Args:
        card_id: which card; region: its home region when it entered the state.
        state, since: what it entered and when.
        until, then: when the state ends by time alone and what it becomes, if it does.
        operation_id: the operation that caused it, if one did; reason: why, a word that rules can select by.
        ends_at: when a new card ends the card, whatever state it is in then, if one does.
        import_id: the import by which the card came in this state, if it was issued before this service.
    """

    card_id: str
    region: str
    state: CardState
    since: datetime
    until: datetime | None = None
    then: CardState | None = None
    operation_id: str | None = None
    reason: str | None = None
    ends_at: datetime | None = None
    import_id: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class CardImport:
    """A file or a batch from which cards came that were issued before this service, and how far it has got.

    Args:
        id: SHA-256 in hexadecimal: of the file, or of who sent the batch and the key under which they did.
        actor_id: who imports: whom the token names, or as whom the command was run; office: of the token, if it has one.
        begun_at: when it began; at: when it last went on.
        rows: how many rows are done; a run of the same file goes on after them.
        cards, people: how many came on record; known: rows whose card was there already; refused: rows that cannot be right.
    """

    id: str
    actor_id: str
    office: str | None
    begun_at: datetime
    at: datetime
    rows: int = 0
    cards: int = 0
    people: int = 0
    known: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class NumberedCard:
    """Whose the card with a number is.

    Args:
        holder_id: whose; regions: its home region, and those that it had when it entered a state.
    """

    holder_id: str
    regions: frozenset[str]


@dataclass(frozen=True, slots=True)
class LapsedCard:
    """A card whose recorded state has ended by time alone, whose it is, and when it ended."""

    id: str
    holder_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LapsedOperation:
    """An operation whose recorded state has ended by time alone, whom it is about, and when it ended."""

    id: str
    holder_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are.

    Args:
        number: so many; more: whether there are more than that, which nobody counted.
    """

    number: int
    more: bool = False


@quickly_made
@dataclass(frozen=True, slots=True)
class OperationFilter:
    """Which operations to list; None means any.

    Args:
        holder_ids: of these people. An empty set matches nothing, which is what a caller who may see nobody should get.
        wards_of: and of this person's wards as of `now`; only with `holder_ids` and that.
        regions: GB/T 2260, in exactly one of these; an empty set matches nothing.
        province: GB/T 2260, with all that lies in it.
        service, bank: exactly this one.
        states: in one of these states, as of `now`; an empty set matches nothing.
        now: when it is looked at: a state that has run out by then has become the next one, written down or not.
        late: only those whose promise is over by `now`, which it needs, and whose card is not made.
    """

    holder_ids: frozenset[str] | None = None
    wards_of: str | None = None
    regions: frozenset[str] | None = None
    province: str | None = None
    service: str | None = None
    states: frozenset[OperationState] | None = None
    bank: str | None = None
    now: datetime | None = None
    late: bool = False


@quickly_made
@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """One decision as it was made, to be explained years later.

    Args:
        id: UUID; operation_id: the operation it belongs to, if it came to one.
        service: the policy service that was decided.
        region, province: GB/T 2260.
        at: when it was made; on: the day whose rules were in force; known: the day by which they had to be published.
        digest: which policies; `policy_texts` holds what they said.
        allowed: the answer.
        facts: what was decided on, by dotted name; no personal data.
        outcome: denials, what is missing, what was met, fees, promises … as JSON values.
    """

    id: str
    operation_id: str | None
    service: str
    region: str
    province: str
    at: datetime
    on: date
    known: date
    digest: str
    allowed: bool
    facts: Mapping[str, Any]
    outcome: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DecisionFilter:
    """Which decisions to go through; None means any.

    Args:
        region: GB/T 2260; with everything that lies in it.
        service: exactly this one; since, before: a period, its end left out.
    """

    region: str | None = None
    service: str | None = None
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeptDecision:
    """A decision as the database holds it: a great many are read, and only different ones need to be understood.

    Args:
        facts, outcome: as `DecisionRecord`, as texts that `store.encoding.load` reads; the others likewise.
    """

    id: str
    service: str
    region: str
    at: datetime
    on: date
    known: date
    digest: str
    allowed: bool
    facts: str
    outcome: str


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document that was uploaded; its bytes are in the file gateway.

    Args:
        evidence: how it measured; its id is the document's id and must be there.
        owner_id: the holder it is about; uploaded_by: the person who brought it.
        province: the province it was uploaded for.
        uploaded_at: when; sha256: hexadecimal digest of the bytes; name: of the file in the file gateway.
    """

    evidence: DocumentEvidence
    owner_id: str
    uploaded_by: str
    province: str
    uploaded_at: datetime
    sha256: str
    name: str


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that was begun, whether a document came of it or not.

    Args:
        id: of the document that is made of it; name: of the file, empty once something has taken the document.
        uploaded_by: the subject of whose quota it is; province: it is uploaded for; at: when it was begun.
        size_bytes: of the content.
    """

    id: str
    province: str
    uploaded_by: str
    at: datetime
    name: str
    size_bytes: int


class DisclosureKind(StrEnum):
    """What was shown."""

    PRESENT = "present"
    """Who somebody is, by the card or document that was shown at a window or told on the telephone."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Something that was shown, which is not for everybody.

    Args:
        province: of the record; at: when it was shown; kind: what.
        record_id: the document or the operation; operation_id: for whose sake it was shown, if for one; holder_id: whom it is about.
        actor_id, role, channel, office: to whom, as their token said.
    """

    province: str
    at: datetime
    kind: DisclosureKind
    record_id: str
    operation_id: str | None
    holder_id: str
    actor_id: str
    role: str
    channel: str
    office: str | None


@dataclass(frozen=True, slots=True)
class VerificationCode:
    """An SMS verification code that was sent.

    Args:
        id: UUID; person_id: who asked for it; purpose: the policy service it is good for.
        mobile: where it was sent; code_hash: never the code itself.
        sent_at, expires_at: when it was sent and until when it is good.
        tries: how often a wrong code was given; consumed_at: when the right one was.
    """

    id: str
    person_id: str
    purpose: str
    mobile: str
    code_hash: str
    sent_at: datetime
    expires_at: datetime
    tries: int = 0
    consumed_at: datetime | None = None


class PaymentStatus(StrEnum):
    """Where a payment stands."""

    PENDING = "pending"
    FAILED = "failed"  # as the provider said; should it say later that it is paid after all, that counts
    PAID = "paid"
    NEEDS_REFUND = "needs_refund"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment asked of the provider.

    Args:
        id: UUID; operation_id, province: what it pays for.
        provider_reference: the provider's name for it, unique.
        amount: in fen; status: where it stands.
        created_at: when it was asked for; paid_at, failed_at: when the provider said it was paid, or had failed.
        actor_id: who asked for it; relation: theirs to the holder; role, channel, office: in and through which they asked. None
            of a payment of an earlier version.
    """

    id: str
    operation_id: str
    province: str
    provider_reference: str
    amount: int
    status: PaymentStatus
    created_at: datetime
    paid_at: datetime | None = None
    failed_at: datetime | None = None
    actor_id: str | None = None
    relation: str | None = None
    role: str | None = None
    channel: str | None = None
    office: str | None = None


class RefundStatus(StrEnum):
    """Where a refund stands."""

    PENDING = "pending"  # asked of the provider again until it has an answer
    DONE = "done"
    REFUSED = "refused"  # by the provider, for good; somebody has to see to it


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that the provider is asked to give back.

    Args:
        id: UUID, and our name for it at the provider; operation_id, province: what had been paid for.
        payment_id, provider_reference: the payment of which it is given back.
        fee: the line of the bill; None for a payment that fits no bill.
        amount: in fen; status: where it stands.
        asked_at: when it was decided; done_at: when the provider gave it back.
    """

    id: str
    operation_id: str
    province: str
    payment_id: str
    provider_reference: str
    fee: str | None
    amount: int
    status: RefundStatus
    asked_at: datetime
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServicePassword:
    """The service password of a card.

    Args:
        password_hash: never the password itself; kept out of what is printed.
        changed_at: when it was set; errors: wrong passwords in a row since a right one.
    """

    card_id: str
    password_hash: str = field(repr=False)
    changed_at: datetime
    errors: int = 0


@dataclass(frozen=True, slots=True)
class AccountBatch:
    """A batch of account entries as a settlement system posted it.

    Args:
        reference: the settlement system's own name for it, unique in the region.
        fingerprint: of its contents, to tell the same batch from another under its name.
        entries: how many there are in it.
    """

    region: str
    province: str
    reference: str
    fingerprint: str
    posted_at: datetime
    entries: int


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which account entries to list.

    Args:
        holder_id: whose account; region: where it is run, or a place that lies in that, or that it lies in.
        kind: only this one; since, before: a period, its end left out.
    """

    holder_id: str
    region: str
    kind: EntryKind | None = None
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered under an idempotency key.

    Args:
        person_id: who asked; key_hash: of the key.
        fingerprint: of what was asked; answer: as JSON can hold it.
    """

    person_id: str
    key_hash: str
    fingerprint: str
    answered_at: datetime
    answer: Any


@dataclass(frozen=True, slots=True)
class PersistedDocument:
    """A GraphQL document that clients ask for by its hash.

    Args:
        id: SHA-256 of the text in hexadecimal; length: of the text in characters.
        used_at: when it was last known to be asked for, to the hour.
        text: as it was sent; who puts a name into it in place of a variable has it sealed like any other.
    """

    id: str
    length: int
    used_at: datetime
    text: str


class OperationOrder(StrEnum):
    """In which order operations are listed."""

    NEWEST_FIRST = "newest_first"
    LONGEST_WAITING_FIRST = "longest_waiting_first"
    CHANGED = "changed"  # as their last changes were committed


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for; the list is sorted, and begins with what is shown first.

    Args:
        after, before: only what follows, or comes before, these places; None does not narrow.
        size: how many at most; last: whether those at the end, in place of those at the beginning.
    """

    after: Place | None
    before: Place | None
    size: int
    last: bool = False
