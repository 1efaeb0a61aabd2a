"""What a verification finds: each with the place where the record was bent, and how."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.message import Message
from store.audit.entries import KeptEntry, moment_text


class Bent(StrEnum):
    """How the record was bent."""

    CHANGED = "changed"
    MISSING = "missing"
    REORDERED = "reordered"
    BACK_DATED = "back_dated"
    INSERTED = "inserted"
    TWICE = "twice"
    UNSEALED = "unsealed"
    SEAL = "seal"
    ROW_CHANGED = "row_changed"
    ROW_MISSING = "row_missing"
    ROW_UNKNOWN = "row_unknown"
    PUBLISHED = "published"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found.

    Args:
        bent: how; where: ids of the entries, or the number of the seal, or the name of the row.
        message: in words.
    """

    bent: Bent
    where: tuple[str, ...]
    message: Message


def _entry(entry: KeptEntry) -> Message:
    return Message(
        f"审计记录第{entry.id}条（进程 `{entry.chain}` 的第{entry.number}条，{moment_text(entry.at)}）",
        f"entry {entry.id} (number {entry.number} of the chain {entry.chain}, {moment_text(entry.at)})",
    )


def of_entry(bent: Bent, entry: KeptEntry, why: Message) -> Finding:
    """Return what is wrong with an entry that is there."""
    named = _entry(entry)
    return Finding(bent, (str(entry.id),), Message(f"{named.zh}{why.zh}", f"{named.en} {why.en}"))


def of_missing(number: int, seal: int, before: datetime | None) -> Finding:
    """Return that a sealed entry is not there.

    Args:
        number: its id; seal: the seal that has it; before: when the entry before it was written.
    """
    since = moment_text(before) if before is not None else "-"
    return Finding(
        Bent.MISSING,
        (str(number),),
        Message(
            f"审计记录第{number}条不见了；第{seal}号封印里有它，前一条写于{since}。",
            f"entry {number} is missing; the seal {seal} has it, and the entry before it was written at {since}",
        ),
    )


def of_number(chain: str, number: int, then: datetime) -> Finding:
    """Return that an entry is not there which its process numbered, and no seal had seen."""
    at = moment_text(then)
    return Finding(
        Bent.MISSING,
        (chain, str(number)),
        Message(
            f"进程 `{chain}` 的第{number}条不见了，它写于{at}之前，没有等到封印。",
            f"number {number} of the chain {chain} is missing: written before {at}, and taken away before it was sealed",
        ),
    )


def of_exchanged(one: int, other: int) -> Finding:
    """Return that two entries stand in each other's place."""
    return Finding(
        Bent.REORDERED,
        (str(one), str(other)),
        Message(
            f"审计记录第{one}条现在的内容，封印时是第{other}条的。",
            f"entry {one} says now what entry {other} said when it was sealed: they were reordered",
        ),
    )


def of_seal(number: int, why: Message) -> Finding:
    """Return what is wrong with a seal."""
    return Finding(Bent.SEAL, (str(number),), Message(f"第{number}号封印{why.zh}", f"the seal {number} {why.en}"))


def of_row(bent: Bent, table: str, name: str, entries: Iterable[int], why: Message) -> Finding:
    """Return what is wrong with a row of which an entry has the digest."""
    told = ", ".join(map(str, entries)) or "-"
    return Finding(
        bent,
        (table, name),
        Message(f"`{table}` 的 `{name}`（审计记录第{told}条）{why.zh}", f"{table} {name} (entry {told}) {why.en}"),
    )


def of_drop(number: int) -> Finding:
    """Return that the mark of what has gone does not fit the seals."""
    return Finding(
        Bent.DROP,
        (str(number),),
        Message(
            f"到期删除的标记写明删到第{number}号封印，与现有的封印不符。",
            f"the mark of what was dropped says up to the seal {number}, and does not fit the seals that are there",
        ),
    )
