"""The same thing at the same moment: it is done once, and everybody else is told why not."""

import asyncio
import json
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from domain.card import CardState
from domain.errors import Conflict, DecisionRefused, DomainError, InvalidInput, TooManyRequests
from domain.holder import Actor
from domain.operation import Operation, OperationState
from gateways.payment_notice import PaymentNotice, sign_notice
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.verification import request_verification_code
from resolvers.services.accept import accept_for_production
from resolvers.services.activate import activate_card
from resolvers.services.apply import apply_for_card
from resolvers.services.deliver import set_delivery
from resolvers.services.pay import pay_operation, take_payment_notice
from resolvers.services.withdraw import withdraw_application
from store.records import PaymentStatus
from tests.patience import PATIENCE
from tests.resolvers.applicants import apply_many, chengdu_application
from tests.resolvers.together import CARD_AND_IDENTITY_CARD, LEADS, race, sealed_card, together
from tests.resolvers.world import (
    CHENGDU,
    DETAILS,
    JINAN,
    PAYMENT_SECRET,
    Person,
    World,
    application,
    clerk,
    mobile_number,
    posted,
    settle,
)

pytestmark = pytest.mark.anyio

MANY = 200
ROOT = Path(__file__).parents[2]
ONE_CARD = {"ONE_CARD_IN_PROVINCE", "ONE_CARD_PER_PROVINCE"}


async def _applied(country: World, person: Person) -> Operation:
    actor = person.citizen(CHENGDU)
    ask = await application(country, actor, person, CHENGDU)
    operation = (await apply_for_card(country.dependencies, actor, ask)).operation
    delivery = ServiceRequest("deliver", operation_id=operation.id, delivery=posted())
    return (await set_delivery(country.dependencies, actor, delivery)).operation


async def _notice(country: World, person: Person, operation: Operation) -> tuple[dict[str, str], bytes]:
    ask = ServiceRequest("pay", operation_id=operation.id)
    intent = (await pay_operation(country.dependencies, person.citizen(CHENGDU), ask)).intent
    word = PaymentNotice(intent.provider_reference, intent.reference, operation.due, "paid", country.clock.now())
    return sign_notice(PAYMENT_SECRET, word, country.clock.now())


async def _events(country: World, operation: Operation) -> Counter[str]:
    async with country.store.reading() as work:
        return Counter(entry.event for entry in (await work.timeline.of_operations([operation.id]))[operation.id])


async def test_of_200_simultaneous_applications_of_one_person_one_is_taken(country: World) -> None:
    person = await settle(country.store)
    actor, ask = chengdu_application(person.id, person.papers(CHENGDU))
    outcomes = await apply_many(country, actor, ask, MANY)
    assert outcomes.pop("done") == 1
    assert set(outcomes) <= ONE_CARD
    assert outcomes.total() == MANY - 1
    async with country.store.reading() as work:
        assert len(await work.operations.of_holder(person.id)) == 1


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_two_processes_on_one_database_take_one_application(country: World, database_url: str) -> None:
    person = await settle(country.store)
    arguments = (database_url, person.id, ",".join(person.papers(CHENGDU)), str(MANY // 2))
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.resolvers.applicants", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    async with asyncio.timeout(PATIENCE):
        answers = await asyncio.gather(*(process.communicate() for process in processes))
    outcomes = sum((Counter(json.loads(output)) for output, _ in answers), Counter[str]())
    assert outcomes.pop("done") == 1
    assert set(outcomes) <= ONE_CARD
    assert outcomes.total() == MANY - 1


async def test_the_same_notice_many_times_at_once_is_counted_once(country: World) -> None:
    person = await settle(country.store)
    operation = await _applied(country, person)
    headers, body = await _notice(country, person, operation)
    statuses = await together(*(take_payment_notice(country.dependencies, headers, body) for _ in range(20)))
    assert statuses == [PaymentStatus.PAID] * 20
    assert (await _events(country, operation))["pay"] == 1


async def test_asking_to_pay_many_times_at_once_gives_one_payment(country: World) -> None:
    person = await settle(country.store)
    operation = await _applied(country, person)
    ask = ServiceRequest("pay", operation_id=operation.id)
    answers = await together(*(pay_operation(country.dependencies, person.citizen(CHENGDU), ask) for _ in range(20)))
    assert len({answer.intent.provider_reference for answer in answers}) == 1
    async with country.store.reading() as work:
        assert len((await work.payments.of_operations([operation.id]))[operation.id]) == 1


async def test_a_withdrawal_against_a_payment_ends_withdrawn_and_refunded_or_paid_and_kept(country: World) -> None:
    ends = set()
    for lead in LEADS:
        person = await settle(country.store)
        operation = await _applied(country, person)
        headers, body = await _notice(country, person, operation)
        withdraw = withdraw_application(
            country.dependencies, person.citizen(CHENGDU), ServiceRequest("withdraw", operation_id=operation.id)
        )
        pay = take_payment_notice(country.dependencies, headers, body)
        withdrawn, status = await race(withdraw, pay, lead)
        async with country.store.reading() as work:
            state = (await work.operations.get(operation.id)).state
        ends.add((state, status, isinstance(withdrawn, DecisionRefused)))
    assert ends == {
        (OperationState.WITHDRAWN, PaymentStatus.NEEDS_REFUND, False),
        (OperationState.PAID, PaymentStatus.PAID, True),
    }


async def test_a_new_choice_of_delivery_against_its_payment_never_leaves_a_wrong_amount_paid(country: World) -> None:
    for _ in range(6):
        person = await settle(country.store)
        operation = await _applied(country, person)
        headers, body = await _notice(country, person, operation)
        nearer = ServiceRequest("deliver", operation_id=operation.id, delivery=posted("510104"))
        await together(
            set_delivery(country.dependencies, person.citizen(CHENGDU), nearer),
            take_payment_notice(country.dependencies, headers, body),
        )
        async with country.store.reading() as work:
            after = await work.operations.get(operation.id)
            (payment,) = (await work.payments.of_operations([operation.id]))[operation.id]
        charged = sum(fee.amount for fee in after.fees)
        assert (after.state is OperationState.PAID) == (payment.status is PaymentStatus.PAID)
        assert payment.status is PaymentStatus.NEEDS_REFUND or charged == payment.amount


async def test_of_many_clerks_one_accepts(country: World) -> None:
    person = await settle(country.store)
    operation = await _applied(country, person)
    await take_payment_notice(country.dependencies, *await _notice(country, person, operation))
    ask = ServiceRequest("accept", operation_id=operation.id)
    clerks = [replace(clerk(CHENGDU), person_id=f"clerk-{number}") for number in range(8)]
    results = await together(*(accept_for_production(country.dependencies, each, ask) for each in clerks))
    assert sum(isinstance(result, DecisionRefused) for result in results) == 7
    assert (await _events(country, operation))["accept"] == 1


async def test_a_card_is_activated_once(country: World) -> None:
    person = await settle(country.store)
    card_id, _ = await sealed_card(country, person)
    ask = ServiceRequest("activate", card_id=card_id, sighted=CARD_AND_IDENTITY_CARD)
    results = await together(*(activate_card(country.dependencies, clerk(CHENGDU), ask) for _ in range(8)))
    assert sum(isinstance(result, DecisionRefused) for result in results) == 7
    async with country.store.reading() as work:
        assert (await work.cards.get(card_id)).state is CardState.ACTIVE
        states = (await work.cards.states_of_cards([card_id], country.clock.now()))[card_id]
    assert [entry.state for entry in states] == [CardState.SEALED, CardState.ACTIVE]


async def _wards(country: World, parent: Person, born: date) -> list[Person]:
    return [await settle(country.store, born=born, guardian=parent.id) for _ in range(2)]


async def test_one_face_check_serves_one_of_two_simultaneous_applications(country: World) -> None:
    parent = await settle(country.store)
    wards = await _wards(country, parent, date(2015, 5, 5))
    actor = parent.citizen(JINAN)
    asks = [await application(country, actor, ward, JINAN) for ward in wards]
    same = [replace(ask, face_assertion=asks[0].face_assertion) for ask in asks]
    results = await together(*(apply_for_card(country.dependencies, actor, ask) for ask in same))
    assert [type(result) for result in results if isinstance(result, DomainError)] == [Conflict]


async def _code(country: World, actor: Actor, mobile: str) -> str:
    """Ask for a code and return how that went."""
    try:
        await request_verification_code(country.dependencies, actor, "activate", mobile, "zh")
    except TooManyRequests as refusal:
        return refusal.code
    return "sent"


async def test_of_many_people_who_ask_for_a_code_to_one_number_one_is_sent_it(country: World) -> None:
    people = [await settle(country.store) for _ in range(8)]
    mobile = mobile_number()
    outcomes = await together(*(_code(country, person.citizen(CHENGDU), mobile) for person in people))
    assert Counter(outcomes) == {"sent": 1, "CODE_TOO_SOON": 7}
    assert len(country.shown) == 1


async def test_one_person_is_sent_one_code_to_whichever_number_on_record_or_not(country: World) -> None:
    for actor in ((await settle(country.store)).citizen(CHENGDU), clerk(CHENGDU)):
        outcomes = await together(*(_code(country, actor, mobile_number()) for _ in range(8)))
        assert Counter(outcomes) == {"sent": 1, "CODE_TOO_SOON": 7}


async def test_people_who_ask_for_codes_to_each_others_numbers_never_deadlock(
    country: World,
) -> None:
    people = [await settle(country.store) for _ in range(4)]
    numbers = [mobile_number() for _ in people]
    pairs = [(person, number) for person in people for number in numbers]
    outcomes = await together(*(_code(country, person.citizen(CHENGDU), number) for person, number in pairs))
    assert 0 < outcomes.count("sent") <= 4
    assert set(outcomes) == {"sent", "CODE_TOO_SOON"}


async def test_one_code_serves_one_of_two_simultaneous_activations(country: World) -> None:
    parent = await settle(country.store)
    wards = await _wards(country, parent, date(2015, 5, 5))
    cards = [await sealed_card(country, ward, parent) for ward in wards]
    actor, mobile = parent.citizen(CHENGDU), mobile_number()
    code = await country.code(actor, "activate", mobile)
    asks = [
        ServiceRequest(
            "activate",
            card_id=card_id,
            details={**DETAILS, "mobile": mobile, "card_number": number},
            verification_code=code,
        )
        for card_id, number in cards
    ]
    results = await together(*(activate_card(country.dependencies, actor, ask) for ask in asks))
    (refusal,) = [result for result in results if isinstance(result, DomainError)]
    assert isinstance(refusal, InvalidInput)
    assert refusal.code == "VERIFICATION_CODE_WRONG"
