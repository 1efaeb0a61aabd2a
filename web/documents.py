"""Documents that were read and found valid, kept so that each text is parsed and validated once.

Validating takes three times as long as executing, and front-ends send the same few documents for ever. Only valid
documents are kept: whoever sends nonsense must not push the others out.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import strawberry
from graphql import (
    BREAK,
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    GraphQLError,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoUnusedFragmentsRule,
    OperationDefinitionNode,
    StringValueNode,
    UniqueFragmentNamesRule,
    ValidationRule,
    ValuesOfCorrectTypeRule,
    Visitor,
    VisitorAction,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
    visit,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from domain.errors import InvalidInput
from domain.message import Message
from schema.kit.input_scale import shape
from schema.kit.limits import DocumentScale, Limits, beyond, limit_rule, operations_of
from web.aside import Aside
from web.core_messages import is_plain
from web.lean_documents import set_aside, unlink_tokens
from web.wrong_values import WrongLiteralsRule, wrong_variables

# Errors of one document that are told: each takes a look at all names that could be meant, or writes out what it found.
MAX_ERRORS: Final = 20

# Linear in the document; with them, every fragment is spread somewhere and none in itself, so that weighing ends.
_FRAGMENT_RULES: Final = (KnownFragmentNamesRule, NoFragmentCyclesRule, NoUnusedFragmentsRule, UniqueFragmentNamesRule)

# A parsed document takes up to 180 bytes for each character of its text, half of that once its tokens are forgotten: this bounds the cache.
MAX_CHARACTERS: Final = 256 * 1024

# Sizes of pages and shapes of variables that are remembered of a document; front-ends send a few.
MAX_REMEMBERED: Final = 64

# Points from which on an operation is costly: graphql-core takes up to four milliseconds for as many.
COSTLY: Final = 400

# Those of GraphQL, and the one by which a part of a supergraph tells it.
INTROSPECTING: Final = frozenset({"__schema", "__type", "_service"})
_TELLING: Final = re.compile(rf"\b(?:{'|'.join(INTROSPECTING)})\b")

_NO_OPERATION = Message(
    "文档里没有名为 `{name}` 的操作，请检查 `operationName`。",
    "The document holds no operation named {name}; check operationName",
)
_NO_SUCH_OPERATION = Message(
    "文档里没有这个名称的操作，请检查 `operationName`。",
    "The document holds no operation of the name in operationName; check it",
)
_WHICH_OPERATION = Message(
    "文档里有{count}个操作，请用 `operationName` 指明要执行哪一个。",
    "The document holds {count} operations; say by operationName which one to execute",
)
_TOO_MANY_LINES = Message(
    "文档有{found}行，上限为{limit}行，请删去空行和注释。",
    "The document has {found} lines and the limit is {limit}; leave out empty lines and comments",
)
_NUL = Message("文本里有空字符，请删除。", "A text in the document holds U+0000; remove it")


class DocumentRefused(Exception):
    """A document that will not be executed.

    Args:
        code: the code of the errors that have none of their own.
        errors: what is wrong with it, at least one.
    """

    is_narrow = False
    """Whether whoever asks is told no name of the schema but those that they wrote."""

    def __init__(self, code: str, errors: list[GraphQLError]) -> None:
        super().__init__(code)
        self.code = code
        self.errors = errors


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class CheckedDocument:
    """A document that is valid for the schema and within its limits.

    Args:
        node: the parsed document.
        page_variables: the variables that say how long a page is.
        is_trusted: whether it is one that the service was started with.
        introspects: whether it asks what the schema is.
        costly: the ids of the operations that take long, whatever the variables are.
        affordable: operations that were found within the limits, each with the shape of its variables and the values of these.
    """

    node: DocumentNode
    page_variables: tuple[str, ...]
    is_trusted: bool = False
    introspects: bool = False
    costly: frozenset[int] = frozenset()
    affordable: set[tuple[object, ...]] = field(default_factory=set)

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the operation to execute.

        Args:
            name: its name, or None if it is the only one.

        Raises:
            DocumentRefused: there is no such operation, or more than one to choose from.
        """
        found = get_operation_ast(self.node, name)
        if found is not None:
            return found
        message = _NO_SUCH_OPERATION
        if name is not None and is_plain(name):
            message = _NO_OPERATION.format(name=name)
        elif name is None:
            message = _WHICH_OPERATION.format(count=sum(1 for _ in operations_of(self.node)))
        failure = InvalidInput(message, code="OPERATION_UNKNOWN")
        raise DocumentRefused(failure.code, [GraphQLError(message.en, original_error=failure)])


class DocumentCache:
    """The documents of one schema, most recently used last.

    Args:
        schema: what documents are validated against.
        limits: what they may use.
        max_characters: the text of all documents kept, in characters.
    """

    def __init__(self, schema: strawberry.Schema, limits: Limits, *, max_characters: int = MAX_CHARACTERS) -> None:
        self.misses = 0
        # strawberry keeps the graphql-core schema that it builds in this attribute and has no public name for it.
        self._schema = schema._schema
        self._limits = limits
        self._largest_page = schema.config.relay_max_results
        self._steps = _validation_steps(limits, self._largest_page)
        self._max_characters = max_characters
        self._characters = 0
        self._documents: OrderedDict[str, CheckedDocument] = OrderedDict()
        self._trusted: dict[str, CheckedDocument] = {}
        self._checking: dict[str, asyncio.Event] = {}

    def __len__(self) -> int:
        return len(self._documents)

    def known(self, text: str) -> CheckedDocument | None:
        """Return the document that a text holds, if it was checked before."""
        if text in self._documents:
            self._documents.move_to_end(text)
            return self._documents[text]
        return self._trusted.get(text)

    def get(self, text: str) -> CheckedDocument:
        """Return the document that a text holds, checked here and now unless it was before.

        Args:
            text: GraphQL source text.

        Raises:
            DocumentRefused: it cannot be parsed, is not valid, or asks for too much.
        """
        document = self.known(text)
        if document is None:
            self.misses += 1
            document = self._check(text)
            self._keep(text, document)
        return document

    async def find(self, text: str, aside: Aside) -> CheckedDocument:
        """Return the document that a text holds, checked beside the loop; who asks for the same meanwhile waits for it too.

        Args:
            text: GraphQL source text.

        Raises:
            DocumentRefused: it cannot be parsed, is not valid, or asks for too much.
        """
        while (other := self._checking.get(text)) is not None:
            await other.wait()
            if (document := self.known(text)) is not None:
                return document
        self.misses += 1
        self._checking[text] = done = asyncio.Event()
        try:
            document = await aside.do(self._check, text)
            self._keep(text, document)
        finally:
            del self._checking[text]
            done.set()
        return document

    def trust(self, text: str) -> None:
        """Keep a document for good, marked as trusted.

        Raises:
            DocumentRefused: it cannot be parsed, is not valid, or asks for too much.
        """
        self._trusted[text] = replace(self._check(text), is_trusted=True)

    def ensure_affordable(
        self, document: CheckedDocument, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> None:
        """Weigh an operation again if the request itself says how long its pages are, or sends lists or long texts.

        Args:
            document: the document, found valid and within its limits whatever its variables are.
            operation: the operation to execute.
            variables: the values that the request sends.

        Raises:
            DocumentRefused: with these pages and values it costs too much, or a list is too long.
        """
        sizes = tuple(variables.get(name) for name in document.page_variables)
        form = shape(variables)
        if form is not None and not sizes and list not in form:
            return
        # Only numbers are remembered, for others may be equal to one and weigh another.
        known = form is not None and all(type(size) is int for size in sizes)
        key = (id(operation), form, *sizes)
        if known and key in document.affordable:
            return
        scale = DocumentScale(self._schema, document.node, variables=variables, largest_page=self._largest_page)
        errors = list(beyond(self._limits, scale, operation))
        if errors:
            raise DocumentRefused("VALIDATION_FAILED", errors)
        if known and len(document.affordable) < MAX_REMEMBERED:
            document.affordable.add(key)

    def wrong_variables(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> DocumentRefused:
        """Return the refusal of variables that do not fit an operation, each wrong field by its path.

        Args:
            operation: the operation; variables: the values that the request sends, which graphql-core refused.
        """
        return DocumentRefused("INVALID_VARIABLES", wrong_variables(self._schema, operation, variables))

    def _check(self, text: str) -> CheckedDocument:
        _ensure_short(text, self._limits.max_tokens)
        try:
            node = parse(text, max_tokens=self._limits.max_tokens)
        except GraphQLError as error:
            raise DocumentRefused("SYNTAX_ERROR", [error]) from None
        unlink_tokens(node)
        for rules in self._steps:
            errors = validate(self._schema, node, rules, MAX_ERRORS)
            if errors:
                raise DocumentRefused("VALIDATION_FAILED", errors)
        scale = DocumentScale(self._schema, node, largest_page=self._largest_page)
        for operation in operations_of(node):
            scale.weigh(operation)
        set_aside(node)
        return CheckedDocument(
            node,
            tuple(sorted(scale.page_variables)),
            introspects=_introspects(text, node),
            costly=self._costly(node),
        )

    def _costly(self, node: DocumentNode) -> frozenset[int]:
        # Without the values of variables, pages are as large as they may be.
        scale = DocumentScale(self._schema, node, variables={}, largest_page=self._largest_page)
        return frozenset(id(each) for each in operations_of(node) if scale.weigh(each).cost >= COSTLY)

    def _keep(self, text: str, document: CheckedDocument) -> None:
        self._documents[text] = document
        self._characters += len(text)
        while self._characters > self._max_characters:
            oldest, _ = self._documents.popitem(last=False)
            self._characters -= len(oldest)


def _ensure_short(text: str, limit: int) -> None:
    """Refuse a document of very many lines: each error counts those before it, to say where it is.

    Raises:
        DocumentRefused: there are more than the limit.
    """
    found = text.count("\n") + text.count("\r") + 1
    if found > limit:
        failure = InvalidInput(_TOO_MANY_LINES.format(found=found, limit=limit), code="SYNTAX_ERROR")
        raise DocumentRefused(failure.code, [GraphQLError(failure.message.en, original_error=failure)])


def _validation_steps(limits: Limits, largest_page: int) -> list[Sequence[type[ASTValidationRule]]]:
    """Return the rules in the order in which they are safe and cheap: each step may rely on the one before."""
    return [
        _FRAGMENT_RULES,
        [limit_rule(limits, largest_page=largest_page), _NoNul],
        [_own_or_specified(rule) for rule in specified_rules if rule not in _FRAGMENT_RULES],
        [MaybeNullValidationRule, _OneOfRule],
    ]


def _own_or_specified(rule: type[ASTValidationRule]) -> type[ASTValidationRule]:
    return WrongLiteralsRule if rule is ValuesOfCorrectTypeRule else rule


class _Introspecting(Visitor):
    """Notes whether a document asks what the schema is."""

    found = False

    def enter_field(self, node: FieldNode, *_: object) -> VisitorAction:
        """Look at the name of a field, whatever its answer is to be called."""
        self.found = self.found or node.name.value in INTROSPECTING
        return BREAK if self.found else None


def _introspects(text: str, node: DocumentNode) -> bool:
    """Return whether a document asks what the schema is, in any of its operations and fragments."""
    if _TELLING.search(text) is None:  # names have one spelling
        return False
    looked = _Introspecting()
    visit(node, looked)
    return looked.found


class _NoNul(ValidationRule):
    """Refuses U+0000 in literals, as the JSON body does: PostgreSQL cannot store it."""

    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        if "\0" in node.value:
            failure = InvalidInput(_NUL)
            self.report_error(GraphQLError(_NUL.en, [node], original_error=failure))


class _OneOfRule(OneOfInputValidationRule):
    """strawberry's rule, which looks a variable up among those of the operation last seen.

    A fragment that stands before its operation made it fail with a KeyError, so here it knows all of them.
    """

    def enter_document(self, node: DocumentNode, *_: object) -> None:
        self.variable_definitions = {
            definition.variable.name.value: definition
            for operation in operations_of(node)
            for definition in operation.variable_definitions or ()
        }

    def enter_operation_definition(self, *_: object) -> None:
        """Keep the definitions of all operations."""
