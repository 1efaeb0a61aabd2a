"""What use cases answer: what changed, and the decision that allowed it."""

from dataclasses import dataclass
from datetime import datetime

from domain.card import Card
from domain.decision import Decision
from domain.holder import Delegation, Guardianship, Holder, Merge
from domain.operation import Operation
from gateways.payment import PaymentIntent


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """A change that was recorded with an operation.

    Args:
        operation: after the change; card: after the change, where it was about one; holder: where their record changed.
    """

    operation: Operation
    decision: Decision
    card: Card | None = None
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class PaymentAsked:
    """A payment that the provider waits for."""

    operation: Operation
    intent: PaymentIntent
    decision: Decision


@dataclass(frozen=True, slots=True)
class Delegated:
    """A delegation that was granted or revoked."""

    delegation: Delegation
    decision: Decision


@dataclass(frozen=True, slots=True)
class Guarded:
    """A guardianship that was put on record or ended."""

    guardianship: Guardianship
    decision: Decision


@dataclass(frozen=True, slots=True)
class Merged:
    """Two records that are to be one, or are.

    Args:
        holder: the one that is kept, with what the other one had where it is done.
    """

    merge: Merge
    holder: Holder
    decision: Decision


@dataclass(frozen=True, slots=True)
class Posted:
    """A batch of account entries that is on record.

    Args:
        reference: the settlement system's name for it; posted_at: when it was posted first.
        entries: how many it holds; repeated: whether it was on record before.
    """

    reference: str
    posted_at: datetime
    entries: int
    repeated: bool
    decision: Decision


@dataclass(frozen=True, slots=True)
class Registered:
    """A person who put themselves on record."""

    holder: Holder
    decision: Decision


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code on its way.

    Args:
        mobile: masked, None where whoever asked is not told it; expires_at: until when it is good; resend_at: when another may be asked for.
    """

    mobile: str | None
    expires_at: datetime
    resend_at: datetime


@dataclass(frozen=True, slots=True)
class Imported:
    """A card that was issued before this service and is on record.

    Args:
        holder: whose it is; known: whether it was on record before.
    """

    card: Card
    holder: Holder
    known: bool


@dataclass(frozen=True, slots=True)
class SignedAddress:
    """An address that is good for a while, for whoever has it."""

    url: str
    expires_at: datetime


ANSWERS = (
    ChangeResult,
    PaymentAsked,
    Delegated,
    Guarded,
    Merged,
    Posted,
    Registered,
    CodeSent,
    Imported,
    SignedAddress,
)
