"""The same card at the same moment: one change follows another, and each is done or refused with a reason."""

from collections import Counter
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.card import Card, CardState
from domain.errors import DecisionRefused, DomainError
from domain.operation import Operation, OperationState
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.sweep import sweep
from resolvers.services.accept import accept_for_production
from resolvers.services.activate import activate_card
from resolvers.services.apply import apply_for_card
from resolvers.services.cancel import cancel_card
from resolvers.services.cancel_loss_report import cancel_loss_report
from resolvers.services.change_password import change_password
from resolvers.services.reissue import reissue_card
from resolvers.services.report_formal_loss import report_formal_loss
from resolvers.services.report_temporary_loss import report_temporary_loss
from resolvers.services.set_password import set_password
from resolvers.services.withdraw import withdraw_application
from store.records import CardStateEntry
from tests.resolvers.applicants import outcome_of
from tests.resolvers.together import (
    LEADS,
    accepted,
    active_card,
    at_window,
    delivered,
    handed_over,
    produced,
    race,
    together,
)
from tests.resolvers.world import CHENGDU, Person, World, application, clerk, settle

pytestmark = pytest.mark.anyio

MANY = 20
TRIES = 5
CLERK = clerk(CHENGDU)
PASSWORD, WRONG, NEW = "83920174", "83920175", "20261120"


async def _lost_card(country: World, person: Person) -> str:
    card_id = await active_card(country, person)
    await report_formal_loss(country.dependencies, CLERK, at_window("report_formal_loss", card_id))
    return card_id


def _reissue(country: World, card_id: str, reason: str = "lost") -> Awaitable[Any]:
    return reissue_card(country.dependencies, CLERK, at_window("reissue", card_id, reissue_reason=reason))


async def _card(country: World, card_id: str) -> tuple[Card, list[tuple[CardState, str | None]]]:
    """Return a card and the states it entered, each with the reason."""
    async with country.store.reading() as work:
        entries: tuple[CardStateEntry, ...] = (await work.cards.states_of_cards([card_id], country.clock.now()))[
            card_id
        ]
        return await work.cards.get(card_id), [(entry.state, entry.reason) for entry in entries]


async def _operations(country: World, person: Person, service: str) -> list[Operation]:
    async with country.store.reading() as work:
        return [operation for operation in await work.operations.of_holder(person.id) if operation.service == service]


async def test_of_a_reissue_and_the_finding_of_the_card_one_is_done(country: World) -> None:
    ends = set()
    for lead in LEADS:
        person = await settle(country.store)
        card_id = await _lost_card(country, person)
        find = cancel_loss_report(country.dependencies, CLERK, at_window("cancel_loss_report", card_id))
        reissued, found = await race(_reissue(country, card_id), find, lead)
        card, _ = await _card(country, card_id)
        requests = await _operations(country, person, "reissue")
        ends.add((outcome_of(reissued), outcome_of(found), card.state.value, len(requests)))
    assert ends == {("done", "BEING_REPLACED", "formally_lost", 1), ("NOT_FORMALLY_LOST", "done", "active", 0)}


async def test_of_20_simultaneous_reissues_one_is_taken(country: World) -> None:
    person = await settle(country.store)
    card_id = await _lost_card(country, person)
    outcomes = Counter(map(outcome_of, await together(*(_reissue(country, card_id) for _ in range(MANY)))))
    assert outcomes == {"done": 1, "ALREADY_BEING_REPLACED": MANY - 1}
    assert len(await _operations(country, person, "reissue")) == 1


async def test_20_wrong_passwords_at_once_are_counted_exactly_and_lock_once(country: World) -> None:
    person = await settle(country.store)
    card_id = await active_card(country, person)
    ask = at_window("set_password", card_id)
    await set_password(country.dependencies, CLERK, ask, PASSWORD, PASSWORD)
    actor, ask = person.citizen(CHENGDU), ServiceRequest("change_password", card_id=card_id)
    tries = (change_password(country.dependencies, actor, ask, WRONG, NEW, NEW) for _ in range(MANY))
    results = await together(*tries)
    assert Counter(map(outcome_of, results)) == {"PASSWORD_WRONG": TRIES, "NOT_ACTIVE": MANY - TRIES}
    told = [result.message.en for result in results if isinstance(result, DomainError)]
    assert all(sum(f"{number} in a row" in text for text in told) == 1 for number in range(1, TRIES + 1))
    async with country.store.reading() as work:
        password = await work.passwords.of_card(card_id)
    assert password is not None
    assert password.errors == TRIES
    card, history = await _card(country, card_id)
    assert (card.state, card.password_locked) == (CardState.LOCKED, True)
    assert [reason for state, reason in history if state is CardState.LOCKED] == ["wrong_passwords"]
    assert len(await _operations(country, person, "lock")) == 1


async def test_a_report_at_the_moment_when_a_temporary_loss_ends_follows_its_end(country: World) -> None:
    person = await settle(country.store)
    card_id = await active_card(country, person)
    operator = clerk(CHENGDU, "hotline_12333")
    ask = ServiceRequest(
        "report_temporary_loss", card_id=card_id, details={"identity_number": person.holder.identity_number}
    )
    await report_temporary_loss(country.dependencies, operator, ask)
    country.clock.advance(timedelta(days=7))
    reports = (
        report_formal_loss(country.dependencies, CLERK, at_window("report_formal_loss", card_id)) for _ in range(4)
    )
    sweeps = (sweep(country.dependencies) for _ in range(4))
    results = await together(*(action for pair in zip(reports, sweeps, strict=True) for action in pair))
    assert Counter(map(outcome_of, results[::2])) == {"done": 1, "ALREADY_FORMALLY_LOST": 3}
    assert [swept.failed for swept in results[1::2]] == [0] * 4
    assert sum(swept.cards for swept in results[1::2]) <= 1
    _, history = await _card(country, card_id)
    assert history == [
        (CardState.SEALED, None),
        (CardState.ACTIVE, None),
        (CardState.TEMPORARILY_LOST, None),
        (CardState.ACTIVE, "lapsed"),
        (CardState.FORMALLY_LOST, None),
    ]


async def test_the_new_card_is_activated_once_and_ends_the_old_one_once(country: World) -> None:
    for lead in LEADS[1:-1]:
        person = await settle(country.store)
        old_id = await active_card(country, person)
        request = (await _reissue(country, old_id, "damaged")).operation
        await accepted(country, request.id)
        new_id, _ = await produced(country, request.id)
        await handed_over(country, request.id)
        activations = together(
            *(activate_card(country.dependencies, CLERK, at_window("activate", new_id)) for _ in range(4))
        )
        loss = report_formal_loss(country.dependencies, CLERK, at_window("report_formal_loss", old_id))
        activated, lost = await race(activations, loss, lead)
        assert Counter(map(outcome_of, activated)) == {"done": 1, "NOT_SEALED": 3}
        assert outcome_of(lost) in ("done", "NOT_IN_USE")
        old, history = await _card(country, old_id)
        new, _ = await _card(country, new_id)
        assert (old.state, new.state) == (CardState.CANCELLED, CardState.ACTIVE)
        assert [reason for state, reason in history if state is CardState.CANCELLED] == ["replaced"]
        async with country.store.reading() as work:
            assert await work.slots.holder_of(new.province, person.id) is not None


async def _made(country: World, operation_id: str) -> str:
    """Accept a request and have its card made; return the new card's id."""
    await accept_for_production(country.dependencies, CLERK, ServiceRequest("accept", operation_id=operation_id))
    return (await produced(country, operation_id))[0]


async def test_a_request_for_a_new_card_is_withdrawn_or_its_card_is_made(country: World) -> None:
    ends = set()
    for lead in LEADS:
        person = await settle(country.store)
        old_id = await _lost_card(country, person)
        request = (await _reissue(country, old_id)).operation
        await delivered(country, request.id)
        withdraw = withdraw_application(
            country.dependencies, CLERK, ServiceRequest("withdraw", operation_id=request.id)
        )
        withdrawn, made = await race(withdraw, _made(country, request.id), lead)
        (after,) = await _operations(country, person, "reissue")
        old, _ = await _card(country, old_id)
        ends.add((outcome_of(withdrawn), outcome_of(made), after.state, after.card_id is None, old.state))
    assert ends == {
        ("done", "NOT_WAITING", OperationState.WITHDRAWN, True, CardState.FORMALLY_LOST),
        ("PAID_OR_ACCEPTED", "done", OperationState.PRODUCED, False, CardState.CANCELLED),
    }


async def test_who_cancels_a_card_and_applies_at_once_has_one_card_or_one_application(country: World) -> None:
    person = await settle(country.store)
    card_id = await active_card(country, person)
    actor = person.citizen(CHENGDU)
    asks = [await application(country, actor, person, CHENGDU) for _ in range(6)]
    applications = [apply_for_card(country.dependencies, actor, ask) for ask in asks]
    asked = at_window("cancel", card_id, cancellation_reason="settled_abroad")
    asked = replace(asked, sighted=(*asked.sighted, "settlement_abroad_proof"))
    cancel = cancel_card(country.dependencies, CLERK, asked)
    results = await together(*applications[:3], cancel, *applications[3:])
    assert not isinstance(results.pop(3), DomainError)
    refused = [result for result in results if isinstance(result, DomainError)]
    assert len(refused) in (5, 6)
    assert all(isinstance(result, DecisionRefused) for result in refused)
    waiting = [o for o in await _operations(country, person, "apply") if o.card_id is None]
    assert len(waiting) == 6 - len(refused)
    async with country.store.reading() as work:
        slot = await work.slots.holder_of("510000", person.id)
    assert (slot == waiting[0].id) if waiting else slot is not None
