"""Facts that are counted over a holder's history, as files write them and decisions compute them: third loss this year …"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

from domain.duration import Duration, day_in_china, shift_date
from domain.history import ATTRIBUTES, History, HistoryRecord, RecordKind
from domain.message import Message
from policies.language.values import LATER, read_days
from policies.source.faults import Unreadable, use_one_of
from policies.source.reader import Value, read_each


@dataclass(frozen=True, slots=True)
class Count:
    """How a counted fact is computed from the holder's history.

    Args:
        of: `operation` or `card_state`; names: which services or states, empty for all.
        where: attributes that must match.
        within: `calendar_year`, `calendar_month`, `lifetime`, or None with `last`.
        last: a duration back from the day asked.
        latest: True to give the date of the newest match instead of the number.
        since: records after the newest of which alone are counted; all, where there is none. Or None.
    """

    of: RecordKind
    names: tuple[str, ...]
    where: Mapping[str, tuple[str, ...]]
    within: Literal["calendar_year", "calendar_month", "lifetime"] | None
    last: Any
    latest: bool
    since: "Count | None" = field(default=None, metadata=LATER)


RECORD_KINDS: Mapping[RecordKind, str] = {"operation": "services", "card_state": "card_states"}
"""The vocabulary that names the records of each kind."""
ATTRIBUTE_WORDS: Mapping[str, str] = {
    "state": "operation_states",
    "bank": "banks",
    "outlet": "outlets",
    "channel": "channels",
    "relation": "relations",
}
"""The vocabularies of attributes; the others are free."""


class RecordWords(Protocol):
    """What is asked of the words of a region."""

    def wrong_term(self, value: Value, vocabulary: str, name: str) -> Unreadable | None:
        """Record a fault where a word is not in a vocabulary."""
        ...

    def words_of(self, vocabulary: str) -> Sequence[str]:
        """Return the words of a vocabulary, in order; none where there is no such vocabulary."""
        ...

    def term(self, vocabulary: str, name: str) -> Any:
        """Return a term, or None where there is no such word."""
        ...


def read_count(value: Value, words: RecordWords) -> Count:
    """Read how a counted fact is computed.

    A word that no record can have is a fault: counting it would give nothing for ever, and refuse nobody.

    Raises:
        Unreadable: it cannot be used; its faults are recorded.
    """
    fields = value.fields(("of",), ("names", "where", "within", "last", "since", "latest"))
    readers: dict[str, Callable[[Value], Any]] = {
        **_records(fields, words),
        "within": lambda within: _one_of(within, ("calendar_year", "calendar_month", "lifetime")),
        "last": _read_days_back,
        "since": lambda since: _read_since(since, words),
        "latest": Value.boolean,
    }
    read = read_each(fields, readers)
    if len({"within", "last", "since"} & fields.keys()) != 1:
        message = Message(
            "计数应写且只写 `within`、`last`、`since` 之一",
            "a count needs exactly one of `within`, `last` and `since`",
        )
        value.fault("BAD_COUNT", message, Message("只写其中一个", "write one of them"))
    if len(read) < len(fields) or "of" not in read:
        raise Unreadable
    return Count(
        of=read["of"],
        names=read.get("names", ()),
        where=read.get("where", {}),
        within=read.get("within"),
        last=read.get("last"),
        latest=read.get("latest", False),
        since=read.get("since"),
    )


def _read_since(value: Value, words: RecordWords) -> Count:
    """Read the records after the newest of which counting begins."""
    fields = value.fields(("of",), ("names", "where"))
    read = read_each(fields, _records(fields, words))
    if len(read) < len(fields) or "of" not in read:
        raise Unreadable
    return Count(read["of"], read.get("names", ()), read.get("where", {}), "lifetime", None, latest=True)


def _one_of(value: Value, words: tuple[str, ...]) -> str:
    word = value.text()
    if word not in words:
        message = Message(f"此处不能写 `{word}`", f"`{word}` cannot stand here")
        raise value.fault("BAD_COUNT", message, use_one_of(words))
    return word


def _records(fields: Mapping[str, Value], words: RecordWords) -> dict[str, Callable[[Value], Any]]:
    """Return how to read which records are meant: of what kind, of which names, and with which attributes."""
    of = fields["of"].text() if "of" in fields else ""
    kind: RecordKind | None = next((kind for kind in RECORD_KINDS if kind == of), None)
    names = tuple(item.text() for item in fields["names"].items()) if "names" in fields else ()
    return {
        "of": lambda value: _one_of(value, tuple(RECORD_KINDS)),
        "names": lambda value: _names(value, kind, words),
        "where": lambda value: _where(value, kind, names, words),
    }


def _names(value: Value, kind: RecordKind | None, words: RecordWords) -> tuple[str, ...]:
    found = _words(value, RECORD_KINDS[kind] if kind else None, words)
    for item, name in zip(value.items(), found, strict=True):
        if kind == "operation" and states_of((name,), words) == ():
            message = Message(f"`{name}` 没有自己的办件记录", f"`{name}` keeps no operations of its own")
            item.fault("BAD_COUNT", message, Message("改用有办件记录的事项", "name a service that keeps some"))
    return found


def _where(
    value: Value, kind: RecordKind | None, names: tuple[str, ...], words: RecordWords
) -> dict[str, tuple[str, ...]]:
    found = {}
    for name, spec in value.entries().items():
        if kind is not None and name not in ATTRIBUTES[kind]:
            raise spec.fault("BAD_COUNT", no_attribute(kind, name), use_one_of(ATTRIBUTES[kind]))
        found[name] = _words(spec, ATTRIBUTE_WORDS.get(name), words)
        if kind == "operation" and name == "state":
            _check_states(spec, names, words)
    return found


def _check_states(value: Value, services: tuple[str, ...], words: RecordWords) -> None:
    states = states_of(services, words)
    for item in value.items() if states is not None else ():
        state = item.text()
        if states is not None and state not in states and words.term(ATTRIBUTE_WORDS["state"], state) is not None:
            item.fault("BAD_COUNT", *never_so(services, state, states))


def states_of(services: Sequence[str], words: RecordWords) -> tuple[str, ...] | None:
    """Return the states that operations of some services can have; None where the vocabulary does not say."""
    found: dict[str, None] = {}
    for name in services:
        term = words.term(RECORD_KINDS["operation"], name)
        states = term.attributes.get("states") if term is not None else None
        if states is None:
            return None
        found.update(dict.fromkeys(states))
    return tuple(found) if services else None


def never_so(services: Sequence[str], state: str, states: Sequence[str]) -> tuple[Message, Message]:
    """Say that operations of some services never have a state, and which they have."""
    named = ", ".join(f"`{name}`" for name in services)
    message = Message(f"{named} 的办件不会处于状态 `{state}`", f"operations of {named} are never `{state}`")
    return message, use_one_of(states)


def wrong_attribute(
    kind: RecordKind, name: str, attributes: Mapping[str, str], words: RecordWords
) -> tuple[str, Message, Message] | None:
    """Return the first attribute that no record of a kind and name can have, what is wrong and what to do; None if none."""
    for attribute, word in attributes.items():
        if attribute not in ATTRIBUTES[kind]:
            return attribute, no_attribute(kind, attribute), use_one_of(ATTRIBUTES[kind])
        vocabulary = ATTRIBUTE_WORDS.get(attribute)
        if vocabulary is not None and words.term(vocabulary, word) is None:
            message = Message(f"`{word}` 不是词表 `{vocabulary}` 的词条", f"`{word}` is not one of the {vocabulary}")
            return attribute, message, use_one_of(words.words_of(vocabulary))
        states = states_of((name,), words) if (kind, attribute) == ("operation", "state") else None
        if states is not None and word not in states:
            return attribute, *never_so((name,), word, states)
    return None


def no_attribute(kind: RecordKind, name: str) -> Message:
    """Say that records of a kind have no such attribute."""
    return Message(f"`{kind}` 记录没有属性 `{name}`", f"records of the kind `{kind}` have no `{name}`")


def _words(value: Value, vocabulary: str | None, words: RecordWords) -> tuple[str, ...]:
    found = []
    for item in value.items():
        found.append(item.text())
        if vocabulary is not None:
            words.wrong_term(item, vocabulary, found[-1])
    return tuple(found)


def _read_days_back(value: Value) -> Duration:
    return read_days(value, "BAD_COUNT", Message("计数不能回溯 `{}`", "a count cannot go back {}"))


def count_history(count: Count, history: History, on: date) -> int | datetime | None:
    """Return the number of records that match, or, for `latest`, the moment of the newest (None if there is none).

    Args:
        count: what to count; history: of the holder; on: the day asked, in China.
    """
    found = list(_matching(count, history, on))
    return max(found, default=None) if count.latest else len(found)


def _matching(count: Count, history: History, on: date) -> Iterator[datetime]:
    """Yield when the records were that match."""
    after = max(_matching(count.since, history, on), default=None) if count.since is not None else None
    for record in history:
        if _is_meant(count, record) and (after is None or record.at > after):
            day = day_in_china(record.at)
            if day <= on and _in_period(count, day, on):
                yield record.at


def _is_meant(count: Count, record: HistoryRecord) -> bool:
    return (
        record.kind == count.of
        and (not count.names or record.name in count.names)
        and all(record.attributes.get(key) in wanted for key, wanted in count.where.items())
    )


def _in_period(count: Count, day: date, on: date) -> bool:
    if count.within == "calendar_year":
        return day.year == on.year
    if count.within == "calendar_month":
        return (day.year, day.month) == (on.year, on.month)
    return count.last is None or day > shift_date(on, count.last, backwards=True)
