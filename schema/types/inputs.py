"""Inputs that several mutations share, and how they become a `ServiceRequest`."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, ClassVar

import strawberry

from domain import operation as domain
from domain.access import Standing
from domain.errors import InvalidInput
from domain.message import Message
from policies.engine.decide import Policies
from resolvers.changing.beside import look_beside
from resolvers.changing.idempotency import IdempotencyKey, idempotency_key
from resolvers.changing.input_paths import CHOSEN, DECLARED, DOCUMENTS
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.wrong_inputs import Wrong
from schema.kit.context import Context, Info
from schema.kit.described import field
from schema.kit.relay import local_id
from schema.kit.scalars import Answers


@strawberry.input(description="What the applicant fills in. Which of it is needed, `requirements` tells.")
class DetailsInput:
    """Filled-in fields; each is a term of the details vocabulary."""

    mobile: str | None = field("Mobile number, registered in the applicant's own name.", default=None)
    landline: str | None = field("Landline number.", default=None)
    residence_address: str | None = field("Address of residence.", default=None)
    residence_region: str | None = field("GB/T 2260 code of the residence.", default=None)
    residence_postcode: str | None = field("Postcode of the residence.", default=None)
    register_address: str | None = field("Household-register address.", default=None)
    card_number: str | None = field("Card number, on the photo side.", default=None)
    identity_number: str | None = field("Identity number, where somebody confirms whose it is.", default=None)
    remarks: str | None = field("Remarks.", default=None)


@strawberry.input(description="One declared fact. Which ones are asked for, `requirements` tells.")
class DeclarationInput:
    """A declaration."""

    name: str = field("The fact, such as `declared.…`.")
    value: str = field(
        "Its value: true or false, a whole number, YYYY-MM-DD, a moment with its zone, or a term; several terms by commas; empty where"
        " there is none, of what can be absent."
    )


@strawberry.input(description="One thing that a region lets people choose. Which ones, `requirements` tells.")
class ChoiceInput:
    """A choice."""

    fact: str = field("The fact, such as `choice.…`.")
    value: str = field(
        "Its value: true or false, a whole number, YYYY-MM-DD, a moment with its zone, or a term; several terms by commas; empty where"
        " there is none, of what can be absent."
    )


@strawberry.input(description="How the card should reach its holder.")
class DeliveryInput:
    """A delivery."""

    method: str | None = field(
        "A term of the delivery methods vocabulary, such as `post` or `outlet`. Nothing at all is filled in without it.",
        default=None,
    )
    outlet: str | None = field("The outlet of collection.", default=None)
    region_code: str | None = field("GB/T 2260 code of the address, for the postage.", default=None)
    recipient: str | None = field("Who receives it.", default=None)
    mobile: str | None = field("The recipient's mobile number.", default=None)
    address: str | None = field("The address.", default=None)
    postcode: str | None = field("The postcode.", default=None)

    def value(self) -> domain.Delivery | None:
        """Return the delivery as a value of the domain; None where nothing is filled in, as forms send it.

        Raises:
            InvalidInput: something is, and not the way of delivery.
        """
        if self.method is None:
            if any(value is not None for value in vars(self).values()):
                raise no_delivery()
            return None
        return domain.Delivery(
            method=self.method,
            outlet=self.outlet,
            region=self.region_code,
            recipient=self.recipient,
            mobile=self.mobile,
            address=self.address,
            postcode=self.postcode,
        )


def no_delivery() -> InvalidInput:
    """Return the answer to a delivery of which nobody chose the way."""
    return InvalidInput(
        Message("请选择领卡方式。", "Choose how the card reaches its holder."), field="input.delivery.method"
    )


SIGHTED = "Types of the originals that a clerk has seen."
"""How the graph describes what a clerk has seen."""


@strawberry.input(description="What is brought along to satisfy requirements.")
class EvidenceInput:
    """Evidence."""

    details: DetailsInput | None = field("Filled-in fields.", default=None)
    declarations: list[DeclarationInput] = field("Declared facts.", factory=list)
    choices: list[ChoiceInput] = field(
        "What the region lets people choose besides, such as an urgent card.", factory=list
    )
    declared: Answers | None = field(
        "Declared facts as `requirements { form }` has them: by name without `declared.`, each value of its own type.",
        default=None,
    )
    chosen: Answers | None = field(
        "Choices that the region adds, as `requirements { form }` has them: by name without `choice.`, each value of its own type.",
        default=None,
    )
    document_ids: list[strawberry.ID] = field("Ids from `uploadDocument`.", factory=list)
    sighted_documents: list[str] = field(SIGHTED, factory=list)
    verification_code: str | None = field("The code from `requestVerificationCode`.", default=None)
    bound_mobile_code: str | None = field(
        "The code that `requestVerificationCode` sent to the bound mobile number, where `details` gives another number in its place "
        "and `verificationCode` is the one that was sent there.",
        default=None,
    )
    face_assertion: str | None = field("The face-check provider's signed assertion.", default=None)


def details_of(given: DetailsInput | None) -> dict[str, str]:
    """Return the filled-in fields by their names in the vocabulary."""
    return {name: value for name, value in vars(given).items() if value is not None} if given else {}


def document_ids(given: list[strawberry.ID], wrong: Wrong) -> tuple[str, ...]:
    """Return the ids of documents.

    Args:
        wrong: is told of those that are none.
    """
    found: list[str] = []
    for place, identifier in enumerate(given):
        with wrong:
            found.append(local_id(identifier, "Document", f"{DOCUMENTS}.{place}"))
    return tuple(found)


def _as_texts(record: str, given: Answers | None) -> dict[str, str]:
    """Return answers by the facts' names, as texts; what nobody answered is left out."""
    told = {f"{record}.{name}": value for name, value in (given or {}).items() if value is not None}
    return {name: _as_text(value) for name, value in told.items()}


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list) else str(value)


def declarations_of(given: list[DeclarationInput]) -> dict[str, str]:
    """Return declarations by the facts' names.

    Raises:
        InvalidInput: a fact is declared twice.
    """
    texts = {item.name: item.value for item in given}
    if len(texts) < len(given):
        raise InvalidInput(
            Message("有一项填写了两次，请只保留一次。", "A fact is declared twice; keep one."),
            field="input.evidence.declarations",
        )
    return texts


def choices_of(given: list[ChoiceInput]) -> dict[str, str]:
    """Return choices by the facts' names.

    Raises:
        InvalidInput: something is chosen twice.
    """
    texts = {item.fact: item.value for item in given}
    if len(texts) < len(given):
        raise InvalidInput(
            Message("有一项选择了两次，请只保留一次。", "Something is chosen twice; keep one."),
            field="input.evidence.choices",
        )
    return texts


def _both(listed: dict[str, str], stated: dict[str, str], field: str) -> dict[str, str]:
    """Return what came in a list with what came by name.

    Raises:
        InvalidInput: something came in both.
    """
    for name in listed.keys() & stated.keys():
        raise InvalidInput(
            Message("有一项填写了两次，请只保留一次。", "This is given twice; keep one."),
            field=f"{field}.{name.partition('.')[2]}",
        )
    return listed | stated


@strawberry.input(description="What every mutation takes.")
class MutationInput:
    """An input."""

    idempotency_key: str | None = field(
        "Your own name for this change, 1 to 200 characters: the same key and input give the first answer again.",
        default=None,
    )

    def key(self, info: Info, content: Mapping[str, Any] | None = None) -> IdempotencyKey | None:
        """Return the caller's key for this change.

        Args:
            content: what is asked, where it cannot be told from the fields alone.
        """
        if self.idempotency_key is None:
            return None
        asked = {name: item for name, item in (content or asdict(self)).items() if name != "idempotency_key"}
        context = info.context
        return idempotency_key(
            context.dependencies, context.require_actor(), type(self).__name__, self.idempotency_key, asked
        )


@strawberry.input(description="What every mutation that policies decide takes.")
class ServiceInput(MutationInput):
    """An input of a service."""

    service: ClassVar[str]
    asks: ClassVar[Standing]
    refusal: ClassVar[Message | None]
    """Who may ask for it at all, and why others may not; written beside its mutation."""

    policy_digest: str | None = field(
        "Of the decision that was quoted, to be told if it no longer holds.", default=None
    )
    evidence: EvidenceInput | None = field("What is brought along.", default=None)

    def asked(self) -> dict[str, Any]:
        """Return the fields of the `ServiceRequest` that only this service has, by name."""
        return {}

    def further_ids(self) -> tuple[tuple[strawberry.ID | None, str, str], ...]:
        """Return ids that only its use case takes, each with the kind of which it has to be and its path."""
        return ()

    def with_own(self, request: ServiceRequest) -> ServiceRequest:
        """Return a request with what is wrong with texts that only this mutation takes, to be told with all else."""
        return request

    def request(self, info: Info) -> ServiceRequest:
        """Return the request as plain values."""
        return self.request_under(info.context, self.key(info))

    def request_under(self, context: Context, key: IdempotencyKey | None) -> ServiceRequest:
        """Return the request as plain values, under a key."""
        policies, digest = context.dependencies.policies(), self.policy_digest
        more = {"ids": self.further_ids(), "with_own": self.with_own, **self.asked()}
        return request_of(policies, self.service, self.evidence, policy_digest=digest, key=key, **more)

    async def prepared(self, info: Info) -> ServiceRequest:
        """Return the request with what the use case works out of the input before it is decided, such as an age.

        Raises:
            DomainError: as the use case refuses it.
        """
        return self.request(info)


@strawberry.input(description="What every mutation on an operation takes.")
class OperationInput(ServiceInput):
    """An input about an operation."""

    operation_id: strawberry.ID = field("The operation.")

    def asked(self) -> dict[str, Any]:
        """Return the operation."""
        return {"operation_id": self.operation_id}


@strawberry.input(description="What a mutation on an operation takes that people ask for at a window too.")
class AttendedOperationInput(OperationInput):
    """An input about an operation, at a window of who is there."""

    present_person_id: strawberry.ID | None = field(
        "At a window, who is there: the holder, a guardian, a delegate or whoever collects; if left out, only that an"
        " office acts is known. Clerks only.",
        default=None,
    )

    def asked(self) -> dict[str, Any]:
        """Return the operation, and who is there."""
        return {**OperationInput.asked(self), "present_id": self.present_person_id}


@strawberry.input(description="What every mutation on a card takes.")
class CardInput(ServiceInput):
    """An input about a card."""

    card_id: strawberry.ID = field("The card.")
    present_person_id: strawberry.ID | None = field(
        "At a window or on the telephone, who asks: the holder (if left out), a guardian, a delegate. Clerks only.",
        default=None,
    )

    outlet: str | None = field(
        "Where it is done, if the region lets people choose: a term of the region's outlets.", default=None
    )

    def asked(self) -> dict[str, Any]:
        """Return the card, who is there, and where it is done."""
        return {
            "card_id": self.card_id,
            "present_id": self.present_person_id,
            "outlet": self.outlet,
        }


def request_of(
    policies: Policies,
    service: str,
    evidence: EvidenceInput | None,
    *,
    region: str | None = None,
    holder_id: strawberry.ID | None = None,
    present_id: strawberry.ID | None = None,
    card_id: strawberry.ID | None = None,
    operation_id: strawberry.ID | None = None,
    bank: str | None = None,
    outlet: str | None = None,
    delivery: DeliveryInput | None = None,
    reissue_reason: str | None = None,
    cancellation_reason: str | None = None,
    policy_digest: str | None = None,
    key: IdempotencyKey | None = None,
    ids: tuple[tuple[strawberry.ID | None, str, str], ...] = (),
    with_own: Callable[[ServiceRequest], ServiceRequest] | None = None,
) -> ServiceRequest:
    """Return what a mutation's input asks for, as plain values.

    Args:
        ids: further ones that have to be of their kinds; nothing else is done with them here.
        with_own: adds what is wrong with what only one mutation takes, where an id is wrong, so that all is told at once.

    Raises:
        InvalidInput: an id is none, or something is given twice; with all else that is wrong, as far as it can be told.
    """
    wrong, way = Wrong(), None
    _ids(wrong, *(("", *each) for each in ids))
    named = _ids(
        wrong,
        ("holder_id", holder_id, "Holder", "input.holderId"),
        ("present_id", present_id, "Holder", "input.presentPersonId"),
        ("card_id", card_id, "Card", "input.cardId"),
        ("operation_id", operation_id, "Operation", "input.operationId"),
    )
    with wrong:
        way = delivery.value() if delivery else None
    request = ServiceRequest(
        service=service,
        region=region,
        **named,
        bank=bank,
        outlet=outlet,
        delivery=way,
        **_brought(evidence or EvidenceInput(), wrong),
        reissue_reason=reissue_reason,
        cancellation_reason=cancellation_reason,
        policy_digest=policy_digest,
        key=key,
    )
    if wrong.found:
        look_beside(policies, request if with_own is None else with_own(request), wrong)
        wrong.refuse()
    return request


def _brought(given: EvidenceInput, wrong: Wrong) -> dict[str, Any]:
    """Return what comes with a request, as plain values by their names in `ServiceRequest`."""
    declared, chosen = _as_texts("declared", given.declared), _as_texts("choice", given.chosen)
    declarations, choices = declared, chosen
    with wrong:
        declarations = _both(declarations_of(given.declarations), declared, DECLARED)
    with wrong:
        choices = _both(choices_of(given.choices), chosen, CHOSEN)
    return {
        "details": details_of(given.details),
        "declarations": declarations,
        "choices": choices,
        "stated": (*declared, *chosen),
        "documents": document_ids(given.document_ids, wrong),
        "sighted": tuple(given.sighted_documents),
        # A form sends what nobody has filled in as an empty text.
        "face_assertion": given.face_assertion or None,
        "verification_code": given.verification_code or None,
        "bound_mobile_code": given.bound_mobile_code or None,
    }


def _ids(wrong: Wrong, *given: tuple[str, strawberry.ID | None, str, str]) -> dict[str, Any]:
    """Return the local ids that are given, by name; what is no id of its kind is told under its path."""
    ids = {}
    for name, identifier, kind, path in given:
        if identifier is not None:
            with wrong:
                ids[name] = local_id(identifier, kind, path)
    return ids
