"""Taking a report of loss back when the card is found (CD-4, SC-9, QD-4)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from domain.card import CardState
from domain.holder import Holder
from tests.graph.caller import Caller, codes, missing
from tests.graph.cards import (
    CARD_AND_IDENTITY_CARD,
    IDENTITY_CARD,
    CardOnRecord,
    add_active_card,
    add_card,
    bind_in_wechat,
    history,
    look_up,
    refusals,
)
from tests.graph.journey import CHENGDU, JINAN, QINGDAO
from tests.graph.service import GraphService, holder_id, mobile

LOST = [CardState.TEMPORARILY_LOST, CardState.FORMALLY_LOST]
FOUND = {"sightedDocuments": CARD_AND_IDENTITY_CARD}


def lost(
    service: GraphService, region: str, state: CardState, number: str | None = None
) -> tuple[Holder, CardOnRecord]:
    """Put a person on record whose card is lost, and perhaps a mobile number bound."""
    person = service.person(mobile=number)
    return person, add_card(service, person, region, state=state)


@pytest.mark.parametrize("state", LOST)
@pytest.mark.parametrize("channel", ["chengdu_wechat", "unionpay_app", "ping_an_app"])
def test_CD_4_bound_mobile_card_number_and_code_lift_the_report(
    service: GraphService, state: CardState, channel: str
) -> None:
    number = mobile()
    person, card = lost(service, CHENGDU, state, number)
    citizen = service.citizen(person, channel)
    bind_in_wechat(service, person)
    payload = citizen.change("cancelLossReport", cardId=card.id)
    assert missing(payload["decision"]) == {"card_number_and_code": ["mobile", "card_number", "bound_mobile_code"]}
    assert payload["errors"][0]["citation"]["clause"] == "二（四）解挂 (CD-4)"
    code = citizen.verification_code("cancel_loss_report", number)
    wrong = {"details": {"mobile": number, "cardNumber": "A99999999"}, "verificationCode": code}
    refused = citizen.change("cancelLossReport", cardId=card.id, evidence=wrong)
    assert [(error["code"], error["field"]) for error in refused["errors"]] == [
        ("CARD_NUMBER_WRONG", "input.evidence.details.cardNumber")
    ]
    assert refusals(service, card) == [state.name]

    right = {"details": {"mobile": number, "cardNumber": card.number}, "verificationCode": code}
    payload = citizen.changed("cancelLossReport", cardId=card.id, evidence=right)
    assert (payload["card"]["state"], payload["card"]["stateUntil"]) == ("ACTIVE", None)
    [line] = payload["operation"]["timeline"]
    assert (line["cardFrom"], line["cardTo"]) == (state.name, "ACTIVE")
    assert refusals(service, card) == []
    assert history(citizen, card.id) == [(state.name, None), ("ACTIVE", None)]


def test_CD_4_a_code_that_was_sent_to_another_number_does_not_do(service: GraphService) -> None:
    other = mobile()
    person, card = lost(service, CHENGDU, CardState.FORMALLY_LOST, mobile())
    citizen = service.citizen(person, "unionpay_app")
    code = citizen.verification_code("cancel_loss_report", other)
    given = {"details": {"mobile": other, "cardNumber": card.number}, "verificationCode": code}
    payload = citizen.change("cancelLossReport", cardId=card.id, evidence=given)
    assert missing(payload["decision"]) == {"card_number_and_code": ["bound_mobile_code"]}


def test_CD_4_without_a_bound_mobile_the_window_is_the_way(service: GraphService) -> None:
    person, card = lost(service, CHENGDU, CardState.FORMALLY_LOST)
    online = service.citizen(person, "unionpay_app").change("cancelLossReport", cardId=card.id)
    assert codes(online) == ["NO_MOBILE_BOUND"]
    at_window = service.clerk(CHENGDU).changed("cancelLossReport", cardId=card.id, evidence=FOUND)
    assert at_window["card"]["state"] == "ACTIVE"


@pytest.mark.parametrize("office", ["510100", "510700", "510000"])
def test_SC_9_any_office_of_the_province_lifts_it_with_the_found_card_and_the_identity_document(
    service: GraphService, office: str
) -> None:
    _, card = lost(service, CHENGDU, CardState.FORMALLY_LOST)
    clerk = service.clerk(office)
    payload = clerk.change("cancelLossReport", cardId=card.id)
    assert set(missing(payload["decision"])) == {"identity_document", "found_card"}
    without_card = clerk.change("cancelLossReport", cardId=card.id, evidence={"sightedDocuments": IDENTITY_CARD})
    assert missing(without_card["decision"]) == {"found_card": ["social_security_card"]}
    assert clerk.changed("cancelLossReport", cardId=card.id, evidence=FOUND)["card"]["state"] == "ACTIVE"


def test_SC_9_offices_of_other_provinces_do_not(service: GraphService) -> None:
    _, card = lost(service, CHENGDU, CardState.FORMALLY_LOST)
    payload = service.clerk(QINGDAO).change("cancelLossReport", cardId=card.id, evidence=FOUND)
    assert codes(payload) == ["NOT_FOUND"]


@pytest.mark.parametrize("state", [state for state in CardState if state not in LOST])
def test_SC_9_what_is_not_lost_is_not_lifted(service: GraphService, state: CardState) -> None:
    _, card = lost(service, CHENGDU, state)
    payload = service.clerk(CHENGDU).change("cancelLossReport", cardId=card.id, evidence=FOUND)
    assert codes(payload) == ["NOT_LOST"]


@pytest.mark.parametrize("swept", [False, True], ids=["by time alone", "written down in between"])
def test_SC_9_a_temporary_loss_that_is_over_needs_no_lifting(service: GraphService, swept: bool) -> None:
    person = service.person()
    card, clerk = add_active_card(service, person, CHENGDU), service.clerk(CHENGDU)
    told = {"details": {"identityNumber": person.identity_number}}
    service.clerk(CHENGDU, "hotline_12333").changed("reportTemporaryLoss", cardId=card.id, evidence=told)
    service.clock.advance(timedelta(days=7))
    if swept:
        service.sweep()
    assert codes(clerk.change("cancelLossReport", cardId=card.id, evidence=FOUND)) == ["NOT_LOST"]
    assert history(clerk, card.id) == [("ACTIVE", None), ("TEMPORARILY_LOST", None), ("ACTIVE", "lapsed")]


def test_SC_9_a_card_that_was_found_in_time_does_not_lapse_after(service: GraphService) -> None:
    person = service.person()
    card, clerk = add_active_card(service, person, CHENGDU), service.clerk(CHENGDU)
    told = {"details": {"identityNumber": person.identity_number}}
    service.clerk(CHENGDU, "hotline_12333").changed("reportTemporaryLoss", cardId=card.id, evidence=told)
    service.clock.advance(timedelta(days=2))
    assert clerk.changed("cancelLossReport", cardId=card.id, evidence=FOUND)["card"]["stateUntil"] is None
    service.clock.advance(timedelta(days=30))
    service.sweep()
    assert history(clerk, card.id) == [("ACTIVE", None), ("TEMPORARILY_LOST", None), ("ACTIVE", None)]


def test_SC_12_below_18_the_guardian_lifts_it(service: GraphService) -> None:
    child = service.person(date(2012, 1, 1))
    card, clerk = add_card(service, child, CHENGDU, state=CardState.FORMALLY_LOST), service.clerk(CHENGDU)
    assert codes(clerk.change("cancelLossReport", cardId=card.id, evidence=FOUND)) == ["UNDER_AGE_ALONE"]
    guardian = holder_id(service.guardian(child))
    payload = clerk.changed("cancelLossReport", cardId=card.id, evidence=FOUND, presentPersonId=guardian)
    assert payload["operation"]["relation"] == "guardian"


@pytest.mark.parametrize("channel", ["qingdao_website", "qingdao_app"])
def test_QD_4_an_oral_report_is_lifted_online_at_once(service: GraphService, channel: str) -> None:
    person, card = lost(service, QINGDAO, CardState.TEMPORARILY_LOST)
    payload = service.citizen(person, channel).changed("cancelLossReport", cardId=card.id)
    assert payload["card"]["state"] == "ACTIVE"
    [promise] = payload["decision"]["promises"]
    assert (promise["within"]["zh"], promise["citation"]["clause"]) == ("即时", "四、办理时限 (QD-4)")


def test_QD_4_at_the_window_with_the_identity_document(service: GraphService) -> None:
    _, card = lost(service, QINGDAO, CardState.TEMPORARILY_LOST)
    clerk = service.clerk(QINGDAO, "bank_window")
    assert set(missing(clerk.check("cancel_loss_report", cardId=card.id)["decision"])) == {"identity_document"}
    payload = clerk.changed("cancelLossReport", cardId=card.id, evidence={"sightedDocuments": IDENTITY_CARD})
    assert payload["card"]["state"] == "ACTIVE"


@pytest.mark.parametrize("hotline", ["hotline_12333", "hotline_12345"])
def test_QD_4_not_by_telephone(service: GraphService, hotline: str) -> None:
    person, card = lost(service, QINGDAO, CardState.TEMPORARILY_LOST)
    told = {"details": {"identityNumber": person.identity_number}}
    callers: list[Caller] = [service.clerk(QINGDAO, hotline), service.citizen(person, hotline)]
    for caller in callers:
        payload = caller.change("cancelLossReport", cardId=card.id, evidence=told)
        assert codes(payload) == ["BY_TELEPHONE", "CHANNEL_NOT_OPEN"]
    assert refusals(service, card) == ["TEMPORARILY_LOST"]


def test_QD_4_a_formal_report_is_lifted_at_the_window_only(service: GraphService) -> None:
    person, card = lost(service, QINGDAO, CardState.FORMALLY_LOST)
    online = service.citizen(person, "qingdao_app").change("cancelLossReport", cardId=card.id)
    assert codes(online) == ["FORMALLY_LOST_ONLINE"]
    at_window = service.clerk(QINGDAO, "bank_window").changed("cancelLossReport", cardId=card.id, evidence=FOUND)
    assert at_window["card"]["state"] == "ACTIVE"


def test_nobody_lifts_a_strangers_report(service: GraphService) -> None:
    person, card = lost(service, QINGDAO, CardState.TEMPORARILY_LOST)
    stranger = service.citizen(service.person(), "qingdao_app")
    assert codes(stranger.change("cancelLossReport", cardId=card.id)) == ["NOT_FOUND"]
    clerk = service.clerk(QINGDAO, "bank_window")
    given = {"cardId": card.id, "evidence": FOUND, "presentPersonId": holder_id(service.person())}
    assert codes(clerk.change("cancelLossReport", **given)) == ["NOBODY_ON_RECORD"]
    assert look_up(service.citizen(person, "qingdao_app"), card.id)["state"] == "TEMPORARILY_LOST"


def test_in_the_rest_of_the_country_windows_lift_it(service: GraphService) -> None:
    person, card = lost(service, JINAN, CardState.TEMPORARILY_LOST)
    assert codes(service.citizen(person).change("cancelLossReport", cardId=card.id)) == ["CHANNEL_NOT_OPEN"]
    assert service.clerk(JINAN).changed("cancelLossReport", cardId=card.id, evidence=FOUND)["card"]["state"] == "ACTIVE"


def test_two_liftings_at_the_same_moment_leave_one_record(service: GraphService) -> None:
    person, card = lost(service, QINGDAO, CardState.TEMPORARILY_LOST)
    citizen = service.citizen(person, "qingdao_app")
    with ThreadPoolExecutor(2) as threads:
        payloads = list(threads.map(lambda _: citizen.change("cancelLossReport", cardId=card.id), range(2)))
    assert sorted(codes(payload) for payload in payloads) == [[], ["NOT_LOST"]]
    assert history(citizen, card.id) == [("TEMPORARILY_LOST", None), ("ACTIVE", None)]
