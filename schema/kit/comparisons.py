"""How much work a document makes for the standard rule that fields of one name at one place must be alike.

That rule compares each such field with each other one, and what lies below them with each other too: `{ me { id } me { id } … }`
takes it seconds. Here the same fields are only counted: those of one name at one place are put together and gone through once.
"""

from collections import defaultdict
from collections.abc import Iterable

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


class Comparing:
    """Counts the fields of a document, its fragments spread out, and the pairs of them that must be compared.

    Args:
        document: fragments are not in a cycle, and unknown ones count nothing.
        most: where counting stops, so that it takes no more steps than this.
    """

    def __init__(self, document: DocumentNode, most: int) -> None:
        self.count = 0
        self._most = most
        self._fragments = {
            node.name.value: node.selection_set
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        roots = [node.selection_set for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        pending: list[Iterable[SelectionSetNode]] = [[root] for root in roots]
        while pending and not self.exceeded:
            pending += self._below(pending.pop())

    @property
    def exceeded(self) -> bool:
        """Whether there is more to compare than may be."""
        return self.count > self._most

    def _below(self, together: Iterable[SelectionSetNode]) -> Iterable[list[SelectionSetNode]]:
        """Count what stands together at one place, and return what stands together one level below."""
        fields: dict[str, int] = defaultdict(int)
        below: dict[str, list[SelectionSetNode]] = defaultdict(list)
        spread: set[str] = set()
        pending = list(together)
        while pending and not self.exceeded:
            for selection in pending.pop().selections:
                if self.exceeded:
                    break
                self.count += 1
                if isinstance(selection, FieldNode):
                    name = (selection.alias or selection.name).value
                    self.count += fields[name]
                    fields[name] += 1
                    if selection.selection_set:
                        below[name].append(selection.selection_set)
                elif isinstance(selection, InlineFragmentNode):
                    pending.append(selection.selection_set)
                elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in spread:
                    self.count += len(spread)
                    spread.add(selection.name.value)
                    pending += [self._fragments[name] for name in [selection.name.value] if name in self._fragments]
        return below.values()
