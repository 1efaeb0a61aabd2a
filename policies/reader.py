"""YAML as officers mean it: every value keeps its place, and nothing changes type behind anybody's back.

PyYAML reads a bare `NO` as false, `510100` as a number and lets the second of two equal keys win. Here the composed
nodes are read by the type that the language expects at that place, so none of it can happen; what YAML 1.1 and 1.2
would read differently is a fault, with "quote it" as the remedy.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import TypeVar

import yaml
from yaml.events import AliasEvent, NodeEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from domain.message import Message
from policies.faults import FaultLog, Place, Unreadable

T = TypeVar("T")

MAX_FILE_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_NODES = 20_000

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_AMBIGUOUS = re.compile(
    r"(?i:yes|no|on|off|y|n|true|false|null|~|\.inf|[-+]\.inf|\.nan)?"
    r"|[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|[-+]?\.[0-9]+"
    r"|0[xob][0-9a-fA-F_]+|[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?|\d{4}-\d\d?-\d\d?.*|=|<<"
)


class _NoAliasLoader(yaml.SafeLoader):
    """Composes nodes only; refuses anchors, aliases, tags and bombs while composing."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.nodes = 0

    def compose_node(self, parent: Node | None, index: object) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise _Refused("YAML_ALIAS", event, "anchors and aliases are not part of the language", "write it out")
        if getattr(event, "tag", None) is not None:
            raise _Refused("YAML_TAG", event, f"the tag {event.tag} is not part of the language", "remove the tag")
        self.nodes += 1
        self.depth += 1
        if self.nodes > MAX_NODES:
            raise _Refused("FILE_TOO_LARGE", event, f"more than {MAX_NODES} values in one file", "split the file")
        if self.depth > MAX_DEPTH:
            raise _Refused("FILE_TOO_DEEP", event, f"nested deeper than {MAX_DEPTH}", "use fewer levels")
        node: Node | None = super().compose_node(parent, index)  # type: ignore[arg-type]
        self.depth -= 1
        return node


class _Refused(Exception):
    def __init__(self, code: str, event: object, message: str, remedy: str) -> None:
        super().__init__(message)
        self.code, self.message, self.remedy = code, message, remedy
        self.mark = event.start_mark  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Value:
    """One YAML value with its place and the log that its faults go to."""

    node: Node
    file: str
    path: str
    log: FaultLog

    @property
    def place(self) -> Place:
        """Where the value stands."""
        mark = self.node.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1, self.path)

    def fault(self, code: str, message: str, remedy: str) -> Unreadable:
        """Record a fault at this place."""
        return self.log.fail(self.place, code, message, remedy)

    @property
    def is_mapping(self) -> bool:
        """Whether this is a mapping."""
        return isinstance(self.node, MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether this is a list."""
        return isinstance(self.node, SequenceNode)

    @property
    def kind(self) -> str:
        """What this is, in words."""
        return "a mapping" if self.is_mapping else "a list" if self.is_list else "a single value"

    def entries(self) -> dict[str, "Value"]:
        """Return a mapping's entries in order; a repeated or ambiguous key is a fault."""
        if not isinstance(self.node, MappingNode):
            raise self.fault("WRONG_TYPE", f"expected a mapping, found {self.kind}", "write `key: value` lines here")
        found: dict[str, Value] = {}
        for key_node, value_node in self.node.value:
            key_value = Value(key_node, self.file, self.path, self.log)
            try:
                key = key_value.text()
            except Unreadable:
                continue
            if key in found:
                key_value.fault("DUPLICATE_KEY", f"`{key}` stands here twice", "keep one of the two")
                continue
            found[key] = Value(value_node, self.file, f"{self.path}.{key}" if self.path else key, self.log)
        return found

    def fields(self, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> dict[str, "Value"]:
        """Return a mapping's entries where the keys are the language's own; unknown and missing keys are faults."""
        found = self.entries()
        known = (*required, *optional)
        for key in [k for k in found if k not in known]:
            found.pop(key).fault("UNKNOWN_KEY", f"`{key}` means nothing here", f"use one of: {', '.join(known)}")
        for key in required:
            if key not in found:
                self.fault("MISSING_KEY", f"`{key}` is missing", f"add `{key}:`")
        return found

    def items(self) -> list["Value"]:
        """Return a list's items."""
        if not isinstance(self.node, SequenceNode):
            raise self.fault("WRONG_TYPE", f"expected a list, found {self.kind}", "write `- item` lines or `[a, b]`")
        return [Value(n, self.file, f"{self.path}[{i}]", self.log) for i, n in enumerate(self.node.value)]

    def _scalar(self, expected: str) -> ScalarNode:
        if not isinstance(self.node, ScalarNode):
            raise self.fault("WRONG_TYPE", f"expected {expected}, found {self.kind}", f"write {expected}")
        return self.node

    def plain(self, expected: str) -> str:
        """Return the words of an unquoted scalar: numbers, dates and truth values are written without quotes."""
        node = self._scalar(expected)
        if node.style is not None:
            raise self.fault("WRONG_TYPE", f'expected {expected}, found the text "{node.value}"', "remove the quotes")
        return str(node.value)

    def text(self) -> str:
        """Return a text. A bare word that some YAML reader would take for something else is a fault."""
        node = self._scalar("text")
        value = str(node.value)
        if node.style is None and _AMBIGUOUS.fullmatch(value):
            shown = value or "nothing"
            raise self.fault(
                "AMBIGUOUS_VALUE",
                f"`{shown}` is not read as text by every YAML reader",
                f'put it in quotes: "{value}"',
            )
        return value

    def name(self) -> str:
        """Return an id: lower-case words joined by underscores."""
        value = self.text()
        if not NAME.fullmatch(value):
            raise self.fault("BAD_NAME", f"`{value}` is not a name", "use lower-case letters, digits and single `_`")
        return value

    def boolean(self) -> bool:
        """Return true or false; `yes`, `no`, `on` and `off` are faults."""
        value = self.plain("true or false")
        if value not in ("true", "false"):
            raise self.fault("WRONG_TYPE", f"`{value}` is not true or false", "write true or false")
        return value == "true"

    def integer(self) -> int:
        """Return a whole number in decimal digits."""
        value = self.plain("a whole number")
        if not re.fullmatch(r"-?(0|[1-9][0-9]{0,14})", value):
            raise self.fault("WRONG_TYPE", f"`{value}` is not a whole number", "write digits only, such as 16")
        return int(value)

    def date(self) -> date:
        """Return a day written as YYYY-MM-DD."""
        value = self.plain("a date")
        try:
            return date.fromisoformat(value if len(value) == 10 else "")
        except ValueError:
            raise self.fault("WRONG_TYPE", f"`{value}` is not a date", "write YYYY-MM-DD, such as 2026-03-01") from None

    def time(self) -> time:
        """Return a time of day written in quotes as HH:MM (bare, YAML 1.1 would read a number)."""
        value = self.text()
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise self.fault("WRONG_TYPE", f"`{value}` is not a time of day", 'write HH:MM in quotes, such as "17:00"')
        return time.fromisoformat(value)

    def message(self) -> Message:
        """Return a text in both languages."""
        fields = self.fields(("zh", "en"))
        texts = read_all(fields, {"zh": Value.text, "en": Value.text})
        return Message(texts["zh"], texts["en"])

    def walk(self) -> Iterator["Value"]:
        """Yield this value and all inside it."""
        yield self
        if self.is_mapping:
            for value in self.entries().values():
                yield from value.walk()
        elif self.is_list:
            for value in self.items():
                yield from value.walk()


def read_all(fields: dict[str, Value], readers: dict[str, Callable[[Value], T]]) -> dict[str, T]:
    """Read several fields, recording the faults of all before giving up.

    Raises:
        Unreadable: one of them is missing or could not be read.
    """
    results: dict[str, T] = {}
    for key, reader in readers.items():
        if key in fields:
            try:
                results[key] = reader(fields[key])
            except Unreadable:
                continue
    if len(results) < len(readers):
        raise Unreadable
    return results


def read_file(path: Path, file: str, log: FaultLog) -> Value:
    """Read one YAML file.

    Args:
        path: the file.
        file: its name in messages, relative to the regions folder.
        log: where faults go.

    Raises:
        Unreadable: the file is too large, not UTF-8, not YAML, or empty; the fault is recorded.
    """
    start = Place(file, 1, 1, "")
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            size = path.stat().st_size
            raise log.fail(
                start, "FILE_TOO_LARGE", f"the file has {size} bytes; the limit is {MAX_FILE_BYTES}", "split the file"
            )
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise log.fail(
            start, "NOT_UTF8", f"byte {error.start} is not UTF-8", "save the file in the encoding UTF-8"
        ) from None
    except OSError as error:
        raise log.fail(
            start, "FILE_UNREADABLE", f"cannot be read: {error.strerror}", "check the file and its permissions"
        ) from None
    return read_text(text, file, log)


def read_text(text: str, file: str, log: FaultLog) -> Value:
    """Read YAML text; see `read_file`."""
    start = Place(file, 1, 1, "")
    try:
        loader = _NoAliasLoader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except _Refused as refused:
        place = Place(file, refused.mark.line + 1, refused.mark.column + 1, "")
        raise log.fail(place, refused.code, refused.message, refused.remedy) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1, "") if mark else start
        raise log.fail(place, "NOT_YAML", f"not YAML: {error.problem}", "mend it; check the indentation") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise log.fail(start, "NOT_YAML", f"not YAML: {error}", "remove what YAML does not allow") from None
    if node is None:
        raise log.fail(start, "FILE_EMPTY", "the file is empty", "write its contents or delete it")
    return Value(node, file, "", log)
