"""YAML as officers mean it: every value keeps its place, and nothing changes type behind anybody's back.

PyYAML reads a bare `NO` as false, `007` as a number and lets the second of two equal keys win. Here the composed
nodes are read by the type that the language expects at that place, so none of it can happen; what YAML 1.1 and 1.2
would read differently is a fault, with "quote it" as the remedy.
"""

import re
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from domain.message import Message
from policies.faults import FaultLog, Place, Unreadable
from policies.nodes import Mapping, Node, Refused, Scalar, Sequence, compose

T = TypeVar("T")

MAX_FILE_BYTES = 256 * 1024
MAX_TEXT = 2_000
"""Characters in one text: a message goes out whole in every decision that it is part of."""
SHORT = 16 * 1024
"""Texts up to this length, in characters, are remembered for a while."""

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_AMBIGUOUS = re.compile(
    r"(?i:yes|no|on|off|y|n|true|false|null|~|\.inf|[-+]\.inf|\.nan)?"
    r"|[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|[-+]?\.[0-9_]+([eE][-+]?[0-9]+)?"
    r"|[-+]?0[xobXOB][0-9a-fA-F_]+|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
    r"|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?([Tt \t].*)?|=|<<"
)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME_FORM = r"([01][0-9]|2[0-3]):[0-5][0-9]"
MOMENT_FORM = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{TIME_FORM}(:[0-5][0-9])?(Z|[+-]{TIME_FORM})"
_TIME = re.compile(TIME_FORM)
_MOMENT = re.compile(MOMENT_FORM)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
MAX_SHOWN = 80
MAX_PATH = 240


@lru_cache(maxsize=16_384)
def _is_text(word: str, plain: bool) -> bool:
    return bool(word.strip()) and not _UNPRINTABLE.search(word) and not (plain and _AMBIGUOUS.fullmatch(word))


@lru_cache(maxsize=1_024)
def _names(required: tuple[str, ...], optional: tuple[str, ...]) -> frozenset[str]:
    return frozenset((*required, *optional))


def reads_as_text(word: str) -> bool:
    """Say whether every reader of YAML takes an unquoted word for text."""
    return _is_text(word, True)


def shown(text: str, length: int = MAX_SHOWN) -> str:
    """Return a value as messages name it: on one line, cut where it is long."""
    if len(text) <= length and text.isprintable():
        return text
    line = _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04X}", " ".join(text.split("\n")))
    return line if len(line) <= length else f"{line[:length]}…"


# Not frozen: a load makes a million of these, and setting fields of frozen ones takes three times as long.
@dataclass(slots=True)
class Value:
    """One YAML value with its place and the log that its faults go to."""

    node: Node
    file: str
    path: str
    log: FaultLog

    @property
    def place(self) -> Place:
        """Where the value stands."""
        return Place(self.file, self.node.line, self.node.column, shown(self.path, MAX_PATH))

    def fault(self, code: str, message: Message, remedy: Message) -> Unreadable:
        """Record a fault at this place."""
        return self.log.fail(self.place, code, message, remedy)

    @property
    def is_mapping(self) -> bool:
        """Whether this is a mapping."""
        return isinstance(self.node, Mapping)

    @property
    def is_list(self) -> bool:
        """Whether this is a list."""
        return isinstance(self.node, Sequence)

    @property
    def kind(self) -> str:
        """What this is, in words."""
        return "a mapping" if self.is_mapping else "a list" if self.is_list else "a single value"

    def entries(self) -> dict[str, "Value"]:
        """Return a mapping's entries in order; a repeated or ambiguous key is a fault."""
        if not isinstance(self.node, Mapping):
            raise self.fault("WRONG_TYPE", f"expected a mapping, found {self.kind}", "write `key: value` lines here")
        found: dict[str, Value] = {}
        file, log, start = self.file, self.log, f"{self.path}." if self.path else ""
        for key_node, value_node in self.node.entries:
            key = self._key(key_node)
            if key in found:
                place = Value(key_node, file, self.path, log)
                place.fault("DUPLICATE_KEY", f"`{shown(key)}` stands here twice", "keep one of the two")
            elif key is not None:
                found[key] = Value(value_node, file, start + key, log)
        return found

    def _key(self, node: Node) -> str | None:
        if type(node) is Scalar and _is_text(node.value, node.plain):
            return node.value
        with suppress(Unreadable):
            Value(node, self.file, self.path, self.log).text()
        # The fault is recorded; what stands under the key is read all the same.
        return node.value if isinstance(node, Scalar) else None

    def fields(self, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> dict[str, "Value"]:
        """Return a mapping's entries where the keys are the language's own; unknown and missing keys are faults."""
        return self.known(self.entries(), required, optional)

    def known(
        self, entries: dict[str, "Value"], required: tuple[str, ...] = (), optional: tuple[str, ...] = ()
    ) -> dict[str, "Value"]:
        """Return those of this mapping's entries whose keys the language knows; see `fields`."""
        if not entries.keys() <= _names(required, optional):
            for key in entries.keys() - _names(required, optional):
                names = ", ".join((*required, *optional))
                entries.pop(key).fault("UNKNOWN_KEY", f"`{shown(key)}` means nothing here", f"use one of: {names}")
        for key in required:
            if key not in entries:
                self.fault("MISSING_KEY", f"`{key}` is missing", f"add `{key}:`")
        return entries

    def items(self) -> list["Value"]:
        """Return a list's items."""
        if not isinstance(self.node, Sequence):
            raise self.fault("WRONG_TYPE", f"expected a list, found {self.kind}", "write `- item` lines or `[a, b]`")
        file, path, log = self.file, self.path, self.log
        return [Value(node, file, f"{path}[{number}]", log) for number, node in enumerate(self.node.items)]

    def _scalar(self, expected: str) -> Scalar:
        if not isinstance(self.node, Scalar):
            raise self.fault("WRONG_TYPE", f"expected {expected}, found {self.kind}", f"write {expected}")
        return self.node

    def plain(self, expected: str) -> str:
        """Return the words of an unquoted scalar: numbers, dates and truth values are written without quotes."""
        node = self._scalar(expected)
        if not node.plain:
            raise self.fault(
                "WRONG_TYPE",
                f'expected {expected}, found the text "{shown(node.value)}"',
                f"write {expected}, unquoted",
            )
        return node.value

    def text(self) -> str:
        """Return a text. A bare word that some YAML reader would take for something else is a fault."""
        node = self._scalar("text")
        if not _is_text(node.value, node.plain):
            raise self._no_text(node)
        if len(node.value) > MAX_TEXT:
            message = f"a text of {len(node.value):,} characters; {MAX_TEXT:,} are possible"
            raise self.fault("TEXT_TOO_LONG", message, "shorten it, and name the document where the rest stands")
        return node.value

    def _no_text(self, node: Scalar) -> Unreadable:
        value = shown(node.value)
        if node.plain and _AMBIGUOUS.fullmatch(node.value):
            if not value:
                return self.fault("AMBIGUOUS_VALUE", "nothing stands here", "write a value, or remove the key")
            message = f"`{value}` is not read as text by every YAML reader"
            return self.fault("AMBIGUOUS_VALUE", message, f'put it in quotes: "{value}"')
        if not value.strip():
            return self.fault("BAD_TEXT", "the text is empty", "write something")
        return self.fault("BAD_TEXT", f'"{value}" holds a character that nobody can see', "remove it")

    def name(self) -> str:
        """Return an id: lower-case words joined by underscores."""
        value = self.text()
        if not NAME.fullmatch(value):
            raise self.fault(
                "BAD_NAME", f"`{shown(value)}` is not a name", "use lower-case letters, digits and single `_`"
            )
        return value

    def boolean(self) -> bool:
        """Return true or false; `yes`, `no`, `on` and `off` are faults."""
        value = self.plain("true or false")
        if value not in ("true", "false"):
            raise self.fault("WRONG_TYPE", f"`{shown(value)}` is not true or false", "write true or false")
        return value == "true"

    def integer(self) -> int:
        """Return a whole number in decimal digits."""
        value = self.plain("a whole number")
        if not _INTEGER.fullmatch(value):
            raise self.fault(
                "WRONG_TYPE", f"`{shown(value)}` is not a whole number", "write up to 15 digits only, such as 16"
            )
        return int(value)

    def date(self) -> date:
        """Return a day written as YYYY-MM-DD."""
        value = self.plain("a date")
        try:
            # The library alone would also take a week such as 2026-W09-1.
            return date.fromisoformat(value if _DATE.fullmatch(value) else "")
        except ValueError:
            raise self.fault(
                "WRONG_TYPE", f"`{shown(value)}` is not a date", "write YYYY-MM-DD, such as 2026-03-01"
            ) from None

    def time(self) -> time:
        """Return a time of day written in quotes as HH:MM (bare, YAML 1.1 would read a number)."""
        value = self.text()
        if not _TIME.fullmatch(value):
            raise self.fault(
                "WRONG_TYPE", f"`{shown(value)}` is not a time of day", 'write HH:MM in quotes, such as "17:00"'
            )
        return time.fromisoformat(value)

    def moment(self) -> datetime:
        """Return a point in time written in quotes, with its zone."""
        value = self.text()
        try:
            # A year from the ends of the calendar, for the moment must be one in every zone.
            usual = _MOMENT.fullmatch(value) and "0001" < value[:4] < "9999"
            return datetime.fromisoformat(value if usual else "")
        except ValueError:
            raise self.fault(
                "WRONG_TYPE",
                f"`{shown(value)}` is not a moment",
                'write date, time and zone in quotes, such as "2026-03-01T17:00+08:00"',
            ) from None

    def message(self) -> Message:
        """Return a text in both languages."""
        fields = self.fields(("zh", "en"))
        texts = read_all(fields, {"zh": Value.text, "en": Value.text})
        return Message(texts["zh"], texts["en"])


def read_each(fields: dict[str, Value], readers: dict[str, Callable[[Value], Any]]) -> dict[str, Any]:
    """Read several fields, recording the faults of all; those that are missing or cannot be read are left out."""
    results: dict[str, Any] = {}
    for key, reader in readers.items():
        if key in fields:
            try:  # not `suppress`, which costs more than most readers: nothing is asked for more often
                results[key] = reader(fields[key])
            except Unreadable:
                continue
    return results


def read_all(fields: dict[str, Value], readers: dict[str, Callable[[Value], Any]]) -> dict[str, Any]:
    """Read several fields, recording the faults of all before giving up.

    Raises:
        Unreadable: one of them is missing or could not be read.
    """
    results = read_each(fields, readers)
    if len(results) < len(readers):
        raise Unreadable
    return results


def read_items(value: Value, reader: Callable[[Value], T]) -> list[T]:
    """Read a list's items, recording the faults of all; those that cannot be read are left out."""
    results: list[T] = []
    for item in value.items():
        try:
            results.append(reader(item))
        except Unreadable:
            continue
    return results


def read_entries(value: Value | None) -> list[tuple[str, Value]]:
    """Return a mapping's entries; of nothing, or of what is no mapping, none (the fault is recorded)."""
    with suppress(Unreadable):
        return list(value.entries().items()) if value is not None else []
    return []


def read_file(path: Path, file: str, log: FaultLog, content: bytes | None = None) -> Value:
    """Read one YAML file.

    Args:
        path: the file.
        file: its name in messages, relative to the regions folder.
        log: where faults go.
        content: what the file holds, where it has been read already.

    Raises:
        Unreadable: the file is too large, not UTF-8, not YAML, or empty; the fault is recorded.
    """
    start = Place(file, 1, 1, "")
    if content is None:
        content = _read_content(path, start, log)
    if len(content) > MAX_FILE_BYTES:
        raise log.fail(
            start, "FILE_TOO_LARGE", f"the file has more than {MAX_FILE_BYTES} bytes", "split it or shorten it"
        )
    try:
        return read_text(content.decode("utf-8"), file, log)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise log.fail(
            Place(file, line, 1, ""),
            "NOT_UTF8",
            f"byte {error.start} (0x{content[error.start]:02X}) is not UTF-8",
            "save the file in the encoding UTF-8",
        ) from None


def _read_content(path: Path, start: Place, log: FaultLog) -> bytes:
    try:
        # A pipe or a device would block or never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise log.fail(start, "FILE_UNREADABLE", "it is not a file", "put a file there, or rename it")
        with path.open("rb") as stream:
            return stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise log.fail(
            start, "FILE_UNREADABLE", f"cannot be read: {error.strerror}", "check the file and its permissions"
        ) from None


def read_text(text: str, file: str, log: FaultLog) -> Value:
    """Read YAML text; see `read_file`."""
    try:
        node = _compose_again(text) if len(text) <= SHORT else compose(text)
    except Refused as refused:
        place = Place(file, refused.line, refused.column, "")
        raise log.fail(place, refused.code, refused.message, refused.remedy) from None
    if node is None:
        raise log.fail(Place(file, 1, 1, ""), "FILE_EMPTY", "the file is empty", "write its contents or delete it")
    return Value(node, file, "", log)


@lru_cache(maxsize=256)
def _compose_again(text: str) -> Node | None:
    """Compose a text, once for the cities of a province that copied it; nodes name no file, and nobody changes them."""
    return compose(text)
