"""The same request twice under an idempotency key: one change, one answer; for every mutation of the schema."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
from graphql import build_schema

from domain.card import CardState
from domain.holder import Actor
from schema.build import build_schema as build_strawberry
from tests.graph.caller import codes
from tests.graph.cards import add_card, look_up
from tests.graph.changes import BATCHES, CHANGES, Change
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, card_picture, details, portrait, submitted
from tests.graph.records import at_rest, counted_rows
from tests.graph.replacements import IN_PERSON, code_evidence, request
from tests.graph.service import GraphService, holder_id, mobile

SENT = "[sandbox SMS]"
EVERY = {**CHANGES, **BATCHES}


@cache
def mutations() -> list[str]:
    """Return the names of the schema's mutations."""
    kind = build_schema(build_strawberry().as_str()).mutation_type
    assert kind is not None
    return list(kind.fields)


def new_key() -> str:
    """Return a key that nobody has used."""
    return uuid4().hex


def messages(service: GraphService) -> int:
    """Return how many verification codes were sent so far."""
    return sum(SENT in line for line in service.shown)


def reused(payload: dict[str, Any]) -> None:
    """Make sure that a key is told to be another request's."""
    assert [(e["code"], e["field"]) for e in payload["errors"]] == [("IDEMPOTENCY_KEY_REUSED", "input.idempotencyKey")]


def changes(service: GraphService) -> dict[str, Counter[Any]]:
    """Return all rows but what the audit record tells, a moment later, of looks, and of a code that a twin had used up."""
    return {
        table: Counter({row: many for row, many in found.items() if not _later(row)})
        if table.startswith("audit_entries")
        else found
        for table, found in counted_rows(service).items()
    }


def _later(row: Any) -> bool:
    return re.search(r"[',]look[',]|code_wrong", str(row)) is not None


def grown(service: GraphService, before: dict[str, Counter[Any]]) -> Counter[str]:
    """Return how many rows each table has got since; texts of policies are kept once for all."""
    after = changes(service)
    return +Counter({name: after[name].total() - before[name].total() for name in after if name != "policy_texts"})


def test_every_mutation_is_asked_for_twice() -> None:
    assert set(EVERY) == set(mutations())


@pytest.mark.parametrize("mutation", mutations())
def test_the_same_key_and_input_gives_the_first_answer_and_changes_nothing(
    service: GraphService, mutation: str
) -> None:
    change, key = EVERY[mutation](service, new_key()), new_key()
    first = change.send(idempotencyKey=key)
    assert codes(first) == []
    before, sent = changes(service), len(service.shown)
    service.clock.advance(timedelta(minutes=2))
    assert change.send(idempotencyKey=key) == first
    reused(change.send(idempotencyKey=key, **change.other))
    assert changes(service) == before
    assert len(service.shown) == sent
    # Somebody else's key of the same name is another one.
    another = EVERY[mutation](service, new_key())
    assert codes(another.send(idempotencyKey=key)) == []
    assert change.send(idempotencyKey=key) == first


@pytest.mark.parametrize("mutation", mutations())
def test_twins_at_the_same_moment_make_one_change(service: GraphService, mutation: str) -> None:
    alone = EVERY[mutation](service, new_key())
    before = changes(service)
    assert codes(alone.send(idempotencyKey=new_key())) == []
    once = grown(service, before)
    assert once["answers"] == 1

    service.clock.advance(timedelta(minutes=2))
    twins, key = EVERY[mutation](service, new_key()), new_key()
    before, sent = changes(service), messages(service)
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: twins.send(idempotencyKey=key), range(3)))
    assert [codes(answer) for answer in answers] == [[], [], []]
    assert answers[0] == answers[1] == answers[2]
    assert grown(service, before) == once
    assert messages(service) - sent == (1 if mutation == "requestVerificationCode" else 0)


def test_an_answer_with_promises_routes_and_materials_to_archive_is_kept_whole(service: GraphService) -> None:
    clerk, person, key = service.clerk(QINGDAO, "bank_window"), service.person(photo_on_file=True), new_key()
    given = {
        "regionCode": QINGDAO,
        "holderId": holder_id(person),
        "bank": "ccb",
        "outlet": "qingdao_sample_instant",
        "delivery": {"method": "outlet"},
        "evidence": {"details": details(), **IN_PERSON},
        "idempotencyKey": key,
    }
    first = clerk.changed("applyForCard", **given)
    decision = first["decision"]
    assert all(decision[part] for part in ("promises", "routes", "archive", "charges", "requirements", "facts"))
    assert first["operation"]["archive"] == ["registration_form", "identity_document_copy"]
    service.clock.advance(timedelta(days=1))
    assert clerk.changed("applyForCard", **given) == first
    # Told in the language of whoever asks again.
    chinese = clerk.in_chinese.changed("applyForCard", **given)
    assert chinese["operation"]["id"] == first["operation"]["id"]


def activation(service: GraphService) -> Change:
    """Return an activation by card number and code."""
    return CHANGES["activateCard"](service, new_key())


def test_a_key_is_one_of_a_person_in_one_channel_and_role(service: GraphService) -> None:
    person, key = service.person(), new_key()
    given = {"purpose": "activate", "idempotencyKey": key}
    answers = []
    for channel in ("chengdu_wechat", "ping_an_app"):
        answers.append(service.citizen(person, channel).changed("requestVerificationCode", mobile=mobile(), **given))
        service.clock.advance(timedelta(minutes=1))
    for role, office in (("clerk", "window"), ("clerk", "another"), ("citizen", "window")):
        caller = service.caller(Actor(person.id, role, "service_window", office, CHENGDU))
        answers.append(caller.changed("requestVerificationCode", mobile=mobile(), **given))
    assert len({answer["mobile"] for answer in answers}) == 5


def test_one_key_for_two_mutations_is_refused(service: GraphService) -> None:
    person, key = service.person(), new_key()
    citizen = service.citizen(person)
    operation = submitted(citizen)["id"]
    given = {"operationId": operation, "idempotencyKey": key}
    citizen.changed("withdrawApplication", **given)
    # Whether it is answered with the same or not.
    for other in ("payOperation", "confirmReceipt"):
        reused(citizen.change(other, **given))


def test_a_refused_request_may_be_tried_again_under_its_key(service: GraphService) -> None:
    change, key = activation(service), new_key()
    wrong = {**change.given["evidence"], "verificationCode": "no code"}
    assert codes(change.send(idempotencyKey=key, evidence=wrong)) == ["VERIFICATION_CODE_WRONG"]
    missing = {"details": change.given["evidence"]["details"]}
    assert codes(change.send(idempotencyKey=key, evidence=missing)) == ["MISSING"]
    assert change.send(idempotencyKey=key)["card"]["state"] == "ACTIVE"


def test_the_very_same_request_is_decided_anew_after_a_refusal(service: GraphService) -> None:
    person, key = service.person(), new_key()
    card = add_card(service, person, JINAN, state=CardState.ACTIVE)
    citizen = service.citizen(person)
    given = {**request(citizen, card), "idempotencyKey": key}
    assert codes(citizen.change("reissueCard", **given)) == ["NOT_FORMALLY_LOST"]
    service.clerk(JINAN).changed("reportFormalLoss", cardId=card.id, evidence=IN_PERSON)
    operation = citizen.changed("reissueCard", **given)["operation"]
    assert citizen.changed("reissueCard", **given)["operation"] == operation


def test_a_wrong_password_counts_each_time_also_under_one_key(service: GraphService) -> None:
    change, key = CHANGES["changeServicePassword"](service, new_key()), new_key()
    for tries in range(1, 5):
        payload = change.send(idempotencyKey=key, oldPassword="99887761")
        assert f"{tries} in a row" in payload["errors"][0]["message"]["en"]
    assert codes(change.send(idempotencyKey=key)) == []
    # And what was answered well is not tried again: the first answer stays, though the password is the new one now.
    assert codes(change.send(idempotencyKey=key)) == []


def test_a_code_too_soon_is_sent_later_under_the_same_key(service: GraphService) -> None:
    change, key = CHANGES["requestVerificationCode"](service, new_key()), new_key()
    assert codes(change.send(idempotencyKey=new_key())) == []
    assert codes(change.send(idempotencyKey=key)) == ["CODE_TOO_SOON"]
    service.clock.advance(timedelta(minutes=1))
    sent = messages(service)
    assert codes(change.send(idempotencyKey=key)) == []
    assert messages(service) == sent + 1


def test_a_code_that_the_provider_did_not_send_is_not_said_to_be_sent(service: GraphService) -> None:
    change, key = CHANGES["requestVerificationCode"](service, new_key()), new_key()
    service.sms.out_of_order = True
    try:
        assert codes(change.send(idempotencyKey=key)) == ["GATEWAY_UNAVAILABLE"]
    finally:
        service.sms.out_of_order = False
    service.clock.advance(timedelta(minutes=1))
    sent = messages(service)
    first = change.send(idempotencyKey=key)
    assert codes(first) == []
    assert messages(service) == sent + 1
    assert change.send(idempotencyKey=key) == first
    assert messages(service) == sent + 1


def test_a_key_is_forgotten_after_seven_days(service: GraphService) -> None:
    change, key = CHANGES["requestVerificationCode"](service, new_key()), new_key()
    first = change.send(idempotencyKey=key)
    service.clock.advance(timedelta(days=7))
    assert change.send(idempotencyKey=key) == first
    service.clock.advance(timedelta(seconds=1))
    sent = messages(service)
    second = change.send(idempotencyKey=key)
    assert codes(second) == []
    assert second["expiresAt"] != first["expiresAt"]
    assert messages(service) == sent + 1
    assert change.send(idempotencyKey=key) == second


def test_after_seven_days_it_is_another_request_that_the_records_answer(service: GraphService) -> None:
    change, key = CHANGES["reportTemporaryLoss"](service, new_key()), new_key()
    first = change.send(idempotencyKey=key)
    service.clock.advance(timedelta(days=6))
    assert change.send(idempotencyKey=key)["operation"]["id"] == first["operation"]["id"]
    service.clock.advance(timedelta(days=1, seconds=1))
    # The loss has lapsed, so that the card can be reported lost again: a new change under the old name.
    second = change.send(idempotencyKey=key)
    assert codes(second) == []
    assert second["operation"]["id"] != first["operation"]["id"]


def test_the_sweep_deletes_what_is_too_old_and_nothing_else(service: GraphService) -> None:
    service.clock.advance(timedelta(days=365))
    service.sweep()
    old, key = CHANGES["requestFaceCheck"](service, new_key()), new_key()
    old.send(idempotencyKey=key)
    service.clock.advance(timedelta(days=7))
    young = CHANGES["requestFaceCheck"](service, new_key())
    young.send(idempotencyKey=key)
    service.sweep()
    assert changes(service)["answers"].total() == 2
    service.clock.advance(timedelta(seconds=1))
    service.sweep()
    assert changes(service)["answers"].total() == 1


@pytest.mark.parametrize("key", ["", " ", "\t\n", "x" * 201, "键" * 201])
def test_a_key_has_1_to_200_characters(service: GraphService, key: str) -> None:
    change = activation(service)
    payload = change.send(idempotencyKey=key)
    assert [(e["code"], e["field"]) for e in payload["errors"]] == [("INVALID_INPUT", "input.idempotencyKey")]
    assert look_up(change.caller, change.given["cardId"])["state"] == "SEALED"


@pytest.mark.parametrize("key", ["x", "x" * 200, "键" * 200, "👩‍👩‍👧", "'; DROP TABLE answers; --"])
def test_any_text_of_that_length_is_a_key(service: GraphService, key: str) -> None:
    change = activation(service)
    first = change.send(idempotencyKey=key)
    assert codes(first) == []
    assert change.send(idempotencyKey=key) == first
    # One character more or less makes another key, under which the code has been used already.
    assert codes(change.send(idempotencyKey=f"{key[1:]}y")) == ["VERIFICATION_CODE_WRONG"]


def test_another_file_under_the_key_is_another_request(service: GraphService) -> None:
    change, key = CHANGES["uploadDocument"](service, new_key()), new_key()
    assert codes(change.send(idempotencyKey=key)) == []
    reused(change.send(idempotencyKey=key, content=portrait(True, 413, 579, 300)))


def test_twins_of_an_upload_leave_one_file(service: GraphService) -> None:
    folder = service.running.settings.folder / "uploads"
    change, key = CHANGES["uploadDocument"](service, new_key()), new_key()
    before = set(folder.iterdir())
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda _: change.send(idempotencyKey=key), range(3)))
    [kept] = set(folder.iterdir()) - before
    assert len(kept.read_bytes()) > len(card_picture())


def test_without_a_key_each_request_is_a_new_one(service: GraphService) -> None:
    change = activation(service)
    assert codes(change.send()) == []
    assert codes(change.send()) == ["VERIFICATION_CODE_WRONG"]
    before = changes(service)["answers"].total()
    citizen = service.citizen(service.person())
    citizen.changed("requestVerificationCode", purpose="activate", mobile=mobile(), idempotencyKey=None)
    assert changes(service)["answers"].total() == before


def test_what_is_kept_of_an_answer_cannot_be_read(service: GraphService) -> None:
    number = mobile()
    person = service.person(name="欧阳保密", mobile=number)
    card = add_card(service, person, CHENGDU)
    citizen, key = service.citizen(person, "unionpay_app"), f"key of {number}"
    evidence = code_evidence(citizen, "activate", number, cardNumber=card.number)
    citizen.changed("activateCard", cardId=card.id, evidence=evidence, idempotencyKey=key)
    kept = at_rest(service)
    for secret in ("欧阳保密", number, card.number, key):
        assert secret not in kept
