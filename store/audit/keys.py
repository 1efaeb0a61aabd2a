"""What the audit record is signed with: one key pair of the installation, and from it the key of the marks of single entries."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.keys import Keys

_KEY_NAME = 8
"""How many hexadecimal digits name a key."""


def _derived(seed: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(seed)


@dataclass(frozen=True)
class AuditKey:
    """One key of the record.

    Args:
        seed: 32 bytes or more.
    """

    seed: bytes = field(repr=False)

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(_derived(self.seed, b"audit record, signature"))

    @cached_property
    def _of_marks(self) -> hmac.HMAC:
        """What marks are begun as: to begin anew with the key each time takes longer than the mark itself."""
        return hmac.new(_derived(self.seed, b"audit record, marks of entries"), digestmod="sha256")

    @cached_property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._private.public_key().public_bytes_raw()

    @cached_property
    def name(self) -> str:
        """What seals and chains call it: the beginning of the hash of the public key."""
        return sha256(self.public).hexdigest()[:_KEY_NAME]

    def sign(self, body: bytes) -> bytes:
        """Return the signature of a seal."""
        return self._private.sign(body)

    def mark(self, chain: str, number: int, text: str) -> str:
        """Return the mark of an entry, in hexadecimal digits: who has not the key cannot make it."""
        begun = self._of_marks.copy()
        begun.update(f"{chain}\n{number}\n{text}".encode())
        return begun.hexdigest()


@dataclass(frozen=True, slots=True)
class AuditKeys:
    """The keys of the record by their names; the first signs."""

    first: AuditKey
    by_name: Mapping[str, AuditKey]

    @classmethod
    def of(cls, keys: Keys) -> Self:
        """Return the keys of a store; where none are given for the record, one comes from the key of the indexes."""
        seeds = keys.audit or (_derived(keys.index, b"audit record"),)
        found = [AuditKey(seed) for seed in seeds]
        return cls(found[0], {key.name: key for key in found})

    def of_chain(self, chain: str) -> AuditKey | None:
        """Return the key with which a process marked its entries; None where it is none of these."""
        return self.by_name.get(chain.partition("-")[0])

    def marked(self, chain: str, number: int, text: str, mac: str) -> bool:
        """Say whether the mark of an entry was made with one of these keys, of just this entry."""
        key = self.of_chain(chain)
        return key is not None and key.mark(chain, number, text) == mac


def is_signed(public: bytes, body: bytes, signature: bytes) -> bool:
    """Say whether somebody with the private key has signed a seal."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, body)
    except (InvalidSignature, ValueError):
        return False
    return True
