"""SMS verification codes: bound to person, purpose and number; hashed, short-lived, few tries, slow to resend.

Wrong tries are counted in a transaction of their own, so that a refused change cannot roll them back.
"""

import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from domain.access import AT_WINDOW, BOUND_NUMBER, HOLDER
from domain.errors import InvalidInput
from domain.holder import Actor
from domain.message import Language, Message
from domain.rate_limits import Limited
from domain.region import NATION
from domain.verification import OTHER_PURPOSES
from gateways.mobile import mask_mobile, normalise_mobile
from resolvers import rate_limiting
from resolvers.audit import told_of
from resolvers.changing import idempotency
from resolvers.changing.access import not_found, ties_between
from resolvers.changing.deaths import require_living, require_living_people
from resolvers.changing.input_paths import MOBILE_CODE
from resolvers.changing.results import CodeSent
from resolvers.changing.standing import Viewer, standing_to_person
from resolvers.changing.terms import require_purpose
from resolvers.dependencies import Dependencies
from store import UnitOfWork
from store.audit.entries import AuditKind
from store.records import VerificationCode

DIGITS = 6
CODE_SENT, CODE_WRONG = "code_sent", "code_wrong"
"""What the audit record calls what became of a code."""


async def request_verification_code(
    dependencies: Dependencies,
    actor: Actor,
    service: str,
    mobile: str | None,
    language: Language,
    key: idempotency.IdempotencyKey | None = None,
    holder_id: str | None = None,
) -> CodeSent:
    """Send a code for one service or other purpose to a number, or to the one that is bound, which whoever asks need not know.

    Args:
        mobile: where to; None for the number that is bound.
        holder_id: whose bound number; None for whoever asks. It is good for a request of whoever asked for it.

    Raises:
        InvalidInput: not a mobile number, no purpose, or none is bound (`NO_MOBILE_BOUND`).
        NotFound: there is no such holder, or whoever asks may not act for them in this service.
        TooManyRequests: too soon, or too many (`CODE_TOO_SOON`).
        GatewayUnavailable: the provider did not take it.
    """
    now = dependencies.clock.now()
    label = _purpose(dependencies, actor, service)
    if mobile is not None:
        number, is_told = normalise_mobile(mobile, field="input.mobile"), True
    else:
        number, is_told = await _bound_number(dependencies, actor, service, holder_id, now)
    # Who may have the old answer is made sure of by now.
    await idempotency.repeat(dependencies, key)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    identifier = str(uuid4())
    record = VerificationCode(
        id=identifier,
        person_id=actor.person_id,
        purpose=service,
        mobile=number,
        code_hash=_hash(dependencies.code_key, identifier, code),
        sent_at=now,
        expires_at=now + dependencies.verification.lifetime,
    )
    async with dependencies.store.transaction() as work:
        await idempotency.take_turn(work, key, now)
        await require_living_people(work, [actor.person_id])
        counted = await _counted_by(work, actor, number, bound=mobile is None)
        resend_at = await rate_limiting.count(dependencies, work, actor, *counted)
        sent = CodeSent(mask_mobile(number) if is_told else None, record.expires_at, resend_at or now)
        await work.codes.add(record)
        about = {"record_id": record.id, "reference": service, "holder_id": holder_id if mobile is None else None}
        work.audit.tell(told_of(actor, now, AuditKind.PROOF, CODE_SENT, **about))
        await idempotency.keep(work, key, sent, now)
    minutes = int(dependencies.verification.lifetime.total_seconds() // 60)
    try:
        await dependencies.sms.send_code(number, code, label, minutes, language)
    except Exception:
        # The next request under the same key must not be told of a code that nobody got.
        async with dependencies.store.transaction(unrecorded=True) as work:
            await idempotency.drop(work, key)
        raise
    return sent


async def _bound_number(
    dependencies: Dependencies, actor: Actor, service: str, holder_id: str | None, now: datetime
) -> tuple[str, bool]:
    """Return the number that is bound to somebody for whom whoever asks may act, which they need not know.

    Returns:
        The number, and whether they are told it, its middle hidden: whoever sees it in the holder's record.

    Raises:
        NotFound: there is no such person, or not for them.
        InvalidInput: none is bound (`NO_MOBILE_BOUND`).
        NotPermitted: their death is on record (`HOLDER_DECEASED`).
    """
    identifier = holder_id or actor.person_id
    viewer = Viewer.of(dependencies.policies(), actor, now)
    async with dependencies.store.reading() as work:
        ties = await ties_between(work, actor.person_id, identifier, now)
        found = (await work.holders.get_many([identifier])).get(identifier)
        standing = await standing_to_person(work, viewer, found or identifier) if viewer.desk else viewer.by_ties(ties)
    trusted = any(each.holds(viewer.today) and service in each.services for each in ties.delegations)
    # Who comes to a window becomes its business; nobody comes to a hotline.
    serves = viewer.desk & AT_WINDOW or (viewer.desk and standing & HOLDER)
    if found is None or not (serves or ties.same or ties.guardian or trusted):
        raise not_found("持卡人", "holder", identifier, "input.holderId" if holder_id is not None else None)
    require_living(found)
    if found.mobile is None:
        raise _none_bound(own=ties.same)
    return found.mobile, bool(standing & BOUND_NUMBER)


_NONE_BOUND_TO_THEM = Message(
    "您还没有绑定手机号码，不能发送验证码。请带有效身份证件，到服务网点窗口登记手机号码。",
    "You have no mobile number bound, so no code can be sent. Please bring an identity document to a service window, to have"
    " one recorded.",
)
_NONE_BOUND_TO_HOLDER = Message(
    "持卡人还没有绑定手机号码，不能发送验证码。请持卡人带有效身份证件，到服务网点窗口登记手机号码。",
    "The holder has no mobile number bound, so no code can be sent. Please let the holder bring an identity document to a"
    " service window, to have one recorded.",
)


def _none_bound(*, own: bool) -> InvalidInput:
    """Return what to do where no number is bound."""
    told = _NONE_BOUND_TO_THEM if own else _NONE_BOUND_TO_HOLDER
    return InvalidInput(
        told,
        field="input.mobile",
        code="NO_MOBILE_BOUND",
    )


def _purpose(dependencies: Dependencies, actor: Actor, service: str) -> Message:
    """Return what a service is called where the channel belongs to: a city's app says the city's word."""
    policies = dependencies.policies()
    require_purpose(policies.region(NATION).words, service)
    if service in OTHER_PURPOSES:
        return OTHER_PURPOSES[service]
    places = policies.tree.regions.values()
    home = next((place for place in places if place.words.term("channels", actor.channel)), policies.region(NATION))
    return home.words.label("services", service)


async def _counted_by(work: UnitOfWork, actor: Actor, number: str, *, bound: bool) -> list[rate_limiting.Counted]:
    """Return what a code is counted by: whoever asks for it, and the number, but for whoever it is bound to.

    What strangers ask for does not count against whose number it is, nor against an office, nor against who may act for them; and
    the other way round. Nor does what one office asks for count against another.

    Args:
        bound: whether it goes to the number of somebody for whom they may act, which they need not know.
    """
    if actor.role != "citizen":
        return [
            (Limited.CODES_OF_STAFF, actor.person_id),
            (Limited.CODES_TO_NUMBER, f"{number} staff {actor.office or ''}"),
        ]
    asker = Limited.CODES_OF_PERSON, actor.person_id
    own = (await work.holders.get_many([actor.person_id])).get(actor.person_id)
    if own is not None and own.mobile == number:
        return [asker]
    return [asker, (Limited.CODES_TO_NUMBER, f"{number} {'acting' if bound else 'strangers'}")]


def _hash(key: bytes, identifier: str, code: str) -> str:
    return hmac.new(key, f"{identifier}:{code}".encode(), hashlib.sha256).hexdigest()


def wrong_code(field: str = MOBILE_CODE) -> InvalidInput:
    """Return the answer to a code that is wrong, used or expired; it does not say which."""
    return InvalidInput(
        Message(
            "验证码不对、用过了或者过期了，请核对，或重新获取。",
            "The code is wrong, used or expired; check it or ask for another.",
        ),
        field=field,
        code="VERIFICATION_CODE_WRONG",
    )


def _usable(dependencies: Dependencies, code: VerificationCode | None, now: datetime) -> bool:
    limits = dependencies.verification
    return code is not None and code.consumed_at is None and now < code.expires_at and code.tries < limits.tries


async def matching_code(
    dependencies: Dependencies, work: UnitOfWork, person_id: str, service: str, mobile: str | None, given: str
) -> VerificationCode | None:
    """Return the code that was sent if it is the given one and still good, else None; it stays as it is."""
    latest = await work.codes.lock_latest(person_id, service, mobile) if mobile else None
    if latest is None or not _usable(dependencies, latest, dependencies.clock.now()):
        return None
    return latest if _matches(dependencies, latest, given) else None


def _matches(dependencies: Dependencies, code: VerificationCode, given: str) -> bool:
    return hmac.compare_digest(code.code_hash, _hash(dependencies.code_key, code.id, given.strip()))


async def guard_code(
    dependencies: Dependencies, person_id: str, service: str, mobile: str | None, given: str, field: str = MOBILE_CODE
) -> None:
    """Refuse a wrong code and count it against the tries, in a transaction of its own.

    Raises:
        InvalidInput: it is wrong, used or expired (`VERIFICATION_CODE_WRONG`).
    """
    async with dependencies.store.transaction() as work:
        right = await matching_code(dependencies, work, person_id, service, mobile, given)
        latest = await work.codes.lock_latest(person_id, service, mobile) if mobile else None
        if right is None and latest is not None:
            await work.codes.update(replace(latest, tries=latest.tries + 1))
            about = {"record_id": latest.id, "reference": service}
            now = dependencies.clock.now()
            entry = told_of(None, now, AuditKind.PROOF, CODE_WRONG, **about)
            work.audit.tell(replace(entry, subject=person_id))
    if right is None:
        raise wrong_code(field)


async def consume_code(work: UnitOfWork, person_id: str, service: str, mobile: str, now: datetime) -> None:
    """Use a checked code up.

    Raises:
        InvalidInput: another request used it first.
    """
    latest = await work.codes.lock_latest(person_id, service, mobile)
    if latest is None or latest.consumed_at is not None:
        raise wrong_code()
    await work.codes.update(replace(latest, consumed_at=now))
