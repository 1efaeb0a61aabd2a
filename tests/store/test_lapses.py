"""Cards whose state has ended by time alone: found in pages, told in the history whether written down or not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.card import LAPSED, REPLACED, Card, CardState
from store import Store
from store.records import LapsedCard, NumberedCard
from tests.history import history_of_holder
from tests.store import samples
from tests.store.raw import query

pytestmark = pytest.mark.anyio

LOST_AT = samples.NOW + timedelta(days=1)
ENDS_AT = LOST_AT + timedelta(days=7)


def _lost(identifier: str, **changes: object) -> Card:
    lost = samples.card(
        identifier,
        state=CardState.TEMPORARILY_LOST,
        state_since=LOST_AT,
        state_until=ENDS_AT,
        state_then=CardState.ACTIVE,
    )
    return replace(lost, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
async def test_pages_of_lapsed_cards_neither_repeat_nor_skip(store: Store, limit: int) -> None:
    async with store.transaction() as work:
        for number in range(7):
            await work.cards.add(_lost(f"card-{number}"))
        await work.cards.add(_lost("card-3-later", state_until=ENDS_AT + timedelta(microseconds=1)))
        await work.cards.add(_lost("card-4-never", state_until=None, state_then=None))
    seen: list[str] = []
    after = None
    async with store.reading() as work:
        while page := await work.cards.lapsed(ENDS_AT, after, limit):
            assert len(page) <= limit
            seen += [card.id for card in page]
            after = page[-1].at, page[-1].id
        assert await work.cards.lapsed(ENDS_AT - timedelta(microseconds=1), None, 10) == ()
    assert seen == [f"card-{number}" for number in range(7)]


async def test_a_card_that_is_written_down_is_not_found_again(store: Store) -> None:
    async with store.transaction() as work:
        await work.cards.add(_lost("card-1"))
        (due,) = await work.cards.lapsed(ENDS_AT, None, 10)
        assert due == LapsedCard("card-1", "holder-1", ENDS_AT)
        card = await work.cards.lock(due.id)
        await work.cards.update(card.settled(ENDS_AT), reason=LAPSED)
        assert await work.cards.lapsed(ENDS_AT + timedelta(days=365), None, 10) == ()


async def test_the_history_is_the_same_before_and_after_a_lapse_is_written_down(store: Store) -> None:
    much_later = ENDS_AT + timedelta(days=100)
    async with store.transaction() as work:
        await work.cards.add(samples.card())
        card = await work.cards.update(_lost("card-1"), operation_id="operation-1")
        by_time = await work.cards.states_of_cards(["card-1"], much_later)
        told = await history_of_holder(work, "holder-1", much_later)
        await work.cards.update(card.settled(much_later), reason=LAPSED)
        assert await work.cards.states_of_cards(["card-1"], much_later) == by_time
        assert await history_of_holder(work, "holder-1", much_later) == told
    states = [(entry.state, entry.since, entry.reason) for entry in by_time["card-1"]]
    assert states == [
        (CardState.ACTIVE, samples.NOW, None),
        (CardState.TEMPORARILY_LOST, LOST_AT, None),
        (CardState.ACTIVE, ENDS_AT, LAPSED),
    ]


async def test_the_history_tells_a_lapse_from_its_moment_on(store: Store) -> None:
    async with store.transaction() as work:
        await work.cards.add(_lost("card-1"))
        before = await work.cards.states_of_cards(["card-1"], ENDS_AT - timedelta(microseconds=1))
        after = await work.cards.states_of_cards(["card-1"], ENDS_AT)
    assert [entry.state for entry in before["card-1"]] == [CardState.TEMPORARILY_LOST]
    assert [entry.state for entry in after["card-1"]] == [CardState.TEMPORARILY_LOST, CardState.ACTIVE]


async def test_a_loss_after_a_lapse_that_nobody_wrote_down_is_a_second_loss(store: Store) -> None:
    again_at = ENDS_AT + timedelta(days=3)
    async with store.transaction() as work:
        await work.cards.add(_lost("card-1"))
        await work.cards.update(_lost("card-1", state_since=again_at, state_until=None, state_then=None))
        states = (await work.cards.states_of_cards(["card-1"], again_at))["card-1"]
    assert [(entry.state, entry.since) for entry in states] == [
        (CardState.TEMPORARILY_LOST, LOST_AT),
        (CardState.ACTIVE, ENDS_AT),
        (CardState.TEMPORARILY_LOST, again_at),
    ]


async def test_a_lock_outlasts_a_loss_that_lapses_whether_that_is_written_down_or_not(store: Store) -> None:
    locked = samples.card(state=CardState.LOCKED, password_locked=True)
    async with store.transaction() as work:
        await work.cards.add(locked)
        card = await work.cards.update(_lost("card-1", password_locked=True))
        by_time = await work.cards.states_of_cards(["card-1"], ENDS_AT)
        await work.cards.update(card.settled(ENDS_AT), reason=LAPSED)
        assert await work.cards.states_of_cards(["card-1"], ENDS_AT) == by_time
    states = [entry.state for entry in by_time["card-1"]]
    assert states == [CardState.LOCKED, CardState.TEMPORARILY_LOST, CardState.LOCKED]


async def test_a_card_whose_sealed_part_cannot_be_read_is_found_like_the_others(
    store: Store, database_url: str, request: pytest.FixtureRequest
) -> None:
    async with store.transaction() as work:
        for number in range(3):
            await work.cards.add(_lost(f"card-{number}"))
    query(database_url, request, "UPDATE cards SET sealed = 'damaged' WHERE id = 'card-1'", "SELECT 1")
    async with store.reading() as work:
        assert [card.id for card in await work.cards.lapsed(ENDS_AT, None, 10)] == ["card-0", "card-1", "card-2"]


async def test_cards_are_found_by_their_numbers_however_many(store: Store) -> None:
    async with store.transaction() as work:
        for number in range(3):
            await work.cards.add(samples.card(f"card-{number}", holder_id=f"holder-{number}", region="510100"))
        wanted = [f"acard-{number} " for number in range(1200)]
        home = frozenset({"510100"})
        assert await work.cards.of_numbers(wanted) == {
            f"acard-{n} ": NumberedCard(f"holder-{n}", home) for n in range(3)
        }
        assert await work.cards.of_numbers([]) == {}
        # Two spellings of one number are both answered.
        assert set(await work.cards.of_numbers(["acard-1", "ACARD-1 "])) == {"acard-1", "ACARD-1 "}


async def test_a_card_is_found_with_the_regions_that_it_was_at_home_in(store: Store) -> None:
    async with store.transaction() as work:
        await work.cards.add(samples.card("card-1", region="510100", state=CardState.ACTIVE))
        moved = await work.cards.update(samples.card("card-1", region="510700", state=CardState.ACTIVE))
        lost = replace(_lost("card-1", region="510600"), version=moved.version)
        await work.cards.update(lost)
        [found] = (await work.cards.of_numbers(["acard-1"])).values()
    # It entered no state while it was in 510700.
    assert found.regions == {"510100", "510600"}


ENDS_LATER = ENDS_AT + timedelta(days=30)


async def test_a_new_card_ends_an_old_one_whatever_has_become_of_its_state(store: Store) -> None:
    much_later = ENDS_LATER + timedelta(days=100)
    async with store.transaction() as work:
        await work.cards.add(_lost("card-1", ends_at=ENDS_LATER))
        assert [card.id for card in await work.cards.lapsed(ENDS_AT, None, 10)] == ["card-1"]
        by_time = await work.cards.states_of_cards(["card-1"], much_later)
        card = await work.cards.lock("card-1")
        assert card.reads_as(ENDS_AT) is CardState.ACTIVE
        assert card.reads_as(ENDS_LATER) is CardState.CANCELLED
        found, reason = card.lapsed()
        card = await work.cards.update(found, reason=reason)
        assert await work.cards.states_of_cards(["card-1"], much_later) == by_time
        assert await work.cards.lapsed(ENDS_LATER - timedelta(microseconds=1), None, 10) == ()
        assert [card.id for card in await work.cards.lapsed(ENDS_LATER, None, 10)] == ["card-1"]
        found, reason = card.lapsed()
        await work.cards.update(found, reason=reason)
        written = await work.cards.states_of_cards(["card-1"], much_later)
    assert [(e.state, e.since, e.reason) for e in written["card-1"]] == [
        (e.state, e.since, e.reason) for e in by_time["card-1"]
    ]
    assert [(e.state, e.since, e.reason) for e in by_time["card-1"]] == [
        (CardState.TEMPORARILY_LOST, LOST_AT, None),
        (CardState.ACTIVE, ENDS_AT, LAPSED),
        (CardState.CANCELLED, ENDS_LATER, REPLACED),
    ]


async def test_a_new_card_that_ends_an_old_one_first_leaves_no_lapse_to_come(store: Store) -> None:
    async with store.transaction() as work:
        await work.cards.add(_lost("card-1", ends_at=ENDS_AT - timedelta(days=1)))
        states = (await work.cards.states_of_cards(["card-1"], ENDS_LATER))["card-1"]
    assert [(entry.state, entry.reason) for entry in states] == [
        (CardState.TEMPORARILY_LOST, None),
        (CardState.CANCELLED, REPLACED),
    ]
