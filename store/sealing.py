"""Encryption of personal data at rest, and the blind indexes by which it can still be found."""

import hmac
from base64 import urlsafe_b64encode
from binascii import Error as NotBase64
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import phonenumbers
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.identity import person_key
from domain.names import comparable_name
from domain.spelling import one_width
from store.encoding import dump, load
from store.errors import StoreError
from store.keys import Keys

HOME_COUNTRY = "CN"
"""National digits are read as a number of this country, so that both ways of writing a number share one index."""


_MARK = "2."
"""What a sealed text begins with; those of versions before begin as Fernet's do."""
_NONCE_BYTES = 12


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)


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


class Sealer:
    """Seals personal values into one text and makes blind indexes, with the keys of one store."""

    def __init__(self, keys: Keys) -> None:
        # Of many more values than may share a key, two may get one nonce by chance; this cipher is still safe then.
        self._ciphers = [AESGCMSIV(_derived(key, b"personal data at rest, AES-GCM-SIV")) for key in keys.encryption]
        earlier = [urlsafe_b64encode(_derived(key, b"personal data at rest")) for key in keys.encryption]
        self._earlier = MultiFernet([Fernet(key) for key in earlier])
        self._index_key = keys.index

    def seal(self, values: Mapping[str, Any]) -> str:
        """Encrypt named values together with the newest key."""
        nonce = token_bytes(_NONCE_BYTES)
        sealed = nonce + self._ciphers[0].encrypt(nonce, dump(values).encode(), None)
        return _MARK + b2a_base64(sealed, newline=False).decode()

    def unseal(self, sealed: str) -> dict[str, Any]:
        """Decrypt what `seal` made, with any of the keys.

        Raises:
            StoreError: none of the keys fits, or the text was tampered with.
        """
        opened = self._opened(sealed) if sealed.startswith(_MARK) else self._opened_earlier(sealed)
        if opened is None:
            raise StoreError(
                "Personal data cannot be decrypted: no encryption key fits. Start with the keys it was written with."
            )
        values: dict[str, Any] = load(opened)
        return values

    def _opened(self, sealed: str) -> bytes | None:
        try:
            kept = a2b_base64(sealed[len(_MARK) :])
        except NotBase64:
            return None
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], None)
            except (InvalidTag, ValueError):
                continue
        return None

    def _opened_earlier(self, sealed: str) -> bytes | None:
        try:
            return self._earlier.decrypt(sealed)
        except InvalidToken:
            return None

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

    def _index(self, *parts: str) -> str:
        return hmac.new(self._index_key, dump(list(parts)).encode(), sha256).hexdigest()
