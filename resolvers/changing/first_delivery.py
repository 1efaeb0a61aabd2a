"""A way of delivery that is chosen together with the card: decided as `deliver` would decide it right after."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from domain.fee import Fee
from domain.holder import Actor
from domain.operation import Delivery, Operation, OperationState
from domain.region import province_of
from domain.services import chooses_delivery
from policies.language.vocabulary import Lexicon
from resolvers.changing.access import is_staff
from resolvers.changing.choosing import is_collected
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.subjects import Subject


def chosen_at_once(request: ServiceRequest) -> bool:
    """Say whether a way of delivery is chosen with the card and not later."""
    return request.delivery is not None and chooses_delivery(request.service)


def begun(
    request: ServiceRequest,
    actor: Actor,
    subject: Subject,
    declarations: Mapping[str, Any],
    fees: tuple[Fee, ...],
) -> Subject:
    """Return what `deliver` would be asked about: the operation as it will be once it is submitted."""
    card, now = subject.card, subject.now
    operation = Operation(
        id="",
        service=request.service,
        region=subject.region,
        province=province_of(subject.region),
        holder_id=subject.holder.id,
        actor_id=actor.person_id,
        relation=subject.relation,
        state=OperationState.SUBMITTED,
        channel=actor.channel,
        office=actor.office,
        created_at=now,
        updated_at=now,
        policy_digest="",
        bank=request.bank or (card.bank if card else None),
        outlet=request.outlet,
        replaced_card_id=card.id if card else None,
        reason=request.reissue_reason,
        declarations=dict(declarations),
        fees=fees,
    )
    now_about = replace(subject, operation=operation, card=None)
    if not is_staff(actor) or request.present_id is not None:
        return now_about
    # As for every operation, an office that names nobody at its window acts as the office, and nobody knows who is there.
    return replace(now_about, person_id=actor.person_id, relation="office", person=None)


def delivery_of(words: Lexicon, chosen: Delivery, details: dict[str, str], outlet: str | None) -> Delivery:
    """Return a chosen delivery with the details as they were checked, collected at the operation's outlet if it names none."""
    return replace(
        chosen,
        outlet=(chosen.outlet or outlet) if is_collected(words, chosen.method) else None,
        recipient=details.get("recipient"),
        mobile=details.get("delivery_mobile"),
        address=details.get("delivery_address"),
    )
