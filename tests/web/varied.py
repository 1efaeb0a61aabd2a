"""Valid documents made different: aliases, fragments, variables, `@skip` and `@include`."""

from random import Random
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    parse_type,
    value_from_ast_untyped,
)


class Varied:
    """A document with one operation, made different by chance.

    Args:
        document: it; randomness: what chance does.

    Attributes:
        node: what came of it; variables: two sets of values for it; fields: those that it asks for, `Card.bank`.
    """

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, randomness: Random) -> None:
        self._schema = schema
        self._random = randomness
        self._fragments: list[FragmentDefinitionNode] = []
        self._definitions: list[VariableDefinitionNode] = []
        self._values: dict[str, Any] = {}
        self._conditions: list[str] = []
        self.fields: list[str] = []
        [operation] = document.definitions
        assert isinstance(operation, OperationDefinitionNode)
        root = schema.get_root_type(operation.operation)
        assert root is not None
        selections = self._varied(operation.selection_set, root)
        varied = OperationDefinitionNode(
            operation=operation.operation,
            directives=(),
            variable_definitions=tuple(self._definitions),
            selection_set=selections,
        )
        self.node = DocumentNode(definitions=(varied, *self._fragments))
        self.variables = [{**self._values, **{n: randomness.random() < 0.7 for n in self._conditions}} for _ in "ab"]

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance

    def _varied(self, selected: SelectionSetNode, parent: GraphQLNamedType) -> SelectionSetNode:
        selections: list[SelectionNode] = []
        for selection in selected.selections:
            one = self._selection(selection, parent)
            if isinstance(one, FieldNode) and self._happens(0.15):
                selections.append(self._wrapped([one], parent))
            elif self._happens(0.1):
                # The same once more, of which only one may be left out: both are asked for as one.
                selections += [one, self._wrapped([one], parent)]
            else:
                selections.append(one)
        if self._happens(0.2):
            name = NameNode(value="__typename")
            selections.append(FieldNode(name=name, alias=None, arguments=(), directives=(), selection_set=None))
        if self._happens(0.15):
            half = len(selections) // 2
            selections[:half] = [self._wrapped(selections[:half], parent)] if half else []
        return SelectionSetNode(selections=tuple(selections))

    def _selection(self, selection: SelectionNode, parent: GraphQLNamedType) -> SelectionNode:
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            inner = self._schema.get_type(condition.name.value) if condition else parent
            assert inner is not None
            selected = self._varied(selection.selection_set, inner)
            return InlineFragmentNode(
                type_condition=condition, directives=self._directives(0.1), selection_set=selected
            )
        assert isinstance(selection, FieldNode)
        if selection.name.value == "__typename":
            return selection
        kinds = [parent] if not is_abstract_type(parent) else self._schema.get_possible_types(parent)
        self.fields += [f"{kind.name}.{selection.name.value}" for kind in kinds]
        definition = parent.fields[selection.name.value]  # type: ignore[attr-defined]
        arguments = [
            self._argument(given, definition.args[given.name.value].type) for given in selection.arguments or ()
        ]
        alias, again = selection.alias, None
        if self._happens(0.15):
            alias = NameNode(value=f"a{self._random.randrange(10**9)}")
        if selection.selection_set:
            again = self._varied(selection.selection_set, get_named_type(definition.type))
        return FieldNode(
            name=selection.name,
            alias=alias,
            arguments=tuple(arguments),
            directives=self._directives(0.15),
            selection_set=again,
        )

    def _argument(self, given: ArgumentNode, kind: Any) -> ArgumentNode:
        if self._happens(0.5):
            return given
        name = self._variable(str(kind))
        self._values[name] = value_from_ast_untyped(given.value)
        return ArgumentNode(name=given.name, value=VariableNode(name=NameNode(value=name)))

    def _variable(self, kind: str) -> str:
        name = f"v{len(self._definitions)}"
        variable = VariableNode(name=NameNode(value=name))
        self._definitions.append(
            VariableDefinitionNode(variable=variable, type=parse_type(kind), default_value=None, directives=())
        )
        return name

    def _directives(self, chance: float) -> tuple[DirectiveNode, ...]:
        if not self._happens(chance):
            return ()
        value: Any = BooleanValueNode(value=self._happens(0.5))
        if self._happens(0.7):
            name = self._random.choice(self._conditions) if len(self._conditions) > 2 else self._variable("Boolean!")
            self._conditions.append(name)
            value = VariableNode(name=NameNode(value=name))
        kind = NameNode(value=self._random.choice(("skip", "include")))
        return (DirectiveNode(name=kind, arguments=(ArgumentNode(name=NameNode(value="if"), value=value),)),)

    def _wrapped(self, selections: list[SelectionNode], parent: GraphQLNamedType) -> SelectionNode:
        """Return selections in a fragment on their type, or on an interface of it."""
        condition = NamedTypeNode(name=NameNode(value=parent.name))
        inside = SelectionSetNode(selections=tuple(selections))
        if self._happens(0.5) or is_abstract_type(parent):
            given = condition if self._happens(0.7) else None
            return InlineFragmentNode(type_condition=given, directives=self._directives(0.2), selection_set=inside)
        name = NameNode(value=f"F{len(self._fragments)}")
        self._fragments.append(
            FragmentDefinitionNode(
                name=name, type_condition=condition, directives=(), variable_definitions=(), selection_set=inside
            )
        )
        return FragmentSpreadNode(name=name, directives=self._directives(0.2), arguments=())
