"""Personal values as earlier versions sealed them: bound to no row, by a key that they do not name."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.encoding import dump

NONCE = b"used once..."


def by_fernet(key: bytes, values: Mapping[str, Any]) -> str:
    """Return values as the first versions sealed them."""
    fernet = Fernet(urlsafe_b64encode(_derived(key, b"personal data at rest")))
    return fernet.encrypt(dump(values).encode()).decode()


def unbound(key: bytes, values: Mapping[str, Any]) -> str:
    """Return values as the versions after them did."""
    cipher = AESGCMSIV(_derived(key, b"personal data at rest, AES-GCM-SIV"))
    return f"2.{b64encode(NONCE + cipher.encrypt(NONCE, dump(values).encode(), None)).decode()}"


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)
