"""One request that runs a compiled document: what waits, what failed, and what is put where."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import cached_property, partial
from time import perf_counter
from typing import Any, Final, NamedTuple

from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLResolveInfo,
    OperationType,
    is_non_null_type,
    located_error,
)
from graphql.execution.executor import CollectedErrors
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable

from schema.kit.loading import Missing, Reading, step
from web.aside import Aside
from web.compiled.fields import HOLDER, KEY, NULLABLE, UP, Field, Place, path_of
from web.compiled.leaves import Awaited

Complete = Callable[["Run", Any, Place], Any]
Write = Callable[["Run", dict[str, Any]], None]

PIECE_SECONDS: Final = 0.005
"""After how long the loop is given to others, between two fields of the answer itself or two of many that loaders have found."""
MANY: Final = 50
"""Fields that wait for loaders; fewer are gone through at once."""


class _Waiting(NamedTuple):
    """A field or item whose value is not there yet.

    Args:
        on: what to await, or the coroutine of a loading field; missing: what that one waits for.
        complete: makes of the value what is put into the place.
    """

    on: Any
    place: Place
    field: Field
    complete: Complete
    missing: Missing | None = None


class Run:
    """One execution of one operation.

    Args:
        build: makes graphql-core's executor of the request, which takes over where something is out of the ordinary.
        context: what resolvers find as `info.context`; variables: what the request says, coerced.
        aside: does what would hold the loop.
    """

    def __init__(
        self, build: Callable[[], Executor[Any]], context: object, variables: VariableValues, aside: Aside
    ) -> None:
        self.context = context
        self.variables = variables
        self._build = build
        self._aside = aside
        self._errors = CollectedErrors()
        self._called: list[_Waiting] = []
        self._asking: list[_Waiting] = []
        self._reading = Reading()

    async def execute(self, document: Sequence[Write], operation: OperationType) -> ExecutionResult:
        """Execute a document, the fields of a mutation one after another, and return its answer."""
        data: dict[str, Any] = {}
        is_one, began = len(document) == 1, perf_counter()
        try:
            for write in document:
                write(self, data)
                if operation is OperationType.MUTATION:
                    await self._settle()
                if not is_one:
                    began = await _in_pieces(began)
            await self._settle()
        except GraphQLError as error:
            self._errors.add(error, None)
            return ExecutionResult(None, self._errors.errors)
        finally:
            await self._reading.close()
            for waiting in (*self._called, *self._asking):
                _drop(waiting)
        return ExecutionResult(data, self._errors.errors or None)

    # What generated code calls

    def ask(self, coroutine: Coroutine[Missing, None, Any], place: Place, field: Field, complete: Complete) -> Any:
        """Run a loading field as far as it gets; None stands for its value until it is there."""
        try:
            missing = step(coroutine)
        except StopIteration as done:
            return complete(self, done.value, place)
        self._asking.append(_Waiting(coroutine, place, field, complete, missing))
        return None

    def call(self, coroutine: Awaitable[Any], place: Place, field: Field, complete: Complete) -> None:
        """Have a coroutine awaited; None stands for its value until it is there."""
        self._called.append(_Waiting(coroutine, place, field, complete))

    def introspect(self, field: Field, place: Place) -> None:
        """Have graphql-core say what the schema is; None stands for it until it is there."""
        complete = partial(_as_it_is, field, field.definition.type)
        self._called.append(_Waiting(self._introspected(field, place), place, field, complete))

    async def _introspected(self, field: Field, place: Place) -> Any:
        # It may be all of the schema, and nothing of the request or the loop has a part in it.
        execute = self._executor.execute_field
        return await self._aside.do(execute, field.parent, None, field.details, path_of(place), None)

    def failed(self, error: Exception, place: Place, field: Field, kind: Any = None) -> None:
        """Return null for what has failed, or let it become the failure of what is around it.

        Args:
            kind: the type of an item of a list; None for the field itself.

        Raises:
            GraphQLError: null may not stand there.
        """
        if isinstance(error, Awaited):
            complete = partial(_as_it_is if error.completed else _whole, field, kind or field.definition.type)
            self._called.append(_Waiting(error.value, place, field, complete))
            return
        path = path_of(place)
        located = located_error(error, field.nodes, path.as_list())
        if not place[NULLABLE]:
            raise located
        self._errors.add(located, path)

    def whole(self, field: Field, kind: Any, value: Any, place: Place) -> Any:
        """Complete a value and all below it as graphql-core does, once it is there."""
        if optimized_is_awaitable(value):
            raise Awaited(value)
        return self.whole_awaited(field, kind, value, place)

    def whole_awaited(self, field: Field, kind: Any, value: Any, place: Place) -> Any:
        """Complete a value that was waited for, and all below it, as graphql-core does."""
        info = self.raw_info(field, place)
        done = self._executor.complete_value(kind, field.details, info, info.path, value, None)
        if optimized_is_awaitable(done):
            raise Awaited(done, completed=True)
        return done

    # Of fields and infos

    def raw_info(self, field: Field, place: Place) -> GraphQLResolveInfo[Any]:
        """Return the `info` of a resolver as graphql-core has it."""
        return self._executor.build_resolve_info(field.definition, field.nodes, field.parent, path_of(place))

    @cached_property
    def _executor(self) -> Executor[Any]:
        executor = self._build()
        executor.collected_errors = self._errors
        return executor

    # What waits

    async def _settle(self) -> None:
        """Wait for everything that waits, and for all that comes of it."""
        while self._called or self._asking:
            called, self._called = self._called, []
            if called:
                await self._reading.close()
            if len(called) == 1:
                await self._awaited(called[0])
            elif called:
                await self._side_by_side(called)
            asking, self._asking = self._asking, []
            if asking:
                await self._read(asking)

    async def _side_by_side(self, called: list[_Waiting]) -> None:
        tasks = [asyncio.ensure_future(self._awaited(waiting)) for waiting in called]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _awaited(self, waiting: _Waiting) -> None:
        if self._is_nulled(waiting.place):
            _drop(waiting)
            return
        try:
            value = await waiting.on
        except Exception as error:
            self._fail(error, waiting)
        else:
            self._put(value, waiting)

    async def _read(self, asking: list[_Waiting]) -> None:
        await self._reading.read([waiting.missing for waiting in asking if waiting.missing])
        are_many, began = len(asking) > MANY, perf_counter()
        for waiting in asking:
            if are_many:
                began = await _in_pieces(began)
            if self._is_nulled(waiting.place):
                _drop(waiting)
                continue
            try:
                missing = step(waiting.on, waiting.missing)
            except StopIteration as done:
                self._put(done.value, waiting)
            except Exception as error:
                self._fail(error, waiting)
            else:
                self._asking.append(waiting._replace(missing=missing))

    def _put(self, value: Any, waiting: _Waiting) -> None:
        place = waiting.place
        try:
            place[HOLDER][place[KEY]] = waiting.complete(self, value, place)
        except Exception as error:
            self._fail(error, waiting)

    def _fail(self, error: Exception, waiting: _Waiting) -> None:
        """Put null where it may stand: at the place of what has failed, or at the next one around it.

        Raises:
            GraphQLError: it may stand nowhere, so that there are no data at all.
        """
        try:
            self.failed(error, waiting.place, waiting.field)
        except GraphQLError as located:
            place = waiting.place[UP]
            while place is not None and not place[NULLABLE]:
                place = place[UP]
            if place is None:
                raise
            place[HOLDER][place[KEY]] = None
            self._errors.add(located, path_of(place))

    def _is_nulled(self, place: Place) -> bool:
        """Say whether null has taken the place of something around a place, so that nobody asks any more."""
        return bool(self._errors.errors) and self._errors.has_nulled_position(path_of(place))


async def _in_pieces(began: float) -> float:
    """Give the loop to others if it was held for long; return since when it is."""
    if perf_counter() - began < PIECE_SECONDS:
        return began
    await asyncio.sleep(0)
    return perf_counter()


def _whole(field: Field, kind: Any, run: Run, value: Any, place: Place) -> Any:
    return run.whole_awaited(field, kind, value, place)


def _as_it_is(field: Field, kind: Any, run: Run, value: Any, place: Place) -> Any:
    if value is None and is_non_null_type(kind):
        raise field.null()
    return value


def _drop(waiting: _Waiting) -> None:
    """Forget what nobody asks for any more."""
    if asyncio.iscoroutine(waiting.on):
        waiting.on.close()
