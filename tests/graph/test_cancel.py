"""Cancelling a card, by its holder's reasons or by time alone, and closing the account on it (SC-11, SC-13, QD-5)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.card import CardState
from domain.holder import Holder
from tests.graph.caller import Caller, codes, denials, missing
from tests.graph.cards import (
    IDENTITY_CARD,
    CardOnRecord,
    add_active_card,
    add_card,
    history,
    look_up,
    refusals,
)
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, card_number, chengdu_papers, details
from tests.graph.replacements import activated_at_window
from tests.graph.service import NOW, GraphService, holder_id

IN_PERSON = {"sightedDocuments": IDENTITY_CARD}
A_YEAR_LATER = datetime(2027, 11, 20, 2, 0, tzinfo=UTC)


def papers(*more: str) -> dict[str, list[str]]:
    """Return what a clerk sees: the identity card and more."""
    return {"sightedDocuments": [*IDENTITY_CARD, *more]}


def cancelled(service: GraphService, card: CardOnRecord, reason: str = "settled_abroad") -> dict[str, Any]:
    """Cancel a card at a window of Chengdu; return the payload."""
    brought = papers("settlement_abroad_proof")
    return service.clerk(CHENGDU).changed("cancelCard", cardId=card.id, reason=reason, evidence=brought)


def applied(service: GraphService, person: Holder) -> dict[str, Any]:
    """Apply in Chengdu, to collect the card at an outlet; return the payload."""
    citizen = service.citizen(person, "unionpay_app")
    given = {"details": details(), "documentIds": chengdu_papers(citizen)}
    chosen = {"bank": "ccb", "outlet": "chengdu_sample_ccb", "delivery": {"method": "outlet"}}
    return citizen.change("applyForCard", regionCode=CHENGDU, **chosen, evidence=given)


def waiting_to_be_collected(service: GraphService, person: Holder) -> tuple[dict[str, Any], CardOnRecord]:
    """Go on until the card is produced and lies at the outlet; return the operation too."""
    payload = applied(service, person)
    assert codes(payload) == []
    maker, number = service.card_maker(), card_number()
    maker.changed("acceptForProduction", operationId=payload["operation"]["id"])
    made = {"operationId": payload["operation"]["id"], "cardNumber": number, "generation": "third"}
    operation = maker.changed("recordProduced", **made)["operation"]
    return operation, CardOnRecord(operation["card"]["id"], number)


def test_SC_11_first_the_application_then_the_account(service: GraphService) -> None:
    card, clerk = add_active_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    bank = service.bank("ccb")
    early = bank.change("closeAccount", cardId=card.id)
    assert codes(early) == ["APPLICATION_NOT_CANCELLED"]
    assert early["errors"][0]["citation"]["clause"] == "11 注销 (SC-11)"

    payload = cancelled(service, card)
    assert (payload["card"]["state"], payload["card"]["accountState"]) == ("CANCELLED", "OPEN")
    assert payload["operation"]["reason"] == "settled_abroad"
    [line] = payload["operation"]["timeline"]
    assert (line["cardFrom"], line["cardTo"]) == ("ACTIVE", "CANCELLED")
    assert "再到社会保障卡服务银行网点注销银行账户" in payload["decision"]["advice"][0]["message"]["zh"]
    assert refusals(service, card) == ["CANCELLED"]

    service.clock.advance(timedelta(days=1))
    payload = bank.changed("closeAccount", cardId=card.id)
    assert payload["card"]["accountState"] == "CLOSED"
    assert datetime.fromisoformat(payload["card"]["accountClosedAt"]) == NOW + timedelta(days=1)
    [line] = payload["operation"]["timeline"]
    assert (line["cardFrom"], line["cardTo"], line["role"]) == ("CANCELLED", "CANCELLED", "bank")
    assert codes(bank.change("closeAccount", cardId=card.id)) == ["ALREADY_CLOSED"]
    assert history(clerk, card.id) == [("ACTIVE", None), ("CANCELLED", "settled_abroad")]


def test_SC_13_the_account_follows_the_banks_own_rules_and_only_the_bank_closes_it(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU, "ccb", CardState.CANCELLED)
    for stranger in (service.bank("icbc"), service.bank("ccb", JINAN)):
        assert codes(stranger.change("closeAccount", cardId=card.id)) == ["NOT_FOUND"]
    callers: list[Caller] = [service.clerk(CHENGDU), service.card_maker(), service.citizen(person, "unionpay_app")]
    for caller in callers:
        assert codes(caller.change("closeAccount", cardId=card.id)) == ["NOT_PERMITTED"]
    nobody = service.citizen(service.person(), "unionpay_app")
    assert codes(nobody.change("closeAccount", cardId=card.id)) == ["NOT_FOUND"]
    assert codes(service.medical_institution().change("closeAccount", cardId=card.id)) == ["NOT_PERMITTED"]
    payload = service.bank("ccb", "510000").changed("closeAccount", cardId=card.id)
    [advice] = payload["decision"]["advice"]
    assert advice["citation"]["clause"] == "社会保障卡金融功能 (SC-13)"
    assert payload["card"]["accountState"] == "CLOSED"


def test_SC_13_a_loss_that_is_reported_here_leaves_the_account_to_the_bank(service: GraphService) -> None:
    card = add_active_card(service, service.person(), CHENGDU)
    payload = service.clerk(CHENGDU).changed("reportFormalLoss", cardId=card.id, evidence=IN_PERSON)
    assert (payload["card"]["state"], payload["card"]["accountState"]) == ("FORMALLY_LOST", "OPEN")
    assert codes(service.bank("ccb").change("closeAccount", cardId=card.id)) == ["APPLICATION_NOT_CANCELLED"]


def test_two_closings_at_the_same_moment_leave_one_record(service: GraphService) -> None:
    card = add_card(service, service.person(), CHENGDU, "ccb", CardState.CANCELLED)
    bank = service.bank("ccb")
    with ThreadPoolExecutor(2) as threads:
        payloads = list(threads.map(lambda _: bank.change("closeAccount", cardId=card.id), range(2)))
    assert sorted(codes(payload) for payload in payloads) == [[], ["ALREADY_CLOSED"]]


@pytest.mark.parametrize("state", [state for state in CardState if state is not CardState.CANCELLED])
def test_SC_11_a_card_is_cancelled_from_every_state(service: GraphService, state: CardState) -> None:
    card = add_card(service, service.person(), CHENGDU, state=state)
    assert cancelled(service, card)["card"]["state"] == "CANCELLED"


def test_SC_11_what_is_cancelled_stays_so(service: GraphService) -> None:
    card, clerk = add_active_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    cancelled(service, card)
    given = {"cardId": card.id, "evidence": IN_PERSON}
    assert codes(clerk.change("cancelCard", **given, reason="extra_card")) == ["ALREADY_CANCELLED"]
    assert codes(clerk.change("cancelLossReport", **given))[0] == "NOT_LOST"
    assert codes(clerk.change("reportFormalLoss", **given)) == ["NOT_IN_USE"]
    assert codes(clerk.change("activateCard", **given))[0] == "NOT_SEALED"
    assert codes(clerk.change("reissueCard", **given, reason="lost")) == ["ALREADY_CANCELLED"]


def test_SC_11_the_reason_is_one_of_those_that_the_province_names(service: GraphService) -> None:
    card, clerk = add_active_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    payload = clerk.change("cancelCard", cardId=card.id)
    assert set(missing(payload["decision"])) == {"reason", "identity_document"}
    [route] = [r for r in payload["decision"]["routes"] if r["choice"] == "choice.cancellation_reason"]
    assert route["open"] == ["extra_card", "not_collected", "death", "settled_abroad", "missing"]
    for reason, refused in (("own_wish", "REASON"), ("boredom", "VALUE_NOT_POSSIBLE")):
        given = {"cardId": card.id, "reason": reason, "evidence": IN_PERSON}
        assert codes(clerk.change("cancelCard", **given)) == [refused]


def test_SC_11_settling_abroad_wants_its_paper_of_the_holder(service: GraphService) -> None:
    card, clerk = add_active_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    given = {"cardId": card.id, "reason": "settled_abroad"}
    payload = clerk.change("cancelCard", **given, evidence=IN_PERSON)
    assert missing(payload["decision"]) == {"settlement_abroad_proof": ["settlement_abroad_proof"]}
    clerk.changed("cancelCard", **given, evidence=papers("settlement_abroad_proof"))
    assert history(clerk, card.id)[-1] == ("CANCELLED", "settled_abroad")


def test_SC_11_a_card_counts_as_not_collected_only_once_the_time_to_collect_it_is_over(service: GraphService) -> None:
    card, clerk = add_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    given = {"cardId": card.id, "reason": "not_collected", "evidence": IN_PERSON}
    service.clock.set(A_YEAR_LATER)
    refused = clerk.change("cancelCard", **given)
    assert codes(refused) == ["COLLECTION_PERIOD_NOT_OVER"]
    assert refused["errors"][0]["citation"]["clause"] == "超过社会保障卡领取期限未领卡 (SC-11)"
    assert look_up(clerk, card.id)["state"] == "SEALED"
    service.clock.set(A_YEAR_LATER + timedelta(days=1))
    clerk.changed("cancelCard", **given)
    assert history(clerk, card.id)[-1] == ("CANCELLED", "not_collected")


@pytest.mark.parametrize(
    ("reason", "paper"), [("death", "death_certificate"), ("missing", "missing_person_declaration")]
)
def test_SC_11_after_a_death_or_for_a_missing_person_a_relative_comes_with_the_papers(
    service: GraphService, reason: str, paper: str
) -> None:
    card, clerk = add_active_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    given = {"cardId": card.id, "reason": reason}
    payload = clerk.change("cancelCard", **given, evidence=papers(paper))
    assert codes(payload) == ["HOLDER_CANNOT_COME", "RELATIVE_NOT_NAMED"]
    given["presentPersonId"] = holder_id(service.person())
    payload = clerk.change("cancelCard", **given, evidence=IN_PERSON)
    assert missing(payload["decision"]) == {paper: [paper], "kinship": ["kinship_proof"]}
    payload = clerk.changed("cancelCard", **given, evidence=papers(paper, "kinship_proof"))
    assert (payload["card"]["state"], payload["operation"]["relation"]) == ("CANCELLED", "none")


def test_SC_11_a_guardian_needs_no_proof_of_kinship(service: GraphService) -> None:
    child = service.person(date(2015, 1, 1))
    card, guardian = add_active_card(service, child, CHENGDU), service.guardian(child)
    given = {"cardId": card.id, "reason": "death", "presentPersonId": holder_id(guardian)}
    payload = service.clerk(CHENGDU).changed("cancelCard", **given, evidence=papers("death_certificate"))
    assert payload["operation"]["relation"] == "guardian"


def test_SC_11_a_card_that_was_activated_was_collected(service: GraphService) -> None:
    card, clerk = add_active_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    payload = clerk.change("cancelCard", cardId=card.id, reason="not_collected", evidence=IN_PERSON)
    assert codes(payload) == ["ALREADY_ACTIVATED"]


def test_SC_11_the_office_of_the_cards_city_does_it_and_no_channel_from_afar(service: GraphService) -> None:
    person = service.person()
    card = add_active_card(service, person, CHENGDU)
    given = {"cardId": card.id, "reason": "settled_abroad", "evidence": papers("settlement_abroad_proof")}
    assert codes(service.clerk("510700").change("cancelCard", **given)) == ["OFFICE_ELSEWHERE"]
    for stranger in (service.clerk(QINGDAO), service.citizen(service.person(), "unionpay_app"), service.bank("icbc")):
        given = {"cardId": card.id, "reason": "settled_abroad"}
        assert codes(stranger.change("cancelCard", **given)) == ["NOT_FOUND"]
    online = service.citizen(person, "unionpay_app").change("cancelCard", cardId=card.id, reason="settled_abroad")
    assert codes(online) == ["CHANNEL_NOT_OPEN", "MISSING"]
    assert refusals(service, card) == []


def test_SC_12_below_18_the_guardian_has_a_card_cancelled(service: GraphService) -> None:
    child = service.person(date(2009, 1, 1))
    card, clerk = add_active_card(service, child, CHENGDU), service.clerk(CHENGDU)
    given = {"cardId": card.id, "reason": "settled_abroad", "evidence": papers("settlement_abroad_proof")}
    assert codes(clerk.change("cancelCard", **given)) == ["UNDER_AGE_ALONE"]
    guardian = holder_id(service.guardian(child))
    assert clerk.changed("cancelCard", **given, presentPersonId=guardian)["card"]["state"] == "CANCELLED"


def test_SC_11_who_has_had_the_card_cancelled_applies_again(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    operation, card = waiting_to_be_collected(service, person)
    service.clerk(CHENGDU, "bank_window").changed("confirmReceipt", operationId=operation["id"])
    activated_at_window(service, card)
    assert codes(applied(service, person)) == ["ONE_CARD_IN_PROVINCE"]
    cancelled(service, card)
    assert codes(applied(service, person)) == []


def test_SC_11_a_card_that_is_cancelled_before_it_is_collected_makes_room_too(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    _, card = waiting_to_be_collected(service, person)
    cancelled(service, card)
    assert codes(applied(service, person)) == []


def test_SC_11_an_extra_card_leaves_the_other_and_no_room(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    _, kept = waiting_to_be_collected(service, person)
    extra = add_active_card(service, person, "510700")
    service.clerk("510700").changed("cancelCard", cardId=extra.id, reason="extra_card", evidence=IN_PERSON)
    assert codes(applied(service, person)) == ["ONE_CARD_IN_PROVINCE"]
    clerk = service.clerk(CHENGDU)
    assert look_up(clerk, kept.id)["state"] == "SEALED"
    # Now it is the only one, and no extra card any more.
    payload = clerk.change("cancelCard", cardId=kept.id, reason="extra_card", evidence=IN_PERSON)
    assert codes(payload) == ["NOT_AN_EXTRA_CARD"]
    assert history(clerk, kept.id) == [("SEALED", None)]


def test_SC_11_a_card_of_another_province_makes_none_an_extra_one(service: GraphService) -> None:
    person = service.person()
    card, clerk = add_active_card(service, person, CHENGDU), service.clerk(CHENGDU)
    add_active_card(service, person, JINAN)
    payload = clerk.change("cancelCard", cardId=card.id, reason="extra_card", evidence=IN_PERSON)
    assert codes(payload) == ["NOT_AN_EXTRA_CARD"]


@pytest.mark.parametrize("swept", [False, True], ids=["by time alone", "written down in between"])
def test_SC_11_a_card_that_is_not_collected_within_the_year_is_cancelled_and_one_applies_again(
    service: GraphService, swept: bool
) -> None:
    person = service.person(insured_in=(CHENGDU,))
    _, card = waiting_to_be_collected(service, person)
    clerk = service.clerk(CHENGDU)
    waiting = look_up(clerk, card.id)
    assert (waiting["state"], waiting["stateThen"]) == ("SEALED", "CANCELLED")
    assert datetime.fromisoformat(waiting["stateUntil"]) == A_YEAR_LATER

    service.clock.set(A_YEAR_LATER - timedelta(seconds=1))
    if swept:
        service.sweep()
    assert look_up(clerk, card.id)["state"] == "SEALED"
    assert codes(applied(service, person)) == ["ONE_CARD_IN_PROVINCE"]
    service.clock.set(A_YEAR_LATER)
    if swept:
        service.sweep()
    assert look_up(clerk, card.id)["state"] == "CANCELLED"
    assert history(clerk, card.id) == [("SEALED", None), ("CANCELLED", "lapsed")]
    assert refusals(service, card) == ["CANCELLED"]
    assert codes(clerk.change("activateCard", cardId=card.id, evidence=papers("social_security_card"))) == [
        "NOT_SEALED"
    ]
    _, new = waiting_to_be_collected(service, person)
    assert look_up(clerk, new.id)["state"] == "SEALED"


def test_SC_11_two_applications_at_the_moment_when_a_card_has_lapsed_leave_one(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    waiting_to_be_collected(service, person)
    service.clock.set(A_YEAR_LATER)
    citizen = service.citizen(person, "unionpay_app")
    given = {"details": details(), "documentIds": chengdu_papers(citizen)}
    with ThreadPoolExecutor(2) as threads:
        payloads = list(
            threads.map(lambda _: citizen.change("applyForCard", regionCode=CHENGDU, evidence=given), range(2))
        )
    assert sorted(codes(payload) for payload in payloads) == [[], ["ONE_CARD_IN_PROVINCE"]]


@pytest.mark.parametrize("swept", [False, True], ids=["by time alone", "written down in between"])
def test_SC_11_a_card_that_is_collected_does_not_end_by_itself(service: GraphService, swept: bool) -> None:
    person = service.person(insured_in=(CHENGDU,))
    operation, card = waiting_to_be_collected(service, person)
    clerk = service.clerk(CHENGDU)
    service.clock.set(A_YEAR_LATER - timedelta(seconds=1))
    service.clerk(CHENGDU, "bank_window").changed("confirmReceipt", operationId=operation["id"])
    assert look_up(clerk, card.id)["stateUntil"] is None
    service.clock.set(A_YEAR_LATER + timedelta(days=400))
    if swept:
        service.sweep()
    assert history(clerk, card.id) == [("SEALED", None)]
    assert activated_at_window(service, card)["state"] == "ACTIVE"


def test_SC_11_a_card_that_has_ended_is_not_handed_over(service: GraphService) -> None:
    operation, card = waiting_to_be_collected(service, service.person(insured_in=(CHENGDU,)))
    service.clock.set(A_YEAR_LATER)
    counter, clerk = service.clerk(CHENGDU, "bank_window"), service.clerk(CHENGDU)
    assert codes(counter.change("confirmReceipt", operationId=operation["id"])) == ["CARD_CANCELLED"]
    assert history(clerk, card.id) == [("SEALED", None), ("CANCELLED", "lapsed")]
    assert codes(clerk.change("activateCard", cardId=card.id, evidence=papers("social_security_card"))) == [
        "NOT_SEALED"
    ]


def test_SC_11_where_no_limit_is_known_a_card_waits_for_ever(service: GraphService) -> None:
    card = add_card(service, service.person(), JINAN)
    service.clock.advance(timedelta(days=3000))
    service.sweep()
    assert look_up(service.bank("ccb"), card.id)["state"] == "SEALED"


@pytest.mark.parametrize("channel", ["qingdao_website", "qingdao_app"])
def test_QD_5_a_card_is_cancelled_online_at_once(service: GraphService, channel: str) -> None:
    person = service.person()
    card, citizen = add_active_card(service, person, QINGDAO), service.citizen(person, channel)
    payload = citizen.changed("cancelCard", cardId=card.id)
    assert payload["card"]["state"] == "CANCELLED"
    [promise] = payload["decision"]["promises"]
    assert (promise["within"]["zh"], promise["citation"]["clause"]) == ("即时", "四、办理时限 (QD-5)")
    assert history(citizen, card.id) == [("ACTIVE", None), ("CANCELLED", None)]


def test_QD_5_at_the_window_with_the_identity_document_and_not_by_telephone(service: GraphService) -> None:
    card = add_active_card(service, service.person(), QINGDAO)
    clerk = service.clerk(QINGDAO, "bank_window")
    assert set(missing(clerk.check("cancel", cardId=card.id)["decision"])) == {"identity_document"}
    telephone = service.clerk(QINGDAO, "hotline_12333").check("cancel", cardId=card.id)["decision"]
    assert denials(telephone) == ["CHANNEL_NOT_OPEN"]
    assert clerk.changed("cancelCard", cardId=card.id, evidence=IN_PERSON)["card"]["state"] == "CANCELLED"


def test_QD_5_who_has_had_the_card_cancelled_applies_again(service: GraphService) -> None:
    person = service.person(photo_on_file=True)
    card, citizen = add_active_card(service, person, QINGDAO), service.citizen(person, "qingdao_app")
    given = {"service": "apply", "regionCode": QINGDAO}
    assert "ONE_CARD_IN_PROVINCE" in denials(citizen.check(**given)["decision"])
    citizen.changed("cancelCard", cardId=card.id)
    assert denials(citizen.check(**given)["decision"]) == []


def test_two_cancellations_at_the_same_moment_leave_one_record(service: GraphService) -> None:
    person = service.person()
    card, citizen = add_active_card(service, person, QINGDAO), service.citizen(person, "qingdao_app")
    with ThreadPoolExecutor(2) as threads:
        payloads = list(threads.map(lambda _: citizen.change("cancelCard", cardId=card.id), range(2)))
    assert sorted(codes(payload) for payload in payloads) == [[], ["ALREADY_CANCELLED"]]
    assert history(citizen, card.id) == [("ACTIVE", None), ("CANCELLED", None)]
