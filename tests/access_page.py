"""The matrix of docs/access.md, written from the rules that stand beside types, fields and mutations by `make access`.

`tests/graph/test_access.py` asks for each of its cells over HTTP, and `tests/schema/test_access.py` keeps the page current.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path

from graphql import GraphQLObjectType, GraphQLSchema

from domain.access import EVERYBODY, Standing
from schema.build import build_schema
from schema.kit.access import rule_of_field, rule_of_type

PAGE = Path(__file__).parent.parent / "docs" / "access.md"
_S = Standing
TO_A_THING: Mapping[Standing, str] = {
    _S.SELF: "self",
    _S.GUARDIAN: "guardian",
    _S.DELEGATE: "delegate",
    _S.DELEGATE | _S.ASKED: "delegate who asked",
    _S.WINDOW: "window",
    _S.OUTLET: "bank outlet",
    _S.HOTLINE: "hotline",
    _S.WINDOW_NEAR: "window, same province",
    _S.OUTLET_NEAR: "outlet, same province",
    _S.HOTLINE_NEAR: "hotline, same province",
    _S.MAKER: "card maker at work",
    _S.BANK: "bank at work",
    _S.MAKER_AFTER: "card maker after",
    _S.BANK_AFTER: "bank after",
}
"""How somebody may stand to a person, card or operation, as columns of the matrix."""
BY_ROLE: Mapping[Standing, str] = {
    _S.NOBODY: "no token",
    _S.SELF: "person",
    _S.WINDOW: "window",
    _S.OUTLET: "bank outlet",
    _S.HOTLINE: "hotline",
    _S.MAKER: "card maker",
    _S.BANK: "bank",
    _S.INSTITUTION: "medical institution",
    _S.SETTLEMENT: "settlement system",
    _S.OFFICER: "policy officer",
    _S.AUDITOR: "auditor",
}
"""What somebody may come as, as columns of the matrix."""
TOP = """# Who may see and ask for what

This page is generated from the rules beside each type, field and mutation (`make access`); each cell is asked for over HTTP by
`tests/graph/test_access.py`. A type, field or mutation without a rule fails the build (`schema/kit/access.py`). How the standings
are found out is in `resolvers/changing/standing.py`, and what they mean in `domain/access.py`.

- **window, bank outlet, hotline**: a clerk, where the person has a card, an operation or a guardianship in the clerk's region, is
  insured, employed or lives there, or was looked up by card or document within the last hour, which is put on record. A clerk of a
  bank's outlet is one whose token names a bank or the office kind `bank_outlet`; one whose channel sees nobody is a hotline.
- **same province**: such a clerk, where it belongs to another place of the province. An operation is of its region alone.
- **at work, after**: a card maker or bank before and after the operation has come to its end. A card is always at work.
- Whoever stands otherwise is answered as if there were nothing: a clerk of another province, a past guardian, somebody whose
  delegation has ended, another bank, a stranger, a medical institution, a settlement system, a policy officer, an auditor.
- What the policy of the region says of looking up (`status`, `progress`, `account_entries`) holds besides.

✓ shown · – not shown: null, an empty list, or `****` where there must be a text.
"""


def told(kind: GraphQLObjectType, name: str, standing: Standing) -> bool:
    """Say whether who stands somehow to an object of a type is told a field of it."""
    whole, own = rule_of_type(kind), rule_of_field(kind.fields[name])
    if not isinstance(whole, Standing):
        raise TypeError(f"{kind.name} is shown with what it is part of")
    return bool(standing & whole and (not isinstance(own, Standing) or standing & own))


def by_standing(schema: GraphQLSchema) -> Iterator[GraphQLObjectType]:
    """Yield the types that are shown by how somebody stands to their object, by name."""
    for _, kind in sorted(schema.type_map.items()):
        if isinstance(kind, GraphQLObjectType) and isinstance(rule_of_type(kind), Standing):
            yield kind


def asked(schema: GraphQLSchema, root: str) -> dict[str, Standing]:
    """Return who may ask for each field of the query or each mutation."""
    kind = schema.type_map[root]
    if not isinstance(kind, GraphQLObjectType):
        raise TypeError(root)
    rules = {name: rule_of_field(field) for name, field in kind.fields.items()}
    return {name: rule for name, rule in rules.items() if isinstance(rule, Standing)}


def _table(
    first: str, columns: Mapping[Standing, str], rows: Mapping[str, Callable[[Standing], bool]]
) -> Iterator[str]:
    yield f"| {first} | {' | '.join(columns.values())} |"
    yield f"| --- |{' --- |' * len(columns)}"
    for name, holds in rows.items():
        yield f"| {name} | {' | '.join('✓' if holds(column) else '–' for column in columns)} |"


def _of_type(kind: GraphQLObjectType) -> Mapping[str, Callable[[Standing], bool]]:
    own = [name for name in kind.fields if isinstance(rule_of_field(kind.fields[name]), Standing)]
    rows = {"every other field": partial(told, kind, "id")}
    return rows | {f"`{name}`": partial(told, kind, name) for name in own}


def _may(rule: Standing, standing: Standing) -> bool:
    return bool(rule & standing)


@cache
def page() -> str:
    """Return the page."""
    schema = build_schema()._schema
    lines = [TOP]
    for kind in by_standing(schema):
        lines += [f"## {kind.name}", "", *_table("field", TO_A_THING, _of_type(kind)), ""]
    for root, title in (("Query", "Queries"), ("Mutation", "Mutations")):
        rules = {f"`{n}`": partial(_may, rule) for n, rule in asked(schema, root).items() if rule != EVERYBODY}
        public = [f"`{name}`" for name, rule in asked(schema, root).items() if rule == EVERYBODY]
        lines += [f"## {title}", ""]
        if public:
            lines += [f"Everybody may ask, without a token too: {', '.join(public)}.", ""]
        lines += [*_table("field", BY_ROLE, rules), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
