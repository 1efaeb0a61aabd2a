"""Whom a change is told to, and in which words: a row in the transaction of the change, which is sent after it (`sending.py`)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

from domain.duration import day_in_china
from domain.holder import Delegation, Holder
from domain.message import Language, Message, joined
from domain.notice import IN_ENGLISH, SETTINGS, TEXTS, WHOM, Notice, NoticeKind, initial
from domain.operation import Operation, OperationState
from domain.region import NATION, around, province_of
from policies.engine.decide import Policies
from policies.tree.region_policies import RegionPolicies
from resolvers.changing.decided_request import DecidedRequest

SERVICES_NAMED: Final = 3
"""How many services a message names at most; a text is paid for by its length."""
_OF_STATE: Final[Mapping[OperationState, NoticeKind]] = {
    OperationState.SUBMITTED: NoticeKind.GUARDIANSHIP_ASKED,
    OperationState.CONFIRMED: NoticeKind.GUARDIANSHIP_CONFIRMED,
    OperationState.COMPLETED: NoticeKind.GUARDIANSHIP_DONE,
    OperationState.OBJECTED: NoticeKind.GUARDIANSHIP_DROPPED,
    OperationState.WITHDRAWN: NoticeKind.GUARDIANSHIP_DROPPED,
}
Concerned = tuple[Holder, str]
"""Somebody whom a request about a guardian concerns, and how the ward is called to them: a key of `WHOM`."""
OWN, WARD, NEXT = "own", "ward", "next"


async def tell(
    decided: DecidedRequest,
    kind: NoticeKind,
    holder: Holder,
    values: Mapping[str, Any] | None = None,
    operation: Operation | None = None,
) -> None:
    """Have somebody told of a change, once it is committed, where the region sends such messages.

    Args:
        holder: who; to the number that is bound in this record, as it was before the change.
        values: what fills the text; operation: which one it is about.
    """
    now, region, policies = decided.now, decided.region, decided.dependencies.policies()
    on = day_in_china(now)
    if _setting(policies, region, SETTINGS[kind], on) is False:
        return
    english = _setting(policies, region, IN_ENGLISH, on) or ()
    language: Language = "en" if holder.holder_type in english else "zh"
    notice = Notice(
        id=str(uuid4()),
        holder_id=holder.id,
        kind=kind,
        region=region,
        province=province_of(region),
        created_at=now,
        due_at=now,
        mobile=holder.mobile,
        language=language,
        values=dict(values or {}),
        operation_id=operation.id if operation is not None else None,
    )
    await decided.work.notices.add(notice)


async def tell_delegator(decided: DecidedRequest, delegation: Delegation, delegate: Holder) -> None:
    """Have the holder told in whose name a delegation was made."""
    services = list(delegation.services)
    values = {"delegate": initial(delegate.name), "services": services, "until": delegation.until.isoformat()}
    await tell(decided, NoticeKind.DELEGATED, decided.holder, values)


async def concerned(decided: DecidedRequest, guardian_id: str) -> tuple[Concerned, ...]:
    """Return whom a request about a guardian concerns, as they are before it is carried out.

    These are the guardians on record, who may object; whoever is to be guardian beside or after them; and the ward, if a number is
    bound. Where nobody is guardian, nobody loses anything, and whoever is to be one stands at the window.
    """
    ward, work = decided.holder, decided.work
    guardians = [each.guardian_id for each in await work.guardianships.of_ward(ward.id) if each.holds(decided.now)]
    told = dict.fromkeys(guardians, WARD)
    if guardians:
        told.setdefault(guardian_id, NEXT)
    people = await work.holders.get_many(told) if told else {}
    found = [(people[holder_id], whom) for holder_id, whom in told.items() if holder_id in people]
    return (*found, *([(ward, OWN)] if ward.mobile is not None else []))


async def tell_concerned(decided: DecidedRequest, operation: Operation, people: tuple[Concerned, ...]) -> None:
    """Have those told whom a request about a guardian concerns, of where it stands now: whoever is to be one, once that is decided.

    Args:
        operation: as it was written.
    """
    kind = _OF_STATE[operation.state]
    values: dict[str, Any] = {"ward": initial(decided.holder.name), "service": operation.service}
    if kind is NoticeKind.GUARDIANSHIP_CONFIRMED and operation.state_until is not None:
        values["until"] = operation.state_until.isoformat()
    for holder, whom in people:
        if whom is not NEXT or kind is not NoticeKind.GUARDIANSHIP_ASKED:
            await tell(decided, kind, holder, {**values, "whom": whom}, operation)


def text_of(policies: Policies, notice: Notice) -> Message:
    """Return what a notice says, in the words of the region."""
    place = _place(policies, notice.region)
    known = notice.values
    filled: dict[str, Message] = {"place": place.region.name}
    if "whom" in known:
        ward = Message(known["ward"], known["ward"])
        filled["whom"] = _filled(WHOM[known["whom"]], {"ward": ward})
        filled["service"] = place.words.label("services", known["service"])
    if "delegate" in known:
        filled["delegate"] = Message(known["delegate"], known["delegate"])
        filled["services"] = _services(place, known["services"])
    if "until" in known:
        filled["until"] = _day(known["until"])
    return _filled(TEXTS[notice.kind], filled)


def _filled(text: Message, values: Mapping[str, Message]) -> Message:
    return Message(
        text.zh.format(**{name: value.zh for name, value in values.items()}),
        text.en.format(**{name: value.en for name, value in values.items()}),
    )


def _services(place: RegionPolicies, services: list[str]) -> Message:
    labels = [place.words.label("services", service) for service in services[:SERVICES_NAMED]]
    named, more = joined(labels, "、", ", "), len(services) - SERVICES_NAMED
    return Message(f"{named.zh}等{len(services)}项业务", f"{named.en} and {more} more") if more > 0 else named


def _day(text: str) -> Message:
    """Return a day, or the day in China of a moment, as people write it."""
    day = date.fromisoformat(text) if len(text) == len("2026-11-20") else day_in_china(datetime.fromisoformat(text))
    return Message(f"{day.year}年{day.month}月{day.day}日", day.isoformat())


def _place(policies: Policies, code: str) -> RegionPolicies:
    """Return the smallest region around a place that has policies."""
    known = policies.tree.regions
    return next((known[each] for each in reversed(around(code)) if each in known), policies.region(NATION))


def _setting(policies: Policies, region: str, name: str, on: date) -> Any:
    """Return what a region says in a shared setting; None where it says nothing."""
    setting = _place(policies, region).shared_settings.get(name)
    value = setting.at(on, on) if setting is not None else None
    return value.value if value is not None else None
