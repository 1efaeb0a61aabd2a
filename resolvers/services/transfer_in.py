"""Take a card in from another city of the province (CD-7, SC-10): the same card, another home region."""

from collections.abc import Sequence
from dataclasses import replace

from domain.errors import NotPermitted, TransitionImpossible
from domain.holder import Actor
from domain.message import Message
from domain.region import province_of
from resolvers.changing.access import is_staff
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import card_change
from resolvers.changing.deciding import Look, decided_transaction
from resolvers.changing.insurance import look_up_insurance
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.subjects import find_subject
from resolvers.dependencies import Dependencies

SERVICE = "transfer_in"


async def held_insurance(
    dependencies: Dependencies, actor: Actor, card_id: str, region: str, look: Look
) -> tuple[str, ...]:
    """Return the insurance kinds that a card's holder has in a city: what can be chosen for a transfer.

    Args:
        look: is told whose card it is, for a clerk and a delegate hear what somebody is insured for.

    Raises:
        NotFound: no such card or region, or none of theirs.
        NotPermitted: a partner asks; whoever issues or makes cards has nothing to choose.
        GatewayUnavailable: the insurance register did not answer.
    """
    region = dependencies.policies().deciding_code(region)
    async with dependencies.store.reading() as work:
        request = ServiceRequest(SERVICE, region=region, card_id=card_id)
        subject = await find_subject(dependencies, work, actor, request, lock=False)
    if is_staff(actor) and actor.role != "clerk":
        raise NotPermitted(
            Message(
                "参保险种只能由持卡人本人、监护人、受托人或窗口工作人员查询，请到服务网点查询。",
                "Only the holder, a guardian, a delegate or a clerk looks up insurance kinds.",
            )
        )
    look("card", subject.holder.id, record_id=card_id, region=subject.region)
    return await look_up_insurance(dependencies, subject.card, region)


def with_kinds(request: ServiceRequest, kinds: Sequence[str]) -> ServiceRequest:
    """Hand the chosen insurance kinds to the policies."""
    return replace(request, derived_facts={**request.derived_facts, "insurance.chosen": tuple(dict.fromkeys(kinds))})


async def transfer_card_in(dependencies: Dependencies, actor: Actor, request: ServiceRequest) -> ChangeResult:
    """Make a city the home region of a card; the insurance relation moves elsewhere, as the decision's advice says.

    Args:
        request: on a card, with the region that takes it in, and `with_kinds`.

    Raises:
        DecisionRefused: the region's policy says no, or something is missing.
    """
    async with decided_transaction(dependencies, actor, request) as decided:
        before = decided.its_card
        if before.province != province_of(decided.region):
            raise _another_province()
        moved = replace(before, region=decided.region)
        change = replace(card_change(decided, moved), note=f"{before.region} → {moved.region}")
        return await carry_out(decided, change)


def _another_province() -> TransitionImpossible:
    """Return the refusal that holds whatever the policies say: the right to one card is the province's (SC-1)."""
    return TransitionImpossible(
        Message(
            "卡只能在本省内转移，外省的请在当地重新申领。",
            "A card moves within its province only; apply anew in the other one.",
        )
    )
