"""Seals: each over the entries that were kept since the one before, and over that; signed."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Self

import orjson

from store.audit.entries import MarkedEntry, moment_text
from store.audit.keys import AuditKey
from store.audit.merkle import leaf, root
from store.audit.ranges import Ranges

BRIEF: Final = 4
"""Bytes of the hash of each entry that a seal keeps, to say which entry was changed."""
Open = tuple[tuple[Ranges, datetime], ...]
"""Ids whose transactions may not be over, with the moment of the seal that met them first."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What a seal says.

    Args:
        number: counted from 1; at: when it was made; previous: the hash of the one before, empty for the first.
        root: of the Merkle tree over its entries, in the order of their ids; size: how many; ids: which.
        top: the largest id that was sealed by then.
        briefs: the first bytes of the hash of each.
        open: ids below the top whose transactions were not over, with the moment of the seal that met them first.
        key: the name of the key that signs.
    """

    number: int
    at: datetime
    previous: str
    root: str
    size: int
    ids: Ranges
    top: int
    briefs: bytes = field(repr=False)
    open: Open
    key: str

    def body(self) -> str:
        """Return the text that is signed."""
        said = {
            "number": self.number,
            "at": moment_text(self.at),
            "previous": self.previous,
            "root": self.root,
            "size": self.size,
            "ids": str(self.ids),
            "top": self.top,
            "briefs": b64encode(self.briefs).decode(),
            "open": [[str(ids), moment_text(since)] for ids, since in self.open],
            "key": self.key,
        }
        return orjson.dumps(said).decode()

    @classmethod
    def parse(cls, body: str) -> Self:
        """Read what `body` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        said: dict[str, Any] = orjson.loads(body)
        return cls(
            number=int(said["number"]),
            at=datetime.fromisoformat(said["at"]),
            previous=str(said["previous"]),
            root=str(said["root"]),
            size=int(said["size"]),
            ids=Ranges.parse(said["ids"]),
            top=int(said["top"]),
            briefs=b64decode(said["briefs"], validate=True),
            open=tuple((Ranges.parse(ids), datetime.fromisoformat(since)) for ids, since in said["open"]),
            key=str(said["key"]),
        )


@dataclass(frozen=True, slots=True)
class KeptSeal:
    """A seal as it is kept: its body, and the signature of that in base64."""

    number: int
    at: datetime
    body: str
    signature: str

    @property
    def hash(self) -> str:
        """The hash by which the next one names it, and which is published."""
        return seal_hash(self.body)


def seal_hash(body: str) -> str:
    """Return the hash of a seal, in hexadecimal digits."""
    return sha256(body.encode()).hexdigest()


def leaf_of(entry: MarkedEntry) -> bytes:
    """Return the hash of an entry in the tree: over all that it says, whatever place the database has given it."""
    return leaf(f"{entry.chain}\n{entry.number}\n{entry.mac}\n{entry.text}".encode())


def briefs_of(leaves: Iterable[bytes]) -> bytes:
    """Return the first bytes of each hash."""
    return b"".join(each[:BRIEF] for each in leaves)


def sealed(
    before: Seal | None,
    previous: str,
    ids: Ranges,
    leaves: Sequence[bytes],
    still_open: Open,
    now: datetime,
    key: AuditKey,
) -> KeptSeal:
    """Return the next seal.

    Args:
        before: the last one, None for the first; previous: its hash.
        ids, leaves: of the entries; still_open: ids whose transactions were not over.
    """
    seal = Seal(
        number=before.number + 1 if before is not None else 1,
        at=now,
        previous=previous,
        root=root(leaves).hex(),
        size=len(leaves),
        ids=ids,
        top=max(ids.last, before.top if before is not None else 0),
        briefs=briefs_of(leaves),
        open=still_open,
        key=key.name,
    )
    body = seal.body()
    return KeptSeal(seal.number, now, body, b64encode(key.sign(body.encode())).decode())
