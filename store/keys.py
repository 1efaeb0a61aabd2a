"""The secrets of the store: which keys encrypt personal data and which one makes it findable."""

from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from secrets import token_bytes
from typing import Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.errors import StoreError

KEY_BYTES = 32
"""256 bits, the strength of the HMAC; shorter material would be the weakest link."""
KEY_ID = 8
"""Characters of the id of a key."""


def derived(key: bytes, purpose: bytes, length: int = KEY_BYTES) -> bytes:
    """Return what a key is for one purpose, so that nothing made for one is of use for another."""
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(key)


def key_id(key: bytes) -> str:
    """Return by what a key is named beside what it has sealed; it tells nothing of the key."""
    return urlsafe_b64encode(derived(key, b"key id", KEY_ID * 6 // 8)).decode()


@dataclass(frozen=True)
class Keys:
    """Raw key material, kept out of every printed form.

    Args:
        encryption: at least one key of 32 bytes or more; the first encrypts, all of them decrypt. To rotate, put a new
            key in front, run `main.py keys rotate`, and take out the old one when `main.py keys status` says so.
        index: the key of the blind indexes, 32 bytes or more.
        other_indexes: further ones, by which is found too what was indexed with them: while the key is changed.
        audit: keys of the audit record; the first signs, all of them check. Where there is none, one is derived from `index`.

    Raises:
        StoreError: a key is missing or too short.
    """

    encryption: tuple[bytes, ...] = field(repr=False)
    index: bytes = field(repr=False)
    other_indexes: tuple[bytes, ...] = field(default=(), repr=False)
    audit: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not self.encryption:
            raise StoreError("No encryption key was given; give at least one of 32 random bytes.")
        if any(len(key) < KEY_BYTES for key in (*self.encryption, self.index, *self.other_indexes, *self.audit)):
            raise StoreError(
                "An encryption, index or audit key is shorter than 32 bytes; give 32 random bytes or more."
            )

    @cached_property
    def encryption_ids(self) -> tuple[str, ...]:
        """The ids of the encryption keys."""
        return tuple(key_id(key) for key in self.encryption)

    @cached_property
    def index_ids(self) -> tuple[str, ...]:
        """The ids of the index keys, that of the one in use first."""
        return tuple(key_id(key) for key in (self.index, *self.other_indexes))

    @classmethod
    def parse(cls, encryption: str, index: str, audit: str = "") -> Self:
        """Read keys as a settings file or an environment variable holds them.

        Args:
            encryption: base64 keys separated by commas, the newest first.
            index: likewise; the first is written with, each is looked for.
            audit: likewise, of the audit record; the first signs.

        Raises:
            StoreError: a key is not base64, missing or too short.
        """
        try:
            first, *others = _decoded(index) or (b"",)
            return cls(tuple(_decoded(encryption)), first, tuple(others), tuple(_decoded(audit)))
        except ValueError:
            raise StoreError(
                "An encryption, index or audit key is not base64; give 32 random bytes in base64."
            ) from None

    @classmethod
    def generate(cls) -> Self:
        """Make new random keys, for a demonstration or a first installation."""
        return cls((token_bytes(KEY_BYTES),), token_bytes(KEY_BYTES))

    def render(self) -> tuple[str, str]:
        """Return the two texts that `parse` reads: encryption keys and index keys."""
        return _encoded(self.encryption), _encoded((self.index, *self.other_indexes))


def _decoded(text: str) -> list[bytes]:
    return [b64decode(key.strip(), validate=True) for key in text.split(",") if key.strip()]


def _encoded(keys: Iterable[bytes]) -> str:
    return ",".join(b64encode(key).decode() for key in keys)
