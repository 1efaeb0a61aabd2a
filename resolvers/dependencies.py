"""What the use cases need, handed to them by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from domain.duration import WorkingCalendar
from domain.frozen import quickly_made, replace
from domain.rate_limits import RateLimits
from domain.revocation import RevokedTokens
from domain.uploads import UploadLimits
from domain.verification import VerificationLimits
from gateways.apart.processes import Apart, Bounds
from gateways.clock import Clock
from gateways.face import FaceCheckGateway
from gateways.files import FileStore
from gateways.insurance import InsuranceRegister
from gateways.mobile_register import MobileRegister
from gateways.passwords import PasswordHasher
from gateways.payment import PaymentGateway
from gateways.pictures import PICTURES
from gateways.registry import IdentityRegistry
from gateways.sms import SmsGateway
from policies.engine.decide import Policies
from policies.live import LivePolicies
from resolvers.merged import MergedPeople
from store import Store

DRAFTS: Final = Bounds(seconds=8.0, memory=2**30, waiting=8, niceness=10)
"""All that is asked about one draft has this time together; people's requests come first."""


@quickly_made
@dataclass(frozen=True, slots=True)
class Dependencies:
    """Everything outside of the use cases.

    Args:
        policies: returns the policies in use now.
        merged: records of people that have become part of others, as far as this process knows.
        revoked: tokens that count no more, as far as this process knows.
        limits: how often what may be asked for, and who is over it, as far as this process knows.
        live: where they are replaced while serving; None where they never are.
        code_key: secret for hashing verification codes, 32 bytes or more.
        callback_url: where the payment provider posts its notices.
        public_url: where this service is reached, for addresses that it gives out.
        pictures: processes that look at uploaded pictures; drafts: those that try drafts of the policies.
        batch_within: for how long a batch begins further rows; what is left of the time of a request is for its answer.
    """

    store: Store
    policies: Callable[[], Policies]
    clock: Clock
    calendar: WorkingCalendar
    sms: SmsGateway
    payments: PaymentGateway
    faces: FaceCheckGateway
    registry: IdentityRegistry
    insurance: InsuranceRegister
    mobiles: MobileRegister
    passwords: PasswordHasher
    files: FileStore
    code_key: bytes
    callback_url: str
    verification: VerificationLimits = field(default_factory=VerificationLimits)
    uploads: UploadLimits = field(default_factory=UploadLimits)
    public_url: str = ""
    batch_within: timedelta = timedelta(seconds=7)
    live: LivePolicies | None = None
    merged: MergedPeople = field(default_factory=MergedPeople)
    revoked: RevokedTokens = field(default_factory=RevokedTokens)
    pictures: Apart = field(default_factory=lambda: Apart("pictures", PICTURES))
    limits: RateLimits = field(default_factory=RateLimits)
    drafts: Apart = field(default_factory=lambda: Apart("drafts", DRAFTS))

    def of_now(self) -> "Dependencies":
        """Return these with the policies and the calendar of this moment, so that one request sees one set of them."""
        if self.live is None:
            return self
        current = self.live.current
        return replace(self, policies=lambda: current.policies, calendar=current.calendar)
