"""Sample values for the tests of the store."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from domain.account import AccountEntry, EntryKind
from domain.card import Card, CardState
from domain.duration import Duration, Unit
from domain.evidence import DocumentEvidence
from domain.fee import Due, Fee
from domain.holder import Delegation, Guardianship, Holder
from domain.identity import IdentityDocument
from domain.message import Message
from domain.notice import Notice, NoticeKind
from domain.operation import Delivery, Operation, OperationState, Postponed, TimelineEntry
from store.audit.entries import AuditEntry, AuditKind
from store.records import (
    AccountBatch,
    DecisionRecord,
    Disclosure,
    DisclosureKind,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    ServicePassword,
    StoredDocument,
    Upload,
    VerificationCode,
)

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 9, 30, 15, 123456, CHINA)

NAME = "欧阳示例"
IDENTITY_NUMBER = "510104199003078817"
PASSPORT_NUMBER = "E98765432"
MOBILE = "13812345678"
ADDRESS = "示例路一百二十三号"
LANDLINE = "02887654321"
REGISTER_ADDRESS = "示例镇户籍路七号"
RECIPIENT = "收件人示例"
DETAIL = "紧急联系人示例"
NOTE = "申请人来电说明"
PASSWORD_HASH = "$argon2id$hash of a service password"
PURCHASE = "示例药店感冒药"
ANSWER = "回答中的个人信息"


def holder(identifier: str = "holder-1", **changes: Any) -> Holder:
    """Return a holder with every attribute set; other ids get other identity numbers."""
    number = IDENTITY_NUMBER if identifier == "holder-1" else f"{IDENTITY_NUMBER}-{identifier}"
    value = Holder(
        id=identifier,
        name=NAME,
        holder_type="resident",
        identity_type="identity_card",
        identity_number=number,
        born_on=date(1990, 3, 7),
        mobile=MOBILE,
        address=ADDRESS,
        address_region="510104",
        postcode="610000",
        insured_in=("510100",),
        employed_in=("370200", "370100"),
        full_capacity=False,
        groups=("disabled", "veteran"),
        photo_on_file=True,
        photo_taken_on=date(2025, 1, 2),
        landline=LANDLINE,
        register_address=REGISTER_ADDRESS,
    )
    return replace(value, **changes)


def identity_document(**changes: Any) -> IdentityDocument:
    """Return a passport of holder-1 that was replaced."""
    first, last = date(2016, 2, 29), date(2026, 2, 28)
    value = IdentityDocument("document-9", "holder-1", "passport", PASSPORT_NUMBER, first, last, NOW)
    return replace(value, **changes)


def card(identifier: str = "card-1", **changes: Any) -> Card:
    """Return a card of holder-1; other ids get other numbers."""
    value = Card(
        id=identifier,
        holder_id="holder-1",
        region="510100",
        province="510000",
        number=f"A{identifier}",
        social_security_number=IDENTITY_NUMBER,
        bank="bank_of_somewhere",
        generation="third",
        state=CardState.ACTIVE,
        issued_on=date(2020, 2, 29),
        expires_on=date(2030, 2, 28),
        state_since=NOW,
    )
    return replace(value, **changes)


def bill() -> tuple[Fee, ...]:
    """Return two lines: one that was paid and given back, and one that was waived."""
    return (
        Fee(
            "postage",
            1200,
            "holder",
            Message("邮寄费", "Postage"),
            "deliver",
            "postage_by_zone",
            Due.BEFORE,
            refundable=True,
            payment_id="payment-1",
            paid_at=NOW + timedelta(hours=1),
            refund_id="refund-1",
            refunded_at=NOW + timedelta(hours=2),
        ),
        Fee("card_fee", 2000, "bank", Message("工本费", "Card fee"), "apply", "card_fee", waived_by="first_card"),
    )


def operation(identifier: str = "operation-1", **changes: Any) -> Operation:
    """Return an operation about holder-1 with every attribute set."""
    value = Operation(
        id=identifier,
        service="apply",
        region="510100",
        province="510000",
        holder_id="holder-1",
        actor_id="holder-1",
        relation="self",
        state=OperationState.SUBMITTED,
        channel="app",
        office="office-7",
        created_at=NOW,
        updated_at=NOW + timedelta(minutes=1),
        policy_digest="sha256:" + "a" * 64,
        bank="bank_of_somewhere",
        outlet="outlet-3",
        card_id="card-1",
        replaced_card_id="card-0",
        reason="damaged",
        details={"contact": DETAIL, "$odd": "\x00\ud800"},
        declarations={
            "declared.day": date(2026, 1, 2),
            "declared.moment": NOW,
            "declared.hour": time(8, 30),
            "declared.stay": Duration(7, Unit.WORKING_DAYS),
            "declared.kinds": ("one", "two"),
            "declared.count": 3,
            "declared.yes": True,
            "declared.absent": None,
        },
        documents=("document-1", "document-2"),
        sighted=("identity_card",),
        fees=bill(),
        paid_at=NOW + timedelta(hours=1),
        postponed=Postponed("receive", {"actor": {"role": "citizen", "$odd": RECIPIENT}}),
        delivery=Delivery("post", None, "510104", RECIPIENT, MOBILE, ADDRESS, "610000"),
        correction_reason=NOTE,
        tracking_number="SF0001",
        promised_at=NOW + timedelta(days=7),
        promise_estimated=True,
        archive=("identity_card_copy",),
    )
    return replace(value, **changes)


def timeline_entry(event: str = "submit", **changes: Any) -> TimelineEntry:
    """Return a line of the timeline of operation-1."""
    value = TimelineEntry(
        operation_id="operation-1",
        at=NOW,
        event=event,
        from_state=None,
        to_state=OperationState.SUBMITTED,
        actor_id="holder-1",
        role="holder",
        channel="app",
        office=None,
        policy_digest="sha256:" + "a" * 64,
        note=NOTE,
    )
    return replace(value, **changes)


def delegation(identifier: str = "delegation-1", **changes: Any) -> Delegation:
    """Return what holder-1 let holder-2 do for them."""
    value = Delegation(
        id=identifier,
        holder_id="holder-1",
        delegate_id="holder-2",
        region="510100",
        services=("activate", "report_formal_loss"),
        granted_at=NOW,
        until=date(2027, 5, 31),
        reason="far_from_home",
    )
    return replace(value, **changes)


def password(card_id: str = "card-1", **changes: Any) -> ServicePassword:
    """Return the password of a card."""
    return replace(ServicePassword(card_id, PASSWORD_HASH, NOW), **changes)


def batch(reference: str = "batch-1", **changes: Any) -> AccountBatch:
    """Return a batch that Qingdao's settlement system posted."""
    return replace(AccountBatch("370200", "370000", reference, "f" * 64, NOW, 1), **changes)


def entry(reference: str = "entry-1", **changes: Any) -> AccountEntry:
    """Return an entry of holder-1's account in Qingdao; other references get other ids."""
    value = AccountEntry(
        id=f"id-of-{reference}",
        holder_id="holder-1",
        region="370200",
        province="370000",
        reference=reference,
        kind=EntryKind.SPENDING,
        amount=4_550,
        occurred_at=NOW - timedelta(hours=2),
        posted_at=NOW,
        description=PURCHASE,
    )
    return replace(value, **changes)


def decision(identifier: str = "decision-1", **changes: Any) -> DecisionRecord:
    """Return a decision about operation-1."""
    value = DecisionRecord(
        id=identifier,
        operation_id="operation-1",
        service="apply",
        region="510100",
        province="510000",
        at=NOW,
        on=date(2026, 11, 21),
        known=date(2026, 11, 20),
        digest="sha256:" + "a" * 64,
        allowed=False,
        facts={"holder.age": 36, "holder.born_on": date(1990, 3, 7), "card.banks": ("one",), "holder.photo": None},
        outcome={"denials": [{"code": "TOO_YOUNG", "zh": "未满", "line": 12}], "fees": []},
    )
    return replace(value, **changes)


def document(identifier: str | None = "document-1") -> StoredDocument:
    """Return an uploaded photo."""
    return StoredDocument(
        evidence=DocumentEvidence(
            identifier, "photo", "jpeg", 51234, 358, 441, 350, True, "white", date(2026, 10, 1), False
        ),
        owner_id="holder-1",
        uploaded_by="holder-2",
        province="510000",
        uploaded_at=NOW,
        sha256="f" * 64,
        name="2026/11/photo.jpg",
    )


def upload(identifier: str = "document-1", **changes: Any) -> Upload:
    """Return an upload by holder-1."""
    return replace(Upload(identifier, "510000", "holder-1", NOW, "2026/11/photo.jpg", 51234), **changes)


def code(identifier: str = "code-1", **changes: Any) -> VerificationCode:
    """Return a code sent to holder-1."""
    value = VerificationCode(
        id=identifier,
        person_id="holder-1",
        purpose="report_loss",
        mobile=MOBILE,
        code_hash="hash",
        sent_at=NOW,
        expires_at=NOW + timedelta(minutes=5),
    )
    return replace(value, **changes)


def notice(identifier: str = "notice-1", **changes: Any) -> Notice:
    """Return a notice to the holder of the other samples."""
    fields: dict[str, Any] = {
        "holder_id": "holder-1",
        "kind": NoticeKind.MOBILE_CHANGED,
        "region": "510100",
        "province": "510000",
        "created_at": NOW,
        "due_at": NOW,
        "mobile": MOBILE,
        "language": "zh",
        "values": {"ward": NAME},
        "operation_id": "operation-1",
    }
    return Notice(id=identifier, **{**fields, **changes})


def payment(identifier: str = "payment-1", **changes: Any) -> Payment:
    """Return a payment for operation-1."""
    value = Payment(
        id=identifier,
        operation_id="operation-1",
        province="510000",
        provider_reference=f"reference-of-{identifier}",
        amount=1200,
        status=PaymentStatus.PENDING,
        created_at=NOW,
        actor_id="holder-1",
        relation="self",
        role="citizen",
        channel="national_mini_program",
        office="window-1",
    )
    return replace(value, **changes)


def audit_entry(**changes: Any) -> AuditEntry:
    """Return that document-1 was shown to a clerk."""
    value = AuditEntry(
        at=NOW,
        kind=AuditKind.LOOK,
        action="document",
        subject="clerk-1",
        role="clerk",
        channel="service_window",
        office="window-1",
        issuer="issuer-1",
        token_id="token-1",
        holder_id="holder-1",
        record_id="document-1",
        operation_id="operation-1",
        region="510100",
        reference="reference-1",
        digest="1" * 64,
        request_id="request-1",
    )
    return replace(value, **changes)


def disclosure(**changes: Any) -> Disclosure:
    """Return that somebody stood at a clerk's window."""
    value = Disclosure(
        province="510000",
        at=NOW,
        kind=DisclosureKind.PRESENT,
        record_id="document-1",
        operation_id="operation-1",
        holder_id="holder-1",
        actor_id="clerk-1",
        role="clerk",
        channel="service_window",
        office="window-1",
    )
    return replace(value, **changes)


def refund(identifier: str = "refund-1", **changes: Any) -> Refund:
    """Return a refund of payment-1."""
    value = Refund(
        id=identifier,
        operation_id="operation-1",
        province="510000",
        payment_id="payment-1",
        provider_reference="reference-of-payment-1",
        fee="postage",
        amount=1200,
        status=RefundStatus.PENDING,
        asked_at=NOW,
    )
    return replace(value, **changes)


def is_utc(moment: datetime | None) -> bool:
    """Say whether a moment is aware and in UTC."""
    return moment is not None and moment.tzinfo is UTC


def guardianship(**changes: Any) -> Guardianship:
    """Return who is guardian of holder-1, with all that can be on record of it."""
    later = NOW + timedelta(days=1)
    value = Guardianship(
        guardian_id="holder-2",
        ward_id="holder-1",
        kinship="parent",
        recorded_at=NOW,
        ended_at=later,
        region="510100",
        operation_id="operation-1",
        recorded_by="clerk-1",
        office="window-1",
        papers=("birth_certificate",),
        confirmed_by="clerk-2",
        in_force_at=NOW,
        grown_at=later,
        end_operation_id="operation-2",
        ended_by="clerk-2",
        end_office="window-1",
        end_papers=("guardianship_proof",),
        end_confirmed_by="clerk-1",
    )
    return replace(value, **changes)
