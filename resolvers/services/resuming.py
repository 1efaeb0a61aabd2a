"""Going on with what waited for its payment, by the very use case that was asked: decided again, and carried out or given up."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from domain.errors import Conflict, DomainError, GatewayUnavailable, ServiceUnavailable
from domain.holder import Actor
from resolvers.changing.postponing import asked_again, give_up
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.dependencies import Dependencies
from resolvers.services.accept import accept_for_production
from resolvers.services.activate import activate_card
from resolvers.services.bind_card import bind_card
from resolvers.services.cancel import cancel_card
from resolvers.services.cancel_loss_report import cancel_loss_report
from resolvers.services.close_account import close_account
from resolvers.services.correct import correct_application
from resolvers.services.receive import confirm_receipt
from resolvers.services.report_formal_loss import report_formal_loss
from resolvers.services.report_temporary_loss import report_temporary_loss
from resolvers.services.transfer_in import transfer_card_in
from resolvers.services.update_information import update_information

logger = logging.getLogger(__name__)
PAGE = 200
_OVERTAKEN = "CONFLICT"
"""The code of a change that another one was faster than."""
UseCase = Callable[[Dependencies, Actor, ServiceRequest], Awaitable[ChangeResult]]
USE_CASES: Final[Mapping[str, UseCase]] = {
    "accept": accept_for_production,
    "activate": activate_card,
    "bind_card": bind_card,
    "cancel": cancel_card,
    "cancel_loss_report": cancel_loss_report,
    "close_account": close_account,
    "correct": correct_application,
    "receive": confirm_receipt,
    "report_formal_loss": report_formal_loss,
    "report_temporary_loss": report_temporary_loss,
    "transfer_in": transfer_card_in,
    "update_information": update_information,
}
"""The use case of each service that can wait for its payment."""


async def resume(dependencies: Dependencies, operation_id: str) -> bool:
    """Go on with what waits on an operation, if that is paid for.

    What cannot be decided now (a register does not answer, somebody else was faster) waits on; what is refused now is given up,
    and its money goes back.

    Returns:
        Whether nothing waits any more.
    """
    async with dependencies.store.reading() as work:
        operation = await work.operations.get(operation_id)
    if not operation.resumable or operation.postponed is None:
        return True
    actor, request = asked_again(operation)
    try:
        await USE_CASES[operation.postponed.service](dependencies, actor, request)
    except (GatewayUnavailable, ServiceUnavailable) as unavailable:
        logger.warning("the operation %s waits on, although it is paid for: %s", operation_id, unavailable)
        return False
    except DomainError as refused:
        if isinstance(refused, Conflict) and refused.code == _OVERTAKEN:
            logger.warning("the operation %s waits on, although it is paid for: %s", operation_id, refused)
            return False
        logger.warning("the operation %s is paid for and cannot be carried out: %s", operation_id, refused)
        await give_up(dependencies, operation_id, refused)
    return True


async def resume_all(dependencies: Dependencies) -> int:
    """Go on with everything that is paid for and still waits, and return how much of it waits on."""
    waiting, last = 0, ""
    while True:
        async with dependencies.store.reading() as work:
            found = await work.operations.resumable(last, PAGE)
        for identifier in found:
            try:
                waiting += not await resume(dependencies, identifier)
            except Exception:
                # One that is broken must not keep back the others.
                logger.exception("the operation %s could not be gone on with", identifier)
                waiting += 1
        if len(found) < PAGE:
            return waiting
        last = found[-1]
