"""Python source of a document: a function for each set of selections on a type.

def on_Card_2(run, s, at):                      s: the card; at: its place in the answer (`fields.Place`)
    o = {}
    try:                                        an attribute
        v = s.bank
        r = v if type(v) is str else write1(v)
        if r is None:
            raise f3.null()
        o['bank'] = r
    except Exception as e:
        o['bank'] = run.failed(e, (at, 'bank', 'Card', o, False), f3)
    p = (at, 'history', 'Card', o, False)       what a loader finds: completed by `complete_f4` once it is there
    try:
        o['history'] = run.ask(call5(s, info=info(run, f4, p)), p, f4, complete_f4)
    except Exception as e:
        o['history'] = run.failed(e, p, f4)
    return o

A value that is not what the schema leads to expect (a subclass, a generator, something to await) is left to graphql-core's
executor, with everything below it: `run.whole`, or `run.whole_awaited` of what was waited for.
"""

from collections.abc import Callable, Iterator
from keyword import iskeyword
from typing import Any

import strawberry
from graphql import (
    Executor,
    GraphQLAbstractType,
    GraphQLLeafType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_union_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, collect_fields, collect_subfields

from schema.kit.introspection_scale import INTROSPECTIONS
from web.compiled.fields import BACKREF, Field, ResolverInfo
from web.compiled.leaves import AS_THEY_ARE, writer

Lines = Iterator[str]


class NotCompiled(Exception):
    """The document asks for something that is left to graphql-core."""


class Source:
    """Writes the source of one operation.

    Args:
        schema: the schema; executor: graphql-core's executor of a request that runs the operation, whose fragments and
            values of `@skip` and `@include` hold for whatever is written.
        pieces: the source of each function; roots: the names of those that write the fields of the answer itself, in order.
        fields: how many fields they have together.

    Raises:
        NotCompiled: a part of it is deferred.
    """

    def __init__(self, schema: strawberry.Schema, executor: Executor[Any]) -> None:
        self.names: dict[str, object] = {"info": ResolverInfo}
        self._schema = schema
        self._executor = executor
        self.pieces: list[str] = []
        self.roots: list[str] = []
        self.fields = 0
        self._selections: dict[tuple[object, ...], str] = {}
        self._known: dict[int, str] = {}
        self._writers: dict[tuple[GraphQLLeafType, bool], Callable[[Any], Any]] = {}
        self._document()

    def _document(self) -> None:
        executor, operation = self._executor, self._executor.operation
        root = executor.schema.get_root_type(operation.operation)
        assert root is not None  # noqa: S101 - the document has been found valid
        collected = collect_fields(
            executor.schema, executor.fragments, executor.variable_values, root, operation, executor.hide_suggestions
        )
        for key, details in _grouped(collected):
            name = f"root_{len(self.roots)}"
            body = list(self._field(root, key, details))
            self._function(f"def {name}(run, o):", "s = at = None", *body)
            self.roots.append(name)

    def _function(self, head: str, *body: str) -> None:
        self.pieces.append("\n".join([head, *_indented(body), ""]))

    def _name(self, stem: str, value: object) -> str:
        """Return the name by which the source refers to a value."""
        if id(value) not in self._known:
            name = f"{stem}{len(self.names)}"
            self._known[id(value)], self.names[name] = name, value
        return self._known[id(value)]

    def _selection(self, kind: GraphQLObjectType, details: FieldDetailsList) -> str:
        """Return the name of the function that writes what is selected on an object of a type."""
        # Nodes that are the same here and there, as fragments bring them, are written once.
        place = (kind.name, *(id(each.node) for each in details))
        if place not in self._selections:
            name = self._selections[place] = f"on_{kind.name}_{len(self._selections)}"
            executor = self._executor
            collected = collect_subfields(
                executor.schema, executor.fragments, executor.variable_values, executor.operation, kind, details
            )
            body = [line for key, each in _grouped(collected) for line in self._field(kind, key, each)]
            self._function(f"def {name}(run, s, at):", "o = {}", *body, "return o")
        return self._selections[place]

    def _field(self, parent: GraphQLObjectType, key: str, details: FieldDetailsList) -> Lines:
        """Yield what puts one field into `o`."""
        self.fields += 1
        name = details[0].node.name.value
        if name == "__typename":
            yield f"o[{key!r}] = {parent.name!r}"
            return
        definition = parent.fields.get(name) or INTROSPECTIONS[name]
        field = Field(parent, details, definition, self._schema)
        f, kind = self._name("f", field), definition.type
        if name in INTROSPECTIONS:
            yield f"o[{key!r}] = run.introspect({f}, (at, {key!r}, {parent.name!r}, o, {not is_non_null_type(kind)}))"
            return
        place = f"(at, {key!r}, {parent.name!r}, o, {not is_non_null_type(kind)})"
        target, p = f"o[{key!r}]", place if field.attribute and _is_leaf(kind) else "p"
        if p != place:
            yield f"p = {place}"
        if field.is_direct and field.strawberry.is_async:
            taking = "ask" if field.is_loading else "call"
            body = [f"{target} = run.{taking}({self._call(field, f)}, p, {f}, {self._completer(field, f)})"]
        else:
            taken = self._call(field, f) if field.is_direct else f"{f}.resolved(run, s, p)"
            taken = _attribute(field.attribute) if field.attribute else taken
            body = [f"v = {taken}", *self._value(field, "v", "r", "p", kind), f"{target} = r"]
        yield "try:"
        yield from _indented(body)
        yield "except Exception as e:"
        yield f"    {target} = run.failed(e, {p}, {f})"

    def _call(self, field: Field, f: str) -> str:
        """Return the expression that calls the function of a field."""
        resolver = field.strawberry.base_resolver
        assert resolver is not None  # noqa: S101 - only direct fields are called
        if field.definition.args:
            return f"{f}.applied(run, s, p)"
        given = ["s"] if resolver.self_parameter else []
        given += [f"{each.name}=s" for each in (resolver.parent_parameter, resolver.root_parameter) if each]
        if resolver.info_parameter:
            given.append(f"{resolver.info_parameter.name}=info(run, {f}, p)")
        return f"{self._name('call', field.function)}({', '.join(given)})"

    def _completer(self, field: Field, f: str) -> str:
        """Return the name of the function that completes what a field has waited for."""
        name = f"complete_{f}"
        body = [*self._value(field, "v", "r", "p", field.definition.type, awaited=True), "return r"]
        self._function(f"def {name}(run, v, p):", *body)
        return name

    def _value(self, field: Field, v: str, r: str, p: str, kind: GraphQLOutputType, *, awaited: bool = False) -> Lines:
        """Yield what completes a value.

        Args:
            v, r, p: the names of the value, of what comes of it, and of its place.
            awaited: whether it was waited for already, so that nobody does once more.
        """
        if is_non_null_type(kind):
            inner = kind.of_type
            if is_leaf_type(inner):
                yield from self._leaf(v, r, inner, "", awaited)
            else:
                yield from self._value(field, v, r, p, inner, awaited=awaited)
            yield f"if {r} is None:"
            yield f"    raise {self._name('f', field)}.null()"
        elif is_leaf_type(kind):
            yield from self._leaf(v, r, kind, f"{v} is None or ", awaited)
        elif is_list_type(kind):
            yield from self._list(field, v, r, p, kind, _whole(awaited))
        elif is_object_type(kind) or is_abstract_type(kind):
            yield from self._object(field, v, r, p, kind, _whole(awaited))

    def _leaf(self, v: str, r: str, kind: GraphQLLeafType, unless: str, awaited: bool) -> Lines:
        write = self._name("write", self._writer(kind, awaited))
        usual = AS_THEY_ARE.get(kind)
        yield f"{r} = {v} if {unless}type({v}) is {usual} else {write}({v})" if usual else f"{r} = {write}({v})"

    def _writer(self, kind: GraphQLLeafType, awaited: bool) -> Callable[[Any], Any]:
        if (kind, awaited) not in self._writers:
            self._writers[kind, awaited] = writer(kind, awaited=awaited)
        return self._writers[kind, awaited]

    def _list(self, field: Field, v: str, r: str, p: str, kind: Any, whole: str) -> Lines:
        item, f = kind.of_type, self._name("f", field)
        items, i, each, done, place = (f"{name}{len(v)}" for name in ("items", "i", "v", "r", "p"))
        where = f"({p}, {i}, None, {items}, {not is_non_null_type(item)})"
        yield f"if type({v}) is list or type({v}) is tuple:"
        yield f"    {items} = []"
        yield f"    for {i}, {each} in enumerate({v}):"
        if not _is_leaf(item):
            yield f"        {place} = {where}"
            where = place
        yield "        try:"
        yield from _indented(self._value(field, each, done, place, item), 3)
        yield "        except Exception as e:"
        yield f"            {done} = run.failed(e, {where}, {f}, {self._name('type', item)})"
        yield f"        {items}.append({done})"
        yield f"    {r} = {items}"
        yield "else:"
        yield f"    {r} = run.{whole}({f}, {self._name('type', kind)}, {v}, {p})"

    def _object(
        self, field: Field, v: str, r: str, p: str, kind: GraphQLObjectType | GraphQLAbstractType, whole: str
    ) -> Lines:
        possible_types = (
            [kind] if isinstance(kind, GraphQLObjectType) else self._executor.schema.get_possible_types(kind)
        )
        word = "if"
        for possible in possible_types:
            found = _class_of(possible, kind)
            if found is not None:
                yield f"{word} type({v}) is {self._name('class_', found)}:"
                yield f"    {r} = {self._selection(possible, field.details)}(run, {v}, {p})"
                word = "elif"
        yield f"{word} {v} is None:"
        yield f"    {r} = None"
        yield "else:"
        yield f"    {r} = run.{whole}({self._name('f', field)}, {self._name('type', kind)}, {v}, {p})"


def _grouped(collected: CollectedFields) -> list[tuple[str, FieldDetailsList]]:
    if collected.new_defer_usages:
        raise NotCompiled("a part of it is deferred")
    return list(collected.grouped_field_set.items())


def _indented(lines: Any, levels: int = 1) -> Lines:
    return (f"{'    ' * levels}{line}" for line in lines)


def _attribute(name: str) -> str:
    return f"s.{name}" if not iskeyword(name) else f"getattr(s, {name!r})"


def _whole(awaited: bool) -> str:
    return "whole_awaited" if awaited else "whole"


def _is_leaf(kind: GraphQLOutputType) -> bool:
    return is_leaf_type(kind.of_type if isinstance(kind, GraphQLNonNull) else kind)


def _class_of(kind: GraphQLObjectType, asked: GraphQLObjectType | GraphQLAbstractType) -> type | None:
    """Return the class whose instances are sure to be of a type where another is asked for; None if it takes a look."""
    definition, wanted = kind.extensions.get(BACKREF), asked.extensions.get(BACKREF)
    if definition is None or wanted is None:
        return None
    generic = definition.concrete_of is not None or definition.is_graphql_generic
    looks = definition.is_type_of is not None or getattr(wanted, "resolve_type", None) is not None
    inherits = is_union_type(asked) or issubclass(definition.origin, wanted.origin)
    return definition.origin if inherits and not (generic or looks) else None
