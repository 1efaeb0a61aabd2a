"""The compiled documents of one schema, kept as long as the checked documents that they were made of."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

import strawberry
from graphql import (
    ExecutionResult,
    Executor,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    Undefined,
    VariableNode,
    coerce_input_value,
    default_field_resolver,
    default_type_resolver,
    get_nullable_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from web.aside import Aside
from web.compiled.fields import Field
from web.compiled.run import Run, Write
from web.compiled.source import NotCompiled, Source
from web.documents import CheckedDocument
from web.lean_documents import leave_out

MOST_VARIANTS: Final = 8
"""Sets of values of `@skip` and `@include` for which code of an operation is kept; further ones are left to graphql-core, but
for operations that are costly."""
MOST_FIELDS: Final = 2_000
"""Of code that is kept; more would take more memory than it is worth."""

Variant = tuple[Any, ...]


class Code:
    """What an operation is compiled to; freed when nobody has it, and little for a search for garbage to look at.

    Args:
        names: what its functions know by name, themselves too. source: what they were compiled from.
    """

    __slots__ = ("_names", "fields", "writes")

    def __init__(self, names: dict[str, Any], source: Source) -> None:
        self._names = names
        self.fields = source.fields
        self.writes: list[Write] = [names[root] for root in source.roots]
        for value in names.values():
            if isinstance(value, Field):
                leave_out(value, vars(value), value.details, *value.details)

    def __del__(self) -> None:
        self._names.clear()  # each function refers to all names


@dataclass(slots=True)
class _Operation:
    """What is known of one operation of a document.

    Args:
        node: the operation; fragments: of its document.
        conditions: the variables in its `@skip` and `@include`; signatures: those of all its variables.
        is_costly: whether graphql-core would hold the loop with it.
        code: what was compiled, by the values of the conditions; None is left to graphql-core. compiling: what is at the moment.
    """

    node: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    conditions: tuple[str, ...]
    signatures: list[GraphQLVariableSignature | GraphQLError]
    is_costly: bool
    asked: int = 0
    code: dict[Variant, Code | None] = field(default_factory=dict)
    compiling: dict[Variant, asyncio.Task[Code | None]] = field(default_factory=dict)


class CompiledDocuments:
    """Runs documents of a schema.

    Args:
        schema: a strawberry schema.
        from_use: a document is compiled when it is asked for so many times, one that is costly at once; 0 compiles none.
        aside: does what would hold the loop.
    """

    def __init__(self, schema: strawberry.Schema, from_use: int, aside: Aside) -> None:
        self._schema = schema
        self._aside = aside
        self._core = schema._schema
        self._from_use = from_use
        usual = schema.execution_context_class is StrawberryGraphQLCoreExecutionContext
        self._is_off = not from_use or not usual or bool(schema.get_extensions())
        self._operations: WeakKeyDictionary[CheckedDocument, dict[str | None, _Operation]] = WeakKeyDictionary()

    async def run(
        self,
        document: CheckedDocument,
        name: str | None,
        given: Mapping[str, Any],
        context: object,
        extensions: Mapping[str, Any],
    ) -> ExecutionResult | None:
        """Execute an operation of a document; None leaves it to graphql-core.

        Args:
            name: the operation's; given: the values of variables as they were sent.
            context: what resolvers find as `info.context`; extensions: as `info.input_extensions`.
        """
        if self._is_off:
            return None
        operation = self._operation(document, name)
        operation.asked += 1
        if operation.asked < self._from_use and not operation.is_costly:
            return None
        variables = _coerced(operation.signatures, given) or get_variable_values(
            self._core, operation.node.variable_definitions or (), dict(given), max_errors=50
        )
        if isinstance(variables, list):
            return ExecutionResult(None, variables)

        def build() -> Executor[Any]:
            return self._executor(operation, context, variables, extensions)

        key = tuple(variables.coerced.get(name) for name in operation.conditions)
        code = operation.code[key] if key in operation.code else await self._code(operation, key, build)
        if code is None:
            return None
        return await Run(build, context, variables, self._aside).execute(code.writes, operation.node.operation)

    def _operation(self, document: CheckedDocument, name: str | None) -> _Operation:
        known = self._operations.setdefault(document, {})
        if name not in known:
            node = document.operation(name)
            fragments = {n.name.value: n for n in document.node.definitions if isinstance(n, FragmentDefinitionNode)}
            signatures = [get_variable_signature(self._core, each) for each in node.variable_definitions or ()]
            conditions = tuple(dict.fromkeys(_conditions(node, fragments)))
            known[name] = _Operation(node, fragments, conditions, signatures, id(node) in document.costly)
        return known[name]

    async def _code(self, operation: _Operation, key: Variant, build: Callable[[], Executor[Any]]) -> Code | None:
        """Compile an operation beside the loop.

        Who asks again for what is quick either way does not wait for it, for others may have work there that takes long.
        """
        task = operation.compiling.get(key)
        if task is None:
            if len(operation.code) >= MOST_VARIANTS and not operation.is_costly:
                return None
            task = asyncio.ensure_future(self._compiling(operation, key, build()))
            operation.compiling[key] = task
            task.add_done_callback(lambda _: operation.compiling.pop(key))
        return await asyncio.shield(task) if operation.is_costly or operation.asked == 1 else None

    async def _compiling(self, operation: _Operation, key: Variant, executor: Executor[Any]) -> Code | None:
        code = await self._aside.do(self._compiled, operation, executor)
        if len(operation.code) < MOST_VARIANTS and (code is None or code.fields <= MOST_FIELDS):
            operation.code[key] = code
        return code

    def _compiled(self, operation: _Operation, executor: Executor[Any]) -> Code | None:
        if operation.node.operation is OperationType.SUBSCRIPTION or operation.node.directives:
            return None
        try:
            source = Source(self._schema, executor)
        except (
            NotCompiled,
            GraphQLError,
        ):  # Such as null for `@skip(if: $later)`, which graphql-core refuses in words.
            return None
        names: dict[str, Any] = dict(source.names)
        for piece in source.pieces:  # one by one, for `compile` lets no other thread go on
            exec(compile(piece, "<compiled document>", "exec"), names)  # noqa: S102 - written by `Source`
        return Code(names, source)

    def _executor(
        self, operation: _Operation, context: object, variables: VariableValues, extensions: Mapping[str, Any]
    ) -> Executor[Any]:
        details = {name: FragmentDetails(node) for name, node in operation.fragments.items()}
        return self._schema.execution_context_class(
            self._core,
            operation.fragments,
            details,
            None,
            context,
            operation.node,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type] # strawberry declares bool, no TypeGuard
            operation_extensions=extensions,  # type: ignore[call-arg] # strawberry's executor takes it
        )


def _coerced(
    signatures: Sequence[GraphQLVariableSignature | GraphQLError], given: Mapping[str, Any]
) -> VariableValues | None:
    """Return the values of plain variables that are all given and right; None leaves all others to graphql-core."""
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for signature in signatures:
        if isinstance(signature, GraphQLError) or signature.name not in given:
            return None
        if not is_leaf_type(get_nullable_type(signature.type)):
            return None
        value = coerce_input_value(given[signature.name], signature.type)
        if value is Undefined:
            return None
        sources[signature.name] = VariableValueSource(signature, given[signature.name])
        coerced[signature.name] = value
    return VariableValues(sources, coerced)


def _conditions(node: Any, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[str]:
    """Yield the variables of the directives on selections; fragments are looked through once."""
    pending: list[Any] = [node.selection_set, *(fragment.selection_set for fragment in fragments.values())]
    while pending:
        for selection in pending.pop().selections:
            for directive in selection.directives or ():
                for argument in directive.arguments or ():
                    if isinstance(argument.value, VariableNode):
                        yield argument.value.name.value
            if getattr(selection, "selection_set", None) is not None:
                pending.append(selection.selection_set)
