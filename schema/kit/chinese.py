"""The descriptions of the graph in Chinese: one file of texts beside their English, for introspection and for the schema as a file."""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from graphql import (
    ArgumentNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    StringValueNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

FILE: Final = Path(__file__).parents[1] / "descriptions.zh.toml"
_BOUND: Final = re.compile(r"(.*?) ?At most (\d+)\.")
"""What the table of weights adds to the description of a list (`schema/kit/weights.py`)."""
_TERM: Final = re.compile(r"The same with label and attributes, of the vocabulary (\w+)(?: or (\w+))?\.")
"""What a field says that shows a term (`schema/types/terms.py`)."""
_TEXTS: Final = (
    ("__Type", "description"),
    ("__Field", "description"),
    ("__InputValue", "description"),
    ("__EnumValue", "description"),
    ("__Field", "deprecationReason"),
    ("__InputValue", "deprecationReason"),
    ("__EnumValue", "deprecationReason"),
)


@cache
def catalogue() -> dict[str, str]:
    """Return the Chinese of each English text."""
    found: dict[str, str] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return found


def parts(text: str) -> Iterator[str]:
    """Yield the parts of a description whose Chinese the file has; what tables add to it has none of its own."""
    bound = _BOUND.fullmatch(text)
    own = bound[1] if bound else text
    if own and not _TERM.fullmatch(own):
        yield own


def in_chinese(text: str) -> str:
    """Return a description in Chinese; in English where the file has none."""
    bound = _BOUND.fullmatch(text)
    own = bound[1] if bound else text
    term = _TERM.fullmatch(own)
    told = _term(*term.groups()) if term else catalogue().get(own, own)
    return f"{told}最多{bound[2]}项。" if bound else told


def _term(one: str, other: str | None) -> str:
    of = f"`{one}` 或 `{other}`" if other else f"`{one}`"
    return f"同一个词，附名称和属性，取自词表 {of}。"


def chinese_sdl(sdl: str) -> str:
    """Return the SDL of a schema with its descriptions in Chinese."""
    return print_ast(visit(parse(sdl), _InChinese())) + "\n"


class _InChinese(Visitor):
    def enter_string_value(self, node: StringValueNode, key: object, parent: Any, *_: Any) -> StringValueNode | None:
        """Take descriptions, and the reasons of deprecations."""
        is_description = key == "description"
        if is_description or (isinstance(parent, ArgumentNode) and parent.name.value == "reason"):
            return replace(node, value=in_chinese(node.value), block=is_description)
        return None


def describe_in_both(schema: GraphQLSchema) -> None:
    """Have introspection answer in the language of the request.

    graphql-core has one set of introspection types for all schemas of a process, so that this is done once; a context that has
    no language is answered in English.
    """
    for kind, name in _TEXTS:
        definition = schema.type_map[kind]
        assert isinstance(definition, GraphQLObjectType)  # noqa: S101 - as graphql-core has it
        field: GraphQLField = definition.fields[name]
        if not hasattr(field.resolve, "in_both"):
            field.resolve = _in_both(field.resolve)


def _in_both(resolve: Any) -> Callable[..., str | None]:
    def tell(item: Any, info: Any, **given: Any) -> str | None:
        text: str | None = resolve(item, info, **given)
        return in_chinese(text) if text and getattr(info.context, "language", "en") == "zh" else text

    tell.in_both = True  # type: ignore[attr-defined] # how it is known that it was done
    return tell
