"""What mutations on operations return."""

from typing import Any

import strawberry

from resolvers.changing.results import ChangeResult
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field
from schema.types.decision import Decision, decision
from schema.types.errors import UserError
from schema.types.nodes import Card, card_node
from schema.types.operation_nodes import Operation, operation_node


@sees(WITH_IT)
@strawberry.interface(description="What every mutation that is decided by policies returns.")
class DecidedPayload:
    """A payload with the decision."""

    decision: Decision | None = field("What the policies said; null where it did not come to a decision.", default=None)
    errors: list[UserError] = field("Expected failures; empty when all went well.", factory=list)


@sees(WITH_IT)
@strawberry.interface(description="What every mutation on an operation returns.")
class OperationPayload(DecidedPayload):
    """A payload with an operation."""

    operation: Operation | None = field("The operation after the change; null where nothing changed.", default=None)


@sees(WITH_IT)
@strawberry.interface(description="What every mutation on a card returns.")
class CardPayload(OperationPayload):
    """A payload with a card."""

    card: Card | None = field("The card after the change; null where nothing changed.", default=None)


def changed(answer: ChangeResult, _: Info) -> dict[str, Any]:
    """Return the fields of the payload of a change of an operation."""
    return {"operation": operation_node(answer.operation), "decision": decision(answer.decision)}


def card_changed(answer: ChangeResult, info: Info) -> dict[str, Any]:
    """Return the fields of the payload of a change of a card."""
    return {**changed(answer, info), "card": card_node(answer.card, info) if answer.card else None}
