"""A new card in place of one that is lost, expired, damaged or wrong (NX-3, SC-5, CD-8)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.card import CardState
from tests.graph.caller import Caller, codes, denials, missing
from tests.graph.cards import (
    CARD_AND_IDENTITY_CARD,
    add_active_card,
    add_card,
    bind_in_wechat,
    history,
    look_up,
    refusals,
)
from tests.graph.journey import (
    CHENGDU,
    JINAN,
    QINGDAO,
    ZAOZHUANG,
    ZIBO,
    address,
    application,
    delivered_to,
    details,
    pay,
    portrait,
)
from tests.graph.replacements import (
    IN_PERSON,
    WITH_CARD,
    activated_at_window,
    code_evidence,
    handed_over,
    lost_card,
    paid,
    produced,
    renewed_at_window,
    report_formal_loss,
    request,
    requested,
)
from tests.graph.service import GraphService, holder_id, mobile

REASONS = [
    "lost",
    "expired",
    "damaged",
    "defaced",
    "appearance_changed",
    "key_information_changed",
    "mismatch",
]
COLLECTION = {"outlet": "chengdu_sample_ccb", "delivery": {"method": "outlet"}}


def test_NX_3_the_whole_way_from_the_loss_to_the_new_card(service: GraphService) -> None:
    person = service.person()
    old, citizen = add_active_card(service, person, JINAN, "icbc"), service.citizen(person)
    report_formal_loss(service, old, JINAN)

    operation = requested(citizen, old)
    assert (operation["state"], operation["reason"], operation["bank"]) == ("SUBMITTED", "lost", "icbc")
    assert operation["replacedCard"] == {"id": old.id, "state": "FORMALLY_LOST"}
    assert [(fee["fee"], fee["amount"]) for fee in operation["fees"]] == [("card_fee", 0)]
    operation = delivered_to(citizen, operation)
    assert ("postage", 1600) in [(fee["fee"], fee["amount"]) for fee in operation["fees"]]
    assert pay(citizen, operation) == "paid"
    new = produced(service, operation)
    assert history(citizen, old.id)[-1] == ("CANCELLED", "replaced")
    assert look_up(citizen, old.id)["state"] == "CANCELLED"
    maker = service.card_maker()
    maker.changed("recordShipped", operationId=operation["id"], trackingNumber="SF1")
    done = citizen.changed("confirmReceipt", operationId=operation["id"])["operation"]
    assert [node["state"] for node in done["progress"] if node["at"]] == ["ACCEPTED", "PRODUCED", "SHIPPED", "RECEIVED"]
    assert [entry["event"] for entry in done["timeline"]] == [
        "reissue",
        "deliver",
        "pay",
        "accept",
        "produce",
        "ship",
        "receive",
    ]
    assert (refusals(service, old), refusals(service, new)) == (["CANCELLED"], ["NOT_ACTIVATED"])

    face = {"faceAssertion": citizen.face_assertion("activate")}
    active = citizen.changed("activateCard", cardId=new.id, evidence=face)["card"]
    assert (active["state"], active["bank"], active["regionCode"]) == ("ACTIVE", "icbc", JINAN)
    assert active["replaces"] == {"id": old.id, "state": "CANCELLED"}
    assert (refusals(service, old), refusals(service, new)) == (["CANCELLED"], [])
    assert history(citizen, old.id) == [("ACTIVE", None), ("FORMALLY_LOST", None), ("CANCELLED", "replaced")]
    states = citizen.ask("{me{cards{state}}}")["me"]["cards"]
    assert sorted(card["state"] for card in states) == ["ACTIVE", "CANCELLED"]


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("state", [CardState.ACTIVE, CardState.LOCKED, CardState.TEMPORARILY_LOST])
def test_NX_3_a_new_card_is_asked_for_after_a_formal_loss_only(
    service: GraphService, state: CardState, reason: str
) -> None:
    person = service.person()
    today = service.clock.now().date()
    card, citizen = add_card(service, person, JINAN, state=state, expires_on=today), service.citizen(person)
    payload = citizen.change("reissueCard", **request(citizen, card, reason))
    assert codes(payload) == ["NOT_FORMALLY_LOST"]
    assert payload["errors"][0]["citation"]["clause"] == "持卡人在办理正式挂失后 (NX-3)"
    report_formal_loss(service, card, JINAN)
    assert requested(citizen, card, reason)["reason"] == reason


@pytest.mark.parametrize(
    ("state", "refused"), [(CardState.SEALED, "NOT_ACTIVATED"), (CardState.CANCELLED, "ALREADY_CANCELLED")]
)
def test_NX_3_what_was_never_used_or_is_no_more_is_not_replaced(
    service: GraphService, state: CardState, refused: str
) -> None:
    person = service.person()
    card, citizen = add_card(service, person, JINAN, state=state), service.citizen(person)
    assert codes(citizen.change("reissueCard", **request(citizen, card))) == [refused]


def test_NX_3_the_reason_the_face_check_and_the_details_are_asked_for_at_once(service: GraphService) -> None:
    person = service.person()
    card, citizen = lost_card(service, person), service.citizen(person)
    payload = citizen.change("reissueCard", cardId=card.id, reason="lost")
    assert missing(payload["decision"]) == {
        "face_check": ["face_check"],
        "contact_details": ["mobile", "residence_address"],
    }
    assert codes(citizen.change("reissueCard", **request(citizen, card, "photo_added"))) == ["REASON"]
    nonsense = citizen.change("reissueCard", **request(citizen, card, "bored"))
    assert [(error["code"], error["field"]) for error in nonsense["errors"]] == [("VALUE_NOT_POSSIBLE", "input.reason")]
    [tried] = citizen.check("reissue", cardId=card.id, reissueReason="bored")["errors"]
    assert (tried["code"], tried["field"]) == ("VALUE_NOT_POSSIBLE", "input.reissueReason")


def test_NX_3_under_18_nobody_asks_alone_and_from_the_18th_birthday_one_does(service: GraphService) -> None:
    young, grown = service.person(date(2008, 11, 21)), service.person(date(2008, 11, 20))
    citizen = service.citizen(young)
    payload = citizen.change("reissueCard", **request(citizen, lost_card(service, young)))
    assert codes(payload) == ["UNDER_AGE_ALONE"]
    assert "18" in payload["errors"][0]["message"]["zh"]
    assert requested(service.citizen(grown), lost_card(service, grown))["state"] == "SUBMITTED"


def test_NX_3_a_guardian_asks_for_a_child(service: GraphService) -> None:
    child = service.person(date(2015, 5, 5))
    guardian = service.citizen(service.guardian(child))
    operation = requested(guardian, lost_card(service, child))
    assert (operation["relation"], operation["holder"]["id"]) == ("guardian", holder_id(child))


def test_NX_3_is_for_citizens_in_the_cross_province_service(service: GraphService) -> None:
    foreigner = service.person(holder_type="foreigner", identity_type="passport")
    citizen = service.citizen(foreigner)
    payload = citizen.change("reissueCard", **request(citizen, lost_card(service, foreigner)))
    assert codes(payload) == ["CROSS_PROVINCE_IDENTITY_CARD_ONLY"]


@pytest.mark.parametrize("region", [ZIBO, QINGDAO, CHENGDU])
def test_NX_0_replacing_is_closed_where_the_city_has_not_opened_it(service: GraphService, region: str) -> None:
    person = service.person()
    card = lost_card(service, person, region)
    assert denials(service.citizen(person).check("reissue", cardId=card.id)["decision"]) == ["CROSS_PROVINCE_CLOSED"]


def test_NX_0_zaozhuang_replaces_cards(service: GraphService) -> None:
    person = service.person()
    card = lost_card(service, person, ZAOZHUANG)
    assert requested(service.citizen(person), card)["regionCode"] == ZAOZHUANG


def test_NX_3_a_second_new_card_is_refused_to_everybody_until_the_first_request_ends(service: GraphService) -> None:
    person = service.person()
    card, citizen = lost_card(service, person), service.citizen(person)
    operation = requested(citizen, card)
    guardian = service.citizen(service.guardian(person))
    clerk = service.clerk(JINAN)
    for payload in (
        citizen.change("reissueCard", **request(citizen, card)),
        clerk.change("reissueCard", cardId=card.id, reason="lost", evidence=IN_PERSON),
    ):
        assert codes(payload) == ["ALREADY_BEING_REPLACED"]
    refused = codes(guardian.change("reissueCard", **request(guardian, card)))
    assert sorted(refused) == ["ALREADY_BEING_REPLACED", "GUARDIAN_OF_CAPABLE_ADULT"]
    citizen.changed("withdrawApplication", operationId=operation["id"])
    assert requested(citizen, card)["state"] == "SUBMITTED"


def test_NX_3_two_requests_at_the_same_moment_lead_to_one_new_card(service: GraphService) -> None:
    person = service.person()
    card, citizen = lost_card(service, person), service.citizen(person)
    inputs = [request(citizen, card), request(citizen, card)]
    with ThreadPoolExecutor(2) as threads:
        payloads = list(threads.map(lambda given: citizen.change("reissueCard", **given), inputs))
    assert sorted(codes(payload) for payload in payloads) == [[], ["ALREADY_BEING_REPLACED"]]


def test_NX_3_a_request_that_is_withdrawn_lets_the_card_be_found_again(service: GraphService) -> None:
    person = service.person()
    card, citizen, clerk = lost_card(service, person), service.citizen(person), service.clerk(JINAN)
    operation = requested(citizen, card)
    found = {"cardId": card.id, "evidence": WITH_CARD}
    assert codes(clerk.change("cancelLossReport", **found)) == ["BEING_REPLACED"]
    assert codes(clerk.change("cancelCard", cardId=card.id, evidence=IN_PERSON)) == ["BEING_REPLACED"]
    withdrawn = citizen.changed("withdrawApplication", operationId=operation["id"])["operation"]
    assert withdrawn["state"] == "WITHDRAWN"
    assert clerk.changed("cancelLossReport", **found)["card"]["state"] == "ACTIVE"
    assert refusals(service, card) == []


def test_NX_3_once_it_is_paid_for_it_is_neither_withdrawn_nor_is_the_card_found(service: GraphService) -> None:
    person = service.person()
    card, citizen = lost_card(service, person), service.citizen(person)
    operation = paid(citizen, card)
    assert codes(citizen.change("withdrawApplication", operationId=operation["id"])) == ["PAID_OR_ACCEPTED"]
    payload = service.clerk(JINAN).change("cancelLossReport", cardId=card.id, evidence=WITH_CARD)
    assert codes(payload) == ["BEING_REPLACED"]


def test_NX_3_while_a_new_card_is_on_its_way_and_after_nobody_applies_for_another(service: GraphService) -> None:
    person = service.person()
    card, citizen = lost_card(service, person), service.citizen(person)
    operation = paid(citizen, card)
    produced(service, operation)
    assert codes(citizen.change("applyForCard", **application(citizen))) == ["ONE_CARD_IN_PROVINCE"]


def test_NX_3_the_bank_stays(service: GraphService) -> None:
    person = service.person()
    card, citizen, maker = lost_card(service, person, bank="icbc"), service.citizen(person), service.card_maker()
    operation = paid(citizen, card)
    maker.changed("acceptForProduction", operationId=operation["id"])
    made = {"operationId": operation["id"], "cardNumber": f"A{mobile()}", "generation": "third"}
    payload = maker.change("recordProduced", **made, bank="ccb")
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [("ALREADY_CHOSEN", "input.bank")]
    assert look_up(citizen, card.id)["state"] == "FORMALLY_LOST"
    made_card = maker.changed("recordProduced", **made)["operation"]["card"]
    assert look_up(citizen, made_card["id"])["bank"] == "icbc"
    decision = citizen.check("reissue", cardId=card.id, bank="abc")["decision"]
    assert "ANOTHER_BANK" in denials(decision)


def test_NX_3_a_new_card_is_replaced_in_its_turn(service: GraphService) -> None:
    person = service.person()
    first, citizen = lost_card(service, person), service.citizen(person)
    operation = paid(citizen, first)
    second = produced(service, operation)
    service.card_maker().changed("recordShipped", operationId=operation["id"], trackingNumber="SF1")
    citizen.changed("confirmReceipt", operationId=operation["id"])
    face = {"faceAssertion": citizen.face_assertion("activate")}
    citizen.changed("activateCard", cardId=second.id, evidence=face)
    report_formal_loss(service, second, JINAN)
    again = citizen.change("reissueCard", **request(citizen, first))
    assert set(codes(again)) == {"ALREADY_CANCELLED", "ALREADY_BEING_REPLACED"}
    third = produced(service, paid(citizen, second))
    assert look_up(citizen, third.id)["replaces"]["id"] == second.id


def test_NX_3_information_is_corrected_on_the_way(service: GraphService) -> None:
    person = service.person()
    citizen, maker = service.citizen(person), service.card_maker()
    operation = paid(citizen, lost_card(service, person))
    maker.changed("acceptForProduction", operationId=operation["id"])
    maker.changed("requestCorrection", operationId=operation["id"], reason="地址有误")
    given = {"operationId": operation["id"], "evidence": {"details": details()}}
    assert citizen.changed("correctApplication", **given)["operation"]["state"] == "ACCEPTED"


def test_SC_5_a_damaged_card_is_used_until_the_new_one_is_activated(service: GraphService) -> None:
    person = service.person()
    old, clerk = add_active_card(service, person, CHENGDU), service.clerk(CHENGDU)
    operation = renewed_at_window(service, old)
    new = produced(service, operation)
    assert (refusals(service, old), refusals(service, new)) == ([], ["NOT_ACTIVATED"])
    assert handed_over(service, operation)["state"] == "RECEIVED"
    assert refusals(service, old) == []
    assert activated_at_window(service, new)["replaces"] == {"id": old.id, "state": "CANCELLED"}
    assert (refusals(service, old), refusals(service, new)) == (["CANCELLED"], [])
    assert history(clerk, old.id) == [("ACTIVE", None), ("CANCELLED", "replaced")]


def test_SC_5_a_card_that_is_lost_on_the_way_to_its_replacement_ends_with_the_new_one_too(
    service: GraphService,
) -> None:
    person = service.person()
    old, clerk = add_active_card(service, person, CHENGDU), service.clerk(CHENGDU)
    operation = renewed_at_window(service, old)
    new = produced(service, operation)
    report_formal_loss(service, old, CHENGDU)
    handed_over(service, operation)
    activated_at_window(service, new)
    assert history(clerk, old.id) == [("ACTIVE", None), ("FORMALLY_LOST", None), ("CANCELLED", "replaced")]


@pytest.mark.parametrize("swept", [False, True], ids=["by time alone", "written down"])
def test_SC_11_a_renewed_card_that_nobody_collects_ends_and_the_old_one_is_renewed_again(
    service: GraphService, swept: bool
) -> None:
    old, clerk = add_active_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    new = produced(service, renewed_at_window(service, old))
    service.clock.set(datetime(2027, 11, 20, 2, 0, tzinfo=UTC))
    if swept:
        service.sweep()
    assert history(clerk, new.id) == [("SEALED", None), ("CANCELLED", "lapsed")]
    assert refusals(service, old) == []
    operation = renewed_at_window(service, old)
    another = produced(service, operation)
    handed_over(service, operation)
    activated_at_window(service, another)
    assert (refusals(service, old), refusals(service, another)) == (["CANCELLED"], [])


@pytest.mark.parametrize("reason", ["expired", "damaged", "defaced", "key_information_changed", "mismatch"])
def test_SC_5_a_card_is_exchanged_with_card_and_identity_document(service: GraphService, reason: str) -> None:
    today = service.clock.now().date()
    card = add_card(service, service.person(), CHENGDU, state=CardState.ACTIVE, expires_on=today)
    given, clerk = {"cardId": card.id, "reason": reason}, service.clerk(CHENGDU)
    payload = clerk.change("reissueCard", **given)
    assert set(missing(payload["decision"])) == {"identity_document", "card_exchanged"}
    payload = clerk.change("reissueCard", **given, evidence=IN_PERSON)
    assert missing(payload["decision"]) == {"card_exchanged": ["social_security_card"]}
    operation = clerk.changed("reissueCard", **given, evidence=WITH_CARD)["operation"]
    assert (operation["state"], operation["reason"]) == ("SUBMITTED", reason)


@pytest.mark.parametrize(("days", "refused"), [(None, ["NOT_EXPIRED"]), (61, ["NOT_EXPIRED"]), (60, []), (-400, [])])
def test_SC_5_a_card_is_renewed_as_expired_when_it_has_or_soon_will(
    service: GraphService, days: int | None, refused: list[str]
) -> None:
    expires_on = None if days is None else service.clock.now().date() + timedelta(days=days)
    card = add_card(service, service.person(), CHENGDU, state=CardState.ACTIVE, expires_on=expires_on)
    given = {"cardId": card.id, "reason": "expired", "evidence": WITH_CARD}
    assert codes(service.clerk(CHENGDU).change("reissueCard", **given)) == refused


def test_SC_5_a_changed_face_needs_a_new_photo(service: GraphService) -> None:
    person = service.person(photo_on_file=True)
    card, clerk = add_active_card(service, person, CHENGDU), service.clerk(CHENGDU)
    given = {"cardId": card.id, "reason": "appearance_changed"}
    payload = clerk.change("reissueCard", **given, evidence=WITH_CARD)
    assert missing(payload["decision"]) == {"photo": ["photo"]}
    photo = clerk.document("photo", CHENGDU, portrait(True, 413, 579, 300), holderId=holder_id(person))
    brought = {**WITH_CARD, "documentIds": [photo]}
    assert clerk.changed("reissueCard", **given, evidence=brought)["operation"]["state"] == "SUBMITTED"


def test_SC_12_from_7_a_card_with_a_photo_takes_the_place_of_one_without(service: GraphService) -> None:
    six, seven = service.person(date(2019, 11, 21)), service.person(date(2019, 11, 20))
    clerk = service.clerk(CHENGDU)
    brought = {"sightedDocuments": [*CARD_AND_IDENTITY_CARD, "photo"]}
    for child, refused in ((six, ["UNDER_AGE_FOR_PHOTO"]), (seven, [])):
        card = add_active_card(service, child, CHENGDU)
        guardian = holder_id(service.guardian(child))
        given = {"cardId": card.id, "reason": "photo_added", "presentPersonId": guardian}
        assert codes(clerk.change("reissueCard", **given, evidence=brought)) == refused


def test_SC_5_a_lost_card_is_replaced_after_the_formal_report_with_the_identity_document(
    service: GraphService,
) -> None:
    card, clerk = add_active_card(service, service.person(), CHENGDU), service.clerk(CHENGDU)
    given = {"cardId": card.id, "reason": "lost"}
    payload = clerk.change("reissueCard", **given, evidence=IN_PERSON)
    assert codes(payload) == ["NOT_FORMALLY_LOST"]
    assert payload["errors"][0]["citation"]["clause"] == "在社会保障卡正式挂失后 (SC-5)"
    report_formal_loss(service, card, CHENGDU)
    damaged = clerk.change("reissueCard", cardId=card.id, reason="damaged", evidence=WITH_CARD)
    assert codes(damaged) == ["REPORTED_LOST"]
    assert clerk.changed("reissueCard", **given, evidence=IN_PERSON)["operation"]["state"] == "SUBMITTED"


def test_SC_5_the_office_is_of_the_cards_city(service: GraphService) -> None:
    card = lost_card(service, service.person(), CHENGDU)
    given = {"cardId": card.id, "reason": "lost", "evidence": IN_PERSON}
    assert codes(service.clerk("510700").change("reissueCard", **given)) == ["OFFICE_ELSEWHERE"]
    assert codes(service.clerk(QINGDAO).change("reissueCard", **given)) == ["NOT_FOUND"]


def test_SC_12_below_18_the_guardian_asks_for_the_new_card(service: GraphService) -> None:
    child = service.person(date(2009, 1, 1))
    card, clerk = lost_card(service, child, CHENGDU), service.clerk(CHENGDU)
    given = {"cardId": card.id, "reason": "lost", "evidence": IN_PERSON}
    assert codes(clerk.change("reissueCard", **given)) == ["UNDER_AGE_ALONE"]
    guardian = holder_id(service.guardian(child))
    assert clerk.changed("reissueCard", **given, presentPersonId=guardian)["operation"]["relation"] == "guardian"


@pytest.mark.parametrize("channel", ["chengdu_wechat", "unionpay_app", "ping_an_app"])
def test_CD_8_place_of_collection_mobile_and_code_replace_a_lost_card(service: GraphService, channel: str) -> None:
    person = service.person()
    card, citizen = lost_card(service, person, CHENGDU), service.citizen(person, channel)
    bind_in_wechat(service, person)
    given = {"cardId": card.id, "reason": "lost"}
    payload = citizen.change("reissueCard", **given)
    assert missing(payload["decision"]) == {
        "place_of_collection": ["choice.outlet"],
        "way_of_delivery": ["choice.delivery"],
        "mobile_and_code": ["mobile", "sms_code"],
    }
    routes = {route["choice"]: route["open"] for route in payload["decision"]["routes"] if not route["conditional"]}
    assert routes["choice.outlet"] == ["chengdu_sample_ccb"]
    evidence = code_evidence(citizen, "reissue")
    elsewhere = citizen.change("reissueCard", **given, **{**COLLECTION, "outlet": "chengdu_sample_icbc"})
    assert "PLACE_OF_COLLECTION" in codes(elsewhere)
    posted = citizen.change("reissueCard", **given, **{**COLLECTION, "delivery": {"method": "post"}})
    assert "WAY_OF_DELIVERY" in codes(posted)

    operation = citizen.changed("reissueCard", **given, **COLLECTION, evidence=evidence)["operation"]
    assert (operation["outlet"], operation["delivery"]["outlet"]) == ("chengdu_sample_ccb", "chengdu_sample_ccb")
    # Choosing again opens nothing that was closed when it was asked for.
    payload = citizen.change("setDelivery", operationId=operation["id"], delivery=address(CHENGDU))
    assert codes(payload) == ["REPLACEMENT_IS_COLLECTED"]
    assert citizen.operation(operation["id"])["delivery"]["method"] == "outlet"
    new = produced(service, operation)
    assert refusals(service, card) == ["CANCELLED"]
    assert codes(citizen.change("confirmReceipt", operationId=operation["id"])) == ["NOT_AT_THE_COUNTER"]
    handed_over(service, operation)
    service.clock.advance(timedelta(minutes=2))
    evidence = code_evidence(citizen, "activate", cardNumber=new.number)
    assert citizen.changed("activateCard", cardId=new.id, evidence=evidence)["card"]["state"] == "ACTIVE"


def test_CD_8_online_only_lost_cards_are_replaced(service: GraphService) -> None:
    person = service.person()
    card, citizen = add_active_card(service, person, CHENGDU), service.citizen(person, "unionpay_app")
    evidence = code_evidence(citizen, "reissue")
    payload = citizen.change("reissueCard", cardId=card.id, reason="damaged", **COLLECTION, evidence=evidence)
    assert codes(payload) == ["ONLINE_FOR_LOST_CARDS"]


def test_CD_9_the_progress_of_a_replacement_is_followed(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person, "ping_an_app")
    given = {"cardId": lost_card(service, person, CHENGDU).id, "reason": "lost"}
    evidence = code_evidence(citizen, "reissue")
    operation = citizen.changed("reissueCard", **given, **COLLECTION, evidence=evidence)["operation"]
    produced(service, operation)
    progress = citizen.operation(operation["id"])["progress"]
    assert [node["state"] for node in progress if node["at"]] == ["ACCEPTED", "PRODUCED"]


def test_nobody_replaces_a_strangers_card(service: GraphService) -> None:
    card = lost_card(service, service.person())
    stranger = service.citizen(service.person())
    assert codes(stranger.change("reissueCard", **request(stranger, card))) == ["NOT_FOUND"]
    callers: list[Caller] = [service.bank("icbc"), service.clerk(CHENGDU)]
    for caller in callers:
        assert codes(caller.change("reissueCard", cardId=card.id, reason="lost")) == ["NOT_FOUND"]
