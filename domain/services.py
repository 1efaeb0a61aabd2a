"""What the software can do, service by service: which records a rule may read facts of, what can be chosen. Standard library only.

A record is the part of a fact's name before its first dot. `policies/` refuses what a service cannot reach,
`resolvers/facts/` loads it, and a test holds the two together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType

from domain.fee import Due


class About(StrEnum):
    """What a request for a service is about."""

    REGION = "region"
    PERSON = "person"
    CARD = "card"
    OPERATION = "operation"


class Choice(StrEnum):
    """What people choose in every region, by the fact that holds it; and all that a region adds, under one name."""

    BANK = "choice.bank"
    OUTLET = "choice.outlet"
    DELIVERY = "choice.delivery"
    REISSUE_REASON = "choice.reissue_reason"
    CANCELLATION_REASON = "choice.cancellation_reason"
    ADDED = "choice.*"


class Reach(Enum):
    """Whether a record that a service reaches is always there, or need not be: a card that is not made yet."""

    ALWAYS = True
    PERHAPS = False


CHOICE, DELIVERY = "choice", "delivery"
"""The records of what is chosen, and of where a card is sent."""
RECORDS = (
    "request",
    "actor",
    "holder",
    "history",
    "card",
    "operation",
    "replaced",
    CHOICE,
    "declared",
    DELIVERY,
    "password",
    "change",
    "insurance",
    "delegation",
    "guardian",
    "identity",
    "merge",
    "death",
)
"""Every record, by the part of a fact's name that stands for it."""

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
        CHOICE: Reach.ALWAYS,
        DELIVERY: Reach.ALWAYS,
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
        takes: the choices that can be made with a request for it, and are kept with its operation.
        step_of: the services of whose operations it is a step; None of any.
        records: everything that its rules may read, with whether it is always there.
    """

    about: About
    brings: frozenset[str] = frozenset()
    nobody_acts: bool = False
    makes_card: bool = False
    takes: frozenset[Choice] = frozenset()
    step_of: frozenset[str] | None = None
    records: Mapping[str, Reach] = field(init=False)

    def __post_init__(self) -> None:
        """Work out what is reached."""
        brought = {*self.brings, *({CHOICE} if self.takes else ())}
        reached = {**_REACHED[self.about], **dict.fromkeys(brought, Reach.ALWAYS)}
        left_out = {"actor"} if self.nobody_acts else set()
        found = {name: reached[name] for name in RECORDS if name in reached and name not in left_out}
        object.__setattr__(self, "records", MappingProxyType(found))


_STEP = frozenset({Choice.ADDED})
"""Choices of a step of an operation: whatever else was chosen stands."""
_AT_ONCE = frozenset({Choice.OUTLET, Choice.ADDED})
"""Choices of what is done at once with a card: where, and what a region adds."""
_OF_A_CARD = frozenset({Choice.BANK, Choice.OUTLET, Choice.DELIVERY, Choice.ADDED})
"""Choices of who asks for a card."""


def _person(*brings: str, makes_card: bool = False, takes: frozenset[Choice] = frozenset()) -> Service:
    return Service(About.PERSON, frozenset(brings), makes_card=makes_card, takes=takes)


def _card(
    *brings: str, nobody_acts: bool = False, makes_card: bool = False, takes: frozenset[Choice] = _AT_ONCE
) -> Service:
    return Service(About.CARD, frozenset(brings), nobody_acts=nobody_acts, makes_card=makes_card, takes=takes)


def _shown(*, nobody_acts: bool = False) -> Service:
    """Return a service on cards that changes nothing, so that there is nothing to choose."""
    return _card(nobody_acts=nobody_acts, takes=frozenset())


_MAKING = frozenset({"apply", "reissue"})
"""Services whose operations end in a new card."""
_GUARDING = frozenset({"record_guardianship", "end_guardianship"})
"""Services about who is whose guardian."""


def _operation(*brings: str, takes: frozenset[Choice] = _STEP, step_of: frozenset[str] | None = _MAKING) -> Service:
    return Service(About.OPERATION, frozenset(brings), takes=takes, step_of=step_of)


SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        "apply": _person(DELIVERY, "declared", makes_card=True, takes=_OF_A_CARD),
        "deliver": _operation(DELIVERY, "declared", takes=_STEP | {Choice.DELIVERY, Choice.OUTLET}),
        "pay": _operation(takes=frozenset(), step_of=None),
        "withdraw": _operation("declared", step_of=None),
        "accept": _operation(),
        "request_correction": _operation(),
        "correct": _operation("declared", takes=_STEP | {Choice.BANK, Choice.OUTLET}),
        # Whoever makes the card names its bank where the applicant named none.
        "produce": _operation(takes=_STEP | {Choice.BANK}),
        "ship": _operation(),
        "receive": _operation(),
        "report_lost_in_post": _operation("declared"),
        "activate": _card("declared"),
        "progress": _operation(takes=frozenset(), step_of=None),
        "status": _shown(),
        "use": _shown(),
        "functions": _shown(nobody_acts=True),
        "remind": _shown(nobody_acts=True),
        "report_temporary_loss": _card("declared"),
        "report_formal_loss": _card("declared"),
        "cancel_loss_report": _card("declared"),
        "reissue": _card(DELIVERY, "declared", makes_card=True, takes=_OF_A_CARD | {Choice.REISSUE_REASON}),
        "set_password": _card("password", "declared"),
        "change_password": _card("password", "declared"),
        "reset_password": _card("password", "declared"),
        "lock": _shown(),
        "update_information": _card("change", "declared"),
        "transfer_in": _card("insurance", "declared"),
        "cancel": _card("declared", takes=_AT_ONCE | {Choice.CANCELLATION_REASON}),
        "close_account": _card(),
        "bind_card": _card("declared"),
        "account_entries": _person(),
        "register": Service(About.REGION),
        "post_account_entries": Service(About.REGION),
        "delegate": _person("delegation", "declared"),
        "revoke_delegation": _person(),
        "record_guardianship": _person("guardian", "declared"),
        "end_guardianship": _person("guardian", "declared"),
        "confirm_guardianship": _operation(takes=frozenset(), step_of=_GUARDING),
        "object_to_guardianship": _operation(takes=frozenset(), step_of=_GUARDING),
        "record_identity_document": _person("identity", "declared"),
        "merge_holders": _person("merge", "declared"),
        "record_death": _person("death", "declared"),
    }
)
"""Every service of the services vocabulary."""


def is_service(name: str) -> bool:
    """Say whether the software has a service."""
    return name in SERVICES


def service_names() -> tuple[str, ...]:
    """Return the names of all services."""
    return tuple(SERVICES)


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


def takes(service: str, choice: str) -> bool:
    """Say whether a choice can be made with a request for a service; any, with one unheard of.

    Args:
        choice: the fact that holds it, such as `choice.bank`.
    """
    known = SERVICES.get(service)
    return known is None or _meant(choice) in known.takes


def tells(service: str, choice: str) -> bool:
    """Say whether the rules of a service may read a choice: made with the request, or before on its operation."""
    known = SERVICES.get(service)
    if known is None or _meant(choice) in known.takes:
        return True
    return known.about is About.OPERATION and any(_meant(choice) in each.takes for each in _LASTING)


def services_taking(choice: str, among: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the services with whose requests a choice can be made.

    Args:
        among: the services asked about; all of them if None.
    """
    return tuple(name for name in SERVICES if takes(name, choice) and (among is None or name in among))


def is_added(choice: str) -> bool:
    """Say whether a choice is one that a region adds."""
    return _meant(choice) is Choice.ADDED


def _meant(choice: str) -> Choice:
    """Return the choice of a fact: its own, or that of the fact of whose term it is an attribute."""
    return _CHOICES.get(".".join(choice.split(".")[:2]), Choice.ADDED)


_CHOICES: Mapping[str, Choice] = {choice.value: choice for choice in Choice}
_LASTING = tuple(s for s in SERVICES.values() if s.makes_card or s.about is About.OPERATION)
"""Services whose operations go on, so that what was chosen with one is read by the next."""


def makes_card(service: str) -> bool:
    """Say whether the operations of a service end in a new card."""
    known = SERVICES.get(service)
    return known is not None and known.makes_card


def is_step_of(service: str, operation: str) -> bool:
    """Say whether a service can be a step of an operation of another: a card is produced for one that asks for a card.

    Args:
        operation: the service of the operation.
    """
    known = SERVICES.get(service)
    return known is None or known.step_of is None or operation in known.step_of


DECIDES_DELIVERY = "deliver"
"""The service that decides a way of delivery, also where it is chosen together with the card."""


def chooses_delivery(service: str) -> bool:
    """Say whether a way of delivery can be chosen together with the card, which another service decides then."""
    return service != DECIDES_DELIVERY and takes(service, Choice.DELIVERY) and service in SERVICES


ACCEPTED_ONCE_PAID = frozenset({"apply", "reissue", "deliver"})
"""Services whose operation waits for its payment before it is accepted: what they charge is due first, unless a rule says not."""
POSTPONED_UNTIL_PAID = frozenset(
    {
        "accept",
        "correct",
        "receive",
        "activate",
        "bind_card",
        "report_temporary_loss",
        "report_formal_loss",
        "cancel_loss_report",
        "update_information",
        "transfer_in",
        "cancel",
        "close_account",
    }
)
"""Services that are put off until what they charge is paid, where a rule says that it is due first.

Passwords are not: what was typed would have to be kept until then. What a card maker records has happened already.
"""


def can_wait(service: str) -> bool:
    """Say whether a service can be put off until something is paid, or its operation goes on only after that."""
    return service in ACCEPTED_ONCE_PAID | POSTPONED_UNTIL_PAID


def due_unless_said(service: str) -> Due:
    """Return when what a service charges is to be paid, where the charge does not say."""
    return Due.BEFORE if service in ACCEPTED_ONCE_PAID else Due.AFTER
