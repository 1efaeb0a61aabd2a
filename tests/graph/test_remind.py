"""Reminders: what will end by itself, and what should be done (NX-2, NX-4, SC-2, SC-8, SC-11, SC-12)."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.card import CardState
from tests.graph.caller import Caller
from tests.graph.cards import CardOnRecord, add_card
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, received
from tests.graph.service import GraphService

QUERY = "query($id: ID!){card(id: $id){reminders{name message{zh en} conditional citation{clause region}}}}"
APP = "unionpay_app"


def reminders(caller: Caller, card: CardOnRecord | str) -> dict[str, dict[str, Any]]:
    """Return the reminders about a card by name."""
    identifier = card if isinstance(card, str) else card.id
    found = caller.ask(QUERY, {"id": identifier})["card"]["reminders"]
    assert not any(note["conditional"] for note in found)
    return {note["name"]: note for note in found}


def test_NX_4_a_temporary_loss_says_that_it_will_end(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, JINAN, state=CardState.TEMPORARILY_LOST, lasting=timedelta(days=7))
    citizen = service.citizen(person)
    [reminder] = reminders(citizen, card).values()
    assert reminder["name"] == "temporary_loss_ends"
    assert reminder["citation"]["clause"] == "有效期为7个自然日 (NX-4)"
    service.clock.advance(timedelta(days=7))
    assert reminders(citizen, card) == {}


def test_SC_8_in_sichuan_it_says_that_a_formal_report_must_follow(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU, state=CardState.TEMPORARILY_LOST, lasting=timedelta(days=7))
    [reminder] = reminders(service.citizen(person, APP), card).values()
    assert "到期没有办理正式挂失的，临时挂失自动失效" in reminder["message"]["zh"]
    assert reminder["citation"] == {"clause": "08 挂失 (SC-8)", "region": "510000"}


def test_QD_3_an_oral_loss_without_an_end_says_nothing_of_one(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, QINGDAO, state=CardState.TEMPORARILY_LOST)
    assert reminders(service.citizen(person, "qingdao_app"), card) == {}


def test_NX_2_a_sealed_card_is_to_be_activated(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    card = received(service, citizen)["card"]["id"]
    assert reminders(citizen, card)["activate_before_use"]["citation"]["clause"] == "二、社会保障卡启用 (NX-2)"
    face = citizen.face_assertion("activate")
    citizen.changed("activateCard", cardId=card, evidence={"faceAssertion": face})
    assert reminders(citizen, card) == {}


def test_SC_2_in_sichuan_it_says_that_a_card_that_is_not_activated_cannot_be_used(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU)
    [reminder] = reminders(service.citizen(person, APP), card).values()
    assert (reminder["name"], reminder["citation"]["clause"]) == ("activate_before_use", "02 激活 (SC-2)")


def test_SC_11_a_card_that_waits_to_be_collected_says_so(service: GraphService) -> None:
    person = service.person()
    card = add_card(service, person, CHENGDU, lasting=timedelta(days=365))
    citizen = service.citizen(person, APP)
    found = reminders(citizen, card)
    assert set(found) == {"activate_before_use", "collect_in_time"}
    assert found["collect_in_time"]["citation"]["clause"] == "11 注销 (SC-11)"


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (-1, "card_expired"),
        (0, "card_expires_soon"),
        (60, "card_expires_soon"),
        (61, None),
    ],
)
def test_a_card_says_from_60_days_before_that_it_expires(service: GraphService, days: int, name: str | None) -> None:
    person = service.person()
    last = service.clock.now().date() + timedelta(days=days)
    card = add_card(service, person, JINAN, state=CardState.ACTIVE, expires_on=last)
    assert set(reminders(service.citizen(person), card)) == ({name} if name else set())


def test_a_card_begins_to_say_so_by_time_alone_and_a_cancelled_one_says_nothing(service: GraphService) -> None:
    person = service.person()
    last = service.clock.now().date() + timedelta(days=61)
    card = add_card(service, person, JINAN, state=CardState.ACTIVE, expires_on=last)
    ended = add_card(service, person, JINAN, state=CardState.CANCELLED, expires_on=last)
    citizen = service.citizen(person)
    assert reminders(citizen, card) == {}
    service.clock.advance(timedelta(days=1))
    assert "60" in reminders(citizen, card)["card_expires_soon"]["message"]["zh"]
    service.clock.advance(timedelta(days=61))
    assert set(reminders(citizen, card)) == {"card_expired"}
    assert reminders(citizen, ended) == {}


def test_SC_12_after_the_seventh_birthday_a_child_s_card_is_exchanged_for_one_with_a_photo(
    service: GraphService,
) -> None:
    child = service.person(date(2019, 11, 21))
    card = add_card(service, child, CHENGDU, state=CardState.ACTIVE)
    guardian = service.citizen(service.guardian(child), APP)
    assert reminders(guardian, card) == {}
    # The birthday begins at midnight in China.
    service.clock.advance(timedelta(hours=13, minutes=59, seconds=59))
    assert reminders(guardian, card) == {}
    service.clock.advance(timedelta(seconds=1))
    [reminder] = reminders(guardian, card).values()
    assert reminder["name"] == "exchange_for_photo"
    assert (reminder["message"]["zh"], reminder["citation"]["clause"]) == (
        "持卡人已满7周岁，请及时申请换领带照片的卡。",
        "温馨提示 (SC-12)",
    )


def test_SC_12_a_card_from_the_age_with_a_photo_needs_no_exchange(service: GraphService) -> None:
    child = service.person(date(2019, 11, 20))
    card = add_card(service, child, CHENGDU, state=CardState.ACTIVE)
    assert reminders(service.citizen(service.guardian(child), APP), card) == {}


def test_each_card_of_a_list_has_its_own_reminders(service: GraphService) -> None:
    person = service.person()
    add_card(service, person, JINAN)
    add_card(service, person, CHENGDU, state=CardState.ACTIVE)
    found = service.citizen(person).ask("{me{cards{regionCode reminders{name}}}}")["me"]["cards"]
    assert {card["regionCode"]: [note["name"] for note in card["reminders"]] for card in found} == {
        JINAN: ["activate_before_use"],
        CHENGDU: [],
    }
