"""Numbers of identity documents: which of them are one and the same person's."""

import re

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
