"""Batches whose rows are what a mutation about an operation takes; and the table of all kinds of batches."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

import strawberry

from domain.access import CLERKS, PARTNERS, SERVED, Standing
from resolvers.changing.batches import BatchRow
from resolvers.changing.idempotency import IdempotencyKey
from resolvers.changing.results import ChangeResult
from resolvers.services.accept import accept_for_production
from resolvers.services.apply import apply_for_card
from resolvers.services.produce import record_produced
from resolvers.services.receive import confirm_receipt
from resolvers.services.ship import record_shipped
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Context
from schema.kit.described import field
from schema.kit.relay import global_id
from schema.services import import_cards, register_batch
from schema.services.accept import AcceptForProductionInput
from schema.services.apply import ApplyForCardInput
from schema.services.produce import RecordProducedInput
from schema.services.receive import ConfirmReceiptInput
from schema.services.ship import RecordShippedInput
from schema.types.batches import Batch, BatchInput, BatchPayload, batch_mutation, require_no_own_key
from schema.types.inputs import ServiceInput


def _batch(
    name: str,
    row: type[ServiceInput],
    use_case: Callable[..., Awaitable[ChangeResult]],
    more: Callable[[Any], tuple[Any, ...]] = lambda _: (),
    asks: Standing = CLERKS | PARTNERS,
) -> Batch[ChangeResult]:
    """Return the kind of batch whose rows are what a mutation takes.

    Args:
        use_case: what is asked for each row; more: what of a row it takes besides the request; asks: see `Batch`.
    """

    def read(context: Context, given: ServiceInput, _: str) -> BatchRow[ChangeResult]:
        require_no_own_key(given)
        # Read here, so that what cannot be right is told before anything is asked.
        request, further = given.request_under(context, None), more(given)

        def ask(own: IdempotencyKey) -> Awaitable[ChangeResult]:
            return use_case(context.dependencies, context.require_actor(), replace(request, key=own), *further)

        if request.operation_id is not None:
            about, named = request.operation_id, "input.operationId"
        else:
            about, named = request.holder_id or context.require_actor().person_id, "input.holderId"
        return BatchRow(about, named, about, asdict(given), ask)

    return Batch(name, row, read, {"operationId": _operation_id}, _operation_state, asks=asks)


def _operation_id(answer: ChangeResult) -> str:
    return global_id("Operation", answer.operation.id)


def _operation_state(answer: ChangeResult) -> str:
    return answer.operation.state.name


_APPLY = _batch("applyBatch", ApplyForCardInput, apply_for_card, asks=SERVED)
_ACCEPT = _batch("acceptBatch", AcceptForProductionInput, accept_for_production)
_PRODUCED = _batch("recordProducedBatch", RecordProducedInput, record_produced, lambda given: (given.produced(),))
_SHIPPED = _batch("recordShippedBatch", RecordShippedInput, record_shipped, lambda given: (given.tracking_number,))
_RECEIVED = _batch("confirmReceiptBatch", ConfirmReceiptInput, confirm_receipt)
_ALL: Final = (_APPLY, _ACCEPT, _PRODUCED, _SHIPPED, _RECEIVED, register_batch.BATCH, import_cards.BATCH)
BATCHES: Final[Mapping[str, Batch[Any]]] = {batch.name: batch for batch in _ALL}
"""Every kind of batch, by the name of its mutation."""


@strawberry.input(description="Applications for first cards.")
class ApplyBatchInput(BatchInput):
    """Applications."""

    rows: list[ApplyForCardInput] = field("What `applyForCard` takes, each for another person, without keys.")


@strawberry.input(description="Applications to accept for production.")
class AcceptBatchInput(BatchInput):
    """Applications."""

    rows: list[AcceptForProductionInput] = field("What `acceptForProduction` takes, without keys.")


@strawberry.input(description="Cards that were produced.")
class RecordProducedBatchInput(BatchInput):
    """Cards."""

    rows: list[RecordProducedInput] = field("What `recordProduced` takes, without keys.")


@strawberry.input(description="Cards that were shipped.")
class RecordShippedBatchInput(BatchInput):
    """Parcels."""

    rows: list[RecordShippedInput] = field("What `recordShipped` takes, without keys.")


@strawberry.input(description="Cards that were received.")
class ConfirmReceiptBatchInput(BatchInput):
    """Receipts."""

    rows: list[ConfirmReceiptInput] = field("What `confirmReceipt` takes, without keys.")


@sees(WITH_IT)
@strawberry.type(description="The answer to applications that are handed in together.")
class ApplyBatchPayload(BatchPayload):
    """What came of each."""


@sees(WITH_IT)
@strawberry.type(description="The answer to applications that are accepted for production together.")
class AcceptBatchPayload(BatchPayload):
    """What came of each."""


@sees(WITH_IT)
@strawberry.type(description="The answer to records of production.")
class RecordProducedBatchPayload(BatchPayload):
    """What came of each."""


@sees(WITH_IT)
@strawberry.type(description="The answer to records of shipping.")
class RecordShippedBatchPayload(BatchPayload):
    """What came of each."""


@sees(WITH_IT)
@strawberry.type(description="The answer to receipts that are confirmed together.")
class ConfirmReceiptBatchPayload(BatchPayload):
    """What came of each."""


apply_batch = batch_mutation(
    _APPLY,
    ApplyBatchInput,
    ApplyBatchPayload,
    "Submit applications for first cards, each by itself. Offices; and people who may apply for others, 20 at once.",
)
accept_batch = batch_mutation(
    _ACCEPT,
    AcceptBatchInput,
    AcceptBatchPayload,
    "Accept applications for production, each by itself. Offices and partners.",
)
record_produced_batch = batch_mutation(
    _PRODUCED,
    RecordProducedBatchInput,
    RecordProducedBatchPayload,
    "Record that cards were produced, each by itself. Offices and partners.",
)
record_shipped_batch = batch_mutation(
    _SHIPPED,
    RecordShippedBatchInput,
    RecordShippedBatchPayload,
    "Record that cards were shipped, each by itself. Offices and partners.",
)
confirm_receipt_batch = batch_mutation(
    _RECEIVED,
    ConfirmReceiptBatchInput,
    ConfirmReceiptBatchPayload,
    "Confirm that cards were received, each by itself. Offices and partners.",
)
