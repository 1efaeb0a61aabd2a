"""What a change does before its transaction: what must not be rolled back with it, and what must not hold its rows.

A wrong verification code counts whatever becomes of the request; a register outside may be slow.
"""

from domain.card import Card
from domain.duration import day_in_china
from domain.errors import DomainError, InvalidInput
from domain.frozen import replace
from domain.holder import Actor
from domain.services import records_of
from resolvers.changing import idempotency, verification
from resolvers.changing.access import is_staff, not_found
from resolvers.changing.details import given_mobile
from resolvers.changing.evidence import OWN_MOBILE
from resolvers.changing.input_paths import BOUND_MOBILE_CODE, MOBILE_CODE
from resolvers.changing.insurance import look_up_insurance
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.subjects import Subject, find_card, find_subject, name_input, where_decided
from resolvers.dependencies import Dependencies
from store import UnitOfWork

HELD = "insurance.held"
"""The fact that is asked of the insurance register."""


async def prepared(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ServiceRequest:
    """Do what must not happen inside the transaction: count a wrong code, and ask registers outside.

    Raises:
        AlreadyAnswered: the same was asked and answered under this key before.
        InvalidInput: the verification code is wrong, used or expired; it counts as a try.
        GatewayUnavailable: a register did not answer.
    """
    request = where_decided(dependencies.policies(), request)
    region, code, card_id = request.region, request.verification_code or request.bound_mobile_code, request.card_id
    on_card = region is not None and card_id is not None
    asks_register = on_card and _reads_insurance(dependencies, request.service, region or "")
    if request.wrong:
        return request  # refused with all else that is wrong, before a code is used up
    try:
        typed = given_mobile(request)
    except InvalidInput:
        return request  # refused with all else that is wrong, before anything hangs on a number that there is not
    mobile = typed if _asks_whose_mobile(dependencies, request) else None
    if code is None and not asks_register and mobile is None:
        return request
    if code is None and mobile is None and request.key is None and region is not None and card_id is not None:
        async with dependencies.store.reading() as work:
            card = await find_card(dependencies, work, actor, request, card_id)
        return await _with_insurance(dependencies, request, card, region)
    subject = await answered_before(dependencies, actor, request)
    if mobile is not None and await _is_own(dependencies, subject, mobile):
        request = replace(request, own_mobile=mobile)
    codes = (
        (request.verification_code, typed or subject.holder.mobile, MOBILE_CODE),
        (request.bound_mobile_code, subject.holder.mobile, BOUND_MOBILE_CODE),
    )
    for given, number, field in codes:
        if given is None:
            continue
        try:
            await verification.guard_code(dependencies, actor.person_id, request.service, number, given, field)
        except DomainError:
            # A twin under the same key may have used the code up meanwhile; then its answer is ours.
            await answered_before(dependencies, actor, request)
            raise
    if region is None or not asks_register:
        return request
    return await _with_insurance(dependencies, request, subject.card, region)


async def _with_insurance(
    dependencies: Dependencies, request: ServiceRequest, card: Card | None, region: str
) -> ServiceRequest:
    """Return a request with what the insurance register knows of a card's holder in a region."""
    held = await look_up_insurance(dependencies, card, region)
    return replace(request, derived_facts={**request.derived_facts, HELD: held})


def _asks_whose_mobile(dependencies: Dependencies, request: ServiceRequest) -> bool:
    """Say whether a rule in force asks for a mobile number of one's own, which only its register knows."""
    policies, region = dependencies.policies(), request.region
    if region is None or region not in policies.tree.regions:
        return False
    effective = policies.effective(request.service, region, day_in_china(dependencies.clock.now()))
    return effective is not None and effective.asks_for_proof(OWN_MOBILE)


async def _is_own(dependencies: Dependencies, subject: Subject, mobile: str) -> bool:
    """Say whether a mobile number is registered in the name of who acts; of who is not on record, nobody can."""
    person = subject.holder
    if subject.person_id != person.id:
        async with dependencies.store.reading() as work:
            found = (await work.holders.get_many([subject.person_id])).get(subject.person_id)
        if found is None:
            return False
        person = found
    return await dependencies.mobiles.is_own(person.name, person.identity_type, person.identity_number, mobile)


def _reads_insurance(dependencies: Dependencies, service: str, region: str) -> bool:
    """Say whether a rule in force reads what only the insurance register knows."""
    if "insurance" not in records_of(service):
        return False
    effective = dependencies.policies().effective(service, region, day_in_china(dependencies.clock.now()))
    return effective is not None and HELD in effective.roots


async def answered_before(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> Subject:
    """Return what a request is about, as it reads now.

    Raises:
        AlreadyAnswered: the same was asked and answered under this key before, and is still theirs to ask.
        and whatever `find_subject` raises.
    """
    async with dependencies.store.reading() as work:
        subject = await find_subject(dependencies, work, actor, request, lock=False)
        await answer_again(work, actor, request, subject)
    return subject


async def answer_again(work: UnitOfWork, actor: Actor, request: ServiceRequest, subject: Subject) -> None:
    """Answer a request that was answered before, unless it is no business of whoever asks any more.

    Raises:
        AlreadyAnswered: the same was asked and answered under this key before.
        Conflict: the key was used for something else (`IDEMPOTENCY_KEY_REUSED`).
        NotFound: what was answered holds what only who may ask now may see.
    """
    if request.key is None:
        return
    kept = await idempotency.find_answer(work, request.key, subject.now)
    if kept is not None:
        if subject.relation == "none" and not is_staff(actor):
            missing = not_found("持卡人", "holder", subject.holder.id)
            name_input(missing, request)
            raise missing
        idempotency.answer_again(kept, request.key)
