"""A way of delivery that is chosen together with the card: decided as `deliver` would decide it right after."""

from dataclasses import replace

from domain.operation import Delivery, OperationState
from domain.services import chooses_delivery
from policies.language.vocabulary import Lexicon
from resolvers.changing.access import is_staff
from resolvers.changing.change import begun
from resolvers.changing.choosing import is_collected
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.subjects import Subject


def chosen_at_once(request: ServiceRequest) -> bool:
    """Say whether a way of delivery is chosen with the card and not later."""
    return request.delivery is not None and chooses_delivery(request.service)


def as_submitted(decided: DecidedRequest) -> Subject:
    """Return what `deliver` would be asked about: the operation as it will be once it is submitted."""
    request, actor, subject, card = decided.request, decided.actor, decided.subject, decided.card
    operation = begun(
        decided,
        OperationState.SUBMITTED,
        replaced_card_id=card.id if card else None,
        reason=request.reissue_reason,
        fees=decided.decision.fees,
    )
    then = replace(subject, operation=operation, card=None)
    if is_staff(actor) and request.present_id is None:
        # As for every operation, an office that names nobody at its window acts as the office, and nobody knows who is there.
        then = replace(then, person_id=actor.person_id, relation="office")
    return replace(then, loaded=decided.loaded.of_the_people(same_person=then.person_id == subject.person_id))


def delivery_of(words: Lexicon, chosen: Delivery, details: dict[str, str], outlet: str | None) -> Delivery:
    """Return a chosen delivery with the details as they were checked, collected at the operation's outlet if it names none."""
    return replace(
        chosen,
        outlet=(chosen.outlet or outlet) if is_collected(words, chosen.method) else None,
        recipient=details.get("recipient"),
        mobile=details.get("delivery_mobile"),
        address=details.get("delivery_address"),
    )
