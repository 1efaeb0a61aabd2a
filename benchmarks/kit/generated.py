"""Documents by chance: right ones, nearly right ones, huge ones and broken ones, the same for the same seed."""

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

DEEPEST: Final = 8
_LEAVES: Final[Mapping[str, Callable[[Random], str]]] = {
    "Int": lambda by: str(by.choice((0, 1, 3, 100, -1, 2**31, 10**30))),
    "Float": lambda by: by.choice(("0.5", "1e3", "1e400", "-0")),
    "Boolean": lambda by: by.choice(("true", "false")),
    "Date": lambda by: by.choice(('"2026-11-20"', '"0001-01-01"', '"2026-13-40"')),
    "DateTime": lambda by: by.choice(('"2026-11-20T08:00:00+08:00"', '"x"')),
    "Answers": lambda by: by.choice(("{}", '{a: [{b: "c"}]}')),
}
_TEXTS: Final = ("a", "510100", "李", "{{7*7}}", "' OR 1=1 --", "../../etc/passwd", "Q2FyZDox") * 20 + (
    "\\u0000",
    "x" * 3_000,
)
_SCRAPS: Final = (
    "{",
    "}",
    "(",
    ")",
    '"',
    '"""',
    "...",
    "$x",
    "@skip(if:",
    "#",
    "!",
    "[",
    "on",
    "null",
    "\ufeff",
    "\\",
    "🂡",
)


class Generated:
    """Documents over a schema, made by chance.

    Args:
        schema: what they are about.
        seed: the same documents for the same seed.
    """

    def __init__(self, schema: GraphQLSchema, seed: int) -> None:
        self._schema = schema
        self._random = Random(seed)
        self._left = 0

    def documents(self, number: int) -> Iterator[str]:
        """Yield so many documents: of six, two are right, one is huge, and three are broken somehow."""
        kinds = (self._right, self._right, self._huge, self._misspelt, self._torn, self._scraps)
        for place in range(number):
            yield kinds[place % len(kinds)]()

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance

    def _right(self, size: int = 60) -> str:
        self._left = self._random.randint(3, size)
        kind = self._schema.mutation_type if self._happens(0.2) else self._schema.query_type
        assert kind is not None
        word = "mutation" if kind is self._schema.mutation_type else "query"
        return f"{word} G{self._random.randrange(10**9)} {self._selections(kind, 0)}"

    def _huge(self) -> str:
        return self._right(size=600)

    def _misspelt(self) -> str:
        """Return a document in which names are not what they were."""
        words = self._right().split(" ")
        for _ in range(self._random.randint(1, 5)):
            place = self._random.randrange(len(words))
            words[place] += self._random.choice(("x", "Id", "_", "s"))
        return " ".join(words)

    def _torn(self) -> str:
        """Return a document with pieces left out and put elsewhere."""
        text = self._right()
        for _ in range(self._random.randint(1, 4)):
            start = self._random.randrange(len(text))
            end = start + self._random.randint(1, 40)
            piece, text = text[start:end], text[:start] + text[end:]
            place = self._random.randrange(len(text) + 1)
            text = text[:place] + piece * self._random.randint(0, 3) + text[place:] or "{"
        return text

    def _scraps(self) -> str:
        """Return what looks like a document from far away."""
        names = ["me", "holder", "cards", "id", "query", "fragment F"]
        return "{" + " ".join(self._random.choices((*_SCRAPS, *names), k=self._random.randint(1, 300)))

    def _selections(self, kind: GraphQLNamedType, depth: int) -> str:
        if isinstance(kind, GraphQLUnionType):
            chosen = self._random.sample(kind.types, min(len(kind.types), 2))
            return "{" + " ".join(f"... on {each.name} {self._selections(each, depth)}" for each in chosen) + "}"
        assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        fields = list(kind.fields.items())
        if depth >= DEEPEST or self._left <= 0:
            fields = [(name, each) for name, each in fields if is_leaf_type(get_named_type(each.type))]
            fields = [(name, each) for name, each in fields if not any(map(is_required_argument, each.args.values()))]
        chosen_fields = self._random.sample(fields, min(len(fields), self._random.randint(1, 8)))
        parts = [self._field(name, each, depth) for name, each in chosen_fields] or ["__typename"]
        return "{" + " ".join(parts) + "}"

    def _field(self, name: str, field: GraphQLField, depth: int) -> str:
        self._left -= 1
        given = [
            f"{each}: {self._value(argument.type, 0)}"
            for each, argument in field.args.items()
            if is_required_argument(argument) or self._happens(0.3)
        ]
        written = f"a{self._random.randrange(10**6)}: {name}" if self._happens(0.1) else name
        if given:
            written += f"({', '.join(given)})"
        kind = get_named_type(field.type)
        return written if is_leaf_type(kind) else f"{written} {self._selections(kind, depth + 1)}"

    def _value(self, kind: Any, depth: int) -> str:
        if isinstance(kind, GraphQLNonNull):
            return self._value(kind.of_type, depth)
        if isinstance(kind, GraphQLList):
            return f"[{', '.join(self._value(kind.of_type, depth) for _ in range(self._random.randint(0, 3)))}]"
        if isinstance(kind, GraphQLInputObjectType):
            parts = [
                f"{name}: {self._value(field.type, depth + 1)}"
                for name, field in kind.fields.items()
                if is_required_input_field(field) or (depth < 3 and self._happens(0.3))
            ]
            return "{" + ", ".join(parts) + "}"
        if isinstance(kind, GraphQLEnumType):
            return str(self._random.choice(list(kind.values)))
        leaf = _LEAVES.get(kind.name)
        return leaf(self._random) if leaf else f'"{self._random.choice(_TEXTS)}"'
