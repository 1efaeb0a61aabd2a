"""What the audit record says: who did or saw what, about whom, when and why. Ids and words of vocabularies, nothing personal."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import orjson

from domain.frozen import quickly_made


class AuditKind(StrEnum):
    """Of which kind an entry is."""

    CHANGE = "change"
    REFUSAL = "refusal"
    LOOK = "look"
    SIGN_IN = "sign_in"
    PROOF = "proof"
    POLICIES = "policies"
    IMPORT = "import"
    KEYS = "keys"
    PROCESS = "process"
    DROP = "drop"


@quickly_made
@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry, as whoever writes it gives it.

    Args:
        at: when; kind: of which kind; action: what was done or shown, such as a service or the kind of a document.
        subject, role, channel, office: who, as their token said; issuer, token_id: whose token it was, and its own name.
        holder_id: about whom; record_id: about which record; operation_id: for which operation; region: GB/T 2260.
        reference: why, or by what: a reference of a partner, a digest of policies, what was seen as a proof.
        digest: SHA-256 of the content in hexadecimal digits, where it is kept elsewhere.
        request_id: of the request, sweep or command.
        dropped: what went before it, where it is the mark of that (`dropping.py`).
    """

    at: datetime
    kind: AuditKind
    action: str
    subject: str | None = None
    role: str | None = None
    channel: str | None = None
    office: str | None = None
    issuer: str | None = None
    token_id: str | None = None
    holder_id: str | None = None
    record_id: str | None = None
    operation_id: str | None = None
    region: str | None = None
    reference: str | None = None
    digest: str | None = None
    request_id: str | None = None
    dropped: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class MarkedEntry:
    """An entry as it is sent.

    Args:
        chain, number: which process wrote it, and as its how manieth.
        at, kind, holder_id, subject: as in the text, to find it by.
        text: all that it says, in JSON; mac: of chain, number and text, in hexadecimal digits.
    """

    chain: str
    number: int
    at: datetime
    kind: str
    holder_id: str | None
    subject: str | None
    text: str
    mac: str


@dataclass(frozen=True, slots=True)
class KeptEntry(MarkedEntry):
    """An entry as it is kept.

    Args:
        id: its place in the order of the database.
    """

    id: int

    @property
    def said(self) -> dict[str, Any]:
        """What it says, by name."""
        found: dict[str, Any] = orjson.loads(self.text)
        return found


Content = tuple[str, str, str]
"""A row that was written along with an entry: its table, by what it is found, and its digest."""
_NAMES: Final = {
    "subject": "subject",
    "role": "role",
    "channel": "channel",
    "office": "office",
    "issuer": "issuer",
    "token_id": "token",
    "holder_id": "holder",
    "record_id": "record",
    "operation_id": "operation",
    "region": "region",
    "reference": "reference",
    "digest": "digest",
    "request_id": "request",
    "dropped": "dropped",
}
"""Under which name the text has an attribute; what is None is left out."""
_NAMED: Final = tuple(_NAMES.items())


def plain_json(said: Mapping[str, Any]) -> str:
    """Return what is said in JSON, its names in their order."""
    try:
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # Half a character, which no text of UTF-8 has.
        return json.dumps(said, sort_keys=True, separators=(",", ":"))


def moment_text(at: datetime) -> str:
    """Return a moment as texts have it: in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def entry_text(entry: AuditEntry, content: list[Content], unsure: list[int]) -> str:
    """Return all that an entry says, in JSON.

    Args:
        content: rows that were written along with it.
        unsure: numbers of its chain of which the database did not say whether they were kept.
    """
    said: dict[str, Any] = {"at": moment_text(entry.at), "kind": entry.kind.value, "action": entry.action}
    for attribute, name in _NAMED:
        value = getattr(entry, attribute)
        if value is not None:
            said[name] = value
    if content:
        said["content"] = content
    if unsure:
        said["unsure"] = unsure
    return plain_json(said)


def read_moment(said: Mapping[str, Any]) -> datetime:
    """Return when something was that a text tells of.

    Raises:
        KeyError, ValueError: it does not say so.
    """
    return datetime.fromisoformat(said["at"])
