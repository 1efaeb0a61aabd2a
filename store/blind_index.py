"""Blind indexes: keyed hashes by which personal data are found while nobody can read them."""

import hmac
from datetime import date
from hashlib import sha256

import phonenumbers

from domain.identity import person_key
from domain.names import comparable_name
from domain.spelling import one_width
from store.encoding import dump

HOME_COUNTRY = "CN"
"""National digits are read as a number of this country, so that both ways of writing a number share one index."""


def normal_text(text: str) -> str:
    """Return a document or card number without the differences that a keyboard makes (width, case, spaces)."""
    return "".join(one_width(text).split()).upper()


def normal_mobile(mobile: str) -> str:
    """Return a mobile number in E.164 where it is one, so that it cannot be written in two ways."""
    try:
        number = phonenumbers.parse(mobile, HOME_COUNTRY)
    except phonenumbers.NumberParseException:
        return normal_text(mobile)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class BlindIndex:
    """Makes blind indexes with one key.

    Args:
        key: 32 bytes or more.
    """

    def __init__(self, key: bytes) -> None:
        self._index_key = key

    def identity_index(self, identity_type: str, identity_number: str) -> str:
        """Return the blind index of a person by an identity document: the same by every one with their citizen number."""
        return self._index("identity", *person_key(identity_type, normal_text(identity_number)))

    def document_index(self, identity_type: str, identity_number: str) -> str:
        """Return the blind index of one identity document, told apart from every other with the same number."""
        return self._index("identity document", identity_type, normal_text(identity_number))

    def namesake_index(self, name: str, born_on: date) -> str:
        """Return the blind index of all people who share a name, however it is spelt, and a date of birth."""
        return self._index("namesakes", comparable_name(name), born_on.isoformat())

    def card_number_index(self, number: str) -> str:
        """Return the blind index of a card number."""
        return self._index("card", normal_text(number))

    def mobile_index(self, mobile: str) -> str:
        """Return the blind index of a mobile number."""
        return self._index("mobile", normal_mobile(mobile))

    def limit_index(self, what: str, who: str) -> str:
        """Return the blind index of something limited, and of whoever it is counted of."""
        return self._index("limit", what, who)

    def _index(self, *parts: str) -> str:
        return hmac.new(self._index_key, dump(list(parts)).encode(), sha256).hexdigest()
