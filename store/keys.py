"""The secrets of the store: which keys encrypt personal data and which one makes it findable."""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import Self

from store.errors import StoreError

KEY_BYTES = 32
"""256 bits, the strength of the HMAC; shorter material would be the weakest link."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Raw key material, kept out of every printed form.

    Args:
        encryption: at least one key of 32 bytes or more; the first encrypts, all of them decrypt. To rotate, put a new
            key in front and keep the old ones for as long as rows encrypted with them exist.
        index: the key of the blind indexes, 32 bytes or more. It cannot be rotated without writing every index anew.

    Raises:
        StoreError: a key is missing or too short.
    """

    encryption: tuple[bytes, ...] = field(repr=False)
    index: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not self.encryption:
            raise StoreError("No encryption key was given; give at least one of 32 random bytes.")
        if any(len(key) < KEY_BYTES for key in (*self.encryption, self.index)):
            raise StoreError("An encryption or index key is shorter than 32 bytes; give 32 random bytes or more.")

    @classmethod
    def parse(cls, encryption: str, index: str) -> Self:
        """Read keys as a settings file or an environment variable holds them.

        Args:
            encryption: base64 keys separated by commas, the newest first.
            index: one base64 key.

        Raises:
            StoreError: a key is not base64, missing or too short.
        """
        try:
            keys = tuple(b64decode(text.strip(), validate=True) for text in encryption.split(",") if text.strip())
            return cls(keys, b64decode(index.strip(), validate=True))
        except ValueError:
            raise StoreError("An encryption or index key is not base64; give 32 random bytes in base64.") from None

    @classmethod
    def generate(cls) -> Self:
        """Make new random keys, for a demonstration or a first installation."""
        return cls((token_bytes(KEY_BYTES),), token_bytes(KEY_BYTES))

    def render(self) -> tuple[str, str]:
        """Return the two texts that `parse` reads: encryption keys and index key."""
        return ",".join(b64encode(key).decode() for key in self.encryption), b64encode(self.index).decode()
