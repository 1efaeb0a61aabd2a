"""What happens at the same moment: one wins, nothing is lost, nobody waits for ever."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from domain.errors import Conflict, NotFound
from store import Keys, Store
from tests.patience import PATIENCE
from tests.store import samples

pytestmark = pytest.mark.anyio

MANY = 200


async def _together(count: int, attempt: Callable[[int], Coroutine[Any, Any, None]]) -> list[BaseException]:
    """Run attempts at the same time and return what went wrong."""
    async with asyncio.timeout(PATIENCE):
        results = await asyncio.gather(*(attempt(number) for number in range(count)), return_exceptions=True)
    return [result for result in results if result is not None]


async def test_of_many_claims_of_one_slot_exactly_one_succeeds(store: Store) -> None:
    async def claim(number: int) -> None:
        async with store.transaction() as work:
            await work.operations.add(samples.operation(f"operation-{number}"))
            await work.slots.claim("510000", "holder-1", f"operation-{number}")

    failures = await _together(MANY, claim)
    assert len(failures) == MANY - 1
    assert all(isinstance(failure, Conflict) and failure.code == "ONE_CARD_PER_PROVINCE" for failure in failures)
    async with store.reading() as work:
        (winner,) = await work.operations.of_holder("holder-1")
        assert await work.slots.holder_of("510000", "holder-1") == winner.id


async def test_a_refused_claim_leaves_the_transaction_usable(store: Store) -> None:
    async with store.transaction() as work:
        await work.slots.claim("510000", "holder-1", "operation-1")
        await work.slots.claim("510000", "holder-1", "operation-1")
        with pytest.raises(Conflict, match="in this province already"):
            await work.slots.claim("510000", "holder-1", "operation-2")
        await work.slots.claim("370000", "holder-1", "operation-2")
        await work.slots.claim("510000", "holder-1", "operation-3", ended=["operation-0", "operation-1"])
    async with store.transaction() as work:
        with pytest.raises(Conflict, match="in this province already"):
            await work.slots.claim("510000", "holder-1", "operation-4", ended=["operation-0", "operation-1"])
        assert await work.slots.holder_of("510000", "holder-1") == "operation-3"
        assert await work.slots.holder_of("370000", "holder-1") == "operation-2"


async def test_a_slot_is_taken_over_once_from_what_has_ended(store: Store) -> None:
    async with store.transaction() as work:
        await work.slots.claim("510000", "holder-1", "ended")

    async def claim(number: int) -> None:
        async with store.transaction() as work:
            await work.slots.claim("510000", "holder-1", f"operation-{number}", ended=["ended"])

    failures = await _together(MANY, claim)
    assert len(failures) == MANY - 1
    assert all(isinstance(failure, Conflict) for failure in failures)


async def test_increments_under_a_lock_are_never_lost(store: Store, database_url: str, keys: Keys) -> None:
    async with store.transaction() as work:
        await work.payments.add(samples.payment(amount=0))
    # A second store is what a second worker process is: another connection to the same database.
    other = await Store.open(database_url, keys)

    async def increment(number: int) -> None:
        async with (store, other)[number % 2].transaction() as work:
            payment = await work.payments.lock_by_reference("reference-of-payment-1")
            assert payment is not None
            await work.payments.update(replace(payment, amount=payment.amount + 1))

    try:
        assert await _together(MANY, increment) == []
    finally:
        await other.close()
    async with store.reading() as work:
        assert (await work.payments.get("payment-1")).amount == MANY


async def test_of_many_updates_of_one_version_exactly_one_succeeds(store: Store) -> None:
    async with store.transaction() as work:
        await work.holders.add(samples.holder())

    async def rename(number: int) -> None:
        async with store.transaction() as work:
            await work.holders.update(samples.holder(name=f"新名{number}"))

    failures = await _together(20, rename)
    assert [type(failure) for failure in failures] == [Conflict] * 19


async def test_locks_taken_crosswise_end_in_a_conflict_and_not_in_a_wait(store: Store) -> None:
    async with store.transaction() as work:
        await work.operations.add(samples.operation("operation-0"))
        await work.operations.add(samples.operation("operation-1"))

    async def cross(number: int) -> None:
        async with store.transaction() as work:
            await work.operations.lock(f"operation-{number}")
            await asyncio.sleep(0.1)
            await work.operations.lock(f"operation-{1 - number}")

    failures = await _together(2, cross)
    assert len(failures) <= 1
    assert all(isinstance(failure, Conflict) for failure in failures)


async def test_names_locked_in_any_order_never_wait_for_each_other(store: Store) -> None:
    names = [f"name {number}" for number in range(8)]

    async def lock(number: int) -> None:
        shuffled = Random(number).sample(names, len(names))
        async with store.transaction() as work:
            await work._session.lock_names(*shuffled)

    assert await _together(MANY, lock) == []


async def test_an_exception_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with store.transaction() as work:
            await work.operations.add(samples.operation())
            await work.timeline.append(samples.timeline_entry())
            await work.slots.claim("510000", "holder-1", "operation-1")
            raise ZeroDivisionError
    async with store.reading() as work:
        with pytest.raises(NotFound):
            await work.operations.get("operation-1")
        assert await work.timeline.of_operations(["operation-1"]) == {}
        assert await work.slots.holder_of("510000", "holder-1") is None


async def test_a_cancelled_transaction_leaves_nothing_behind_and_the_store_usable(store: Store) -> None:
    added = asyncio.Event()

    async def hang() -> None:
        async with store.transaction() as work:
            await work.operations.add(samples.operation())
            added.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await added.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(PATIENCE), store.transaction() as work:
        await work.operations.add(samples.operation())


async def test_waiting_for_a_transaction_can_be_cancelled(store: Store) -> None:
    async def add(number: int) -> None:
        async with store.transaction() as work:
            await work.operations.add(samples.operation(f"operation-{number}"))

    tasks = [asyncio.create_task(add(number)) for number in range(40)]
    for step, task in enumerate(tasks):
        await asyncio.sleep(0)
        if step % 2:
            task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    succeeded = {f"operation-{number}" for number, result in enumerate(done) if result is None}
    async with asyncio.timeout(PATIENCE), store.transaction() as work:
        kept = {operation.id for operation in await work.operations.of_holder("holder-1")}
    # A cancellation may come after the commit, so more may be kept than said so; never less.
    assert succeeded <= kept
    assert len(succeeded) >= 20


async def test_who_is_cancelled_at_any_moment_takes_no_connection_along(store: Store) -> None:
    async def look() -> None:
        async with store.reading() as work:
            await work.operations.of_holder("holder-1")
        async with store.transaction() as work:
            await work.operations.of_holder("holder-1")

    moments = Random(7)
    for _ in range(60):
        task = asyncio.create_task(look())
        await asyncio.sleep(moments.random() / 300)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert not await _together(40, lambda _: look())


async def test_reading_does_not_wait_for_a_transaction_nor_see_what_it_wrote(store: Store) -> None:
    async def read() -> int:
        async with store.reading() as work:
            return len(await work.operations.of_holder("holder-1"))

    async with store.transaction() as work:
        await work.operations.add(samples.operation())
        async with asyncio.timeout(PATIENCE):
            assert await asyncio.create_task(read()) == 0
    assert await read() == 1


async def test_a_transaction_inside_a_transaction_is_refused(store: Store) -> None:
    async with store.transaction():
        with pytest.raises(RuntimeError, match="open already"):
            async with store.transaction():
                pass
    async with store.transaction() as work:
        await work.operations.add(samples.operation())


async def test_a_task_started_inside_a_transaction_opens_its_own(store: Store) -> None:
    async def later() -> None:
        async with store.transaction() as work:
            await work.operations.add(samples.operation("operation-2"))

    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with store.transaction() as work:
            await work.operations.add(samples.operation())
            task = asyncio.create_task(later())
            await asyncio.sleep(0)
            raise ZeroDivisionError
    await task
    async with store.reading() as work:
        assert set(await work.operations.get_many(["operation-1", "operation-2"])) == {"operation-2"}


async def test_a_unit_of_work_for_reading_neither_writes_nor_locks(store: Store) -> None:
    async with store.reading() as work:
        with pytest.raises(RuntimeError, match="only reads"):
            await work.operations.add(samples.operation())
        with pytest.raises(RuntimeError, match="only reads"):
            await work.operations.lock("operation-1")


async def test_a_unit_of_work_that_has_ended_does_nothing_more(store: Store) -> None:
    async with store.transaction() as work:
        pass
    with pytest.raises(RuntimeError, match="has ended"):
        await work.operations.add(samples.operation())
    with pytest.raises(RuntimeError, match="has ended"):
        await work.operations.of_holder("holder-1")
