"""The service password of a card: set, changed, reset, and the lock after wrong ones (CD-5, SC-6, SC-7)."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from domain.card import CardState
from domain.holder import Holder
from schema.kit.relay import split_id
from tests.graph.caller import Caller, codes, denials, missing
from tests.graph.cards import CardOnRecord, add_card, look_up, refusals
from tests.graph.journey import CHENGDU, JINAN, QINGDAO
from tests.graph.records import at_rest
from tests.graph.service import GraphService, holder_id, mobile

FIRST, SECOND, WRONG = "20481973", "73190842", "10203040"
MIANYANG = "510700"
CARD_AND_PAPERS = ["social_security_card", "identity_card_front", "identity_card_back"]


def with_papers(**more: Any) -> dict[str, Any]:
    """Return evidence of card and identity document at a window."""
    return {"evidence": {"sightedDocuments": CARD_AND_PAPERS}, **more}


def twice(password: str) -> dict[str, str]:
    """Return a new password typed twice."""
    return {"newPassword": password, "newPasswordAgain": password}


def set_at_window(service: GraphService, card: CardOnRecord, password: str = FIRST) -> None:
    """Set the first password at Chengdu's window."""
    service.clerk(CHENGDU).changed("setServicePassword", cardId=card.id, **twice(password), **with_papers())


def with_password(service: GraphService, person: Holder | None = None) -> tuple[Caller, CardOnRecord]:
    """Return a citizen in Chengdu, by an app, and their active card with the first password."""
    holder = person or service.person()
    card = add_card(service, holder, CHENGDU, state=CardState.ACTIVE)
    set_at_window(service, card)
    return service.citizen(holder, "unionpay_app"), card


def with_password_of_child(service: GraphService, child: Holder) -> tuple[Caller, CardOnRecord]:
    """Let a guardian set the password of a child's card at the window."""
    card = add_card(service, child, CHENGDU, state=CardState.ACTIVE)
    given = with_papers(presentPersonId=holder_id(service.guardian(child)))
    service.clerk(CHENGDU).changed("setServicePassword", cardId=card.id, **twice(FIRST), **given)
    return service.citizen(child, "unionpay_app"), card


def change(caller: Caller, card: CardOnRecord, old: str, new: str = SECOND, **more: Any) -> dict[str, Any]:
    """Try to change a password and return the payload."""
    return caller.change("changeServicePassword", cardId=card.id, oldPassword=old, **{**twice(new), **more})


def lock(citizen: Caller, card: CardOnRecord) -> None:
    """Type five wrong passwords."""
    for _ in range(5):
        change(citizen, card, WRONG)


def test_CD_5_old_password_and_a_new_one_of_eight_digits_typed_twice(service: GraphService) -> None:
    citizen, card = with_password(service)
    changed = citizen.changed("changeServicePassword", cardId=card.id, oldPassword=FIRST, **twice(SECOND))
    assert changed["decision"]["denials"] == []
    operation = changed["operation"]
    assert (operation["service"], operation["state"], operation["channel"]) == (
        "change_password",
        "COMPLETED",
        "unionpay_app",
    )
    assert (changed["card"]["state"], operation["card"]["id"]) == ("ACTIVE", card.id)
    [line] = operation["timeline"]
    assert (line["cardFrom"], line["cardTo"], line["note"]) == ("ACTIVE", "ACTIVE", None)
    # The old one is wrong from now on, the new one right.
    assert codes(change(citizen, card, FIRST, "55667780")) == ["PASSWORD_WRONG"]
    assert codes(change(citizen, card, SECOND, "55667780")) == []


@pytest.mark.parametrize(
    "new",
    [
        "2048197",
        "204819730",
        "",
        "        ",
        "2048197a",
        "２０４８１９７３",
        "-2048197",
        "20481 73",
        "٢٠٤٨١٩٧٣",
        "\U0001f511" * 8,
    ],
)
def test_CD_5_anything_but_eight_digits_is_refused(service: GraphService, new: str) -> None:
    citizen, card = with_password(service)
    payload = change(citizen, card, FIRST, new)
    assert "PASSWORD_OUT_OF_FORMAT" in codes(payload)
    [denied] = [error for error in payload["errors"] if error["code"] == "PASSWORD_OUT_OF_FORMAT"]
    assert denied["message"]["zh"] == "新密码应为8位数字，请重新输入。"
    assert denied["citation"]["clause"] == "二（五）服务密码变更 (CD-5)"
    assert codes(change(citizen, card, FIRST)) == []


@pytest.mark.parametrize(
    ("mutation", "old"),
    [("setServicePassword", False), ("changeServicePassword", True), ("resetServicePassword", False)],
)
def test_CD_5_the_new_password_is_typed_twice(service: GraphService, mutation: str, *, old: bool) -> None:
    citizen, card = with_password(service)
    given = {"oldPassword": FIRST} if old else {}
    payload = citizen.change(mutation, cardId=card.id, newPassword=SECOND, newPasswordAgain=FIRST, **given)
    [error] = payload["errors"]
    assert (error["code"], error["field"]) == ("PASSWORDS_DIFFER", "input.newPasswordAgain")
    assert payload["decision"] is None
    assert codes(change(citizen, card, FIRST)) == []


@pytest.mark.parametrize("new", ["11111111", "12345678", "87654321"])
def test_CD_5_what_anybody_would_guess_is_refused(service: GraphService, new: str) -> None:
    citizen, card = with_password(service)
    assert codes(change(citizen, card, FIRST, new)) == ["PASSWORD_TOO_SIMPLE"]


def test_CD_5_the_new_password_is_not_the_old_one_and_saying_so_tells_nothing(service: GraphService) -> None:
    citizen, card = with_password(service)
    # The same answer whether the old one is right or wrong, and no try is counted: nobody can find it out like this.
    for guess in (FIRST, WRONG):
        assert codes(change(citizen, card, guess, guess)) == ["SAME_AS_OLD"]
    payload = change(citizen, card, WRONG)
    assert "1 in a row" in payload["errors"][0]["message"]["en"]


def test_CD_5_wrong_old_passwords_are_counted_across_requests_and_forgotten_after_a_right_one(
    service: GraphService,
) -> None:
    citizen, card = with_password(service)
    for tries in range(1, 5):
        payload = change(citizen, card, WRONG)
        assert [(e["code"], e["field"]) for e in payload["errors"]] == [("PASSWORD_WRONG", "input.oldPassword")]
        told = payload["errors"][0]["message"]
        assert told["zh"] == f"原密码不对，已连续输错{tries}次。再错{5 - tries}次卡将锁定，请核对后重新输入。"
        assert f"{5 - tries} more lock the card" in told["en"]
        assert payload["operation"] is None
        service.clock.advance(timedelta(days=1))
    assert codes(change(citizen, card, FIRST)) == []
    assert "1 in a row" in change(citizen, card, WRONG)["errors"][0]["message"]["en"]
    assert look_up(citizen, card.id)["state"] == "ACTIVE"


def test_SC_7_the_fifth_wrong_password_locks_the_card_and_it_is_refused_everywhere(service: GraphService) -> None:
    citizen, card = with_password(service)
    lock(citizen, card)
    found = look_up(citizen, card.id)
    assert (found["state"], found["stateUntil"]) == ("LOCKED", None)
    assert [(entry["state"], entry["reason"]) for entry in found["history"]] == [
        ("ACTIVE", None),
        ("LOCKED", "wrong_passwords"),
    ]
    assert refusals(service, card) == ["LOCKED"]
    # Not even the right password opens it again, nor is anything counted further.
    for old in (FIRST, WRONG):
        assert codes(change(citizen, card, old)) == ["NOT_ACTIVE"]
    assert codes(citizen.change("activateCard", cardId=card.id))[0] == "NOT_SEALED"
    moved = service.clerk(MIANYANG).change(
        "transferCardIn", cardId=card.id, regionCode=MIANYANG, insuranceKinds=[], **with_papers()
    )
    assert "NOT_ACTIVE" in codes(moved)
    service.clock.advance(timedelta(days=365))
    assert look_up(citizen, card.id)["state"] == "LOCKED"


def test_SC_7_the_lock_is_an_operation_with_its_policy_that_the_holder_can_see(service: GraphService) -> None:
    citizen, card = with_password(service)
    lock(citizen, card)
    query = 'query{operations(filter: {service: "lock"}){edges{node{state timeline{event cardFrom cardTo} decisions{service allowed facts}}}}}'
    [edge] = citizen.ask(query)["operations"]["edges"]
    assert edge["node"]["state"] == "COMPLETED"
    assert edge["node"]["timeline"] == [{"event": "lock", "cardFrom": "ACTIVE", "cardTo": "LOCKED"}]
    [decision] = edge["node"]["decisions"]
    assert (decision["service"], decision["allowed"], decision["facts"]["card.password_errors"]) == ("lock", True, 5)


def test_SC_7_wrong_passwords_at_the_same_moment_are_all_counted_and_lock_once(service: GraphService) -> None:
    citizen, card = with_password(service)
    with ThreadPoolExecutor(8) as threads:
        payloads = list(threads.map(lambda _: change(citizen, card, WRONG), range(8)))
    answers = sorted(error["code"] for payload in payloads for error in payload["errors"])
    assert answers == ["NOT_ACTIVE"] * 3 + ["PASSWORD_WRONG"] * 5
    told = sorted(
        error["message"]["en"].split(" in a row")[0][-1]
        for payload in payloads
        for error in payload["errors"]
        if error["code"] == "PASSWORD_WRONG"
    )
    assert told == ["1", "2", "3", "4", "5"]
    history = look_up(citizen, card.id)["history"]
    assert [entry["state"] for entry in history] == ["ACTIVE", "LOCKED"]


def test_SC_7_a_reset_with_card_and_identity_document_unlocks_at_any_office_in_the_province(
    service: GraphService,
) -> None:
    citizen, card = with_password(service)
    lock(citizen, card)
    clerk = service.clerk(MIANYANG)
    payload = clerk.change("resetServicePassword", cardId=card.id, **twice(SECOND))
    assert set(missing(payload["decision"])) == {"card_and_identity_document"}
    assert look_up(citizen, card.id)["state"] == "LOCKED"
    changed = clerk.changed("resetServicePassword", cardId=card.id, **twice(SECOND), **with_papers())
    assert changed["card"]["state"] == "ACTIVE"
    assert changed["operation"]["office"] == "window-510700"
    [line] = changed["operation"]["timeline"]
    assert (line["event"], line["cardFrom"], line["cardTo"]) == ("reset_password", "LOCKED", "ACTIVE")
    assert refusals(service, card) == []
    # The wrong ones are forgotten, the old one is, too, and the new one is right.
    assert "1 in a row" in change(citizen, card, FIRST, WRONG)["errors"][0]["message"]["en"]
    assert codes(change(citizen, card, SECOND, WRONG)) == []


def test_SC_7_a_forgotten_password_is_reset_without_the_card_being_locked(service: GraphService) -> None:
    citizen, card = with_password(service)
    service.clerk(CHENGDU).changed("resetServicePassword", cardId=card.id, **twice(SECOND), **with_papers())
    assert codes(change(citizen, card, FIRST, WRONG)) == ["PASSWORD_WRONG"]
    assert codes(change(citizen, card, SECOND, WRONG)) == []
    assert [entry["state"] for entry in look_up(citizen, card.id)["history"]] == ["ACTIVE"]


def test_SC_7_nobody_resets_a_password_online_and_no_office_of_another_province_does(service: GraphService) -> None:
    citizen, card = with_password(service)
    lock(citizen, card)
    assert "CHANNEL_NOT_OPEN" in codes(citizen.change("resetServicePassword", cardId=card.id, **twice(SECOND)))
    far = service.clerk(QINGDAO).change("resetServicePassword", cardId=card.id, **twice(SECOND), **with_papers())
    assert codes(far) == ["NOT_FOUND"]
    assert look_up(citizen, card.id)["state"] == "LOCKED"


def test_SC_7_a_locked_card_that_is_lost_and_found_is_locked_again(service: GraphService) -> None:
    citizen, card = with_password(service)
    lock(citizen, card)
    clerk = service.clerk(CHENGDU)
    assert clerk.changed("reportFormalLoss", cardId=card.id, **with_papers())["card"]["state"] == "FORMALLY_LOST"
    assert refusals(service, card) == ["FORMALLY_LOST"]
    found = clerk.changed("cancelLossReport", cardId=card.id, **with_papers())
    assert found["card"]["state"] == "LOCKED"
    assert found["operation"]["timeline"][0]["cardTo"] == "LOCKED"
    assert refusals(service, card) == ["LOCKED"]
    clerk.changed("resetServicePassword", cardId=card.id, **twice(SECOND), **with_papers())
    assert refusals(service, card) == []
    # And a loss after the reset does not bring the lock back.
    clerk.changed("reportFormalLoss", cardId=card.id, **with_papers())
    assert clerk.changed("cancelLossReport", cardId=card.id, **with_papers())["card"]["state"] == "ACTIVE"


def test_SC_7_a_temporary_loss_that_lapses_leaves_the_lock_before_it(service: GraphService) -> None:
    person = service.person()
    citizen, card = with_password(service, person)
    lock(citizen, card)
    hotline = service.clerk("510000", "hotline_12333")
    known = {"evidence": {"details": {"identityNumber": person.identity_number}}}
    lost = hotline.changed("reportTemporaryLoss", cardId=card.id, **known)["card"]
    assert (lost["state"], lost["stateThen"]) == ("TEMPORARILY_LOST", "ACTIVE")
    service.clock.advance(timedelta(days=7))
    assert refusals(service, card) == ["LOCKED"]
    assert look_up(citizen, card.id)["state"] == "LOCKED"


def test_SC_6_who_knows_the_password_changes_it_with_the_card_at_any_office(service: GraphService) -> None:
    _, card = with_password(service)
    clerk = service.clerk(MIANYANG)
    assert set(missing(change(clerk, card, FIRST)["decision"])) == {"card_brought"}
    given: dict[str, Any] = {"evidence": {"sightedDocuments": ["social_security_card"]}}
    payload = change(clerk, card, FIRST, **given)
    assert codes(payload) == []
    assert any("发卡银行" in advice["message"]["zh"] for advice in payload["decision"]["advice"])
    assert codes(change(clerk, card, FIRST, WRONG, **given)) == ["PASSWORD_WRONG"]


def test_SC_6_what_policies_refuse_tries_no_password(service: GraphService) -> None:
    person = service.person()
    _, card = with_password(service, person)
    elsewhere = service.citizen(person, "national_mini_program")
    for _ in range(6):
        assert codes(change(elsewhere, card, WRONG)) == ["CHANNEL_NOT_OPEN"]
    assert look_up(service.citizen(person, "unionpay_app"), card.id)["state"] == "ACTIVE"


def test_SC_6_a_card_without_a_password_has_none_to_change_or_reset(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU, state=CardState.ACTIVE)
    assert codes(change(service.citizen(person, "unionpay_app"), card, FIRST)) == ["PASSWORD_NOT_SET"]
    reset = service.clerk(CHENGDU).change("resetServicePassword", cardId=card.id, **twice(FIRST), **with_papers())
    assert codes(reset) == ["PASSWORD_NOT_SET"]


@pytest.mark.parametrize("state", [state for state in CardState if state is not CardState.ACTIVE])
def test_SC_6_only_an_active_card_gets_a_password(service: GraphService, state: CardState) -> None:
    card = add_card(service, service.person(), CHENGDU, state=state)
    payload = service.clerk(CHENGDU).change("setServicePassword", cardId=card.id, **twice(FIRST), **with_papers())
    assert codes(payload) == ["NOT_ACTIVE"]


def test_CD_5_the_first_password_is_set_online_by_card_number_and_the_bound_mobile(service: GraphService) -> None:
    number = mobile()
    person = service.person(mobile=f"+86{number}")
    card = add_card(service, person, CHENGDU, state=CardState.ACTIVE)
    citizen = service.citizen(person, "ping_an_app")
    payload = citizen.change("setServicePassword", cardId=card.id, **twice(FIRST))
    assert missing(payload["decision"]) == {"card_number_and_code": ["card_number", "bound_mobile_code"]}
    code = citizen.verification_code("set_password", number)
    evidence = {"details": {"cardNumber": card.number}, "verificationCode": code}
    citizen.changed("setServicePassword", cardId=card.id, evidence=evidence, **twice(FIRST))
    again = service.clerk(CHENGDU).change("setServicePassword", cardId=card.id, **twice(SECOND), **with_papers())
    assert codes(again) == ["PASSWORD_ALREADY_SET"]
    assert codes(change(citizen, card, FIRST)) == []


def test_a_region_without_a_format_of_its_own_takes_6_to_20_characters(service: GraphService) -> None:
    card = add_card(service, service.person(), JINAN, state=CardState.ACTIVE)
    clerk = service.clerk(JINAN)

    def answer(password: str) -> list[str]:
        return codes(clerk.change("setServicePassword", cardId=card.id, **twice(password), **with_papers()))

    assert answer("x9k2m") == answer("x9" * 10 + "k") == ["PASSWORD_OUT_OF_FORMAT"]
    assert answer("长" * 129) == ["INVALID_INPUT"]
    assert answer("x9k2m7") == []


def test_SC_12_the_guardian_and_not_the_child_changes_the_password(service: GraphService) -> None:
    child = service.person(date(2010, 1, 1))
    citizen, card = with_password_of_child(service, child)
    assert codes(change(citizen, card, FIRST)) == ["UNDER_AGE_ALONE"]
    guardian = service.citizen(service.guardian(child), "unionpay_app")
    assert codes(change(guardian, card, WRONG)) == ["PASSWORD_WRONG"]
    payload = change(guardian, card, FIRST)
    assert codes(payload) == []
    assert payload["operation"]["relation"] == "guardian"


def test_a_stranger_cannot_try_passwords(service: GraphService) -> None:
    _, card = with_password(service)
    stranger = service.citizen(service.person(), "unionpay_app")
    for mutation, old in (
        ("setServicePassword", {}),
        ("changeServicePassword", {"oldPassword": FIRST}),
        ("resetServicePassword", {}),
    ):
        assert codes(stranger.change(mutation, cardId=card.id, **twice(SECOND), **old)) == ["NOT_FOUND"]


def test_the_password_is_nowhere_to_be_read(service: GraphService, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    first, second, third, wrong = "20739154", "61829407", "48203917", "59017264"
    person = service.person()
    card = add_card(service, person, CHENGDU, state=CardState.ACTIVE)
    citizen, clerk = service.citizen(person, "unionpay_app"), service.clerk(CHENGDU)
    key = {"idempotencyKey": f"password {card.number}"}
    told = [
        clerk.change("setServicePassword", cardId=card.id, **twice(first), **with_papers(), **key),
        clerk.change("setServicePassword", cardId=card.id, **twice(first), **with_papers(), **key),
        clerk.change("setServicePassword", cardId=card.id, **twice(second), **with_papers(), **key),
        change(citizen, card, wrong, second, **key),
        change(citizen, card, first, f"{second}0"),
        change(citizen, card, first, second, newPasswordAgain=third),
        change(citizen, card, first, second, **key),
        change(citizen, card, first, second, **key),
        clerk.change("resetServicePassword", cardId=card.id, **twice(third), **with_papers()),
    ]
    assert [codes(payload) for payload in told] == [
        [],
        [],
        ["IDEMPOTENCY_KEY_REUSED"],
        ["PASSWORD_WRONG"],
        ["PASSWORD_OUT_OF_FORMAT"],
        ["PASSWORDS_DIFFER"],
        [],
        [],
        [],
    ]
    answers = json.dumps(told, ensure_ascii=False)
    kept = at_rest(service)
    assert split_id(card.id, "id")[1] in kept
    # Every logger's debug texts are looked through, or the next lines would show nothing.
    assert "DEBUG" in {record.levelname for record in caplog.records}
    for password in (first, second, third, wrong):
        assert password not in answers
        assert password not in kept
        assert password not in caplog.text
        assert password not in "".join(service.shown)
    # Facts of the decisions know what the password is like, and no more.
    facts = told[0]["decision"]["facts"]
    assert {name: facts[name] for name in facts if name.startswith("password.")} == {
        "password.length": 8,
        "password.digits_only": True,
        "password.simple": False,
    }


@pytest.mark.parametrize("service_name", ["set_password", "change_password", "reset_password"])
def test_CD_5_a_dry_run_says_what_is_needed_before_any_password_is_typed(
    service: GraphService, service_name: str
) -> None:
    citizen, card = with_password(service)
    payload = citizen.check(service_name, cardId=card.id)
    assert codes(payload) == []
    sure = {"set_password": ["PASSWORD_ALREADY_SET"], "reset_password": ["CHANNEL_NOT_OPEN"]}
    assert denials(payload["decision"]) == sure.get(service_name, [])
    could = [denial["code"] for denial in payload["decision"]["denials"] if denial["conditional"]]
    assert "PASSWORD_OUT_OF_FORMAT" in could
    lock(citizen, card)
    assert not citizen.check(service_name, cardId=card.id)["decision"]["allowed"]


def test_a_password_is_not_repeated_by_the_answer_to_a_wrong_input(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    document = "mutation($input: ChangeServicePasswordInput!){changeServicePassword(input: $input){errors{code}}}"
    given = {"cardId": "x", "oldPassword": "MySecret1", "newPassword": "MySecret2"}
    for wrong in (given, {**given, "newPasswordAgain": 98765432}):
        answer = citizen.answer(document, {"input": wrong})
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_VARIABLES"
        assert not any(secret in str(answer) for secret in ("MySecret1", "MySecret2", "98765432"))
