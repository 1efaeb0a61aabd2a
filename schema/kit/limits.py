"""How much one request may ask for, and the validation rule that holds documents to it.

A document is weighed once per operation and fragment: each fragment is measured the first time that it is spread and
remembered, so the work is linear in the length of the document however often fragments spread each other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Final

from graphql import (
    SKIP,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    Node,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValidationRule,
    ValueNode,
    VariableNode,
    VisitorAction,
    get_named_type,
)

from domain.errors import InvalidInput
from domain.message import Message
from schema.kit.comparisons import Comparing
from schema.kit.input_scale import InputScale
from schema.kit.introspection_scale import (
    INTROSPECTED_A_POINT,
    INTROSPECTION_COST,
    INTROSPECTION_DEPTH,
    INTROSPECTIONS,
    introspected_items,
)
from schema.kit.weights import ITEMS, POINTS

PAGE_ARGUMENTS: Final = ("first", "last")

# The largest page that strawberry's connections hand out unless they are told otherwise.
LARGEST_PAGE: Final = 100

# The items of a list of texts are only written out.
LEAVES_A_POINT: Final = 10

_TOO_DEEP = Message(
    "查询嵌套{found}层，上限为{limit}层，请拆分为多个查询。",
    "The operation is nested {found} levels deep and the limit is {limit}; split it into several operations",
)
_TOO_MANY_ALIASES = Message(
    "查询使用了{found}个别名，上限为{limit}个，请拆分为多个查询。",
    "The operation uses {found} aliases and the limit is {limit}; split it into several operations",
)
_TOO_COSTLY = Message(
    "查询的代价为{found}，上限为{limit}，请减小 `first` 或 `last`，或者减少字段和列表中的项。",
    "The operation costs {found} and the limit is {limit}; ask for smaller pages (first, last), fewer fields, or give"
    " fewer items",
)
_TOO_REPETITIVE = Message(
    "检查这份文档需要比较字段{limit}次以上，请减少重复的字段和片段。",
    "Checking the document takes more than {limit} comparisons of its fields; repeat fewer fields and fragments",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one HTTP request may use.

    Args:
        max_body_bytes: bytes of a JSON body, and of the text parts of a multipart body. A batch of 500 applications has some 350 KiB.
        max_upload_bytes: bytes of one uploaded file.
        max_uploads: uploaded files in one request.
        max_depth: levels of fields below the operation; introspection is counted apart.
        max_aliases: aliased fields, fragments spread out.
        max_cost: points of `schema/kit/weights.py`, each multiplied by the pages and lists above it. GraphiQL's introspection
            costs some 5,500.
        max_comparisons: fields of a document, fragments spread out, and pairs of them that stand at one place under one
            name; a pair takes some 10 microseconds to compare.
        max_tokens: lexical tokens of a document, and lines.
        timeout_seconds: seconds from when the request is there, its body too, to its answer.

    Raises:
        ValueError: a limit is not positive.
    """

    max_body_bytes: int = 512 * 1024
    max_upload_bytes: int = 10 * 1024 * 1024
    max_uploads: int = 10
    max_depth: int = 15
    max_aliases: int = 30
    max_cost: int = 15_000
    max_comparisons: int = 10_000
    max_tokens: int = 2_000
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value <= 0:
                raise ValueError(f"{field.name} must be greater than zero, not {value}")


@dataclass(frozen=True, slots=True)
class Weight:
    """What a part of a document asks for.

    Args:
        depth: levels of fields.
        aliases: aliased fields.
        cost: fields times the sizes of their pages.
    """

    depth: int = 0
    aliases: int = 0
    cost: int = 0

    def beside(self, other: "Weight") -> "Weight":
        """Return the weight of two selections that stand side by side."""
        return Weight(max(self.depth, other.depth), self.aliases + other.aliases, self.cost + other.cost)


class DocumentScale:
    """Weighs the operations of one document, each fragment once.

    The document need not be valid: unknown fields weigh as plain ones, unknown fragments and cycles as nothing, since
    the specified rules refuse them anyway.

    Args:
        schema: the schema that the document is written for.
        document: the parsed document.
        variables: the values that the request sends; None when they are not known yet, and then they weigh as little as
            any values could.
        largest_page: the entries of a page whose size nobody says.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        *,
        variables: Mapping[str, object] | None = None,
        largest_page: int = LARGEST_PAGE,
    ) -> None:
        self.visits = 0
        self.page_variables: set[str] = set()
        self._schema = schema
        self._introspected = introspected_items(schema)
        self._largest_page = largest_page
        self.inputs = InputScale(document, variables or {})
        self._page_sizes = None if variables is None else _page_sizes(document, variables, largest_page)
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._weighed: dict[str, Weight] = {}

    def weigh(self, operation: OperationDefinitionNode) -> Weight:
        """Return what one operation of the document asks for, its fragments spread out."""
        return self._selections(operation.selection_set, self._schema.get_root_type(operation.operation))

    def _selections(self, selection_set: SelectionSetNode, parent: GraphQLNamedType | None) -> Weight:
        weight = Weight()
        for selection in selection_set.selections:
            weight = weight.beside(self._selection(selection, parent))
        return weight

    def _selection(self, selection: SelectionNode, parent: GraphQLNamedType | None) -> Weight:
        self.visits += 1
        if isinstance(selection, FieldNode):
            return self._field(selection, parent)
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value)
        assert isinstance(selection, InlineFragmentNode)  # noqa: S101 - the grammar knows no fourth kind
        condition = selection.type_condition
        return self._selections(
            selection.selection_set, self._schema.get_type(condition.name.value) if condition else parent
        )

    def _fragment(self, name: str) -> Weight:
        if name not in self._fragments:
            return Weight()
        if name not in self._weighed:
            self._weighed[name] = Weight()  # What a cycle finds when it comes back here.
            node = self._fragments[name]
            parent = self._schema.get_type(node.type_condition.name.value)
            self._weighed[name] = self._selections(node.selection_set, parent)
        return self._weighed[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Weight:
        definition = _field_definition(parent, node.name.value)
        within = Weight()
        if node.selection_set:
            within = self._selections(node.selection_set, get_named_type(definition.type) if definition else None)
        aliases = within.aliases + (node.alias is not None)
        if node.name.value in INTROSPECTIONS:
            depth = 1 if within.depth <= INTROSPECTION_DEPTH else within.depth + 1
            return Weight(depth, aliases, INTROSPECTION_COST + within.cost // INTROSPECTED_A_POINT)
        if definition is None:
            return Weight(within.depth + 1, aliases, 1 + within.cost)
        items: int | Fraction = self._introspected.get(id(definition), definition.extensions.get(ITEMS, 1))
        own = definition.extensions.get(POINTS, 1) + self.inputs.weigh(node, definition)
        below = self._page(node, definition) * within.cost * items if node.selection_set else items // LEAVES_A_POINT
        return Weight(within.depth + 1, aliases, own + int(below))

    def _page(self, node: FieldNode, definition: GraphQLField | None) -> int:
        paging = [name for name in PAGE_ARGUMENTS if definition is not None and name in definition.args]
        if definition is None or not paging:
            return 1
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        sizes = [size for name in paging if name in given and (size := self._page_size(given[name])) is not None]
        defaults = [_default_page(definition.args[name]) for name in paging if name not in given]
        sizes += [size for size in defaults if size is not None]
        return max(sizes, default=self._largest_page)

    def _page_size(self, value: ValueNode) -> int | None:
        if isinstance(value, VariableNode):
            self.page_variables.add(value.name.value)
            return 1 if self._page_sizes is None else self._page_sizes.get(value.name.value, self._largest_page)
        return _literal_page(value)


def limit_rule(limits: Limits, *, largest_page: int = LARGEST_PAGE) -> type[ValidationRule]:
    """Return the validation rule that refuses operations beyond the depth, the aliases or the cost allowed.

    Args:
        limits: what an operation may use.
        largest_page: the entries of a page whose size the document does not say.
    """

    class LimitRule(ValidationRule):
        def enter_document(self, node: DocumentNode, *_: object) -> VisitorAction:
            scale = DocumentScale(self.context.schema, node, largest_page=largest_page)
            errors = [error for operation in operations_of(node) for error in beyond(limits, scale, operation)]
            # Only what is within the limits can be spread out.
            if not errors and Comparing(node, limits.max_comparisons).exceeded:
                message = _TOO_REPETITIVE.format(limit=limits.max_comparisons)
                errors = [_error(message, "QUERY_TOO_COSTLY", node)]
            for error in errors:
                self.report_error(error)
            return SKIP

    return LimitRule


def beyond(limits: Limits, scale: DocumentScale, operation: OperationDefinitionNode) -> Iterator[GraphQLError]:
    """Yield an error for each limit that an operation exceeds.

    Args:
        limits: what an operation may use.
        scale: weighs the operations of its document.
        operation: where the errors point to.
    """
    weight = scale.weigh(operation)
    for fault in scale.inputs.faults:
        yield GraphQLError(fault.message.en, [operation], original_error=fault)
    checks = (
        ("QUERY_TOO_DEEP", _TOO_DEEP, weight.depth, limits.max_depth),
        ("TOO_MANY_ALIASES", _TOO_MANY_ALIASES, weight.aliases, limits.max_aliases),
        ("QUERY_TOO_COSTLY", _TOO_COSTLY, weight.cost, limits.max_cost),
    )
    for code, message, found, limit in checks:
        if found > limit:
            # Nested fragments double a number each, and nobody reads a number of hundreds of digits.
            shown = found if found < 10**12 else "> 10^12"
            yield _error(message.format(found=shown, limit=limit), code, operation)


def _error(message: Message, code: str, node: Node) -> GraphQLError:
    return GraphQLError(message.en, [node], original_error=InvalidInput(message, code=code))


def operations_of(document: DocumentNode) -> Iterator[OperationDefinitionNode]:
    """Yield the operations of a document in their order."""
    return (node for node in document.definitions if isinstance(node, OperationDefinitionNode))


def _page_sizes(document: DocumentNode, variables: Mapping[str, object], largest_page: int) -> dict[str, int]:
    """Return the page that each variable stands for: its value, else the largest of its defaults."""
    sizes: dict[str, int] = {}
    for operation in operations_of(document):
        for definition in operation.variable_definitions or ():
            name, default = definition.variable.name.value, definition.default_value
            size = _literal_page(default)
            sizes[name] = max(sizes.get(name, 0), largest_page if size is None else size)
    for name in sizes.keys() & variables.keys():
        size = _as_page(variables[name])
        sizes[name] = largest_page if size is None else size
    return sizes


def _as_page(value: object) -> int | None:
    """Return the multiplier of a page size, or None if the value is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return max(1, int(value))


def _literal_page(value: ValueNode | None) -> int | None:
    """Return the multiplier that a document spells out, or None if it spells no number."""
    if not isinstance(value, IntValueNode):
        return None
    # int() refuses thousands of digits; twelve are beyond every limit already.
    return max(1, int(value.value)) if len(value.value) <= 12 else 10**12


def _default_page(argument: GraphQLArgument) -> int | None:
    if argument.default is None:
        return _as_page(argument.default_value)
    return _literal_page(argument.default.literal) or _as_page(argument.default.value)


def _field_definition(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    if name in INTROSPECTIONS:
        return INTROSPECTIONS[name]
    return parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None
