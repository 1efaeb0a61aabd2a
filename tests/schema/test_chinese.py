"""The graph described in Chinese: nothing is left out, nothing is left over, and it is told to whoever reads Chinese."""

import re
from collections.abc import Iterator
from functools import cache

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
)

from schema import build
from schema.kit.chinese import FILE, catalogue, chinese_sdl, in_chinese, parts
from tests.chinese_style import PROPER, other_names, slips, unfinished
from tests.schema.graph import Graph

ZH = FILE.parent / "schema.zh.graphql"
NAMES = PROPER | {
    "CD", "ECMAScript", "GB/T", "GraphQL", "HH", "ISO", "JSON", "MM", "MiB", "NX", "QD", "SC", "Schema", "SDL", "YAML", "YYYY", "DD", "JSON Schema",
    "react", "jsonschema", "form", "null",
}  # fmt: skip
"""Latin words that developers know by that name, and the services' names in their documents."""
HAN = re.compile("[一-鿿]")


@cache
def texts() -> dict[str, str]:
    """Return each description and reason of the graph, by where it stands."""
    return dict(_texts())


def _texts() -> Iterator[tuple[str, str]]:
    for kind in build.build_schema(federated=True)._schema.type_map.values():
        if (
            kind.name.startswith("__")
            or not kind.description
            or kind.name in ("String", "Int", "Float", "Boolean", "ID")
        ):
            continue
        yield kind.name, kind.description
        held = kind.values if isinstance(kind, GraphQLEnumType) else getattr(kind, "fields", {})
        for name, part in held.items():
            yield f"{kind.name}.{name}", part.description or ""
            yield f"{kind.name}.{name} deprecated", part.deprecation_reason or ""
            if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
                yield from ((f"{kind.name}.{name}({key})", given.description or "") for key, given in part.args.items())
            elif not isinstance(kind, GraphQLEnumType | GraphQLInputObjectType):
                raise AssertionError(f"{kind.name} has parts of a kind that nobody describes")


def test_every_text_has_its_chinese_and_none_is_left_over() -> None:
    wanted = {part for text in texts().values() if text for part in parts(text)}
    missing = sorted(wanted - catalogue().keys())
    assert not missing, f"write their Chinese in {FILE.name}"
    assert sorted(catalogue().keys() - wanted) == [], (
        f"nothing in the graph says this any more; take it out of {FILE.name}"
    )


def test_the_chinese_is_written_as_people_read_it() -> None:
    found = {
        english: wrong
        for english, chinese in catalogue().items()
        if (wrong := [*slips(chinese, NAMES), *other_names(chinese, citizens=False)]) or unfinished(chinese)
    }
    assert found == {}


def test_what_stands_in_code_is_the_same_in_both() -> None:
    """Names of fields, words and services are no texts: they are not to be lost on the way, nor changed."""
    told = {
        english: chinese
        for english, chinese in catalogue().items()
        if not set(re.findall(r"`[^`]*`", english)) <= set(re.findall(r"`[^`]*`", chinese))
        or set(re.findall(r"\b(?:SC|CD|QD|NX)-\d+", english)) != set(re.findall(r"(?:SC|CD|QD|NX)-\d+", chinese))
    }
    assert told == {}


def test_what_tables_add_is_told_too() -> None:
    assert in_chinese("Declared facts. At most 50.") == "声明的事实。最多50项。"
    assert (
        in_chinese("The same with label and attributes, of the vocabulary banks.")
        == "同一个词，附名称和属性，取自词表 `banks`。"
    )
    assert in_chinese("nobody has said this") == "nobody has said this"
    assert all(HAN.search(in_chinese(text)) for text in texts().values() if text)


def test_the_committed_schema_in_chinese_is_the_one_that_is_served() -> None:
    sdl = build.build_schema().as_str()
    committed = ZH.read_text(encoding="utf-8")
    assert committed.strip() == chinese_sdl(sdl).strip(), "run `make schema`"
    here, there = build_schema(sdl), build_schema(committed)
    assert find_breaking_changes(here, there) == find_breaking_changes(there, here) == []
    assert find_dangerous_changes(here, there) == []


QUERY = """{
  card: __type(name: "Card") { description fields { name description args { description } } }
  citation: __type(name: "Citation") { fields(includeDeprecated: true) { name deprecationReason } }
  state: __type(name: "CardState") { enumValues { name description } }
  input: __type(name: "EvidenceInput") { inputFields { name description } }
}"""


@pytest.mark.anyio
@pytest.mark.parametrize(("language", "chinese"), [("zh-CN,zh;q=0.9", True), ("en", False), (None, True)])
async def test_introspection_answers_in_the_language_of_the_request(
    graph: Graph, language: str | None, chinese: bool
) -> None:
    headers = {"Accept-Language": language} if language else {}
    answer = await graph.client.post("/graphql", json={"query": QUERY}, headers=headers)
    data = answer.json()["data"]
    told = [
        data["card"]["description"],
        *(field["description"] for field in data["card"]["fields"]),
        *(given["description"] for field in data["card"]["fields"] for given in field["args"]),
        *(field["deprecationReason"] for field in data["citation"]["fields"] if field["deprecationReason"]),
        *(value["description"] for value in data["state"]["enumValues"]),
        *(field["description"] for field in data["input"]["inputFields"]),
    ]
    assert len(told) > 40
    assert [text for text in told if bool(HAN.search(text)) is not chinese] == []
