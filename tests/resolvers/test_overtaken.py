"""What decides is read under the lock: a change that another overtakes is decided as if it were asked after it.

Each is tried once with the change held where it first locks something, and in some rounds with both at the same moment;
`RACE_ROUNDS` says in how many.
"""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import cycle, islice
from typing import Any
from uuid import uuid4

import pytest

from domain.card import CardState
from domain.errors import Conflict, DecisionRefused, DomainError
from domain.holder import Actor, Delegation
from domain.operation import Operation
from resolvers.changing.idempotency import idempotency_key
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.activate import activate_card
from resolvers.services.apply import apply_for_card
from resolvers.services.cancel import cancel_card
from resolvers.services.confirm_guardianship import confirm_guardianship
from resolvers.services.delegate import Delegate, grant_delegation
from resolvers.services.end_guardianship import end_guardianship
from resolvers.services.report_formal_loss import report_formal_loss
from resolvers.services.revoke_delegation import revoke_delegation
from resolvers.services.transfer_in import transfer_card_in, with_kinds
from tests.resolvers.held import kept_waiting, overtaken
from tests.resolvers.together import LEADS, active_card, at_window, race, sealed_card, together
from tests.resolvers.world import CHENGDU, MIANYANG, START, Person, World, application, clerk, settle

pytestmark = pytest.mark.anyio

ROUNDS = int(os.environ.get("RACE_ROUNDS", "3"))
CLERK = clerk(CHENGDU)
OTHER_CLERK = replace(CLERK, person_id="another clerk")
PAPERS_OF_A_DEATH = ("identity_card_front", "identity_card_back", "kinship_proof", "death_certificate")
A_YEAR, CHILD = date(2027, 11, 20), date(2020, 5, 1)


class Ticking:
    """A clock that never tells the same moment twice: who reads it later comes later."""

    def __init__(self) -> None:
        self._now = START

    def now(self) -> datetime:
        """Return a moment after all earlier ones."""
        self._now += timedelta(milliseconds=1)
        return self._now


@dataclass(frozen=True, slots=True)
class Race:
    """Two changes of which one takes away what the other needs.

    Args:
        change: the one; overtaking: the other.
        refused: codes with which the one is refused after the other.
        holder_id, service: whose operations of which service tell whether the one was made.
    """

    change: Callable[[], Awaitable[Any]]
    overtaking: Callable[[], Awaitable[Any]]
    refused: frozenset[str]
    holder_id: str
    service: str


def _ticking(country: World) -> World:
    return replace(country, dependencies=replace(country.dependencies, clock=Ticking()))


async def _delegate(country: World, person: Person, *services: str) -> tuple[Person, str]:
    delegate = await settle(country.store)
    granted = Delegation(str(uuid4()), person.id, delegate.id, CHENGDU, services, START, A_YEAR)
    async with country.store.transaction() as work:
        await work.delegations.add(granted)
    return delegate, granted.id


async def _apply(country: World, actor: Actor, person: Person) -> Callable[[], Awaitable[Any]]:
    asked = await application(country, actor, person, CHENGDU)
    return lambda: apply_for_card(country.dependencies, actor, asked)


async def _death(country: World, person: Person) -> Callable[[], Awaitable[Any]]:
    card_id, relative = await active_card(country, person), await settle(country.store)
    asked = ServiceRequest(
        "cancel", card_id=card_id, present_id=relative.id, cancellation_reason="death", sighted=PAPERS_OF_A_DEATH
    )
    return lambda: cancel_card(country.dependencies, CLERK, asked)


def _report(country: World, card_id: str, present: Person) -> Callable[[], Awaitable[Any]]:
    asked = at_window("report_formal_loss", card_id, present_id=present.id)
    return lambda: report_formal_loss(country.dependencies, CLERK, asked)


async def _revocation(country: World) -> Race:
    """What a delegate asks at a window, and the holder who takes the delegation back."""
    person = await settle(country.store)
    card_id = await active_card(country, person)
    delegate, delegation_id = await _delegate(country, person, "report_formal_loss")
    holder, asked = person.citizen(CHENGDU), ServiceRequest("revoke_delegation")
    return Race(
        _report(country, card_id, delegate),
        lambda: revoke_delegation(country.dependencies, holder, asked, delegation_id),
        frozenset({"DECISION_REFUSED"}),
        person.id,
        "report_formal_loss",
    )


async def _end_of_guardianship(country: World) -> Race:
    """What a guardian asks at a window, and the second clerk with whose word the guardianship ends, by a judgment at once."""
    guardian = await settle(country.store)
    person = await settle(country.store, born=CHILD, guardian=guardian.id)
    card_id, _ = await sealed_card(country, person, guardian)
    papers = ("guardianship_proof", "guardianship_ruling", "identity_card_front", "identity_card_back")
    asked = ServiceRequest("end_guardianship", region=CHENGDU, present_id=guardian.id, sighted=papers)
    ended = await end_guardianship(country.dependencies, CLERK, asked, guardian.id, person.id)
    confirm = ServiceRequest("confirm_guardianship", operation_id=ended.operation.id)
    activate = at_window("activate", card_id, present_id=guardian.id)
    return Race(
        lambda: activate_card(country.dependencies, CLERK, activate),
        lambda: confirm_guardianship(country.dependencies, OTHER_CLERK, confirm),
        frozenset({"DECISION_REFUSED"}),
        person.id,
        "activate",
    )


async def _death_of_the_delegate(country: World) -> Race:
    """A delegate's application, and the death of the delegate."""
    person = await settle(country.store)
    delegate, _ = await _delegate(country, person, "apply")
    change = await _apply(country, delegate.citizen(CHENGDU), person)
    refused = frozenset({"NOT_FOUND", "HOLDER_DECEASED"})
    return Race(change, await _death(country, delegate), refused, person.id, "apply")


async def _death_of_the_holder(country: World) -> Race:
    """An application elsewhere, and the death of the applicant."""
    person = await settle(country.store, insured_in=(CHENGDU, "370200"))
    actor = person.citizen("370200")
    asked = await application(country, actor, person, "370200")
    return Race(
        lambda: apply_for_card(country.dependencies, actor, asked),
        await _death(country, person),
        frozenset({"HOLDER_DECEASED"}),
        person.id,
        "apply",
    )


async def _death_of_who_is_present(country: World) -> Race:
    """What somebody asks at a window for another, and the death of who is there."""
    person = await settle(country.store)
    card_id = await active_card(country, person)
    delegate, _ = await _delegate(country, person, "report_formal_loss")
    return Race(
        _report(country, card_id, delegate),
        await _death(country, delegate),
        frozenset({"HOLDER_DECEASED"}),
        person.id,
        "report_formal_loss",
    )


RACES = (
    _revocation,
    _end_of_guardianship,
    _death_of_the_delegate,
    _death_of_the_holder,
    _death_of_who_is_present,
)
races = pytest.mark.parametrize("make", RACES, ids=lambda make: make.__name__.strip("_"))
Make = Callable[[World], Awaitable[Race]]


async def _operations(country: World, holder_id: str, *services: str) -> list[Operation]:
    async with country.store.reading() as work:
        return [o for o in await work.operations.of_holder(holder_id) if o.service in services]


@races
async def test_what_has_just_been_taken_away_allows_nothing(country: World, make: Make) -> None:
    made = await make(country)
    before = await _operations(country, made.holder_id, made.service)
    outcome = await overtaken(made.change(), made.overtaking())
    assert isinstance(outcome, DomainError), outcome
    assert outcome.code in made.refused
    assert await _operations(country, made.holder_id, made.service) == before


@pytest.mark.parametrize("engine", ["postgresql"])
@races
async def test_who_had_to_wait_for_what_took_it_away_sees_that(country: World, make: Make) -> None:
    made = await make(country)
    before = await _operations(country, made.holder_id, made.service)
    outcome = await kept_waiting(made.change(), made.overtaking())
    assert isinstance(outcome, DomainError), outcome
    assert outcome.code in made.refused
    assert await _operations(country, made.holder_id, made.service) == before


@races
async def test_of_two_at_the_same_moment_the_one_that_needs_the_other_s_loss_came_first(
    country: World, make: Make
) -> None:
    for lead in islice(cycle(LEADS), ROUNDS):
        made = await make(_ticking(country))
        before = {o.id for o in await _operations(country, made.holder_id, made.service)}
        outcome, other = await race(made.change(), made.overtaking(), lead)
        assert not isinstance(other, DomainError), other
        done = [o for o in await _operations(country, made.holder_id, made.service) if o.id not in before]
        if isinstance(outcome, DomainError):
            assert outcome.code in made.refused
            assert done == []
        else:
            (operation,) = done
            assert operation.created_at < await _taken_away(country, made)


async def _taken_away(country: World, made: Race) -> datetime:
    """Return when what a change needs was taken away."""
    async with country.store.reading() as work:
        holder = await work.holders.get(made.holder_id)
        given = (await work.delegations.of_holders([made.holder_id])).get(made.holder_id, ())
        guardians = await work.guardianships.of_ward(made.holder_id)
    moments = [holder.deceased_at, *(d.revoked_at for d in given), *(g.ended_at for g in guardians)]
    return max(moment for moment in moments if moment is not None)


async def _moving_card(country: World) -> tuple[str, Callable[[], Awaitable[Any]]]:
    person = await settle(country.store, insured_in=(CHENGDU, MIANYANG))
    card_id = await active_card(country, person)
    kinds = ("medical",)
    asked = with_kinds(at_window("transfer_in", card_id, region=MIANYANG), kinds)
    return card_id, lambda: transfer_card_in(country.dependencies, clerk(MIANYANG), asked)


async def test_a_card_that_has_just_moved_is_decided_about_where_it_is(country: World) -> None:
    card_id, move = await _moving_card(country)
    asked = at_window("report_formal_loss", card_id)
    outcome = await overtaken(report_formal_loss(country.dependencies, CLERK, asked), move())
    # Whatever is decided there: it has rules of its own.
    assert outcome.decision.region == MIANYANG


async def test_nobody_delegates_to_whoever_has_just_died(country: World) -> None:
    person, delegate = await settle(country.store), await settle(country.store)
    of = delegate.holder
    asked = ServiceRequest(
        "delegate",
        region=CHENGDU,
        holder_id=person.id,
        declarations={"declared.delegation_reason": "long_away"},
        sighted=("identity_card_front", "identity_card_back"),
    )
    named = Delegate(of.name, of.identity_type, of.identity_number)
    grant = grant_delegation(country.dependencies, CLERK, asked, named, ("activate",), date(2026, 12, 20))
    outcome = await overtaken(grant, (await _death(country, delegate))())
    assert isinstance(outcome, DomainError), outcome
    assert outcome.code == "HOLDER_DECEASED"
    async with country.store.reading() as work:
        assert await work.delegations.of_holders([person.id]) == {}


async def test_two_who_act_for_each_other_at_once_never_wait_for_each_other(country: World) -> None:
    one, other = await settle(country.store), await settle(country.store)
    async with country.store.transaction() as work:
        for holder, delegate in ((one, other), (other, one)):
            granted = Delegation(str(uuid4()), holder.id, delegate.id, CHENGDU, ("apply",), START, A_YEAR)
            await work.delegations.add(granted)
    applications = [
        await _apply(country, other.citizen(CHENGDU), one),
        await _apply(country, one.citizen(CHENGDU), other),
    ]
    outcomes = await together(*(applications[number % 2]() for number in range(20)))
    done = [outcome for outcome in outcomes if not isinstance(outcome, DomainError)]
    assert {changed.operation.holder_id for changed in done} == {one.id, other.id}
    refused = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
    assert {type(refusal) for refusal in refused} == {DecisionRefused}
    assert len(refused) == 18


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_two_requests_under_one_key_at_the_same_moment_are_not_both_made(country: World) -> None:
    first, second = await settle(country.store), await settle(country.store)
    cards = [await active_card(country, person) for person in (first, second)]

    def lost(card_id: str) -> Awaitable[Any]:
        """Report a loss at the window, under the key that the clerk uses for both."""
        key = idempotency_key(country.dependencies, CLERK, "reportFormalLoss", "one-key", {"cardId": card_id})
        asked = replace(at_window("report_formal_loss", card_id), key=key)
        return report_formal_loss(country.dependencies, CLERK, asked)

    answer = await kept_waiting(lost(cards[1]), by=lost(cards[0]))
    assert isinstance(answer, Conflict)
    assert (answer.code, answer.field) == ("IDEMPOTENCY_KEY_REUSED", "input.idempotencyKey")
    async with country.store.reading() as work:
        operations = await work.operations.of_holders([first.id, second.id])
        made = {
            person.id: [o.service for o in operations[person.id]].count("report_formal_loss")
            for person in (first, second)
        }
        states = [(await work.cards.get(card_id)).state for card_id in cards]
    assert made == {first.id: 1, second.id: 0}
    assert states == [CardState.FORMALLY_LOST, CardState.ACTIVE]
