"""YAML text as nodes with places, composed from libyaml's events.

Only what the language needs: no anchors, aliases or tags, one document a file, bounded depth and size. One parser reads
every file, so that no two can disagree.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from domain.message import Message
from policies.source import yaml_words

MAX_DEPTH = 32
MAX_NODES = 20_000


@dataclass(slots=True)
class Scalar:
    """A single value; `plain` when it stands without quotes. Lines and columns count from 1."""

    line: int
    column: int
    value: str
    plain: bool


@dataclass(slots=True)
class Sequence:
    """A list."""

    line: int
    column: int
    items: "tuple[Node, ...]"


@dataclass(slots=True)
class Mapping:
    """Keys with values, in order, repeated keys included."""

    line: int
    column: int
    entries: "tuple[tuple[Node, Node], ...]"


_NAME = re.compile("[A-Za-z]")
MAX_IN_BRACKETS = 20
"""Characters between brackets that may be the start of a text."""
Node = Scalar | Sequence | Mapping


class Refused(Exception):
    """The text is not the YAML of the language; says where and what to do."""

    def __init__(self, code: str, message: Message, remedy: Message, line: int = 1, column: int = 1) -> None:
        super().__init__(message.en)
        self.code, self.message, self.remedy = code, message, remedy
        self.line, self.column = line, column


def compose(text: str) -> Node | None:
    """Return the one document of a text, or None where there is none.

    Raises:
        Refused: it is not YAML, or uses more of YAML than the language does.
    """
    try:
        return _Composer(text).document()
    except yaml.MarkedYAMLError as error:
        # Its patterns take as long to compile as a file to read, and only whoever has made a slip needs them.
        from policies.source import yaml_slips

        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = yaml_words.in_words(error.problem)
        opened = error.context_mark.line + 1 if error.context_mark else None
        raise Refused("NOT_YAML", message, yaml_slips.remedy(text, line, opened), line, column) from None
    except yaml.reader.ReaderError as error:
        raise _bad_character(text, error) from None


def _bad_character(text: str, error: yaml.reader.ReaderError) -> Refused:
    # The position counts bytes of UTF-8, in which libyaml reads.
    before = text.encode()[: error.position].decode(errors="ignore")
    column = len(before) - (before.rfind("\n") + 1) + 1
    character = f"U+{ord(text[len(before)]):04X}"
    message = Message(
        f"不符合YAML格式：有看不见的字符 `{character}`",
        f"not YAML: it holds the character {character}, which nobody can see",
    )
    remedy = Message("删去这个字符", "remove the character")
    return Refused("NOT_YAML", message, remedy, before.count("\n") + 1, column)


class _Composer:
    """Turns events into nodes, with a list of what each open mapping or list holds so far."""

    def __init__(self, text: str) -> None:
        self.next: Callable[[], Any] = CParser(text).get_event
        self.count = 0

    def document(self) -> Node | None:
        self.next()  # the start of the stream
        if isinstance(self.next(), StreamEndEvent):
            return None
        node = self._node()
        self.next()  # the end of the document
        extra = self.next()
        if not isinstance(extra, StreamEndEvent):
            message = Message("一个文件里有多份YAML文档", "more than one document in the file")
            remedy = Message("只保留一份，删去 `---`", "keep one; remove `---`")
            raise self._refused(extra, "NOT_YAML", message, remedy)
        return node

    def _node(self) -> Node:
        # Half of the time of a load is spent in this loop.
        found: list[Node] = []
        opened: list[tuple[Any, list[Node]]] = []
        following, count = self.next, 0
        while True:
            event = following()
            kind = type(event)
            if kind is ScalarEvent:
                count += 1
                if event.anchor or event.tag is not None or count > MAX_NODES:
                    break
                mark = event.start_mark
                found.append(Scalar(mark.line + 1, mark.column + 1, event.value, not event.style))
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                start, outer = opened.pop()
                outer.append(_collection(start, found))
                found = outer
            else:
                count += 1
                if event.anchor or event.tag is not None or count > MAX_NODES or len(opened) >= MAX_DEPTH:
                    break
                opened.append((event, found))
                found = []
            if not opened:
                return found[0]
        self.count = count
        raise self._refusal(event)

    def _refusal(self, event: Any) -> Refused:
        if event.anchor:
            name = f"{'*' if isinstance(event, AliasEvent) else '&'}{event.anchor}"
            message = Message(
                f"`{name}`：政策文件不使用锚点和别名", f"`{name}`: anchors and aliases are not part of the language"
            )
            remedy = Message("把值完整写出；是文字的，加引号", "write the value out; put a text in quotes")
            return self._refused(event, "YAML_ALIAS", message, remedy)
        if event.tag is not None:
            message = Message(f"政策文件不使用标签 `{event.tag}`", f"the tag `{event.tag}` is not part of the language")
            remedy = Message("删去标签；是文字的，加引号", "remove the tag; put a text in quotes")
            return self._refused(event, "YAML_TAG", message, remedy)
        if self.count > MAX_NODES:
            message = Message(f"一个文件里的值超过{MAX_NODES:,}个", f"more than {MAX_NODES:,} values in one file")
            return self._refused(event, "FILE_TOO_LARGE", message, Message("拆分文件", "split the file"))
        message = Message(f"嵌套超过{MAX_DEPTH}层", f"nested deeper than {MAX_DEPTH} levels")
        return self._refused(event, "FILE_TOO_DEEP", message, Message("减少层数", "use fewer levels"))

    def _refused(self, event: Any, code: str, message: Message, remedy: Message) -> Refused:
        return Refused(code, message, remedy, event.start_mark.line + 1, event.start_mark.column + 1)


def _collection(start: Any, found: list[Node]) -> Node:
    line, column = start.start_mark.line + 1, start.start_mark.column + 1
    if type(start) is SequenceStartEvent:
        return Sequence(line, column, tuple(found))
    return Mapping(line, column, tuple(zip(found[::2], found[1::2], strict=True)))


def text_of(node: Node) -> str:
    """Return what a value says, so that what it may have been meant to define can be told."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return "\n".join(map(text_of, node.items))
    return "\n".join(f"{text_of(key)}: {text_of(value)}" for key, value in node.entries)


def as_text(node: Node, path: str) -> Message:
    """Say how a text is written where it is none, as brackets have made a list or a mapping of it.

    Args:
        path: of what should be a text; its last part is the key.
    """
    written = _in_brackets(node)
    if not written:
        return Message("写成文字", "write text")
    key = path.rpartition(".")[2]
    right = f'"{written}"' if key.endswith("]") else f'{key}: "{written}"'
    return Message(f"文字要加引号：`{right}`", f"put the text in quotes: `{right}`")


def _in_brackets(node: Node) -> str:
    """Return what holds one short word, as `[2014]` and `{amount}`, the way it is written; of others, nothing."""
    word, form = "", "[{}]"
    if isinstance(node, Mapping) and len(node.entries) == 1 and not text_of(node.entries[0][1]):
        word, form = text_of(node.entries[0][0]), "{{{}}}"
    elif isinstance(node, Sequence) and len(node.items) == 1 and isinstance(node.items[0], Scalar):
        word = node.items[0].value
        if _NAME.match(word):
            return ""  # a list of one name, where the name alone belongs
    return form.format(word) if 0 < len(word) <= MAX_IN_BRACKETS and word.isprintable() else ""
