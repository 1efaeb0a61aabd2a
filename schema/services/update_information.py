"""A change of what may be changed without a new card."""

from typing import Any

import strawberry

from domain.access import SERVED
from resolvers.changing.results import ChangeResult
from resolvers.services.update_information import update_information
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field
from schema.types.inputs import CardInput
from schema.types.mutations import decided_mutation
from schema.types.nodes import Holder, served_holder
from schema.types.payloads import OperationPayload, changed


@strawberry.input(
    description="A change of mobile number, landline, addresses or postcode, given in `evidence.details`."
)
class UpdateInformationInput(CardInput):
    """What is asked for."""

    service = "update_information"


@sees(WITH_IT)
@strawberry.type(description="The answer to a change of information.")
class UpdateInformationPayload(OperationPayload):
    """What changed."""

    holder: Holder | None = field("The person after the change; null where nothing changed.", default=None)


def _updated(answer: ChangeResult, info: Info) -> dict[str, Any]:
    return {**changed(answer, info), "holder": served_holder(answer.holder, info) if answer.holder else None}


mutation = decided_mutation(
    "Change what may be changed without a new card; a new mobile number by its own code (CD-6, SC-4, QD-8).",
    UpdateInformationInput,
    update_information,
    UpdateInformationPayload,
    _updated,
    asks=SERVED,
)
