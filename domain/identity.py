"""Identity documents: which of their numbers are one and the same person's, and what a document is good for."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

CITIZEN_NUMBER_TYPES = frozenset({"resident_identity_card", "household_register"})
"""Documents that carry the citizen number (GB 11643): terms of the identity types vocabulary.

Here and not in the policy files, which officers change at any time: the records of a database are kept under these numbers,
and brought up to this code where no policies are read.
"""
_CITIZEN_NUMBER = "citizen_number"
_OLD = re.compile(r"[0-9]{15}")
_CHECK_CHARACTERS = "10X98765432"


def carries_citizen_number(identity_type: str) -> bool:
    """Say whether a kind of document carries the citizen number."""
    return identity_type in CITIZEN_NUMBER_TYPES


def person_key(identity_type: str, spelling: str) -> tuple[str, str]:
    """Return by what a person is told from all others: the kind of number, and the number.

    Args:
        spelling: the number in ASCII capitals and digits; an old one of 15 digits is the new one of 18 of the same person.
    """
    if not carries_citizen_number(identity_type):
        return identity_type, spelling
    if _OLD.fullmatch(spelling):
        # Those were given out until 1999, to people born in the same century.
        spelling = with_check_character(f"{spelling[:6]}19{spelling[6:]}")
    return _CITIZEN_NUMBER, spelling


def with_check_character(digits: str) -> str:
    """Return 17 digits with the check character of GB 11643 (ISO 7064, MOD 11-2)."""
    total = sum(int(digit) << (17 - place) for place, digit in enumerate(digits))
    return digits + _CHECK_CHARACTERS[total % 11]


class DocumentState(StrEnum):
    """What an identity document on record is."""

    CURRENT = "current"
    REPLACED = "replaced"  # another was given out in its place
    EXPIRED = "expired"  # by time alone


@dataclass(frozen=True, slots=True)
class IdentityDocument:
    """An identity document of a person on record.

    Args:
        id: UUID; holder_id: whose.
        type: a term of the identity types vocabulary; number: in its one spelling.
        issued_on, expires_on: first and last day, where they are known; a document without a last day does not expire.
        replaced_at: when another came on record in its place, if one did. It still leads to the person.
        version: counts writes.
    """

    id: str
    holder_id: str
    type: str
    number: str
    issued_on: date | None = None
    expires_on: date | None = None
    replaced_at: datetime | None = None
    version: int = 0

    def reads_as(self, on: date) -> DocumentState:
        """Return what it is on a day."""
        if self.replaced_at is not None:
            return DocumentState.REPLACED
        expired = self.expires_on is not None and self.expires_on < on
        return DocumentState.EXPIRED if expired else DocumentState.CURRENT

    def is_by(self, identity_type: str, number: str) -> bool:
        """Say whether it is the document of a type and number."""
        return (self.type, self.number) == (identity_type, number)
