"""What somebody is told by SMS of what was done about them: which changes, in which words, and how far each message is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from domain.message import Language, Message


class NoticeKind(StrEnum):
    """What somebody is told of."""

    GUARDIANSHIP_ASKED = "guardianship_asked"  # waits for a second clerk
    GUARDIANSHIP_CONFIRMED = "guardianship_confirmed"  # may be objected to until it takes effect
    GUARDIANSHIP_DONE = "guardianship_done"
    GUARDIANSHIP_DROPPED = "guardianship_dropped"  # objected to, or withdrawn
    MOBILE_CHANGED = "mobile_changed"  # goes to the number of before
    DELEGATED = "delegated"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - no password


class NoticeState(StrEnum):
    """How far a message is."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"
    NO_NUMBER = "no_number"


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to one person, on record since the change that it tells of.

    Args:
        id: UUID; also the idempotency key at the provider.
        holder_id: who is told; region: GB/T 2260, where it was decided; operation_id: which operation it is about, if one.
        mobile: E.164, where it goes; None where no number is bound. language, values: what fills the text.
        due_at: when it is tried next, None once nothing is left to do; tries: how often it was tried.
        done_at: when it was sent, or given up.
    """

    id: str
    holder_id: str
    kind: NoticeKind
    region: str
    province: str
    created_at: datetime
    due_at: datetime | None
    mobile: str | None = field(repr=False)
    language: Language
    values: Mapping[str, Any] = field(repr=False)
    operation_id: str | None = None
    state: NoticeState = NoticeState.WAITING
    tries: int = 0
    done_at: datetime | None = None


_K = NoticeKind
GUARDIANSHIPS, NUMBERS = "notify_of_guardianships", "notify_of_changed_number"
DELEGATIONS, PASSWORDS = "notify_of_delegations", "notify_of_changed_password"
SETTINGS: Final[Mapping[NoticeKind, str]] = MappingProxyType(
    {
        _K.GUARDIANSHIP_ASKED: GUARDIANSHIPS,
        _K.GUARDIANSHIP_CONFIRMED: GUARDIANSHIPS,
        _K.GUARDIANSHIP_DONE: GUARDIANSHIPS,
        _K.GUARDIANSHIP_DROPPED: GUARDIANSHIPS,
        _K.MOBILE_CHANGED: NUMBERS,
        _K.DELEGATED: DELEGATIONS,
        _K.PASSWORD_CHANGED: PASSWORDS,
    }
)
"""The shared setting in which a region says whether it sends such messages (regions/*/settings.yaml)."""
IN_ENGLISH: Final = "notices_in_english"
"""The shared setting that says which holder types are told in English; everybody else is told in Chinese."""

WHOM: Final[Mapping[str, Message]] = MappingProxyType(
    {
        "own": Message("您", "you"),
        "ward": Message("您监护的{ward}", "your ward {ward}"),
        "next": Message("被监护人{ward}", "the ward {ward}"),
    }
)
"""How a message about a guardian calls the ward: to the ward, to a guardian on record, to whoever is to be one."""
TEXTS: Final[Mapping[NoticeKind, Message]] = MappingProxyType(
    {
        _K.GUARDIANSHIP_ASKED: Message(
            "有人为{whom}申请了“{service}”，正在等待复核。您不同意的，可以按规定在复核前提出异议：请登录您使用的社会保障卡应用办理，"
            "也可以到{place}的社会保障卡服务网点咨询。复核后还有异议期的，会再次通知您。",
            "“{service}” was asked for concerning {whom} and waits for a second clerk. If you do not agree, you may object until then, as "
            "far as the rules allow it: please use your social security card app, or ask at a service point in {place}. If there is "
            "time to object afterwards, you are told again.",
        ),
        _K.GUARDIANSHIP_CONFIRMED: Message(
            "为{whom}申请的“{service}”已经复核，将于{until}生效。现任监护人或者被监护人不同意的，请在此前登录社会保障卡应用提出异议，"
            "也可以到{place}的社会保障卡服务网点咨询。",
            "“{service}” concerning {whom} was confirmed and takes effect on {until}. If the guardian on record or the ward does not "
            "agree, please object before that in the social security card app, or ask at a service point in {place}.",
        ),
        _K.GUARDIANSHIP_DONE: Message(
            "为{whom}申请的“{service}”已经办结。认为有误的，请尽快带有效身份证件到{place}的社会保障卡服务网点查询。",
            "“{service}” concerning {whom} is done. If that is wrong, please bring an identity document to a service point in {place} soon.",
        ),
        _K.GUARDIANSHIP_DROPPED: Message(
            "为{whom}申请的“{service}”已经终止。原来的监护关系没有变化。",
            "“{service}” concerning {whom} is over, and nothing comes of it. Who is guardian stays as it was.",
        ),
        _K.MOBILE_CHANGED: Message(
            "您绑定的手机号码已经变更，这个号码不再接收验证码。不是您本人办理的，请立即带有效身份证件到{place}的社会保障卡服务网点处理。",
            "Another mobile number was bound to your social security card services; this one gets no codes any more. If it was not you, "
            "please bring an identity document to a service point in {place} at once.",
        ),
        _K.DELEGATED: Message(
            "受托人{delegate}可以代您办理{services}，有效期至{until}。不是您本人委托的，请立即登录您使用的社会保障卡应用撤销委托，"
            "也可以带有效身份证件到{place}的社会保障卡服务网点处理。",
            "{delegate} may act for you in: {services}, until {until}. If you did not ask for that, please revoke it in your social "
            "security card app at once, or bring an identity document to a service point in {place}.",
        ),
        _K.PASSWORD_CHANGED: Message(
            "您的社会保障卡服务密码已经变更。不是您本人办理的，请立即带有效身份证件到{place}的社会保障卡服务网点处理。",
            "The service password of your social security card was changed. If it was not you, please bring an identity document to a "
            "service point in {place} at once.",
        ),
    }
)
"""What people are told: no number of anybody, and no name but as `initial` has it."""


def initial(name: str) -> str:
    """Return what a message shows of a name: its first character, which is the family name of most."""
    return f"{name[:1]}**"
