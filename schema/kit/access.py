"""The rules of who is shown what and who may ask for what (`domain/access.py`), as they stand beside each type and field.

A type that is shown with whatever it is part of says so (`WITH_IT`), and so do its fields by that. Every other type says who
is shown an object of it, and each of its fields to whom of those it is told; each field of the query and each mutation says
who may ask. Whatever says nothing is refused when the schema is built.
"""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Final, Protocol, TypeVar

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter

from domain.access import EVERYBODY, Standing
from domain.message import Message

Kind = TypeVar("Kind", bound=type)


class _WithIt:
    """What stands for a rule where there is none of its own."""

    def __repr__(self) -> str:
        return "WITH_IT"


WITH_IT: Final = _WithIt()
"""Shown to whoever is shown what it is part of."""
Rule = Standing | _WithIt
RULE: Final = "rule"
"""Key of a field's rule in its metadata."""
BY_CLERKS: Final = Message(
    "请带有效身份证件，到服务网点窗口登记。",
    "Please be registered at a service window, with an identity document.",
)
"""Why others may not do what a clerk does who has seen the papers."""
BY_OFFICES: Final = Message(
    "成批办理只供服务网点和合作机构使用，请逐笔办理。",
    "Batches are for offices and partners only; ask for one change at a time.",
)
_OF_TYPE: Final = "__rule__"
_BACKREF: Final = GraphQLCoreConverter.DEFINITION_BACKREF


class Stood(Protocol):
    """An object that knows how whoever asks stands to it."""

    async def standing(self, info: Any) -> int:
        """Return it: a union of `Standing`."""


def sees(rule: Rule) -> Callable[[Kind], Kind]:
    """Return what writes its rule beside a type: who is shown an object of it."""

    def write(kind: Kind) -> Kind:
        setattr(kind, _OF_TYPE, rule)
        return kind

    return write


def written(rule: Rule | None) -> Mapping[Any, Any] | None:
    """Return the metadata of a field with its rule; None where it has none of its own."""
    return None if rule is None else {RULE: rule}


def _nothing(_: Any, **given: Any) -> None:
    return None


def no_items(_: Any, **given: Any) -> list[Any]:
    """Return what stands for a list for whom it is not told to."""
    return []


def hidden(_: Any, **given: Any) -> str:
    """Return what stands for a number that is not told."""
    return "****"


def guarded(
    resolver: Callable[..., Coroutine[Any, Any, Any]],
    rule: Rule | None,
    otherwise: Callable[..., Any] | None = None,
    refusal: Message | None = None,
) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return the resolver of a field that asks its rule first, where it has one of its own.

    Args:
        otherwise: makes of the object what is shown to others, null where it makes nothing.
        refusal: why others may not ask, of a field of the query.
    """
    if not isinstance(rule, Standing) or rule == EVERYBODY:
        return resolver
    allowed, instead = int(rule), otherwise or _nothing

    @wraps(resolver)
    async def resolve(self: Any, info: Any, **given: Any) -> Any:
        if self is None:
            info.context.admit(rule, refusal)
        elif not await self.standing(info) & allowed:
            return instead(self, **given)
        return await resolver(self, info, **given)

    return resolve


def guarded_at_once(
    resolver: Callable[..., Any], rule: Rule | None, refusal: Message | None = None
) -> Callable[..., Any]:
    """Return the resolver of a field of the query that asks first who it is; it may be awaited or not."""
    if not isinstance(rule, Standing) or rule == EVERYBODY:
        return resolver

    @wraps(resolver)
    def resolve(self: Any, info: Any, **given: Any) -> Any:
        info.context.admit(rule, refusal)
        return resolver(self, info, **given)

    @wraps(resolver)
    async def awaited(self: Any, info: Any, **given: Any) -> Any:
        info.context.admit(rule, refusal)
        return await resolver(self, info, **given)

    return awaited if iscoroutinefunction(resolver) else resolve


def rule_of_type(kind: GraphQLObjectType | GraphQLInterfaceType) -> Rule | None:
    """Return the rule that stands beside a type, not beside one that it is made of."""
    definition = kind.extensions.get(_BACKREF)
    if definition is None:
        return None
    # A page of cards is what every page is.
    rule: Rule | None = vars((definition.concrete_of or definition).origin).get(_OF_TYPE)
    return rule


def rule_of_field(field: GraphQLField) -> Rule | None:
    """Return the rule that stands beside a field."""
    definition = field.extensions.get(_BACKREF)
    rule: Rule | None = definition.metadata.get(RULE) if definition is not None else None
    return rule


def require_rules(schema: GraphQLSchema) -> None:
    """Refuse a schema in which a type or field says nothing of who is shown it.

    Raises:
        ValueError: it names everything that says nothing, or whose rule nothing would ask.
    """
    if missing := sorted(_without(schema)):
        raise ValueError(
            "Nobody is shown what has no rule: write one beside the type (`@sees`), the field (`sees=`) or the mutation"
            f" of each of these, WITH_IT for whoever is shown what it is part of: {', '.join(missing)}"
        )


def _without(schema: GraphQLSchema) -> Iterator[str]:
    for kind in schema.type_map.values():
        # What begins with an underscore is GraphQL's own, or a supergraph's.
        if kind.name.startswith("_") or not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        own = rule_of_type(kind)
        if own is None and kind not in (schema.query_type, schema.mutation_type):
            yield kind.name
        for name, field in kind.fields.items():
            rule = rule_of_field(field)
            inherited = any(name in each.fields for each in kind.interfaces)
            if rule is None and own is not WITH_IT and not inherited and not name.startswith("_"):
                yield f"{kind.name}.{name}"
            if isinstance(rule, Standing) and field.extensions[_BACKREF].is_basic_field:
                yield f"{kind.name}.{name} (an attribute asks nothing: make it `shown` or `loading`)"
