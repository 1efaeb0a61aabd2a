"""Encryption of files at rest: each bound to its name, by a key that it names."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_MARK = b"3."
"""What a sealed file begins with; the id of its key and a dot follow. Those of versions before begin as Fernet's do."""
_KEY_ID = 8
HEAD_BYTES = len(_MARK) + _KEY_ID + 1
_NONCE_BYTES = 12


class Unopened(Exception):
    """A file was changed on the disk, is another one's, or its key is not there."""


class FileCipher:
    """Seals and opens files.

    Args:
        keys: 32 bytes each in URL-safe base64; the first seals, all open.

    Raises:
        ValueError: a key is malformed, or there is none.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._earlier = MultiFernet([Fernet(key) for key in keys])
        raw = [urlsafe_b64decode(key) for key in keys]
        self.key_ids = tuple(urlsafe_b64encode(_derived(key, b"key id", 6)).decode() for key in raw)
        ciphers = [AESGCMSIV(_derived(key, b"files at rest, AES-GCM-SIV, by name", 32)) for key in raw]
        self._ciphers = dict(zip(self.key_ids, ciphers, strict=True))
        self._head = _MARK + self.key_ids[0].encode() + b"."

    def seal(self, name: str, content: bytes) -> bytes:
        """Return what is kept of a file under its name."""
        nonce = token_bytes(_NONCE_BYTES)
        return self._head + nonce + self._ciphers[self.key_ids[0]].encrypt(nonce, content, _file(name))

    def open(self, name: str, kept: bytes, *, refuse_earlier: bool = False) -> bytes:
        """Return the content of a file.

        Args:
            refuse_earlier: whether what earlier versions sealed, which any name could hold, is refused.

        Raises:
            Unopened: it is not what was sealed under this name, or its key is not there.
        """
        try:
            if (key := sealed_with(kept)) is None:
                if refuse_earlier:
                    raise Unopened
                return self._earlier.decrypt(kept)
            nonce, sealed = kept[HEAD_BYTES : HEAD_BYTES + _NONCE_BYTES], kept[HEAD_BYTES + _NONCE_BYTES :]
            return self._ciphers[key].decrypt(nonce, sealed, _file(name))
        except (InvalidToken, InvalidTag, ValueError, KeyError):
            raise Unopened from None

    def is_newest(self, kept: bytes) -> bool:
        """Say of the beginning of what is kept whether it is sealed in today's form with the newest key."""
        return kept.startswith(self._head)


def sealed_with(kept: bytes) -> str | None:
    """Return the id of the key that a file is sealed with; None for an earlier form, which names none."""
    return kept[len(_MARK) : HEAD_BYTES - 1].decode("ascii", "replace") if kept.startswith(_MARK) else None


def _derived(key: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(key)


def _file(name: str) -> bytes:
    return f"files/{name}".encode()
