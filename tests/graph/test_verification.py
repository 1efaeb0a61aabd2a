"""Verification codes by SMS: bound to person, purpose and number; short-lived, few tries, slow to resend (CD-2)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from tests.graph.caller import Caller, codes, missing
from tests.graph.cards import CardOnRecord, add_active_card, add_card, bind_in_wechat
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import CHENGDU, JINAN
from tests.graph.service import GraphService, holder_id, mobile


def at_chengdu(service: GraphService) -> tuple[Caller, CardOnRecord, str]:
    """Return a citizen with a sealed card of Chengdu, the card, and a mobile number."""
    person = service.person()
    return service.citizen(person, "unionpay_app"), add_card(service, person, CHENGDU), mobile()


def evidence(card: CardOnRecord, number: str, code: str) -> dict[str, Any]:
    return {"details": {"cardNumber": card.number, "mobile": number}, "verificationCode": code}


def refused(citizen: Caller, card: CardOnRecord, number: str, code: str) -> None:
    payload = citizen.change("activateCard", cardId=card.id, evidence=evidence(card, number, code))
    assert [(e["code"], e["field"]) for e in payload["errors"]] == [
        ("VERIFICATION_CODE_WRONG", "input.evidence.verificationCode")
    ]


def other(code: str) -> str:
    """Return a code that is not this one."""
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_code_is_sent_with_its_times_and_the_number_is_shown_in_part(service: GraphService) -> None:
    citizen, _, number = at_chengdu(service)
    sent = citizen.changed("requestVerificationCode", purpose="activate", mobile=f"+86 {number}")
    assert sent["mobile"] == f"138****{number[-4:]}"
    assert sent["expiresAt"] == (service.clock.now() + timedelta(minutes=5)).isoformat()
    assert sent["resendAt"] == (service.clock.now() + timedelta(seconds=60)).isoformat()
    assert number not in "".join(service.shown)


def test_a_code_for_another_purpose_number_or_person_does_not_count(service: GraphService) -> None:
    citizen, card, number = at_chengdu(service)
    refused(citizen, card, number, citizen.verification_code("apply", number))
    second, third = mobile(), mobile()
    service.clock.advance(timedelta(minutes=1))
    refused(citizen, card, second, citizen.verification_code("activate", third))
    stranger = service.citizen(service.person(), "unionpay_app")
    service.clock.advance(timedelta(minutes=1))
    refused(citizen, card, second, stranger.verification_code("activate", second))


def test_a_code_runs_out_and_counts_once(service: GraphService) -> None:
    citizen, card, number = at_chengdu(service)
    code = citizen.verification_code("activate", number)
    service.clock.advance(timedelta(minutes=5))
    refused(citizen, card, number, code)
    code = citizen.verification_code("activate", number)
    citizen.changed("activateCard", cardId=card.id, evidence=evidence(card, number, code))
    refused(citizen, card, number, code)


def test_a_newer_code_voids_the_older_one(service: GraphService) -> None:
    citizen, card, number = at_chengdu(service)
    older = citizen.verification_code("activate", number)
    service.clock.advance(timedelta(minutes=1))
    newer = citizen.verification_code("activate", number)
    if older != newer:
        refused(citizen, card, number, older)
    citizen.changed("activateCard", cardId=card.id, evidence=evidence(card, number, newer))


def test_after_five_wrong_tries_even_the_right_code_does_not_count(service: GraphService) -> None:
    citizen, card, number = at_chengdu(service)
    code = citizen.verification_code("activate", number)
    for _ in range(5):
        refused(citizen, card, number, other(code))
    refused(citizen, card, number, code)


def test_wrong_tries_of_the_dry_run_count_as_well(service: GraphService) -> None:
    citizen, card, number = at_chengdu(service)
    code = citizen.verification_code("activate", number)
    for _ in range(5):
        payload = citizen.check("activate", cardId=card.id, evidence=evidence(card, number, other(code)))
        assert codes(payload) == ["VERIFICATION_CODE_WRONG"]
    refused(citizen, card, number, code)


def test_tries_at_the_same_moment_are_all_counted(service: GraphService) -> None:
    citizen, card, number = at_chengdu(service)
    code = citizen.verification_code("activate", number)
    with ThreadPoolExecutor(5) as threads:
        list(threads.map(lambda _: refused(citizen, card, number, other(code)), range(5)))
    refused(citizen, card, number, code)


def test_the_dry_run_does_not_use_a_code_up(service: GraphService) -> None:
    citizen, card, number = at_chengdu(service)
    code = citizen.verification_code("activate", number)
    decision = citizen.check("activate", cardId=card.id, evidence=evidence(card, number, code))["decision"]
    assert decision["allowed"]
    citizen.changed("activateCard", cardId=card.id, evidence=evidence(card, number, code))


def test_a_refused_request_does_not_use_a_code_up(service: GraphService) -> None:
    citizen, card, number = at_chengdu(service)
    code = citizen.verification_code("activate", number)
    given = {"details": {"mobile": number}, "verificationCode": code}
    assert codes(citizen.change("activateCard", cardId=card.id, evidence=given)) == ["MISSING"]
    citizen.changed("activateCard", cardId=card.id, evidence=evidence(card, number, code))


def test_a_guardian_proves_the_number_that_the_ward_has_bound(service: GraphService) -> None:
    number = mobile()
    ward = service.person(date(2015, 3, 7), mobile=f"+86{number}")
    card = add_card(service, ward, CHENGDU)
    guardian = service.citizen(service.guardian(ward), "unionpay_app")
    code = guardian.verification_code("activate", number)
    given = {"details": {"cardNumber": card.number}, "verificationCode": code}
    payload = guardian.change("activateCard", cardId=card.id, evidence=given)
    # The code is right; what is missing is the number itself, which the rule asks for.
    assert codes(payload) == ["MISSING"]


def test_a_code_is_resent_after_a_minute_and_at_most_five_times_an_hour(service: GraphService) -> None:
    citizen, _, number = at_chengdu(service)
    given = {"purpose": "activate", "mobile": number}
    for _ in range(5):
        citizen.changed("requestVerificationCode", **given)
        assert codes(citizen.change("requestVerificationCode", **given)) == ["CODE_TOO_SOON"]
        service.clock.advance(timedelta(seconds=61))
    assert codes(citizen.change("requestVerificationCode", **given)) == ["CODE_TOO_SOON"]
    # Neither for another person to the same number, nor for the same person to another number.
    stranger = service.citizen(service.person(), "unionpay_app")
    assert codes(stranger.change("requestVerificationCode", **given)) == ["CODE_TOO_SOON"]
    assert codes(citizen.change("requestVerificationCode", **(given | {"mobile": mobile()}))) == ["CODE_TOO_SOON"]
    service.clock.advance(timedelta(hours=1))
    citizen.changed("requestVerificationCode", **given)


def test_of_requests_at_the_same_moment_one_gets_a_code(service: GraphService) -> None:
    citizen, _, number = at_chengdu(service)
    given = {"purpose": "activate", "mobile": number}
    with ThreadPoolExecutor(6) as threads:
        payloads = list(threads.map(lambda _: citizen.change("requestVerificationCode", **given), range(6)))
    assert sorted(codes(payload) for payload in payloads) == [[], *[["CODE_TOO_SOON"]] * 5]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"mobile": "12345"}, "MOBILE_NUMBER_INVALID"),
        ({"mobile": "028-12333"}, "MOBILE_NUMBER_INVALID"),
        ({"mobile": ""}, "MOBILE_NUMBER_INVALID"),
        ({"purpose": "dancing"}, "VALUE_NOT_POSSIBLE"),
    ],
)
def test_nonsense_gets_no_code(service: GraphService, given: dict[str, str], code: str) -> None:
    citizen = service.citizen(service.person())
    payload = citizen.change("requestVerificationCode", **({"purpose": "activate", "mobile": mobile()} | given))
    assert codes(payload) == [code]


def test_nonsense_is_no_code(service: GraphService) -> None:
    citizen, card, number = at_chengdu(service)
    citizen.verification_code("activate", number)
    for text in (" ", "abc", "１２３", "\U0001f600" * 3000, "9" * 4_000):
        refused(citizen, card, number, text)


def test_an_empty_text_is_a_code_that_was_not_filled_in_and_no_try(service: GraphService) -> None:
    citizen, card, number = at_chengdu(service)
    code = citizen.verification_code("activate", number)
    for _ in range(6):
        payload = citizen.change("activateCard", cardId=card.id, evidence=evidence(card, number, ""))
        assert missing(payload["decision"]) == {"card_number_and_code": ["sms_code"]}
    citizen.changed("activateCard", cardId=card.id, evidence=evidence(card, number, code))


def test_a_delegate_asks_for_the_code_without_knowing_the_number(service: GraphService) -> None:
    number = mobile()
    person = service.person(mobile=number)
    card = add_active_card(service, person, CHENGDU)
    bind_in_wechat(service, person)
    delegate = service.citizen(delegate_on_record(service, person, "report_formal_loss"), "unionpay_app")
    sent = delegate.changed("requestVerificationCode", purpose="report_formal_loss", holderId=holder_id(person))
    assert sent["mobile"] == f"138****{number[-4:]}"
    given = {"verificationCode": service.code()}
    reported = delegate.changed("reportFormalLoss", cardId=card.id, evidence=given)
    assert (reported["operation"]["relation"], reported["card"]["state"]) == ("delegate", "FORMALLY_LOST")
    details = reported["operation"]["details"]
    assert [(each["name"], each["value"]) for each in details] == [("mobile", f"138****{number[-4:]}")]


def test_only_who_may_act_for_somebody_has_a_code_sent_to_their_number(service: GraphService) -> None:
    person = service.person(mobile=mobile())
    asked = {"purpose": "report_formal_loss", "holderId": holder_id(person)}
    other_service = service.citizen(delegate_on_record(service, person, "activate"))
    for stranger in (service.citizen(service.person()), other_service, service.card_maker()):
        assert codes(stranger.change("requestVerificationCode", **asked)) == ["NOT_FOUND"]
    guardian = service.citizen(service.guardian(person))
    service.stands_before(CHENGDU, person)
    for caller in (guardian, service.clerk(CHENGDU)):
        service.clock.advance(timedelta(minutes=1))
        assert caller.changed("requestVerificationCode", **asked)["mobile"].startswith("138****")


def test_a_clerk_is_told_no_more_of_the_number_than_the_record_tells_them(service: GraphService) -> None:
    person = service.person(mobile=mobile(), insured_in=(CHENGDU,))
    asked = {"purpose": "report_temporary_loss", "holderId": holder_id(person)}
    near, elsewhere = (service.clerk(province, "hotline_12333") for province in ("510000", "370000"))
    assert near.changed("requestVerificationCode", **asked)["mobile"] is None
    # Nobody comes to a hotline: of whom it is not the business, they are nobody to it, tried out too.
    assert codes(elsewhere.change("requestVerificationCode", **asked)) == ["NOT_FOUND"]
    tried = elsewhere.check("apply", holderId=holder_id(person), regionCode=JINAN)
    assert (codes(tried), tried["decision"]) == (["NOT_FOUND"], None)
    # To a window anybody comes, who need not have shown a document yet.
    window = service.clerk(JINAN)
    service.clock.advance(timedelta(minutes=1))
    assert window.changed("requestVerificationCode", **asked)["mobile"] is None
    assert window.check("apply", holderId=holder_id(person), regionCode=JINAN)["decision"] is not None


def test_who_may_no_longer_ask_is_not_given_the_old_answer(service: GraphService) -> None:
    person = service.person(mobile=mobile())
    delegate = service.citizen(delegate_on_record(service, person, "report_formal_loss"))
    asked = {"purpose": "report_formal_loss", "holderId": holder_id(person), "idempotencyKey": "code-1"}
    assert delegate.changed("requestVerificationCode", **asked) == delegate.changed("requestVerificationCode", **asked)
    [granted] = service.citizen(person).ask("{me{delegations{id}}}")["me"]["delegations"]
    service.citizen(person).changed("revokeDelegation", delegationId=granted["id"])
    assert codes(delegate.change("requestVerificationCode", **asked)) == ["NOT_FOUND"]


def test_who_has_no_number_bound_is_told_the_way(service: GraphService) -> None:
    person = service.person()
    delegate = service.citizen(delegate_on_record(service, person, "activate"))
    answers = [
        service.citizen(person).change("requestVerificationCode", purpose="activate"),
        delegate.change("requestVerificationCode", purpose="activate", holderId=holder_id(person)),
    ]
    assert [codes(answer) for answer in answers] == [["NO_MOBILE_BOUND"]] * 2
    assert all("服务网点窗口" in answer["errors"][0]["message"]["zh"] for answer in answers)
