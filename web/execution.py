"""Executing a checked document on a strawberry schema.

`strawberry.Schema.execute` parses and validates each time, and logs every failure with its traceback, so graphql-core's
`execute` is called as strawberry calls it: with its executor (which makes `info` complete), its awaitable check, its
directives and extensions. Permissions, scalars, uploads and data loaders live in the fields and the context, and
need nothing from here.
"""

from collections.abc import Mapping
from typing import Any, Final

import strawberry
from graphql import ExecutionResult, MiddlewareManager, execute
from strawberry.execution import optimized_is_awaitable
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext
from strawberry.types.graphql import OperationType

from web.aside import Aside
from web.compiled import CompiledDocuments
from web.documents import CheckedDocument
from web.request_parameters import RequestParameters

_OPERATION_TYPES: Final = (OperationType.QUERY, OperationType.MUTATION)


class SchemaExecutor:
    """Executes documents on one schema.

    Args:
        schema: a strawberry schema.
        compiled_from: the use of a document from which on it is compiled; 0 compiles none.
        aside: does what would hold the loop; by default one of its own.

    Raises:
        ValueError: an extension of the schema hooks into parsing or validating, which happen here once per document
            and not once per request.
    """

    def __init__(self, schema: strawberry.Schema, compiled_from: int = 2, aside: Aside | None = None) -> None:
        for extension in schema.get_extensions():
            _ensure_hooks(extension)
        self._schema = schema
        self._compiled = CompiledDocuments(schema, compiled_from, aside or Aside())

    async def run(
        self, document: CheckedDocument, parameters: RequestParameters, context: object
    ) -> tuple[ExecutionResult, Mapping[str, Any]]:
        """Execute one operation.

        Args:
            document: the checked document.
            parameters: the operation's name, variables and extensions.
            context: what resolvers find as `info.context`.

        Returns:
            The result, and what the schema's extensions have to say beside it.
        """
        name, variables, extensions_of_input = parameters.operation_name, parameters.variables, parameters.extensions
        result = await self._compiled.run(document, name, variables, context, extensions_of_input)
        if result is not None:
            return result, {}
        execution = self._execution_context(document, parameters, context)
        extensions = self._schema.get_extensions()
        for extension in extensions:
            extension.execution_context = execution
        runner = self._schema.create_extensions_runner(execution, extensions)
        async with runner.operation():
            execution.result = await self._execute(execution, runner)
        return execution.result, await runner.get_extensions_results(execution)

    def _execution_context(
        self, document: CheckedDocument, parameters: RequestParameters, context: object
    ) -> ExecutionContext:
        return ExecutionContext(
            query=parameters.query,
            schema=self._schema,
            allowed_operations=_OPERATION_TYPES,
            context=context,
            variables=parameters.variables,
            provided_operation_name=parameters.operation_name,
            graphql_document=document.node,
            operation_extensions=parameters.extensions,
        )

    async def _execute(self, execution: ExecutionContext, runner: SchemaExtensionsRunner) -> ExecutionResult:
        assert execution.graphql_document is not None  # noqa: S101 - put there two lines ago
        async with runner.executing():
            result = execute(
                self._schema._schema,
                execution.graphql_document,
                variable_values=execution.variables,
                operation_name=execution.operation_name,
                context_value=execution.context,
                middleware=MiddlewareManager(*filter(_has_resolve, runner.extensions)),
                executor_class=self._schema.execution_context_class,
                is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type] # strawberry declares bool, no TypeGuard
                operation_extensions=execution.operation_extensions,
            )
            return result if isinstance(result, ExecutionResult) else await result


def _has_resolve(extension: SchemaExtension) -> bool:
    return type(extension).resolve is not SchemaExtension.resolve


def _ensure_hooks(extension: SchemaExtension) -> None:
    kind = type(extension)
    if kind.on_parse is not SchemaExtension.on_parse or kind.on_validate is not SchemaExtension.on_validate:
        raise ValueError(
            f"{kind.__name__} hooks into parsing or validating; give the endpoint limits or a validation rule instead"
        )
