"""The person a card belongs to, and who may act for them."""

from dataclasses import dataclass, field
from datetime import date, datetime

from domain.frozen import quickly_made
from domain.region import lies_within

CITIZEN = "citizen"
"""The role of whoever asks for themselves or for people whom they are tied to: a term of the roles vocabulary."""
STAFF = frozenset({"clerk", "card_maker", "bank"})
"""Roles that act for an office or partner; terms of the roles vocabulary."""


@quickly_made
@dataclass(frozen=True, slots=True)
class Holder:
    """A person on record.

    Args:
        id: UUID; also the subject of the person's token.
        name: as on the identity document.
        holder_type: a term of the holder types vocabulary.
        identity_type, identity_number: the identity document.
        born_on: date of birth.
        mobile: bound mobile number, E.164 or national digits, if one is bound.
        address, address_region: residence and its GB/T 2260 code; postcode: of the residence.
        landline: fixed telephone; register_address: of the household register.
        insured_in, employed_in: GB/T 2260 codes where the person is insured or employed.
        full_capacity: False for an adult without full capacity for civil conduct.
        groups: terms of the population groups vocabulary.
        photo_on_file, photo_taken_on: whether the office has a photo, and its day.
        deceased_at: when the holder's death was put on record; nothing but what winds their affairs up happens after.
        mobile_bound_at: when the number was bound, where it took the place of another or was the first; None where it has been
            there since the record was made.
        version: counts writes.
    """

    id: str
    name: str
    holder_type: str
    identity_type: str
    identity_number: str
    born_on: date
    mobile: str | None = None
    address: str | None = None
    address_region: str | None = None
    postcode: str | None = None
    insured_in: tuple[str, ...] = ()
    employed_in: tuple[str, ...] = ()
    full_capacity: bool = True
    groups: tuple[str, ...] = ()
    photo_on_file: bool = False
    photo_taken_on: date | None = None
    landline: str | None = None
    register_address: str | None = None
    deceased_at: datetime | None = None
    mobile_bound_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Guardianship:
    """A guardian on record for a ward (SC-12), or one who is asked for and not in force yet.

    Args:
        recorded_at: when it was asked for; ended_at: from when it is over, perhaps a moment to come.
        region: GB/T 2260 of the region that put it on record; None where that was not written down.
        operation_id: the operation by which it was asked for; None of what came on record without one, which is in force at once.
        recorded_by, office: the clerk who asked for it, and where; papers: the kinds of papers that it rests on.
        confirmed_by: the clerk who agreed; in_force_at: from when it holds, None while it waits for that.
        grown_at: when the ward comes of age, and needs none any more; None where that was not worked out yet.
        end_operation_id, ended_by, end_office, end_papers, end_confirmed_by: the same of its end.
    """

    guardian_id: str
    ward_id: str
    kinship: str
    recorded_at: datetime
    ended_at: datetime | None = None
    region: str | None = None
    operation_id: str | None = None
    recorded_by: str | None = None
    office: str | None = None
    papers: tuple[str, ...] | None = None
    confirmed_by: str | None = None
    in_force_at: datetime | None = None
    grown_at: datetime | None = None
    end_operation_id: str | None = None
    ended_by: str | None = None
    end_office: str | None = None
    end_papers: tuple[str, ...] | None = None
    end_confirmed_by: str | None = None

    def holds(self, now: datetime) -> bool:
        """Say whether the guardian may act for the ward now."""
        begun = self.operation_id is None or (self.in_force_at is not None and self.in_force_at <= now)
        return begun and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        """Say whether it has ended, or never comes into force any more."""
        return any(at is not None and at <= now for at in (self.ended_at, self.grown_at))


@dataclass(frozen=True, slots=True)
class Delegation:
    """An adult's word that somebody may act for them (SC-12).

    Args:
        id: UUID; holder_id: who granted it; delegate_id: who may act.
        region: GB/T 2260; it holds there and below.
        services: terms of the services vocabulary that it is for.
        reason: a declared reason, where the region asks for one.
        until: the last day on which it holds.
        revoked_at: when the holder took it back, or the death of one of the two ended it.
    """

    id: str
    holder_id: str
    delegate_id: str
    region: str
    services: tuple[str, ...]
    granted_at: datetime
    until: date
    reason: str | None = None
    revoked_at: datetime | None = None
    version: int = 0

    def holds(self, on: date) -> bool:
        """Say whether it still holds on a day."""
        return self.revoked_at is None and on <= self.until

    def covers(self, service: str, region: str, on: date) -> bool:
        """Say whether it lets the delegate ask for a service in a region on a day."""
        return self.holds(on) and service in self.services and lies_within(region, self.region)


@dataclass(frozen=True, slots=True)
class Merge:
    """Two records that are one person's: proposed by one clerk, done once another agrees.

    Args:
        id: UUID; kept_id: the record that is kept; gone_id: the one that is part of it once it is done.
        region: GB/T 2260 of the region that decided last.
        proposed_by, proposed_at: whose word it is first, and since when; office: theirs.
        confirmed_by, confirmed_at: who agreed, and when the two became one; None until then.
    """

    id: str
    kept_id: str
    gone_id: str
    region: str
    proposed_by: str
    proposed_at: datetime
    office: str | None = None
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Purpose:
    """What somebody wants to act for: any of some services, in a region, on a day in China."""

    services: frozenset[str]
    region: str
    on: date


@dataclass(frozen=True, slots=True)
class Ties:
    """What binds a person to a holder on record.

    Args:
        same: whether the two are one; guardian: whether the person is a guardian of the holder now.
        delegations: that the holder gave to the person, ended ones too.
    """

    same: bool = False
    guardian: bool = False
    delegations: tuple[Delegation, ...] = ()

    def relation(self, purpose: Purpose) -> str:
        """Return how the person stands to the holder: `self`, `guardian` or `delegate` (for the purpose), or `none`."""
        if self.same:
            return "self"
        if self.guardian:
            return "guardian"
        services, region, on = purpose.services, purpose.region, purpose.on
        covered = any(d.covers(service, region, on) for d in self.delegations for service in services)
        return "delegate" if covered else "none"

    def knows(self, on: date) -> bool:
        """Say whether the person may see who the holder is: themselves, a ward, or whoever delegated anything to them."""
        return self.same or self.guardian or any(delegation.holds(on) for delegation in self.delegations)


@dataclass(frozen=True, slots=True)
class VouchedIdentity:
    """Who somebody is, as the identity provider that signed their token vouches for.

    Args:
        name: as on the identity document; identity_type: a term of the identity types vocabulary; identity_number: of it.
    """

    name: str = field(repr=False)
    identity_type: str
    identity_number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, as the token says: never as an input says.

    Args:
        person_id: the holder record of the person, or the staff member's or system's own id.
        role: a term of the roles vocabulary.
        channel: a term of the channels vocabulary.
        office: the office or company acted for, if the role belongs to one.
        region: the region an office belongs to; None for the whole country, and for people.
        bank: the bank whose outlet the office is, a term of the banks vocabulary; None where the token names none.
        office_kind: of which kind the office is, a term of the office kinds vocabulary; None where the token names none.
        named: whom the token names, where that record has become part of the person's; otherwise None.
        issuer: who signed the token, as its claim `iss`; None where nobody did, as for what the service does by itself.
        token_id: the token's own name, its claim `jti`; None where it has none.
    """

    person_id: str
    role: str
    channel: str
    office: str | None = None
    region: str | None = None
    bank: str | None = None
    office_kind: str | None = None
    named: str | None = None
    issuer: str | None = None
    token_id: str | None = None
