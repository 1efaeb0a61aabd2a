"""Reporting a temporary loss (NX-4, SC-8, QD-3)."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest

from domain.card import CardState
from tests.graph.caller import codes, denials, missing
from tests.graph.cards import IDENTITY_CARD, CardOnRecord, add_active_card, add_card, history, look_up, refusals
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, ZAOZHUANG
from tests.graph.service import NOW, GraphService, holder_id

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)
SICHUAN = "510000"


@pytest.mark.parametrize("swept", [False, True], ids=["by time alone", "written down in between"])
def test_NX_4_a_temporary_loss_ends_by_itself_after_seven_days_to_the_second(
    service: GraphService, swept: bool
) -> None:
    person = service.person()
    card, citizen = add_active_card(service, person, JINAN), service.citizen(person)
    lost = citizen.changed("reportTemporaryLoss", cardId=card.id)["card"]
    assert (lost["state"], lost["stateThen"]) == ("TEMPORARILY_LOST", "ACTIVE")
    assert datetime.fromisoformat(lost["stateUntil"]) == NOW + WEEK

    for moment, state, refused in (
        (NOW + WEEK - SECOND, "TEMPORARILY_LOST", ["TEMPORARILY_LOST"]),
        (NOW + WEEK, "ACTIVE", []),
    ):
        service.clock.set(moment)
        if swept:
            service.sweep()
        assert look_up(citizen, card.id)["state"] == state
        assert refusals(service, card) == refused

    found = look_up(citizen, card.id)
    assert (found["stateUntil"], found["stateThen"]) == (None, None)
    assert [(entry["state"], entry["reason"]) for entry in found["history"]] == [
        ("ACTIVE", None),
        ("TEMPORARILY_LOST", None),
        ("ACTIVE", "lapsed"),
    ]
    assert datetime.fromisoformat(found["history"][-1]["since"]) == NOW + WEEK
    assert datetime.fromisoformat(found["stateSince"]) == NOW + WEEK


@pytest.mark.parametrize("swept", [False, True], ids=["by time alone", "written down in between"])
def test_NX_4_a_card_that_is_in_use_again_is_reported_lost_again(service: GraphService, swept: bool) -> None:
    person = service.person()
    card, citizen = add_active_card(service, person, JINAN), service.citizen(person)
    citizen.changed("reportTemporaryLoss", cardId=card.id)
    service.clock.advance(timedelta(days=30))
    if swept:
        service.sweep()
    again = citizen.changed("reportTemporaryLoss", cardId=card.id)
    assert datetime.fromisoformat(again["card"]["stateUntil"]) == NOW + timedelta(days=37)
    assert history(citizen, card.id) == [
        ("ACTIVE", None),
        ("TEMPORARILY_LOST", None),
        ("ACTIVE", "lapsed"),
        ("TEMPORARILY_LOST", None),
    ]
    [line] = again["operation"]["timeline"]
    assert (line["cardFrom"], line["cardTo"]) == ("ACTIVE", "TEMPORARILY_LOST")


def test_NX_4_the_holder_is_told_that_pharmacies_and_hospitals_refuse_the_card_and_they_do(
    service: GraphService,
) -> None:
    person = service.person()
    card, citizen = add_active_card(service, person, JINAN), service.citizen(person)
    assert refusals(service, card) == []
    payload = citizen.changed("reportTemporaryLoss", cardId=card.id)
    assert payload["operation"]["state"] == "COMPLETED"
    assert "药店和医院都不能使用这张卡" in payload["decision"]["advice"][0]["message"]["zh"]
    assert [promise["within"]["zh"] for promise in payload["decision"]["promises"]] == ["即时"]
    assert refusals(service, card) == ["TEMPORARILY_LOST"]


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        (CardState.SEALED, ["NOT_IN_USE"]),
        (CardState.ACTIVE, []),
        (CardState.TEMPORARILY_LOST, ["ALREADY_REPORTED_LOST"]),
        (CardState.FORMALLY_LOST, ["ALREADY_REPORTED_LOST"]),
        (CardState.LOCKED, []),
        (CardState.CANCELLED, ["NOT_IN_USE"]),
    ],
)
def test_NX_4_only_a_card_in_use_is_reported_lost(service: GraphService, state: CardState, refused: list[str]) -> None:
    person = service.person()
    card = add_card(service, person, JINAN, state=state)
    assert codes(service.citizen(person).change("reportTemporaryLoss", cardId=card.id)) == refused


def test_NX_4_a_second_report_does_not_prolong_the_first(service: GraphService) -> None:
    person = service.person()
    card, citizen = add_active_card(service, person, JINAN), service.citizen(person)
    citizen.changed("reportTemporaryLoss", cardId=card.id)
    service.clock.advance(timedelta(days=3))
    assert codes(citizen.change("reportTemporaryLoss", cardId=card.id)) == ["ALREADY_REPORTED_LOST"]
    assert datetime.fromisoformat(look_up(citizen, card.id)["stateUntil"]) == NOW + WEEK


def test_NX_0_reports_are_closed_where_the_city_has_not_opened_them(service: GraphService) -> None:
    person = service.person()
    card = add_active_card(service, person, ZAOZHUANG)
    decision = service.citizen(person).check("report_temporary_loss", cardId=card.id)["decision"]
    assert denials(decision) == ["CROSS_PROVINCE_CLOSED"]


def lost_by_telephone(service: GraphService, born_on: date = date(1990, 3, 7)) -> CardOnRecord:
    """Have a card of Chengdu reported lost on the telephone line of the province."""
    person = service.person(born_on)
    card = add_active_card(service, person, CHENGDU)
    checked = {"details": {"identityNumber": person.identity_number}}
    service.clerk(SICHUAN, "hotline_12333").changed("reportTemporaryLoss", cardId=card.id, evidence=checked)
    return card


def test_SC_8_the_telephone_line_reports_once_the_caller_has_told_the_identity_number(service: GraphService) -> None:
    person = service.person()
    card, operator = add_active_card(service, person, CHENGDU), service.clerk(SICHUAN, "hotline_12333")
    payload = operator.change("reportTemporaryLoss", cardId=card.id)
    assert missing(payload["decision"]) == {"identity_number": ["identity_number"]}
    wrong = {"details": {"identityNumber": service.person().identity_number}}
    payload = operator.change("reportTemporaryLoss", cardId=card.id, evidence=wrong)
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [
        ("IDENTITY_NUMBER_WRONG", "input.evidence.details.identityNumber")
    ]
    # Tried out, a wrong number counts as a right one: nobody finds one out by trying.
    tried = operator.try_out("reportTemporaryLoss", cardId=card.id, evidence=wrong)
    assert (tried["errors"], tried["decision"]["allowed"]) == ([], True)
    assert look_up(operator, card.id)["state"] == "ACTIVE"

    told = {"details": {"identityNumber": f" {person.identity_number[:6]} {person.identity_number[6:]}"}}
    payload = operator.changed("reportTemporaryLoss", cardId=card.id, evidence=told)
    assert payload["card"]["state"] == "TEMPORARILY_LOST"
    assert datetime.fromisoformat(payload["card"]["stateUntil"]) == NOW + WEEK
    assert (payload["operation"]["channel"], payload["operation"]["relation"]) == ("hotline_12333", "self")
    assert person.identity_number not in json.dumps(payload)


def test_no_original_is_seen_by_telephone(service: GraphService) -> None:
    person = service.person()
    card, operator = add_active_card(service, person, CHENGDU), service.clerk(SICHUAN, "hotline_12333")
    told = {"details": {"identityNumber": person.identity_number}, "sightedDocuments": IDENTITY_CARD}
    refused = operator.change("reportTemporaryLoss", cardId=card.id, evidence=told)
    assert [(error["code"], error["field"]) for error in refused["errors"]] == [
        ("NOT_PERMITTED", "input.evidence.sightedDocuments")
    ]
    assert look_up(operator, card.id)["state"] == "ACTIVE"


def test_SC_8_the_telephone_line_lifts_nothing(service: GraphService) -> None:
    card, operator = lost_by_telephone(service), service.clerk(SICHUAN, "hotline_12333")
    payload = operator.change("cancelLossReport", cardId=card.id)
    assert {"CHANNEL_NOT_OPEN", "BY_TELEPHONE"} <= set(codes(payload))
    assert refusals(service, card) == ["TEMPORARILY_LOST"]


def test_SC_8_a_temporary_loss_lapses_unless_a_formal_report_follows(service: GraphService) -> None:
    forgotten, followed = lost_by_telephone(service), lost_by_telephone(service)
    service.clock.advance(WEEK - SECOND)
    clerk = service.clerk(CHENGDU)
    clerk.changed("reportFormalLoss", cardId=followed.id, evidence={"sightedDocuments": IDENTITY_CARD})
    service.clock.advance(timedelta(days=365))
    assert look_up(clerk, forgotten.id)["state"] == "ACTIVE"
    assert look_up(clerk, followed.id)["state"] == "FORMALLY_LOST"
    assert history(clerk, followed.id) == [("ACTIVE", None), ("TEMPORARILY_LOST", None), ("FORMALLY_LOST", None)]


def test_SC_8_every_part_cites_its_own_document_and_the_settings_behind_it(service: GraphService) -> None:
    card, operator = add_active_card(service, service.person(), CHENGDU), service.clerk(SICHUAN, "hotline_12333")
    behind = "citation{clause region} values{setting shown{zh} citation{clause region}}"
    document = (
        "query($input: CheckEligibilityInput!){checkEligibility(input: $input){decision{"
        f"lapses{{state {behind}}} routes{{choice {behind}}} advice{{{behind}}}}}}}}}"
    )
    asked = {"input": {"service": "report_temporary_loss", "cardId": card.id}}
    decision = operator.ask(document, asked)["checkEligibility"]["decision"]
    clause = "临时挂失7天后未办理正式挂失的，临时挂失将自动失效 (SC-8)"
    week = {
        "setting": "temporary_loss_period",
        "shown": {"zh": "7个自然日"},
        "citation": {"clause": clause, "region": SICHUAN},
    }
    assert decision["lapses"] == [
        {"state": "temporarily_lost", "citation": {"clause": clause, "region": SICHUAN}, "values": [week]}
    ]
    [channels] = [route for route in decision["routes"] if route["choice"] == "request.channel"]
    assert [value["setting"] for value in channels["values"]] == ["channels"]
    assert channels["values"][0]["citation"]["clause"] == "通过人力资源社会保障咨询电话12333办理挂失 (SC-8)"
    assert [week] in [advice["values"] for advice in decision["advice"]]


def test_SC_8_a_window_takes_no_temporary_report(service: GraphService) -> None:
    card = add_active_card(service, service.person(), CHENGDU)
    given = {"cardId": card.id, "evidence": {"sightedDocuments": IDENTITY_CARD}}
    assert codes(service.clerk(CHENGDU).change("reportTemporaryLoss", **given)) == ["CHANNEL_NOT_OPEN"]


def test_SC_12_below_18_the_guardian_calls(service: GraphService) -> None:
    child = service.person(date(2012, 1, 1))
    guardian, card = service.guardian(child), add_active_card(service, child, CHENGDU)
    operator = service.clerk(CHENGDU, "hotline_12333")
    given = {"cardId": card.id, "evidence": {"details": {"identityNumber": child.identity_number}}}
    assert codes(operator.change("reportTemporaryLoss", **given)) == ["UNDER_AGE_ALONE"]
    anybody = operator.change("reportTemporaryLoss", **given, presentPersonId=holder_id(service.person()))
    assert codes(anybody) == ["NOBODY_ON_RECORD", "UNDER_AGE_ALONE"]
    payload = operator.changed("reportTemporaryLoss", **given, presentPersonId=holder_id(guardian))
    assert payload["operation"]["relation"] == "guardian"


@pytest.mark.parametrize("channel", ["qingdao_website", "qingdao_app", "bank_window", "hotline_12345", "hotline_12333"])
def test_QD_3_an_oral_report_by_any_channel_holds_at_once_and_never_ends(service: GraphService, channel: str) -> None:
    person = service.person()
    card = add_active_card(service, person, QINGDAO)
    online = channel.startswith("qingdao")
    caller = service.citizen(person, channel) if online else service.clerk(QINGDAO, channel)
    window, telephone = {"sightedDocuments": IDENTITY_CARD}, {"details": {"identityNumber": person.identity_number}}
    evidence = {"bank_window": window, "hotline_12345": telephone, "hotline_12333": telephone}.get(channel, {})
    if evidence:
        assert codes(caller.change("reportTemporaryLoss", cardId=card.id)) == ["MISSING"]
    payload = caller.changed("reportTemporaryLoss", cardId=card.id, evidence=evidence)
    assert (payload["card"]["state"], payload["card"]["stateUntil"]) == ("TEMPORARILY_LOST", None)
    assert payload["decision"]["promises"][0]["citation"]["clause"] == "四、办理时限 (QD-3)"

    service.clock.advance(timedelta(days=366))
    service.sweep()
    app = service.citizen(person, "qingdao_app")
    assert history(app, card.id) == [("ACTIVE", None), ("TEMPORARILY_LOST", None)]
    assert refusals(service, card) == ["TEMPORARILY_LOST"]


def test_QD_3_the_cross_province_service_is_not_open_there(service: GraphService) -> None:
    person = service.person()
    card = add_active_card(service, person, QINGDAO)
    decision = service.citizen(person).check("report_temporary_loss", cardId=card.id)["decision"]
    assert denials(decision) == ["CROSS_PROVINCE_CLOSED"]


def test_nobody_reports_a_strangers_card_or_learns_that_there_is_one(service: GraphService) -> None:
    card = add_active_card(service, service.person(), JINAN)
    assert codes(service.citizen(service.person()).change("reportTemporaryLoss", cardId=card.id)) == ["NOT_FOUND"]
    for office in (service.clerk(CHENGDU, "hotline_12333"), service.bank("icbc")):
        assert codes(office.change("reportTemporaryLoss", cardId=card.id)) == ["NOT_FOUND"]
    assert refusals(service, card) == []


def test_two_reports_at_the_same_moment_leave_one_record(service: GraphService) -> None:
    person = service.person()
    card, citizen = add_active_card(service, person, JINAN), service.citizen(person)
    with ThreadPoolExecutor(2) as threads:
        payloads = list(threads.map(lambda _: citizen.change("reportTemporaryLoss", cardId=card.id), range(2)))
    assert sorted(codes(payload) for payload in payloads) == [[], ["ALREADY_REPORTED_LOST"]]
    assert history(citizen, card.id) == [("ACTIVE", None), ("TEMPORARILY_LOST", None)]
