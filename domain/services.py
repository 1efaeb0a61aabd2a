"""What the software can do, service by service: which records a rule may read facts of. Standard library only.

A record is the part of a fact's name before its first dot. `policies/` refuses what a service cannot reach,
`resolvers/facts/` loads it, and a test holds the two together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType

from domain.message import Message


class About(StrEnum):
    """What a request for a service is about."""

    REGION = "region"
    PERSON = "person"
    CARD = "card"
    OPERATION = "operation"


class Reach(Enum):
    """Whether a record that a service reaches is always there, or need not be: a card that is not made yet."""

    ALWAYS = True
    PERHAPS = False


RECORDS: Mapping[str, Message] = MappingProxyType(
    {
        "request": Message("本次请求", "this request"),
        "actor": Message("申请人或代办人，及其所在机构", "who acts, and their office"),
        "holder": Message("持卡人", "the holder"),
        "history": Message("持卡人的历史记录", "the holder's history"),
        "card": Message("社会保障卡", "the card"),
        "operation": Message("办件", "the operation"),
        "replaced": Message("被替换的旧卡", "the card that is replaced"),
        "choice": Message("申请人的选择", "what the applicant chose"),
        "declared": Message("本人申报", "what the applicant declared"),
        "delivery": Message("寄送", "the delivery"),
        "password": Message("新设的服务密码", "the new service password"),
        "change": Message("变更内容", "what is changed"),
        "insurance": Message("参保险种", "insurance kinds"),
        "delegation": Message("委托", "the delegation"),
        "guardian": Message("要登记或终止登记的监护人", "the guardian to be put on record, or off it"),
    }
)
"""Every record, with what people call it."""

_OF_A_PERSON = dict.fromkeys(("request", "actor", "holder", "history"), Reach.ALWAYS)
_REACHED: Mapping[About, Mapping[str, Reach]] = {
    About.REGION: dict.fromkeys(("request", "actor"), Reach.ALWAYS),
    About.PERSON: _OF_A_PERSON,
    # A card that was made elsewhere came of no operation on record.
    About.CARD: {**_OF_A_PERSON, "card": Reach.ALWAYS, "operation": Reach.PERHAPS, "replaced": Reach.PERHAPS},
    About.OPERATION: {
        **_OF_A_PERSON,
        "operation": Reach.ALWAYS,
        "card": Reach.PERHAPS,
        "replaced": Reach.PERHAPS,
        "choice": Reach.ALWAYS,
        "delivery": Reach.ALWAYS,
        "declared": Reach.PERHAPS,
    },
}
"""What is reached from what a request is about: from a card the operation that made it, from an operation its card."""


@dataclass(frozen=True, slots=True)
class Service:
    """What the software can do for one service.

    Args:
        about: what a request is about.
        brings: records that come with the request itself.
        nobody_acts: nobody in particular asks, so that nothing is known of who acts.
        makes_card: its operations end in a new card.
        records: everything that its rules may read, with whether it is always there.
    """

    about: About
    brings: frozenset[str] = frozenset()
    nobody_acts: bool = False
    makes_card: bool = False
    records: Mapping[str, Reach] = field(init=False)

    def __post_init__(self) -> None:
        """Work out what is reached."""
        reached = {**_REACHED[self.about], **dict.fromkeys(self.brings, Reach.ALWAYS)}
        left_out = {"actor"} if self.nobody_acts else set()
        found = {name: reached[name] for name in RECORDS if name in reached and name not in left_out}
        object.__setattr__(self, "records", MappingProxyType(found))


def _person(*brings: str, makes_card: bool = False) -> Service:
    return Service(About.PERSON, frozenset(brings), makes_card=makes_card)


def _card(*brings: str, nobody_acts: bool = False, makes_card: bool = False) -> Service:
    return Service(About.CARD, frozenset(brings), nobody_acts=nobody_acts, makes_card=makes_card)


def _operation(*brings: str) -> Service:
    return Service(About.OPERATION, frozenset(brings))


SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        "apply": _person("choice", "delivery", "declared", makes_card=True),
        "deliver": _operation("choice", "delivery", "declared"),
        "pay": _operation(),
        "withdraw": _operation("declared"),
        "accept": _operation(),
        "request_correction": _operation(),
        "correct": _operation("declared"),
        "produce": _operation(),
        "ship": _operation(),
        "receive": _operation(),
        "activate": _card("declared"),
        "progress": _operation(),
        "status": _card(),
        "use": _card(),
        "functions": _card(nobody_acts=True),
        "remind": _card(nobody_acts=True),
        "report_temporary_loss": _card("declared"),
        "report_formal_loss": _card("declared"),
        "cancel_loss_report": _card("declared"),
        "reissue": _card("choice", "delivery", "declared", makes_card=True),
        "set_password": _card("password", "declared"),
        "change_password": _card("password", "declared"),
        "reset_password": _card("password", "declared"),
        "lock": _card(),
        "update_information": _card("change", "declared"),
        "transfer_in": _card("insurance", "declared"),
        "cancel": _card("choice", "declared"),
        "close_account": _card(),
        "account_entries": _person(),
        "post_account_entries": Service(About.REGION),
        "delegate": _person("delegation", "declared"),
        "revoke_delegation": _person(),
        "record_guardianship": _person("guardian", "declared"),
        "end_guardianship": _person("guardian", "declared"),
    }
)
"""Every service of the services vocabulary."""


def records_of(service: str) -> Mapping[str, Reach]:
    """Return what the rules of a service may read, with whether it is always there; nothing of a service unheard of."""
    known = SERVICES.get(service)
    return known.records if known is not None else {}


def services_reading(record: str, among: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the services whose rules may read facts of a record.

    Args:
        among: the services asked about; all of them if None.
    """
    return tuple(name for name in (SERVICES if among is None else among) if record in records_of(name))
