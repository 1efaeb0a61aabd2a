"""Putting people on record as the register has them, at a window."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import uuid4

from domain.duration import day_in_china
from domain.errors import Conflict, InvalidInput, NotFound
from domain.holder import Actor, Holder
from domain.identity import DocumentState, IdentityDocument
from domain.message import Message
from domain.names import normal_name
from domain.region import NATION
from gateways.identity_number import normalise_identity_number
from resolvers import rate_limiting
from resolvers.audit import told_of
from resolvers.changing import idempotency
from resolvers.changing.deaths import require_living
from resolvers.changing.details import require_visible
from resolvers.changing.standing import Viewer, note_present
from resolvers.changing.terms import require_term
from resolvers.changing.wrong_inputs import Wrong
from resolvers.dependencies import Dependencies
from resolvers.facts import CHANGEABLE
from store import UnitOfWork
from store.audit.entries import AuditKind

MAX_NAME = 100
REGISTER = "register_holder"
"""What the audit record calls it that somebody was put on record, or brought up to date."""


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A person as their identity document names them.

    Args:
        identity_type: a term of the identity types vocabulary; identity_number: of the document.
    """

    name: str
    identity_type: str
    identity_number: str


def in_one_spelling(dependencies: Dependencies, person: NamedPerson) -> NamedPerson:
    """Return a person in the spelling in which people are on record.

    Raises:
        InvalidInput: nobody can be named so; of several wrong fields, each is told.
    """
    name, number, faults = normal_name(person.name), "", Wrong()
    with faults:
        require_visible(person.name, "input.name")
        if not 0 < len(name) <= MAX_NAME:
            raise InvalidInput(Message("请填写姓名。", "Give the name."), field="input.name")
    with faults:
        require_identity_type(dependencies, person.identity_type, "input.identityType")
        number = normalise_identity_number(person.identity_type, person.identity_number, field="input.identityNumber")
    faults.refuse()
    return NamedPerson(name, person.identity_type, number)


def require_identity_type(dependencies: Dependencies, identity_type: str, field: str) -> None:
    """Refuse a kind of document that is none, rather than tell that the register knows nobody by it.

    Raises:
        InvalidInput: it is no term of the identity types vocabulary.
    """
    require_term(dependencies.policies().region(NATION).words, "identity_types", identity_type, field)


async def _main_document(work: UnitOfWork, found: Holder, now: Holder, on: date) -> dict[str, str]:
    """Return which document names a person who comes by one, and put that on record if it is not yet.

    Args:
        found: their record; now: as the register has them by the document that they bring; on: today in China.
    """
    brought = now.identity_type, now.identity_number
    own = await work.identity_documents.of_holder(found.id)
    same = next((document for document in own if document.is_by(*brought)), None)
    if same is None:
        await work.identity_documents.add(IdentityDocument(str(uuid4()), found.id, *brought))
    elif same.reads_as(on) is not DocumentState.CURRENT:
        brought = found.identity_type, found.identity_number
    return {"identity_type": brought[0], "identity_number": brought[1]}


async def register_holder(
    dependencies: Dependencies,
    actor: Actor,
    person: NamedPerson,
    key: idempotency.IdempotencyKey | None = None,
) -> Holder:
    """Put a person on record as the register has them, or bring their record up to date with it.

    Any document that they have or had on record finds them; the one by which they come is their main one then.

    Args:
        person: all documents that carry a citizen number are one person's.

    Raises:
        NotPermitted: whoever asks is no clerk, or the person's death is on record (`HOLDER_DECEASED`).
        NotFound, InvalidInput: the register does not know such a person, or the number cannot be one.
        GatewayUnavailable: the register did not answer.
        TooManyRequests: too many that were named before the register did not know.
    """
    async with rate_limiting.turn(dependencies, actor):
        rate_limiting.require_numbers(dependencies, actor)
        person = in_one_spelling(dependencies, person)
        viewer = Viewer.of(dependencies.policies(), actor, dependencies.clock.now())
        try:
            await idempotency.repeat(dependencies, key)
        except idempotency.AlreadyAnswered as before:
            # The clerk is shown them again, perhaps long after they stood there.
            shown = told_of(actor, viewer.now, AuditKind.LOOK, "holder", holder_id=before.answer.id)
            dependencies.store.looks.note([shown])
            raise
        named = person.name, person.identity_type, person.identity_number
        try:
            return await put_on_record(dependencies, actor, *named, key, before=viewer)
        except NotFound:
            await rate_limiting.wrong_number(dependencies, actor)
            raise


async def put_on_record(
    dependencies: Dependencies,
    actor: Actor,
    name: str,
    identity_type: str,
    number: str,
    key: idempotency.IdempotencyKey | None,
    own_id: str | None = None,
    before: Viewer | None = None,
) -> Holder:
    """Put a person on record as the register has them, or bring their record up to date with it.

    Args:
        own_id: the id that the identity provider knows them by, where they put themselves on record; None for a new one.
        before: the clerk before whom they stand with the document, if there is one.

    Raises:
        NotFound, NotPermitted, GatewayUnavailable: as for `register_holder`.
        Conflict: they are on record under another id than their own (`HOLDER_EXISTS`).
    """
    person = await dependencies.registry.confirm(name, identity_type, number)
    async with dependencies.store.transaction() as work:
        now = dependencies.clock.now()
        await idempotency.take_turn(work, key, now)
        # Two who register one person at once, by two documents perhaps, follow one another.
        await work.holders.take_turn(identity_type, number)
        found = await work.holders.find_by_identity(identity_type, number)
        if found is not None:
            require_living(found)
            _require_own(found, own_id)
        holder = Holder(
            id=found.id if found else own_id or str(uuid4()),
            name=normal_name(person.name),
            holder_type=person.holder_type,
            identity_type=person.identity_type,
            identity_number=person.identity_number,
            born_on=person.born_on,
            insured_in=person.insured_in,
            employed_in=person.employed_in,
            full_capacity=person.full_capacity,
            groups=person.groups,
            photo_on_file=person.photo_on_file,
            photo_taken_on=person.photo_taken_on,
        )
        if found is None:
            await work.holders.add(holder)
        else:
            kept = {name: getattr(found, name) for name in (*CHANGEABLE.values(), "mobile_bound_at", "version")}
            kept |= await _main_document(work, found, holder, day_in_china(now))
            holder = await work.holders.update(replace(holder, **kept))
        if before is not None:
            await note_present(work, before, holder)
        work.audit.tell(told_of(actor, now, AuditKind.CHANGE, REGISTER, holder_id=holder.id))
        await idempotency.keep(work, key, holder, now)
        return holder


def _require_own(found: Holder, own_id: str | None) -> None:
    if own_id is not None and found.id != own_id:
        raise Conflict(
            Message(
                "您已经登记在册，但登录账号没有与登记的记录关联。请带有效身份证件到服务网点窗口办理。",
                "You are on record already, and what you log in with is not linked to it; have it linked at a service window.",
            ),
            code="HOLDER_EXISTS",
        )
