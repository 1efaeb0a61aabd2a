"""Values go in and come out the same, on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.card import AccountState, CardState
from domain.errors import Conflict, InvalidInput, NotFound
from domain.holder import Guardianship
from domain.operation import OperationState
from store import Store, UnitOfWork
from store.records import CardStateEntry, PaymentStatus, RefundStatus
from tests.history import history_of_holder
from tests.store import samples

pytestmark = pytest.mark.anyio


async def test_a_holder_comes_back_as_it_went_in(store: Store) -> None:
    minimal = replace(
        samples.holder("holder-2"), mobile=None, address=None, address_region=None, postcode=None, landline=None,
        register_address=None,
    )  # fmt: skip
    async with store.transaction() as work:
        await work.holders.add(samples.holder())
        await work.holders.add(minimal)
    async with store.reading() as work:
        assert await work.holders.get("holder-1") == samples.holder()
        assert await work.holders.get_many(["holder-1", "holder-2", "nobody"]) == {
            "holder-1": samples.holder(),
            "holder-2": minimal,
        }


async def test_a_holder_is_found_by_identity_document_however_it_is_typed(store: Store) -> None:
    known = samples.holder(identity_number="11010119900307876X")
    async with store.transaction() as work:
        await work.holders.add(known)
        assert await work.holders.find_by_identity("identity_card", " 110101 19900307 ８76x ") == known
        assert await work.holders.find_by_identity("identity_card", "110101199003078761") is None
        assert await work.holders.find_by_identity("passport", "11010119900307876X") is None


async def test_one_identity_document_is_one_holder_and_the_transaction_goes_on(store: Store) -> None:
    async with store.transaction() as work:
        await work.holders.add(samples.holder())
        with pytest.raises(Conflict, match="identity document") as caught:
            await work.holders.add(samples.holder("holder-2", identity_number=samples.IDENTITY_NUMBER))
        assert caught.value.code == "HOLDER_EXISTS"
        await work.holders.add(samples.holder("holder-3"))
    async with store.reading() as work:
        assert set(await work.holders.get_many(["holder-1", "holder-2", "holder-3"])) == {"holder-1", "holder-3"}


async def test_a_number_that_somebody_else_has_is_refused_as_a_conflict_when_it_is_changed_to(store: Store) -> None:
    async with store.transaction() as work:
        await work.holders.add(samples.holder())
        other = "11010519491231002X"
        await work.holders.add(samples.holder("holder-2", identity_number=other))

    async def change(lock: bool) -> None:
        async with store.transaction() as work:
            held = await (work.holders.lock("holder-1") if lock else work.holders.get("holder-1"))
            await work.holders.update(replace(held, identity_number=other))

    for lock in (False, True):
        with pytest.raises(Conflict, match="what no two may have"):
            await change(lock)
    async with store.reading() as work:
        assert (await work.holders.get("holder-1")).identity_number == samples.IDENTITY_NUMBER


async def test_what_is_not_there_is_not_found(store: Store) -> None:
    async with store.transaction() as work:
        for repository in (work.holders, work.cards, work.operations, work.payments, work.delegations):
            with pytest.raises(NotFound, match="with that id"):
                await repository.get("no-such-id")
            with pytest.raises(NotFound, match="with that id"):
                await repository.lock("no-such-id")
        with pytest.raises(NotFound, match="no holder"):
            await work.holders.update(samples.holder())
        with pytest.raises(NotFound, match="no payment"):
            await work.payments.update(samples.payment())
        with pytest.raises(NotFound, match="no operation"):
            await work.timeline.append(samples.timeline_entry())


@pytest.mark.parametrize("identifier", ["x" * 300, "lone\ud800surrogate"])
async def test_an_id_that_cannot_be_stored_is_bad_input(store: Store, identifier: str) -> None:
    with pytest.raises(InvalidInput):
        async with store.reading() as work:
            await work.holders.get(identifier)


async def test_a_null_character_is_never_an_internal_error(store: Store) -> None:
    with pytest.raises((InvalidInput, NotFound)):
        async with store.reading() as work:
            await work.holders.get("nul\x00")


async def test_an_update_of_an_old_version_is_a_conflict(store: Store) -> None:
    async with store.transaction() as work:
        await work.holders.add(samples.holder())
    async with store.transaction() as work:
        updated = await work.holders.update(samples.holder(name="新名"))
        assert updated == await work.holders.get("holder-1")
        assert (updated.version, updated.name) == (1, "新名")
        with pytest.raises(Conflict):
            await work.holders.update(samples.holder(name="旧版本"))
    async with store.reading() as work:
        assert (await work.holders.get("holder-1")).name == "新名"


async def test_guardianships_are_found_from_both_sides(store: Store) -> None:
    ended = Guardianship("guardian-1", "ward-1", "parent", samples.NOW, samples.NOW + timedelta(days=1))
    current = Guardianship("guardian-1", "ward-1", "parent", samples.NOW + timedelta(days=2))
    other = Guardianship("guardian-2", "ward-1", "grandparent", samples.NOW, samples.NOW)
    async with store.transaction() as work:
        for guardianship in (ended, current, other):
            await work.guardianships.add(guardianship)
        assert await work.guardianships.of_ward("ward-1") == (ended, current, other)
        assert await work.guardianships.of_guardians(["guardian-1", "guardian-2", "nobody"]) == {
            "guardian-1": (ended, current),
            "guardian-2": (other,),
        }
        then = samples.NOW + timedelta(days=3)
        assert await work.guardianships.between("guardian-1", "ward-1", then) == current
        assert await work.guardianships.between("guardian-2", "ward-1", then) is None


async def test_a_guardianship_ends_once_and_the_others_stay(store: Store) -> None:
    ended = Guardianship("guardian-1", "ward-1", "parent", samples.NOW, samples.NOW + timedelta(days=1))
    current = Guardianship("guardian-1", "ward-1", "parent", samples.NOW + timedelta(days=2))
    other = Guardianship("guardian-2", "ward-1", "parent", samples.NOW)
    over = replace(current, ended_at=samples.NOW + timedelta(days=3))
    async with store.transaction() as work:
        for guardianship in (ended, current, other):
            await work.guardianships.add(guardianship)
        await work.guardianships.end("guardian-1", "ward-1", samples.NOW + timedelta(days=3))
    async with store.transaction() as work:
        assert await work.guardianships.of_ward("ward-1") == (ended, over, other)
        await work.guardianships.end("guardian-1", "ward-1", samples.NOW + timedelta(days=4))
        assert await work.guardianships.of_ward("ward-1") == (ended, over, other)


async def test_a_card_comes_back_as_it_went_in(store: Store) -> None:
    lost = samples.card(
        "card-2",
        state=CardState.TEMPORARILY_LOST,
        state_until=samples.NOW + timedelta(days=7),
        state_then=CardState.ACTIVE,
        expires_on=None,
        issued_on=samples.card().issued_on + timedelta(days=1),
        password_locked=True,
        replaces_id="card-1",
        account_state=AccountState.CLOSED,
        account_closed_at=samples.NOW + timedelta(hours=1),
    )
    async with store.transaction() as work:
        await work.cards.add(lost)
        await work.cards.add(samples.card())
        assert await work.cards.get("card-2") == lost
        assert await work.cards.get_many(["card-1"]) == {"card-1": samples.card()}
        assert await work.cards.of_holders(["holder-1", "holder-9"]) == {"holder-1": (samples.card(), lost)}
        assert await work.cards.find_by_number(" acard-2") == lost
        assert await work.cards.find_by_number("B") is None


async def test_a_card_number_is_unique(store: Store) -> None:
    async with store.transaction() as work:
        await work.cards.add(samples.card())
        with pytest.raises(Conflict) as caught:
            await work.cards.add(samples.card("card-2", number=samples.card().number))
        assert caught.value.code == "CARD_EXISTS"
        assert await work.cards.states_of_cards(["card-2"], samples.NOW) == {}


async def test_the_states_of_a_card_are_kept_and_counted_once(store: Store) -> None:
    later = samples.NOW + timedelta(days=1)
    until = later + timedelta(days=7)
    async with store.transaction() as work:
        await work.cards.add(samples.card(), operation_id="operation-1")
        moved = await work.cards.update(samples.card(region="510300"))
        lost = replace(
            moved,
            state=CardState.TEMPORARILY_LOST,
            state_since=later,
            state_until=until,
            state_then=CardState.ACTIVE,
        )
        await work.cards.update(lost, operation_id="operation-2", reason="stolen")
        await work.cards.add(samples.card("card-2"), operation_id="operation-3")
        assert await work.cards.states_of_cards(["card-1", "card-2", "card-9"], later) == {
            "card-1": (
                CardStateEntry("card-1", "510100", CardState.ACTIVE, samples.NOW, operation_id="operation-1"),
                CardStateEntry(
                    "card-1", "510300", CardState.TEMPORARILY_LOST, later, until, CardState.ACTIVE, "operation-2",
                    "stolen",
                ),
            ),
            "card-2": (CardStateEntry("card-2", "510100", CardState.ACTIVE, samples.NOW, operation_id="operation-3"),),
        }  # fmt: skip


async def test_an_operation_comes_back_as_it_went_in(store: Store) -> None:
    minimal = replace(
        samples.operation("operation-2"), office=None, bank=None, outlet=None, card_id=None, details={},
        declarations={}, documents=(), sighted=(), fees=(), paid_at=None, delivery=None, correction_reason=None,
        postponed=None, tracking_number=None, promised_at=None, promise_estimated=False, archive=(), replaced_card_id=None, reason=None,
        created_at=samples.NOW + timedelta(seconds=1),
    )  # fmt: skip
    async with store.transaction() as work:
        await work.operations.add(samples.operation())
        await work.operations.add(minimal)
        with pytest.raises(Conflict):
            await work.operations.add(samples.operation())
        assert await work.operations.of_holder("holder-1") == (minimal, samples.operation())
        paid = await work.operations.update(replace(minimal, state=OperationState.PAID))
        assert paid == await work.operations.lock("operation-2")


async def test_operations_are_found_by_the_card_that_they_replace(store: Store) -> None:
    later = samples.operation("operation-2", created_at=samples.NOW + timedelta(days=1))
    other = samples.operation("operation-3", replaced_card_id="card-7", holder_id="holder-2")
    async with store.transaction() as work:
        for operation in (later, samples.operation(), other, samples.operation("operation-4", replaced_card_id=None)):
            await work.operations.add(operation)
        assert await work.operations.replacing(["card-0", "card-7", "card-9"]) == {
            "card-0": (samples.operation(), later),
            "card-7": (other,),
        }
        assert await work.operations.replacing([]) == {}


async def test_timelines_are_read_oldest_first(store: Store) -> None:
    first = samples.timeline_entry(card_from=CardState.ACTIVE, card_to=CardState.TEMPORARILY_LOST)
    second = samples.timeline_entry("pay", from_state=OperationState.SUBMITTED, to_state=OperationState.PAID, note=None)
    other = samples.timeline_entry(operation_id="operation-2", at=samples.NOW - timedelta(days=1))
    async with store.transaction() as work:
        await work.operations.add(samples.operation())
        await work.operations.add(samples.operation("operation-2"))
        for entry in (first, second, other):
            await work.timeline.append(entry)
        found = await work.timeline.of_operations(["operation-1", "operation-2", "operation-3"])
        assert found == {"operation-1": (first, second), "operation-2": (other,)}


async def test_decisions_and_policy_texts_are_kept(store: Store) -> None:
    async with store.transaction() as work:
        await work.decisions.add(samples.decision())
        await work.decisions.add(samples.decision("decision-2", operation_id=None))
        assert await work.decisions.of_operations(["operation-1"]) == {"operation-1": (samples.decision(),)}
        await work.policy_texts.keep("sha256:1", lambda: "条文")
        await work.policy_texts.keep("sha256:1", lambda: "条文")
        assert await work.policy_texts.get("sha256:1") == "条文"
        with pytest.raises(NotFound, match="sha256:2"):
            await work.policy_texts.get("sha256:2")


async def test_documents_are_kept_with_their_measurements(store: Store) -> None:
    async with store.transaction() as work:
        await work.documents.add(samples.document())
        assert await work.documents.get_many(["document-1", "document-2"]) == {"document-1": samples.document()}
        with pytest.raises(Conflict):
            await work.documents.add(samples.document())
        with pytest.raises(ValueError, match="needs an id"):
            await work.documents.add(samples.document(None))


async def test_the_latest_code_counts_however_the_mobile_number_is_written(store: Store) -> None:
    later = samples.code("code-2", sent_at=samples.NOW + timedelta(minutes=1))
    async with store.transaction() as work:
        await work.codes.add(later)
        await work.codes.add(samples.code(mobile="+86 138-1234-5678"))
        await work.codes.add(samples.code("code-3", purpose="activate", person_id="holder-2"))
        assert await work.codes.lock_latest("holder-1", "report_loss", "+8613812345678") == later
        assert await work.codes.lock_latest("holder-1", "report_loss", "13900000000") is None
        used = replace(later, tries=2, consumed_at=samples.NOW)
        await work.codes.update(used)
        assert await work.codes.get("code-2") == used


async def test_a_face_check_counts_once(store: Store) -> None:
    async with store.transaction() as work:
        await work.face_checks.consume("assertion-1", "holder-1", "apply", samples.NOW)
        with pytest.raises(Conflict) as caught:
            await work.face_checks.consume("assertion-1", "holder-2", "renew", samples.NOW)
        assert caught.value.code == "FACE_CHECK_USED"
        await work.face_checks.consume("assertion-2", "holder-1", "apply", samples.NOW)


async def test_payments_are_found_by_reference(store: Store) -> None:
    async with store.transaction() as work:
        await work.payments.add(samples.payment())
        with pytest.raises(Conflict):
            await work.payments.add(samples.payment("payment-2", provider_reference="reference-of-payment-1"))
        paid = samples.payment(status=PaymentStatus.PAID, paid_at=samples.NOW)
        await work.payments.update(paid)
        assert await work.payments.get("payment-1") == paid
        assert await work.payments.find_by_reference("reference-of-payment-1") == paid
        assert await work.payments.lock_by_reference("reference-of-payment-1") == paid
        assert await work.payments.lock_by_reference("another") is None
        assert await work.payments.of_operations(["operation-1"]) == {"operation-1": (paid,)}


async def test_refunds_are_found_until_the_provider_has_answered(store: Store) -> None:
    whole = samples.refund("refund-2", fee=None)
    async with store.transaction() as work:
        await work.refunds.add(samples.refund())
        await work.refunds.add(whole)
        with pytest.raises(Conflict):
            await work.refunds.add(samples.refund())
        assert await work.refunds.pending("", 1) == (samples.refund(),)
        assert await work.refunds.pending("refund-1", 9) == (whole,)
        done = samples.refund(status=RefundStatus.DONE, done_at=samples.NOW)
        await work.refunds.update(done)
        assert await work.refunds.lock("refund-1") == done
        assert await work.refunds.pending("", 9) == (whole,)
        assert await work.refunds.of_operations(["operation-1"]) == {"operation-1": (done, whole)}


async def test_moments_come_back_in_utc(store: Store) -> None:
    async with store.transaction() as work:
        await work.operations.add(samples.operation())
        await work.cards.add(samples.card())
    async with store.reading() as work:
        found = await work.operations.get("operation-1")
        assert all(samples.is_utc(moment) for moment in (found.created_at, found.paid_at, found.promised_at))
        assert samples.is_utc((await work.cards.get("card-1")).state_since)


async def test_a_naive_moment_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="aware"):
        async with store.transaction() as work:
            await work.operations.add(samples.operation(created_at=samples.NOW.replace(tzinfo=None)))


async def test_history_tells_operations_states_and_lapses(store: Store) -> None:
    lost_at = samples.NOW + timedelta(days=1)
    lapse = lost_at + timedelta(days=7)
    async with store.transaction() as work:
        await work.operations.add(samples.operation(created_at=samples.NOW - timedelta(days=1)))
        await work.operations.add(samples.operation("operation-2", holder_id="holder-2"))
        await work.cards.add(samples.card())
        lost = samples.card(
            state=CardState.TEMPORARILY_LOST, state_since=lost_at, state_until=lapse, state_then=CardState.ACTIVE
        )
        await work.cards.update(lost, reason="stolen")
        assert await _told(work, lapse - timedelta(seconds=1)) == [
            ("operation", "apply", "damaged"), ("card_state", "active", None), ("card_state", "temporarily_lost", "stolen"),
        ]  # fmt: skip
        assert (await _told(work, lapse))[3:] == [("card_state", "active", "lapsed")]
        again = replace(lost, version=1, state_since=lapse + timedelta(days=1), state_until=None, state_then=None)
        await work.cards.update(again)
        later = lapse + timedelta(days=1)
        assert (await _told(work, later))[3:] == [
            ("card_state", "active", "lapsed"), ("card_state", "temporarily_lost", None),
        ]  # fmt: skip
        first, second, *_ = await history_of_holder(work, "holder-1", later)
    assert dict(first.attributes) == {
        "state": "submitted", "bank": "bank_of_somewhere", "outlet": "outlet-3", "channel": "app", "relation": "self",
        "card": "card-1", "region": "510100", "reason": "damaged",
    }  # fmt: skip
    assert dict(second.attributes) == {"card": "card-1", "bank": "bank_of_somewhere", "region": "510100"}
    assert (first.region, samples.is_utc(first.at)) == ("510100", True)


async def _told(work: UnitOfWork, now: datetime) -> list[tuple[str, str, str | None]]:
    history = await history_of_holder(work, "holder-1", now)
    return [(record.kind, record.name, record.attributes.get("reason")) for record in history]
