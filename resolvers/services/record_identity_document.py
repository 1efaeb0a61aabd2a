"""Putting an identity document of somebody on record: a further one, or the one that took the place of another."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import uuid4

from domain.errors import Conflict, NotFound
from domain.holder import Actor, Holder
from domain.identity import IdentityDocument
from domain.message import Message
from domain.names import same_name
from domain.operation import OperationState
from gateways.identity_number import normalise_identity_number
from gateways.registry import RegistryPerson
from resolvers import rate_limiting
from resolvers.changing.beforehand import answered_before
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import Change, begun
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decided_transaction, preview
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.wrong_inputs import Wrong
from resolvers.dependencies import Dependencies
from resolvers.looking_up.holders import require_identity_type


@dataclass(frozen=True, slots=True)
class NewDocument:
    """An identity document as it is to come on record.

    Args:
        type: a term of the identity types vocabulary; number: as typed.
        issued_on, expires_on: its first and last day, where they are known.
        replaces: id of the document whose place it takes; None for a further one.
    """

    type: str
    number: str
    issued_on: date | None = None
    expires_on: date | None = None
    replaces: str | None = None


def about_document(dependencies: Dependencies, request: ServiceRequest, document: NewDocument) -> ServiceRequest:
    """Return a request with what the policies want to know of the document.

    Returns:
        The request, with what is wrong: there is no such type of document, or none of it can have the number.
    """
    wrong = Wrong()
    with wrong:
        require_identity_type(dependencies, document.type, "input.identityType")
        normalise_identity_number(document.type, document.number, field="input.identityNumber")
    facts = {
        "identity.type": document.type,
        "identity.issued_on": document.issued_on,
        "identity.expires_on": document.expires_on,
        "identity.replaces_another": document.replaces is not None,
    }
    return replace(request, derived_facts={**request.derived_facts, **facts}, wrong=tuple(wrong.found))


async def record_identity_document(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, document: NewDocument
) -> ChangeResult:
    """Put an identity document on record, as the register has it; the same once more brings its days up to date.

    Where it takes the place of the person's main document, it is the main one from then on.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
        InvalidInput: no document of that type can have the number.
        NotFound: the register knows nobody of the person's name with it, or they have no document that it could replace.
        Conflict: the register has another date of birth (`IDENTITY_DIFFERS`), or the document is somebody else's on record
            (`IDENTITY_OF_ANOTHER_HOLDER`).
        GatewayUnavailable: the register did not answer.
        TooManyRequests: too many that were named before the register did not know.
    """
    request = about_document(dependencies, request, document)
    if request.wrong:
        await preview(
            dependencies, actor, request
        )  # which refuses it with all else that is wrong: no register is asked
    number = normalise_identity_number(document.type, document.number, field="input.identityNumber")
    known = (await answered_before(dependencies, actor, request)).holder
    async with rate_limiting.turn(dependencies, actor):
        rate_limiting.require_numbers(dependencies, actor, known.id)
        try:
            person = await dependencies.registry.confirm(known.name, document.type, number)
        except NotFound:
            await rate_limiting.wrong_number(dependencies, actor, known.id)
            raise
    async with decided_transaction(dependencies, actor, request) as decided:
        _require_same_person(decided.holder, person)
        new = replace(document, number=number)
        holder = await _with_document(decided, new)
        operation = begun(decided, OperationState.COMPLETED)
        return await carry_out(decided, Change(operation, holder=holder, note=document.type))


def _require_same_person(holder: Holder, person: RegistryPerson) -> None:
    """Refuse a document of somebody else, who has the same name or had it when the register was asked."""
    if holder.born_on == person.born_on and same_name(holder.name, person.name):
        return
    raise Conflict(
        Message(
            "登记系统中这个证件的姓名或出生日期与持卡人的记录不一致，不能登记。请核对是否为同一人。"
            "姓名已变更的，请先用已登记的证件重新登记。",
            "The register has another name or date of birth with this document than is on record here. Check whether they are "
            "one person. After a change of name, register the person anew by a document that is on record.",
        ),
        field="input.identityNumber",
        code="IDENTITY_DIFFERS",
    )


async def _with_document(decided: DecidedRequest, document: NewDocument) -> Holder:
    """Write the document down, and return the holder's record with the main document that it has then."""
    work, holder = decided.work, decided.holder
    own = await work.identity_documents.of_holder(holder.id)
    replaced = _replaced(own, document)
    same = next((each for each in own if each.is_by(document.type, document.number)), None)
    if same is not None:
        # Given out anew under its number, as identity cards are.
        issued, expires = document.issued_on or same.issued_on, document.expires_on or same.expires_on
        await work.identity_documents.update(replace(same, issued_on=issued, expires_on=expires, replaced_at=None))
    else:
        await _require_unused(decided, document)
        new = IdentityDocument(
            str(uuid4()), holder.id, document.type, document.number, document.issued_on, document.expires_on
        )
        await work.identity_documents.add(new)
    if replaced is None or replaced == same:
        return holder
    await work.identity_documents.update(replace(replaced, replaced_at=decided.now))
    if not replaced.is_by(holder.identity_type, holder.identity_number):
        return holder
    return replace(holder, identity_type=document.type, identity_number=document.number)


def _replaced(own: tuple[IdentityDocument, ...], document: NewDocument) -> IdentityDocument | None:
    """Return the document of the holder whose place another takes.

    Raises:
        NotFound: they have no such document, of the same type and not replaced yet.
    """
    if document.replaces is None:
        return None
    for each in own:
        if each.id == document.replaces and each.type == document.type and each.replaced_at is None:
            return each
    raise NotFound(
        Message(
            "持卡人没有登记这个证件，或者证件类型不同，或者已被换领，请核对。",
            "The holder has no such document on record, or it is of another type, or was replaced already; check which one.",
        ),
        field="input.replacesId",
    )


async def _require_unused(decided: DecidedRequest, document: NewDocument) -> None:
    """Refuse a document that leads to somebody else on record, and keep it from doing so until the commit."""
    await decided.work.holders.take_turn(document.type, document.number)
    found = await decided.work.holders.find_by_identity(document.type, document.number)
    if found is not None and found.id != decided.holder.id:
        raise Conflict(
            Message(
                "这个证件已登记在另一条记录下。确为同一人的，请把两条记录合并。",
                "This document is on record with another person. If the two are one, have their records merged.",
            ),
            field="input.identityNumber",
            code="IDENTITY_OF_ANOTHER_HOLDER",
        )
