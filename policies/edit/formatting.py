"""One form for policy files: the order of the language's own keys, spacing and quotes. Comments stay, and so does meaning.

Keys that officers choose (rules, settings, words, facts) keep their order, which can matter. A text loses quotes only
where no reader of YAML could take it for anything else, and gains none. What comes out is compared with what went in:
were a comment lost or a value changed, the file would be refused instead of written.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

import yaml as pyyaml
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from domain.message import Message
from policies.edit.key_order import in_order
from policies.source.nodes import MAX_DEPTH, Mapping, Node, Refused, Scalar, compose
from policies.source.reader import reads_as_text

WIDTH = 10_000
"""Lines are never broken: a text that goes over two lines is easily taken for two."""
_SIMPLE = re.compile(r"[^\W_]([\w .·…“”（）、，。；！？/+%-]*[\w.…”）。；！？])?")
_ITEM = "[]"
_OTHERWISE = Message(
    "整理后含义会改变；请将此文件告知开发人员", "it would mean something else; please report this file"
)
_COMMENT = Message(
    "有注释处于无法保留的位置；请将其移到某个键的上方，单独成行",
    "a comment stands where it cannot be kept; move it to a line of its own, above a key",
)


class FormatRefused(Exception):
    """A file cannot be brought into form without a loss; says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.en)
        self.message = message


def format_text(text: str, kind: str) -> str:
    """Return a policy file in its one form.

    Args:
        text: of a file without faults; kind: which kind of file it is (see `schemas.kind_of`).

    Raises:
        FormatRefused: it is not YAML as the language knows it, or a comment could not be kept.
    """
    try:
        before = compose(text)
        formed = _round(_sorted(text.replace("\r\n", "\n").removeprefix("\ufeff"), kind), kind)
        if formed == text:
            return text
        again = _round(formed, kind)
        after = compose(again)
    except Refused as refused:
        line, message, remedy = refused.line, refused.message, refused.remedy
        said = Message(f"第{line}行：{message.zh}；{remedy.zh}", f"line {line}: {message.en}; {remedy.en}")
        raise FormatRefused(said) from None
    if before is None or after is None or _meaning(before, (), kind) != _meaning(after, (), kind):
        raise FormatRefused(_OTHERWISE)
    if _comments(text) != _comments(again):
        raise FormatRefused(_COMMENT)
    return again


# --- spacing, quotes, and the order of keys on one line


def _round(text: str, kind: str) -> str:
    yaml = YAML()
    yaml.width = WIDTH
    yaml.preserve_quotes = True
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    node = yaml.compose(text)
    _tidy(node, (), kind)
    out = io.StringIO()
    yaml.serialize(node, out)
    lines = [line.rstrip() for line in out.getvalue().split("\n")]
    return "\n".join(lines).strip("\n") + "\n"


def _tidy(node: Any, path: tuple[str, ...], kind: str) -> None:
    if isinstance(node, ScalarNode):
        _requote(node)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            _tidy(item, (*path, _ITEM), kind)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            _requote(key)
            _tidy(value, (*path, key.value), kind)
        if node.flow_style and not any(_has_comment(part) for entry in node.value for part in entry):
            names = [key.value for key, _ in node.value]
            entries = dict(zip(names, node.value, strict=True))
            node.value = [entries[name] for name in in_order(names, path, kind)]


def _has_comment(node: Any) -> bool:
    return bool(node.comment)


def _requote(node: ScalarNode) -> None:
    if node.style not in ("'", '"') or "\n" in node.value:
        return
    plain = _SIMPLE.fullmatch(node.value) and reads_as_text(node.value)
    node.style = None if plain else '"'


# --- the order of keys that stand on lines of their own


def _sorted(text: str, kind: str) -> str:
    """Move whole lines until every block mapping has its keys in order; comments go with the key that they precede."""
    # Each time the outermost blocks that are out of order; what stands within them has moved then.
    for _ in range(MAX_DEPTH + 1):
        lines = text.split("\n")
        moves = list(_moves(compose(text), (), kind, lines))
        if not moves:
            break
        for start, found in moves:
            lines[start : start + len(found)] = found
        text = "\n".join(lines)
    return text


def _moves(node: Node | None, path: tuple[str, ...], kind: str, lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of each block that is out of order as they should be, and where they begin."""
    if isinstance(node, Mapping):
        names = [key.value for key, _ in node.entries if isinstance(key, Scalar)]
        wanted = in_order(names, path, kind)
        if wanted != names and _is_block(node):
            yield _moved(node, names, wanted, lines)
            return
        for key, value in node.entries:
            yield from _moves(value, (*path, getattr(key, "value", "")), kind, lines)
    elif node is not None and not isinstance(node, Scalar):
        for item in node.items:
            yield from _moves(item, (*path, _ITEM), kind, lines)


def _is_block(node: Mapping) -> bool:
    first, _ = node.entries[0]
    return (
        len({key.line for key, _ in node.entries}) == len(node.entries)
        and first.column == node.column
        and all(key.column == node.column for key, _ in node.entries)
    )


def _moved(node: Mapping, names: list[str], wanted: list[str], lines: list[str]) -> tuple[int, list[str]]:
    indent = node.column - 1
    keys = [key.line - 1 for key, _ in node.entries]
    start = keys[0]
    starts = [start, *(_with_comments(line, indent, lines) for line in keys[1:])]
    ends = [*starts[1:], _end(keys[-1], indent, lines)]
    lead, first_line = lines[start][:indent], " " * indent + lines[start][indent:]
    blocks = {name: lines[first:last] for name, first, last in zip(names, starts, ends, strict=True)}
    blocks[names[0]][0] = first_line
    found = [line for name in wanted for line in blocks[name]]
    if lead.strip():  # the `- ` of a list goes to the first key
        at = next(number for number, line in enumerate(found) if line.strip() and not line.strip().startswith("#"))
        found[at] = lead + found[at][indent:]
    return start, found


def _with_comments(line: int, indent: int, lines: list[str]) -> int:
    """Return the first of the lines of comments that stand directly above a key."""
    while lines[line - 1].startswith(" " * indent + "#"):
        line -= 1
    return line


def _end(line: int, indent: int, lines: list[str]) -> int:
    """Return the line after the last one of a mapping's last value."""
    last = line + 1
    for number in range(line + 1, len(lines)):
        text = lines[number]
        own = len(text) - len(text.lstrip(" "))
        if not text.strip() or (text.lstrip().startswith("#") and own <= indent):
            continue
        if own < indent or (own == indent and not text.lstrip().startswith("- ")):
            break
        last = number + 1
    return last


# --- what must be the same before and after


def _meaning(node: Node, path: tuple[str, ...], kind: str) -> Any:
    """Return what the language reads: values with their types, and the order of keys where it is not the language's."""
    if isinstance(node, Scalar):
        return (node.value, node.plain and not reads_as_text(node.value))
    if isinstance(node, Mapping):
        parts = {getattr(key, "value", ""): value for key, value in node.entries}
        names = in_order(list(parts), path, kind)
        return [(name, _meaning(parts[name], (*path, name), kind)) for name in names]
    return tuple(_meaning(item, (*path, _ITEM), kind) for item in node.items)


def _comments(text: str) -> list[str]:
    """Return the comments of a text, in no order: what stands after a `#` outside of values."""
    rest, end = [], 0
    for event in pyyaml.parse(text, Loader=pyyaml.CSafeLoader):
        if isinstance(event, pyyaml.ScalarEvent) and event.start_mark and event.end_mark:
            rest.append(text[end : event.start_mark.index])
            end = event.end_mark.index
    rest.append(text[end:])
    return sorted(found.strip() for found in re.findall(r"#[^\n]*", "\0".join(rest)))
