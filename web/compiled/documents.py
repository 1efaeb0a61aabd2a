"""The compiled documents of one schema, kept as long as the checked documents that they were made of."""

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

from web.compiled.run import Run, Write
from web.compiled.source import NotCompiled, Source
from web.documents import CheckedDocument

MOST_VARIANTS: Final = 8
"""Sets of values of `@skip` and `@include` for which an operation is compiled; further ones are left to graphql-core."""

Code = list[Write]


@dataclass(slots=True)
class _Operation:
    """What is known of one operation of a document.

    Args:
        node: the operation; fragments: of its document.
        conditions: the variables in its `@skip` and `@include`; signatures: those of all its variables.
    """

    node: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    conditions: tuple[str, ...]
    signatures: list[GraphQLVariableSignature | GraphQLError]
    asked: int = 0
    code: dict[tuple[Any, ...], Code | None] = field(default_factory=dict)


class CompiledDocuments:
    """Runs documents of a schema.

    Args:
        schema: a strawberry schema.
        from_use: a document is compiled when it is asked for so many times; 0 compiles none.
    """

    def __init__(self, schema: strawberry.Schema, from_use: int) -> None:
        self._schema = schema
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
        if operation.asked < self._from_use:
            return None
        variables = _coerced(operation.signatures, given) or get_variable_values(
            self._core, operation.node.variable_definitions or (), dict(given), max_errors=50
        )
        if isinstance(variables, list):
            return ExecutionResult(None, variables)

        def build() -> Executor[Any]:
            return self._executor(operation, context, variables, extensions)

        code = self._code(operation, variables, build)
        return None if code is None else await Run(build, context, variables).execute(code, operation.node.operation)

    def _operation(self, document: CheckedDocument, name: str | None) -> _Operation:
        known = self._operations.setdefault(document, {})
        if name not in known:
            node = document.operation(name)
            fragments = {n.name.value: n for n in document.node.definitions if isinstance(n, FragmentDefinitionNode)}
            signatures = [get_variable_signature(self._core, each) for each in node.variable_definitions or ()]
            conditions = tuple(dict.fromkeys(_conditions(node, fragments)))
            known[name] = _Operation(node, fragments, conditions, signatures)
        return known[name]

    def _code(
        self, operation: _Operation, variables: VariableValues, build: Callable[[], Executor[Any]]
    ) -> Code | None:
        key = tuple(variables.coerced.get(name) for name in operation.conditions)
        if key not in operation.code:
            if len(operation.code) >= MOST_VARIANTS:
                return None
            operation.code[key] = self._compiled(operation, build())
        return operation.code[key]

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
        exec(compile(source.text, "<compiled document>", "exec"), names)  # noqa: S102 - written by `Source`
        code: Code = names["document"]
        return code

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
