"""Reporting a formal loss (SC-8, CD-3, NX-3)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from domain.card import CardState
from tests.graph.caller import codes, missing
from tests.graph.cards import (
    IDENTITY_CARD,
    add_active_card,
    add_card,
    bind_in_wechat,
    history,
    look_up,
    refusals,
)
from tests.graph.journey import CHENGDU, JINAN, QINGDAO
from tests.graph.service import GraphService, holder_id, mobile

SICHUAN, MIANYANG = "510000", "510700"
WITH_PAPERS = {"sightedDocuments": IDENTITY_CARD}


@pytest.mark.parametrize("channel", ["chengdu_wechat", "unionpay_app", "ping_an_app"])
def test_CD_3_the_bound_mobile_and_the_code_sent_to_it_report_the_loss(service: GraphService, channel: str) -> None:
    number = mobile()
    person = service.person(mobile=number)
    card, citizen = add_active_card(service, person, CHENGDU), service.citizen(person, channel)
    bind_in_wechat(service, person)
    payload = citizen.change("reportFormalLoss", cardId=card.id)
    assert missing(payload["decision"]) == {"bound_mobile_and_code": ["mobile", "bound_mobile_code"]}
    assert payload["errors"][0]["citation"]["clause"] == "二（三）挂失 (CD-3)"
    code = citizen.verification_code("report_formal_loss", number)
    given = {"details": {"mobile": number}, "verificationCode": code}
    payload = citizen.changed("reportFormalLoss", cardId=card.id, evidence=given)
    assert (payload["card"]["state"], payload["card"]["stateUntil"]) == ("FORMALLY_LOST", None)
    [line] = payload["operation"]["timeline"]
    assert (line["cardFrom"], line["cardTo"], line["channel"]) == ("ACTIVE", "FORMALLY_LOST", channel)
    assert refusals(service, card) == ["FORMALLY_LOST"]
    assert citizen.ask("{me{mobile}}")["me"]["mobile"] == f"138****{number[-4:]}"


def test_CD_3_a_code_that_was_sent_to_another_number_does_not_do(service: GraphService) -> None:
    person, other = service.person(mobile=mobile()), mobile()
    card, citizen = add_active_card(service, person, CHENGDU), service.citizen(person, "unionpay_app")
    code = citizen.verification_code("report_formal_loss", other)
    given = {"details": {"mobile": other}, "verificationCode": code}
    payload = citizen.change("reportFormalLoss", cardId=card.id, evidence=given)
    assert missing(payload["decision"]) == {"bound_mobile_and_code": ["bound_mobile_code"]}
    assert look_up(citizen, card.id)["state"] == "ACTIVE"


def test_CD_3_a_wrong_code_and_one_for_another_service_do_not_do(service: GraphService) -> None:
    number = mobile()
    person = service.person(mobile=number)
    card, citizen = add_active_card(service, person, CHENGDU), service.citizen(person, "unionpay_app")
    code = citizen.verification_code("cancel_loss_report", number)
    given = {"details": {"mobile": number}, "verificationCode": code}
    payload = citizen.change("reportFormalLoss", cardId=card.id, evidence=given)
    assert [error["field"] for error in payload["errors"]] == ["input.evidence.verificationCode"]
    assert refusals(service, card) == []


def test_CD_3_without_a_bound_mobile_the_window_is_the_way(service: GraphService) -> None:
    person = service.person()
    card = add_active_card(service, person, CHENGDU)
    payload = service.citizen(person, "unionpay_app").change("reportFormalLoss", cardId=card.id)
    assert codes(payload) == ["NO_MOBILE_BOUND"]
    at_window = service.clerk(CHENGDU).changed("reportFormalLoss", cardId=card.id, evidence=WITH_PAPERS)
    assert at_window["card"]["state"] == "FORMALLY_LOST"


def test_SC_8_a_formal_report_is_made_in_person_with_the_identity_document(service: GraphService) -> None:
    card = add_active_card(service, service.person(), CHENGDU)
    clerk = service.clerk(CHENGDU)
    payload = clerk.change("reportFormalLoss", cardId=card.id)
    assert {"identity_card_front", "passport"} <= set(missing(payload["decision"])["identity_document"])
    assert payload["errors"][0]["citation"]["clause"] == "08 挂失 (SC-8)"
    payload = clerk.changed("reportFormalLoss", cardId=card.id, evidence=WITH_PAPERS)
    assert payload["card"]["state"] == "FORMALLY_LOST"
    assert payload["operation"]["office"] == f"window-{CHENGDU}"
    assert "解挂" in payload["decision"]["advice"][0]["message"]["zh"]


@pytest.mark.parametrize("channel", ["hotline_12333", "national_mini_program"])
def test_SC_8_nobody_reports_a_formal_loss_from_afar(service: GraphService, channel: str) -> None:
    person = service.person()
    card = add_active_card(service, person, SICHUAN)
    assert codes(service.citizen(person, channel).change("reportFormalLoss", cardId=card.id)) == ["CHANNEL_NOT_OPEN"]


def test_SC_8_the_office_is_of_the_cards_city_or_of_the_province(service: GraphService) -> None:
    card = add_active_card(service, service.person(), CHENGDU)
    elsewhere = service.clerk(MIANYANG).change("reportFormalLoss", cardId=card.id, evidence=WITH_PAPERS)
    assert codes(elsewhere) == ["OFFICE_ELSEWHERE"]
    for stranger in (service.clerk(QINGDAO), service.bank("icbc")):
        assert codes(stranger.change("reportFormalLoss", cardId=card.id)) == ["NOT_FOUND"]
    province = service.clerk(SICHUAN).changed("reportFormalLoss", cardId=card.id, evidence=WITH_PAPERS)
    assert province["card"]["state"] == "FORMALLY_LOST"


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        (CardState.SEALED, ["NOT_IN_USE"]),
        (CardState.ACTIVE, []),
        (CardState.TEMPORARILY_LOST, []),
        (CardState.FORMALLY_LOST, ["ALREADY_FORMALLY_LOST"]),
        (CardState.LOCKED, []),
        (CardState.CANCELLED, ["NOT_IN_USE"]),
    ],
)
def test_SC_8_only_a_card_in_use_or_lost_for_a_time_is_reported(
    service: GraphService, state: CardState, refused: list[str]
) -> None:
    card = add_card(service, service.person(), CHENGDU, state=state)
    payload = service.clerk(CHENGDU).change("reportFormalLoss", cardId=card.id, evidence=WITH_PAPERS)
    assert codes(payload) == refused


def test_SC_8_a_formal_loss_does_not_end_by_itself(service: GraphService) -> None:
    card, clerk = add_active_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    clerk.changed("reportFormalLoss", cardId=card.id, evidence=WITH_PAPERS)
    service.clock.advance(timedelta(days=2000))
    service.sweep()
    assert history(clerk, card.id) == [("ACTIVE", None), ("FORMALLY_LOST", None)]


def test_SC_8_after_the_week_has_run_out_the_formal_report_still_counts(service: GraphService) -> None:
    person = service.person()
    card, clerk = add_active_card(service, person, CHENGDU), service.clerk(CHENGDU)
    told = {"details": {"identityNumber": person.identity_number}}
    service.clerk(SICHUAN, "hotline_12333").changed("reportTemporaryLoss", cardId=card.id, evidence=told)
    service.clock.advance(timedelta(days=8))
    payload = clerk.changed("reportFormalLoss", cardId=card.id, evidence=WITH_PAPERS)
    [line] = payload["operation"]["timeline"]
    assert (line["cardFrom"], line["cardTo"]) == ("ACTIVE", "FORMALLY_LOST")
    assert history(clerk, card.id) == [
        ("ACTIVE", None),
        ("TEMPORARILY_LOST", None),
        ("ACTIVE", "lapsed"),
        ("FORMALLY_LOST", None),
    ]


def test_SC_12_below_18_the_guardian_comes_to_the_window(service: GraphService) -> None:
    child = service.person(date(2009, 1, 1))
    card, clerk = add_active_card(service, child, CHENGDU), service.clerk(CHENGDU)
    given = {"cardId": card.id, "evidence": WITH_PAPERS}
    assert codes(clerk.change("reportFormalLoss", **given)) == ["UNDER_AGE_ALONE"]
    payload = clerk.changed("reportFormalLoss", **given, presentPersonId=holder_id(service.guardian(child)))
    assert payload["operation"]["relation"] == "guardian"


def test_SC_12_somebody_else_comes_with_the_holders_letter_and_a_reason(service: GraphService) -> None:
    card, clerk = add_active_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    given = {"cardId": card.id, "presentPersonId": holder_id(service.person())}
    payload = clerk.change("reportFormalLoss", **given, evidence=WITH_PAPERS)
    assert set(missing(payload["decision"])) == {"delegate_without_reason", "delegation"}
    reason = {"name": "declared.delegation_reason", "value": "long_away"}
    brought = {"sightedDocuments": [*IDENTITY_CARD, "delegation_letter"], "declarations": [reason]}
    refused = clerk.change(
        "reportFormalLoss", **given, evidence={**brought, "declarations": [{**reason, "value": "other_reason"}]}
    )
    assert codes(refused) == ["DELEGATE_WITHOUT_REASON"]
    payload = clerk.changed("reportFormalLoss", **given, evidence=brought)
    assert (payload["card"]["state"], payload["operation"]["relation"]) == ("FORMALLY_LOST", "none")


@pytest.mark.parametrize("channel", ["service_window", "bank_window"])
def test_NX_3_in_the_rest_of_the_country_windows_take_the_formal_report(service: GraphService, channel: str) -> None:
    person = service.person()
    card = add_active_card(service, person, JINAN)
    assert codes(service.citizen(person).change("reportFormalLoss", cardId=card.id)) == ["CHANNEL_NOT_OPEN"]
    payload = service.clerk(JINAN, channel).changed("reportFormalLoss", cardId=card.id, evidence=WITH_PAPERS)
    assert payload["card"]["state"] == "FORMALLY_LOST"


def test_two_formal_reports_at_the_same_moment_leave_one_record(service: GraphService) -> None:
    card, clerk = add_active_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    given = {"cardId": card.id, "evidence": WITH_PAPERS}
    with ThreadPoolExecutor(2) as threads:
        payloads = list(threads.map(lambda _: clerk.change("reportFormalLoss", **given), range(2)))
    assert sorted(codes(payload) for payload in payloads) == [[], ["ALREADY_FORMALLY_LOST"]]
    assert history(clerk, card.id) == [("ACTIVE", None), ("FORMALLY_LOST", None)]
