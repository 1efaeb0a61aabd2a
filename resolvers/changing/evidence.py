"""Gathering what a request brought along: verified proofs, measured documents, filled-in details."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.card import Card
from domain.errors import InvalidInput, NotFound, NotPermitted, WrongInputs, WrongNumber
from domain.evidence import DocumentEvidence, Evidence
from domain.holder import Actor, Holder
from domain.message import Message
from domain.services import records_of
from domain.spelling import one_width
from gateways.face_assertion import FaceAssertion
from gateways.mobile import mask_mobile
from policies.language.vocabulary import Lexicon
from resolvers import rate_limiting
from resolvers.changing import verification
from resolvers.changing.access import document_not_found, in_person
from resolvers.changing.input_paths import BOUND_MOBILE_CODE, CHANGE, DOCUMENTS, FACE, MOBILE_CODE, path_of_detail
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.subjects import Subject
from resolvers.changing.wrong_inputs import Wrong
from resolvers.dependencies import Dependencies
from store import UnitOfWork
from store.records import StoredDocument

OWN_MOBILE = "own_mobile"
"""The proof that a mobile number is registered in the name of who acts (NX-1): a term of the proofs vocabulary."""
TYPED = frozenset({"card_number", "identity_number"})
"""Details that have to be as they are on record."""


@dataclass(frozen=True, slots=True)
class CollectedEvidence:
    """Evidence, with what must be used up when the decision allows the change.

    Args:
        evidence: for the policies; its details are normalised.
        face: the assertion to consume; code_mobile: the number whose verification code to consume; bound_mobile: the bound
            number, where a code of its own is to be consumed besides.
    """

    evidence: Evidence
    face: FaceAssertion | None
    code_mobile: str | None
    bound_mobile: str | None = None


async def collect_evidence(
    dependencies: Dependencies,
    work: UnitOfWork,
    actor: Actor,
    request: ServiceRequest,
    subject: Subject,
    details: dict[str, str],
    *,
    tried: bool = False,
) -> CollectedEvidence:
    """Verify and collect everything that came with a request.

    Args:
        subject: what it is about; details: what was filled in, of `details_of`.
        tried: whether it is only tried out; then numbers that were typed count as right, so that nobody finds one out by trying.

    Raises:
        InvalidInput: a proof was given that does not hold; a document or detail cannot be right.
        NotFound: a document does not exist or belongs to somebody else.
        NotPermitted: originals are sighted by somebody who is no clerk.
        TooManyRequests: too many wrong numbers were typed before.
    """
    if request.resumed is not None:
        return CollectedEvidence(request.resumed.evidence, None, request.resumed.code_mobile)
    holder, words = subject.holder, dependencies.policies().region(subject.region).words
    if not tried and not details.keys().isdisjoint(TYPED):
        rate_limiting.require_numbers(dependencies, actor, holder.id)
    proofs = set(_typed_right(details, None if tried else holder, subject.card))
    face = None
    if request.face_assertion:
        face = await verified_face(
            dependencies, subject.person_id, request.service, request.face_assertion, subject.now
        )
        proofs.add("face_check")
    if request.own_mobile is not None and request.own_mobile == details.get("mobile"):
        proofs.add(OWN_MOBILE)
    mobile = None
    bound = None
    if request.bound_mobile_code is not None:
        bound = holder.mobile
        await _require_code(dependencies, work, actor, request, bound, request.bound_mobile_code, BOUND_MOBILE_CODE)
        proofs |= {"sms_code", "bound_mobile_code"}
    if request.verification_code is not None:
        mobile = details.get("mobile") or holder.mobile
        await _require_code(dependencies, work, actor, request, mobile, request.verification_code, MOBILE_CODE)
        proofs |= {"sms_code", "bound_mobile_code" if mobile == holder.mobile else "new_mobile_code"}
        asks_for_another = subject.relation == "delegate" and CHANGE not in records_of(request.service)
        if asks_for_another and mobile is not None and "mobile" not in details:
            # A delegate need not know the number that the code went to: it counts as filled in, and is not kept in full.
            details["mobile"] = mask_mobile(mobile)
    if actor.role == "clerk" and actor.office is not None and in_person(words, actor.channel):
        proofs.add("presence")
    if subject.relation == "guardian":
        proofs.add("guardianship")
    documents = await _documents(work, request, holder)
    sighted = _sighted(actor, request)
    return CollectedEvidence(Evidence(frozenset(proofs), (*documents, *sighted), details), face, mobile, bound)


async def _require_code(
    dependencies: Dependencies,
    work: UnitOfWork,
    actor: Actor,
    request: ServiceRequest,
    mobile: str | None,
    given: str,
    field: str,
) -> None:
    """Refuse a code that is not the one that was sent to a number.

    Raises:
        InvalidInput: it is wrong, used or expired (`VERIFICATION_CODE_WRONG`).
    """
    person, service = actor.person_id, request.service
    if await verification.matching_code(dependencies, work, person, service, mobile, given) is None:
        raise verification.wrong_code(field)


def _typed_right(details: dict[str, str], holder: Holder | None, card: Card | None) -> set[str]:
    """Refuse a card or identity number that was typed wrong; a right identity number is a proof, and goes no further.

    Args:
        holder, card: whose numbers they ought to be; no holder where that is not to be told.

    Raises:
        WrongNumber: the number is another's (`CARD_NUMBER_WRONG`, `IDENTITY_NUMBER_WRONG`).
    """
    typed = details.get("card_number")
    if typed is not None and holder is not None and card is not None and typed.upper() != card.number:
        raise WrongNumber(
            Message(
                "社会保障卡号不对，请核对。卡号印在有照片的一面。",
                "That is not this card's number; it is on the photo side.",
            ),
            field=path_of_detail("card_number"),
            code="CARD_NUMBER_WRONG",
            holder_id=holder.id,
        )
    number = details.pop("identity_number", None)
    if number is None:
        return set()
    if holder is not None and "".join(one_width(number).split()).upper() != holder.identity_number:
        raise WrongNumber(
            Message(
                "证件号码与登记的不一致，请核对。", "That is not the identity number on record; check it and try again."
            ),
            field=path_of_detail("identity_number"),
            code="IDENTITY_NUMBER_WRONG",
            holder_id=holder.id,
        )
    return {"identity_number"}


async def verified_face(
    dependencies: Dependencies, person_id: str, purpose: str, given: str, now: datetime, field: str = FACE
) -> FaceAssertion:
    """Return what a face check says.

    Raises:
        InvalidInput: it does not hold, or is of somebody else or for something else (`FACE_ASSERTION_INVALID`).
    """
    assertion = await dependencies.faces.verify(given, now)
    if assertion.person_id != person_id or assertion.purpose != purpose:
        raise InvalidInput(
            Message(
                "人脸识别不是本人做的，或者不是为这件事做的，请重新识别。",
                "The face check is for another person or purpose; do it again.",
            ),
            field=field,
            code="FACE_ASSERTION_INVALID",
        )
    return assertion


async def _documents(work: UnitOfWork, request: ServiceRequest, holder: Holder) -> list[DocumentEvidence]:
    stored = await work.documents.get_many(request.documents) if request.documents else {}
    missing = _missing(request, stored, holder)
    if len(missing) > 1:
        raise WrongInputs([InvalidInput(each.message, field=each.field, code=each.code) for each in missing])
    for only in missing:
        raise only
    return [stored[identifier].evidence for identifier in dict.fromkeys(request.documents)]


def _missing(request: ServiceRequest, stored: Mapping[str, StoredDocument], holder: Holder) -> list[NotFound]:
    """Return the answers to ids of documents that are not there, or somebody else's."""
    found = []
    for place, identifier in enumerate(request.documents):
        if identifier not in stored or stored[identifier].owner_id != holder.id:
            found.append(document_not_found())
            found[-1].field = f"{DOCUMENTS}.{place}"
    return found


async def tell_of_documents(work: UnitOfWork, request: ServiceRequest, holder: Holder, wrong: Wrong) -> None:
    """Note the ids of documents that are not there, or somebody else's, beside what else is wrong."""
    if request.documents and request.resumed is None:
        stored = await work.documents.get_many(request.documents)
        missing = _missing(request, stored, holder)
        wrong.found.extend(InvalidInput(each.message, field=each.field, code=each.code) for each in missing)


def require_seen(words: Lexicon, actor: Actor, request: ServiceRequest) -> None:
    """Refuse originals that nobody can have brought: to a telephone. What is refused anyway is told why without that.

    Raises:
        NotPermitted: originals are sighted by a clerk who sees nobody.
    """
    if request.sighted and request.resumed is None and not in_person(words, actor.channel):
        raise NotPermitted(
            Message(
                "电话等不见面的渠道不能查验原件，请不要填写查验过的原件；要凭原件办理的，请当事人到服务网点窗口办理。",
                "No original is seen by telephone; leave the originals out, or have the person come to a service window.",
            ),
            field="input.evidence.sightedDocuments",
        )


def _sighted(actor: Actor, request: ServiceRequest) -> list[DocumentEvidence]:
    if request.sighted and actor.role != "clerk":
        raise NotPermitted(
            Message(
                "只有窗口工作人员可以登记查验过的原件，请上传材料。",
                "Only a clerk can record originals; upload the documents.",
            )
        )
    return [DocumentEvidence(id=None, type=name, sighted=True) for name in dict.fromkeys(request.sighted)]


async def consume_proofs(
    work: UnitOfWork, actor: Actor, request: ServiceRequest, collected: CollectedEvidence, now: datetime
) -> None:
    """Consume one-time proofs, in the transaction of the change that they allowed.

    Raises:
        Conflict: another request used them first.
    """
    if collected.face is not None:
        await work.face_checks.consume(collected.face.id, collected.face.person_id, request.service, now)
    if collected.bound_mobile is not None:
        await verification.consume_code(work, actor.person_id, request.service, collected.bound_mobile, now)
    if collected.code_mobile is not None:
        await verification.consume_code(work, actor.person_id, request.service, collected.code_mobile, now)
