"""Compiled documents give graphql-core's answers: documents by chance, over every field of two schemas, with faults."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Annotated, Any, Generic, TypeVar

import orjson
import pytest
import strawberry
from graphql import ExecutionResult, execute, parse, validate
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from hypothesis_graphql import from_schema, nodes
from strawberry.execution import optimized_is_awaitable
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.relay import GlobalID
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.build import build_schema
from schema.kit.loading import loading
from tests.web.made_up import FAULTS, Resolvers, World
from tests.web.varied import Varied
from web.documents import CheckedDocument
from web.errors import ErrorPresenter
from web.execution import SchemaExecutor
from web.request_parameters import RequestParameters

Item = TypeVar("Item")

EXAMPLES = (1_000, 1_000) if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else (25, 40)
VARIATIONS = 5
"""Of each document, with as many faults as were tried before."""


class Colour(Enum):
    RED = "r"
    BLUE = "b"


class Allowed(BasePermission):
    message = "not you"

    def has_permission(self, source: Any, info: strawberry.Info, **given: Any) -> bool:
        return bool(info.context.allowed)


class Doubled(FieldExtension):
    def resolve(self, next_: Callable[..., Any], source: Any, info: strawberry.Info, **given: Any) -> Any:
        return next_(source, info, **given)

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: strawberry.Info, **given: Any) -> Any:
        return await next_(source, info, **given)


# No field below answers by itself: `made_up.Resolvers` takes the place of each.
@strawberry.interface
class Animal:
    name: str
    colour: Colour | None

    @strawberry.field
    def age(self, months: bool = False) -> int | None:
        raise NotImplementedError


@strawberry.type
class Dog(Animal):
    numbers: list[list[int | None]] | None
    from_: float = strawberry.field(name="from", default=1.5)

    @strawberry.field
    async def friends(self, parent: strawberry.Parent[Any]) -> list[Animal | None]:
        raise NotImplementedError


@strawberry.type
class Cat(Animal):
    @strawberry.field
    def kittens(root, info: strawberry.Info) -> "list[Cat] | None":
        raise NotImplementedError

    @loading("What a loader finds.")
    async def owner(self, info: strawberry.Info) -> "Owner":
        raise NotImplementedError


@strawberry.type
class Page(Generic[Item]):
    items: list[Item]


@strawberry.type
class Owner:
    name: str | None
    pets: "list[Annotated[Dog | Cat, strawberry.union('Pet')]] | None"

    @strawberry.field(permission_classes=[Allowed])  # type: ignore[untyped-decorator] # as strawberry declares it
    def secret(self) -> int | None:
        raise NotImplementedError

    @strawberry.field(extensions=[Doubled()])  # type: ignore[untyped-decorator] # as strawberry declares it
    async def doubled(self, info: strawberry.Info, times: int) -> str:
        raise NotImplementedError

    @loading("What a loader finds.")
    async def cats(self, info: strawberry.Info) -> list[Cat]:
        raise NotImplementedError


@strawberry.input
class Wanted:
    colours: list[Colour]
    first: int = 3
    within: "Wanted | None" = None
    tables: list[list[Colour | None]] | None = strawberry.UNSET
    others: "list[Wanted | None]" = strawberry.field(default_factory=list)


@strawberry.input
class Changed:
    """What strawberry converts itself, for it says whether it was given."""

    name: strawberry.Maybe[str | None]
    wanted: Wanted | None


@strawberry.type
class Query:
    @strawberry.field
    def owner(self, info: strawberry.Info, wanted: Wanted | None = None) -> Owner:
        raise NotImplementedError

    @strawberry.field
    async def animal(self) -> Animal | None:
        raise NotImplementedError

    @strawberry.field
    async def page(self, wanted: Wanted) -> Page[Cat] | None:
        raise NotImplementedError

    @strawberry.field
    async def required(self, info: strawberry.Info, wanted: Wanted) -> Cat:
        raise NotImplementedError

    @loading("What a loader finds.")
    async def me(self, info: strawberry.Info) -> Owner | None:
        raise NotImplementedError


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def adopt(self, info: strawberry.Info, wanted: Wanted) -> Owner | None:
        raise NotImplementedError

    @strawberry.mutation
    def leave(self, name: str) -> Cat:
        raise NotImplementedError

    @strawberry.mutation
    def change(self, changed: Changed, names: list[str] | None = None) -> Cat | None:
        raise NotImplementedError


SCALARS = {
    "Date": some.just(nodes.String("2026-11-20")),
    "DateTime": some.just(nodes.String("2026-11-20T08:00:00+08:00")),
    "Fen": some.integers(0, 9).map(nodes.Int),
    "JSON": some.integers(0, 9).map(nodes.Int),
    "Upload": some.just(nodes.Null),
}


class Telling(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor that tells every failure, where the usual one stops at the first in what becomes null."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.error_propagation = False


@dataclass(frozen=True)
class Subject:
    """A schema whose resolvers are made up, and the two ways to execute on it."""

    schema: strawberry.Schema
    resolvers: Resolvers
    core: SchemaExecutor
    compiled: SchemaExecutor

    def answer(
        self, faults: dict[str, str], run: Callable[[object], Any]
    ) -> tuple[bytes, dict[tuple[str | int, ...], list[str]], list[str]]:
        """Return the data of an answer as they are sent, its errors by their paths, and what resolvers were called with."""
        world = self.resolvers.world = World(self.schema, faults)

        async def done() -> ExecutionResult:
            found: ExecutionResult = await run(SimpleNamespace(allowed=len(faults) % 2 == 0))
            return found

        result = asyncio.run(done())
        errors: dict[tuple[str | int, ...], list[str]] = {}
        for error in result.errors or ():
            seen: dict[str, BaseException] = {}
            shown = ErrorPresenter(seen.__setitem__).present(error, "en", "FAILED")
            if seen:  # Each has an id of its own; what was masked has to be the same.
                shown |= {"message": repr(list(seen.values())), "extensions": {"code": shown["extensions"]["code"]}}
            errors.setdefault(tuple(error.path or ()), []).append(json.dumps(shown, default=repr))
        return orjson.dumps(result.data), errors, sorted(world.calls)


@cache
def _subject(schema: strawberry.Schema) -> Subject:
    return Subject(schema, Resolvers(schema), SchemaExecutor(schema, 0), SchemaExecutor(schema, 1))


@pytest.fixture(scope="module")
def subjects() -> Iterator[list[Subject]]:
    both = [_subject(build_schema()), _subject(strawberry.Schema(Query, Mutation, types=[Dog, Cat]))]
    with ExitStack() as stack:
        for subject in both:
            stack.enter_context(subject.resolvers.standing_in())
        yield both


def _null_position(data: Any, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return where a failure became null: at its own path, or around it."""
    for length, key in enumerate(path):
        if data is None:
            return path[:length]
        data = data[key]
    return path


def _compare(subject: Subject, document: CheckedDocument, variables: dict[str, Any], faults: dict[str, str]) -> None:
    parameters = RequestParameters("", None, variables)

    async def all_told(context: object) -> ExecutionResult:
        result: Any = execute(
            subject.schema._schema,
            document.node,
            context_value=context,
            variable_values=variables,
            executor_class=Telling,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
        )
        found: ExecutionResult = result if isinstance(result, ExecutionResult) else await result
        return found

    async def by(executor: SchemaExecutor, context: object) -> ExecutionResult:
        return (await executor.run(document, parameters, context))[0]

    data, errors, calls = subject.answer(faults, lambda context: by(subject.core, context))
    own_data, own_errors, own_calls = subject.answer(faults, lambda context: by(subject.compiled, context))
    assert own_data == data
    if not faults:
        assert (own_calls, errors) == (calls, {})
    told = subject.answer(faults, all_told)[1] if errors else {}
    assert _by_position(json.loads(data), own_errors).keys() == _by_position(json.loads(data), errors).keys()
    for position, places in _by_position(json.loads(data), errors).items():
        found = _by_position(json.loads(data), own_errors)[position]
        if places == [position] or found == [position]:
            assert (found, [own_errors[place] for place in found]) == (places, [errors[place] for place in places])
        # Where several fail within what becomes null together, it is chance which of them comes first.
        assert all(set(own_errors[place]) <= set(told[place]) for place in found)


def _by_position(data: Any, errors: dict[tuple[str | int, ...], Any]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for path in errors:
        found.setdefault(_null_position(data, path), []).append(path)
    return found


@pytest.mark.parametrize("which", [0, 1], ids=["graph", "zoo"])
def test_compiled_documents_answer_as_graphql_core_does(subjects: list[Subject], which: int) -> None:
    subject = subjects[which]
    core = subject.schema._schema
    documents = from_schema(core, custom_scalars=SCALARS, allow_x00=False, codec="ascii")

    @settings(
        max_examples=EXAMPLES[which],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
    )
    @given(documents, some.integers(0, 2**32))
    def compare(text: str, seed: int) -> None:
        chance = Random(seed)
        for number in range(VARIATIONS):
            varied = Varied(core, parse(text), chance)
            assert validate(core, varied.node) == []
            document = CheckedDocument(varied.node, ())
            faults = {chance.choice(varied.fields): chance.choice(FAULTS) for _ in range(number) if varied.fields}
            for variables in varied.variables:
                _compare(subject, document, variables, faults)

    compare()


@strawberry.input
class Named:
    ids: list[GlobalID | None]
    within: "Named | None" = None


@pytest.mark.parametrize("value", ["Q2F0OjE=", "Q2F0", "", "é"])
def test_compiled_documents_take_global_ids_as_strawberry_does(value: str) -> None:
    @strawberry.type
    class Asked:
        @strawberry.field
        def named(self, named: Named, first: GlobalID) -> str:
            return f"{named} {first}"

    schema = strawberry.Schema(Asked)
    text = "query ($id: ID!) { named(named: {ids: [], within: {ids: [$id, null]}}, first: $id) }"
    document, parameters = CheckedDocument(parse(text), ()), RequestParameters("", None, {"id": value})
    answers = [asyncio.run(SchemaExecutor(schema, size).run(document, parameters, None))[0] for size in (0, 1)]
    assert answers[0].data == answers[1].data
    assert [error.formatted for error in answers[0].errors or ()] == [
        error.formatted for error in answers[1].errors or ()
    ]
    assert (answers[1].errors is None) == (value == "Q2F0OjE=")
