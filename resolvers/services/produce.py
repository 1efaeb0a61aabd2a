"""Record that the card was produced: it comes into being, sealed (NX-5); it may end the card it replaces (NX-3)."""

from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from uuid import uuid4

from domain.card import Card, CardState
from domain.duration import day_in_china
from domain.errors import InvalidInput
from domain.evidence import PHOTO
from domain.holder import Actor
from domain.operation import Operation, OperationEvent
from policies.language.vocabulary import Lexicon
from resolvers.changing.card_details import card_number, require_days, social_security_number
from resolvers.changing.card_details import wrong as refused
from resolvers.changing.carrying_out import carry_out
from resolvers.changing.change import CardChange, operation_step
from resolvers.changing.decided_request import DecidedRequest
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.results import ChangeResult
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.subjects import Subject
from resolvers.changing.terms import require_term
from resolvers.changing.wrong_inputs import Wrong
from resolvers.dependencies import Dependencies


@dataclass(frozen=True, slots=True)
class ProducedCard:
    """What the card maker reports.

    Args:
        number: on the photo side, 6 to 32 capital letters and digits.
        social_security_number: None for the number of the identity document.
        generation: a term of the card generations vocabulary.
        issued_on, expires_on: first and last day; None for today and for no end.
    """

    number: str
    generation: str
    social_security_number: str | None = None
    issued_on: date | None = None
    expires_on: date | None = None


async def record_produced(
    dependencies: Dependencies, actor: Actor, request: ServiceRequest, produced: ProducedCard
) -> ChangeResult:
    """Record production.

    Args:
        request: with the bank of the card, where the applicant chose none.

    Raises:
        InvalidInput: the number, bank, generation or dates cannot be right.
        Conflict: another card has that number (`CARD_EXISTS`).
    """
    also = partial(_look_at, request, produced)
    async with decided_transaction(dependencies, actor, request, also) as decided:
        operation = decided.its_operation
        card = _card(decided, operation, produced)
        # Who handles the operation from now on is the bank of the card, also where the applicant chose none.
        change = operation_step(decided, OperationEvent.PRODUCE, card_id=card.id, bank=card.bank)
        change = replace(change, cards=(CardChange(None, card),))
        if await _brought_photo(decided, operation):
            change = replace(change, holder=replace(decided.holder, photo_on_file=True))
        return await carry_out(decided, change)


async def _brought_photo(decided: DecidedRequest, operation: Operation) -> bool:
    """Say whether the office has now got a photo that it had not before."""
    if decided.holder.photo_on_file:
        return False
    uploaded = await decided.work.documents.get_many(operation.documents) if operation.documents else {}
    return PHOTO in operation.sighted or any(stored.evidence.type == PHOTO for stored in uploaded.values())


def _look_at(request: ServiceRequest, produced: ProducedCard, subject: Subject, words: Lexicon, wrong: Wrong) -> None:
    """Note what cannot be right with a card that was produced."""
    with wrong:
        card_number(produced.number)
    with wrong:
        social_security_number(produced.social_security_number or subject.holder.identity_number)
    with wrong:
        require_term(words, "card_generations", produced.generation, "input.generation")
    operation, today = subject.operation, day_in_china(subject.now)
    with wrong:
        if request.bank is None and operation is not None and operation.bank is None:
            raise no_bank()
    with wrong:
        require_days(produced.issued_on or today, produced.expires_on, subject.holder.born_on, today)


def no_bank() -> InvalidInput:
    """Return the answer to a card of no bank."""
    return refused("bank", "申请人没有选择发卡银行，请填写", "the applicant chose no issuing bank, so give the card's")


def _card(decided: DecidedRequest, operation: Operation, produced: ProducedCard) -> Card:
    bank = decided.request.bank or operation.bank
    if bank is None:
        raise no_bank()
    return Card(
        id=str(uuid4()),
        holder_id=operation.holder_id,
        region=operation.region,
        province=operation.province,
        number=card_number(produced.number),
        social_security_number=social_security_number(
            produced.social_security_number or decided.holder.identity_number
        ),
        bank=bank,
        generation=produced.generation,
        state=CardState.SEALED,
        issued_on=produced.issued_on or day_in_china(decided.now),
        expires_on=produced.expires_on,
        state_since=decided.now,
        replaces_id=operation.replaced_card_id,
    )
