"""Putting people on record as the register has them, and guardians with their papers, at a window."""

from dataclasses import replace
from uuid import uuid4

from domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from domain.holder import Actor, Guardianship, Holder
from domain.message import Message
from domain.names import normal_name
from gateways.identity_number import normalise_identity_number
from resolvers.changing import idempotency
from resolvers.changing.deaths import require_living
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.facts import CHANGEABLE, business_day, guardian_facts
from resolvers.changing.recording import record
from resolvers.changing.results import Guarded
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.wards import RECORD
from resolvers.dependencies import Dependencies

MAX_NAME = 100


def _clerks_only(actor: Actor) -> None:
    if actor.role != "clerk":
        raise NotPermitted(
            Message(
                "请带有效身份证件，到服务网点窗口登记。",
                "Please be registered at a service window, with an identity document.",
            )
        )


def check_identity_type(dependencies: Dependencies, identity_type: str, field: str) -> None:
    """Refuse a kind of document that is none, rather than tell that the register knows nobody by it.

    Raises:
        InvalidInput: it is no term of the identity types vocabulary.
    """
    if dependencies.policies().term_label("identity_types", identity_type) is None:
        raise InvalidInput(
            Message(
                "没有这一种证件，请重新选择证件类型。", "There is no such type of identity document; choose another."
            ),
            field=field,
        )


async def register_holder(
    dependencies: Dependencies,
    actor: Actor,
    name: str,
    identity_type: str,
    identity_number: str,
    key: idempotency.IdempotencyKey | None = None,
) -> Holder:
    """Put a person on record as the register has them, or bring their record up to date with it.

    Args:
        identity_type: a term of the identity types vocabulary; all documents that carry a citizen number are one person's.

    Raises:
        NotPermitted: whoever asks is no clerk, or the person's death is on record (`HOLDER_DECEASED`).
        NotFound, InvalidInput: the register does not know such a person, or the number cannot be one.
        GatewayUnavailable: the register did not answer.
    """
    _clerks_only(actor)
    name = normal_name(name)
    if not 0 < len(name) <= MAX_NAME:
        raise InvalidInput(Message("请填写姓名。", "Give the name."), field="input.name")
    check_identity_type(dependencies, identity_type, "input.identityType")
    number = normalise_identity_number(identity_type, identity_number, field="input.identityNumber")
    await idempotency.repeat(dependencies, key, idempotency.checked_already)
    person = await dependencies.registry.confirm(name, identity_type, number)
    async with dependencies.store.transaction() as work:
        now = dependencies.clock.now()
        await idempotency.take_turn(work, key, now, idempotency.checked_already)
        # Two who register one person at once, by two documents perhaps, follow one another.
        await work.holders.take_turn(identity_type, number)
        found = await work.holders.find_by_identity(identity_type, number)
        if found is not None:
            require_living(found)
        holder = Holder(
            id=found.id if found else str(uuid4()),
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
            kept = {name: getattr(found, name) for name in (*CHANGEABLE.values(), "version")}
            holder = await work.holders.update(replace(holder, **kept))
        await idempotency.keep(work, key, holder, now)
        return holder


async def record_guardianship(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, guardian_id: str, ward_id: str, kinship: str
) -> Guarded:
    """Put a guardian on record, who is at a window with the proof (SC-12).

    Args:
        request: the ward's region decides, and where nothing says which that is, the one named or the clerk's own.
        kinship: in words, such as 父亲; 1 to 100 characters.

    Raises:
        NotPermitted: whoever asks is no clerk, or of another region than the ward (`WARD_OF_ANOTHER_REGION`).
        NotFound: guardian or ward is not on record.
        DecisionRefused: the region's policy says no, or something is missing.
        Conflict: they are guardian and ward already (`GUARDIANSHIP_EXISTS`).
    """
    if not 0 < len(kinship.strip()) <= MAX_NAME:
        raise InvalidInput(Message("请填写与被监护人的关系。", "Give the kinship."), field="input.kinship")
    request = await about_guardianship(dependencies, actor, request, guardian_id, ward_id)
    async with decided_transaction(dependencies, actor, request) as decided:
        if await decided.work.guardianships.between(guardian_id, ward_id) is not None:
            raise Conflict(
                Message(
                    "监护关系已经登记，不用再办。", "The guardianship is on record already; nothing is left to do."
                ),
                code="GUARDIANSHIP_EXISTS",
            )
        guardianship = Guardianship(guardian_id, ward_id, kinship.strip(), decided.now, region=decided.region)
        await decided.work.guardianships.add(guardianship)
        return await record(decided, Guarded(guardianship, decided.decision))


async def end_guardianship(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, guardian_id: str, ward_id: str
) -> Guarded:
    """End a guardianship; from then on the guardian is nobody to the ward.

    Args:
        request: decided as for `record_guardianship`; who is present, where it is not the ward.

    Raises:
        NotPermitted: whoever asks is no clerk, or of another region than the ward (`WARD_OF_ANOTHER_REGION`).
        NotFound: the ward is not on record, or has no such guardian now (`GUARDIANSHIP_NOT_FOUND`).
        DecisionRefused: the region's policy says no, or something is missing.
    """
    request = await about_guardianship(dependencies, actor, request, guardian_id, ward_id)
    async with decided_transaction(dependencies, actor, request) as decided:
        ended = await decided.work.guardianships.end(guardian_id, ward_id, decided.now)
        if ended is None:
            raise NotFound(
                Message(
                    "没有登记这个监护关系，或者已经终止，请核对。",
                    "No such guardianship is on record, or it has ended; check who is meant.",
                ),
                field="input.guardianId",
                code="GUARDIANSHIP_NOT_FOUND",
            )
        return await record(decided, Guarded(ended, decided.decision))


async def about_guardianship(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, guardian_id: str, ward_id: str
) -> ServiceRequest:
    """Return a request about a ward, with what the policies want to know of the guardian.

    Raises:
        NotPermitted: whoever asks is no clerk.
        NotFound: the guardian is not on record.
        InvalidInput: guardian and ward are one person.
    """
    _clerks_only(actor)
    if request.service == RECORD:
        if guardian_id == ward_id:
            raise InvalidInput(
                Message("监护人不能是本人，请填写另一个人。", "Nobody is their own guardian; name another person."),
                field="input.guardianId",
            )
        request = replace(request, present_id=guardian_id)
    async with dependencies.store.reading() as work:
        guardian = await work.holders.get(guardian_id)
    if request.service == RECORD:
        require_living(guardian)
    known = guardian_facts(guardian, request.present_id == guardian_id, business_day(dependencies.clock.now()))
    return replace(request, holder_id=ward_id, derived_facts={**request.derived_facts, **known})
