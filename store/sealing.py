"""Encryption of personal data at rest, each value bound to the row that it belongs to."""

from base64 import urlsafe_b64encode
from binascii import Error as NotBase64
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from secrets import token_bytes
from typing import Any, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from domain.errors import RecordUnreadable
from store.blind_index import BlindIndex
from store.encoding import dump, load
from store.keys import KEY_ID, Keys, derived

Wanted = TypeVar("Wanted")

_MARK = "3."
"""What a sealed text begins with; the id of its key and a dot follow."""
_HEAD = len(_MARK) + KEY_ID + 1
_UNBOUND_MARK = "2."
"""What versions before wrote: bound to no row, by a key that only trying tells. Those before them begin as Fernet's do."""
_NONCE_BYTES = 12

FOREIGN = "it was changed, or it is what another record holds"
EARLIER = "it is in a form that is refused since everything was sealed anew (main.py keys rotate)"


class Sealer(BlindIndex):
    """Seals personal values into one text and makes blind indexes, with the keys of one store.

    Attributes:
        other_indexes: what makes the blind indexes of further keys, while index keys are changed.
        index_ids: the ids of the index keys, that of the one in use first.
        refuses_earlier: whether what earlier versions sealed, which any row could hold, is refused.
    """

    def __init__(self, keys: Keys) -> None:
        super().__init__(keys.index)
        self.other_indexes = tuple(BlindIndex(key) for key in keys.other_indexes)
        self.index_ids = keys.index_ids
        self.refuses_earlier = False
        # Of many more values than may share a key, two may get one nonce by chance; this cipher is still safe then.
        purpose = b"personal data at rest, AES-GCM-SIV, by row"
        self._ciphers = {
            identifier: AESGCMSIV(derived(key, purpose))
            for identifier, key in zip(keys.encryption_ids, keys.encryption, strict=True)
        }
        self._head = f"{_MARK}{keys.encryption_ids[0]}."
        self._newest = self._ciphers[keys.encryption_ids[0]]
        self._keys = keys.encryption

    def seal(self, record: str, values: Mapping[str, Any]) -> str:
        """Encrypt named values together with the newest key.

        Args:
            record: the name of what holds them: table, column and id. They open under this name alone.
        """
        nonce = token_bytes(_NONCE_BYTES)
        sealed = nonce + self._newest.encrypt(nonce, dump(values).encode(), record.encode())
        return self._head + b2a_base64(sealed, newline=False).decode()

    def unseal(self, record: str, sealed: str) -> dict[str, Any]:
        """Decrypt what `seal` made under a name, with the key that it names.

        Raises:
            RecordUnreadable: its key is not there, it was tampered with, or it was sealed under another name.
        """
        cipher = self._ciphers.get(sealed[len(_MARK) : _HEAD - 1]) if sealed.startswith(_MARK) else None
        if cipher is None:
            opened = self._opened_otherwise(record, sealed)
        else:
            try:
                kept = a2b_base64(sealed[_HEAD:])
                opened = cipher.decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], record.encode())
            except (NotBase64, InvalidTag, ValueError):
                raise RecordUnreadable(record, FOREIGN) from None
        values: dict[str, Any] = load(opened)
        return values

    def is_newest(self, sealed: str) -> bool:
        """Say whether something is sealed in today's form with the newest key."""
        return sealed.startswith(self._head)

    def all_indexes(self, made: Callable[[BlindIndex], str]) -> list[str]:
        """Return the blind indexes that something may be found by: that of the key in use, and those of further keys."""
        return [made(self), *(made(other) for other in self.other_indexes)]

    def by_index(self, wanted: Iterable[Wanted], made: Callable[[BlindIndex, Wanted], str]) -> dict[str, list[Wanted]]:
        """Return what is wanted by each of the blind indexes that it may be found by; two spellings of one share theirs."""
        indexes: dict[str, list[Wanted]] = {}
        for each in wanted:
            for by in (self, *self.other_indexes):
                indexes.setdefault(made(by, each), []).append(each)
        return indexes

    def _opened_otherwise(self, record: str, sealed: str) -> bytes:
        """Decrypt what names no key that is there: an earlier form names none."""
        if sealed.startswith(_MARK):
            raise RecordUnreadable(
                record, f"its key {sealed[len(_MARK) : _HEAD - 1]!r} is not among the encryption keys"
            )
        if self.refuses_earlier:
            raise RecordUnreadable(record, EARLIER)
        opened = self._opened_unbound(sealed) if sealed.startswith(_UNBOUND_MARK) else self._opened_fernet(sealed)
        if opened is None:
            raise RecordUnreadable(record, "no encryption key fits; start with the keys that it was written with")
        return opened

    def _opened_unbound(self, sealed: str) -> bytes | None:
        try:
            kept = a2b_base64(sealed[len(_UNBOUND_MARK) :])
        except NotBase64:
            return None
        for cipher in self._unbound:
            try:
                return cipher.decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], None)
            except (InvalidTag, ValueError):
                continue
        return None

    def _opened_fernet(self, sealed: str) -> bytes | None:
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            return None

    @cached_property
    def _unbound(self) -> list[AESGCMSIV]:
        return [AESGCMSIV(derived(key, b"personal data at rest, AES-GCM-SIV")) for key in self._keys]

    @cached_property
    def _fernet(self) -> MultiFernet:
        earlier = [urlsafe_b64encode(derived(key, b"personal data at rest")) for key in self._keys]
        return MultiFernet([Fernet(key) for key in earlier])


def sealed_with(sealed: str) -> str | None:
    """Return the id of the key that something is sealed with; None for an earlier form, which names none."""
    return sealed[len(_MARK) : _HEAD - 1] if sealed.startswith(_MARK) else None
