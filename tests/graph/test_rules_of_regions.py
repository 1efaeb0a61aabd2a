"""Rules that regions outside the documents have, written as the guide says, with nothing but YAML, and obeyed by the running service.

Values and names of the rules are those that public pages tell; everything around them is invented, and says nothing of the regions.
"""

import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from domain.card import CardState
from domain.holder import Actor
from store import Keys
from tests.databases import ENGINES
from tests.graph.caller import Caller, codes, missing
from tests.graph.cards import CardOnRecord, add_active_card, add_card, look_up, refusals
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import card_number, details, pay
from tests.graph.replacements import IN_PERSON, WITH_CARD
from tests.graph.service import NOW, REGIONS, GraphService, holder_id, serve_graph

JIANGYIN, WUXI, WUHU, ZHENGZHOU, SHANGHAI, CHONGQING = "320281", "320200", "340200", "410100", "310000", "500000"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
PLACES = {
    "jiangsu": ("320000", "province", "江苏省"),
    "jiangsu/wuxi": (WUXI, "city", "无锡市"),
    "jiangsu/wuxi/jiangyin": (JIANGYIN, "district", "江阴市"),
    "anhui": ("340000", "province", "安徽省"),
    "anhui/wuhu": (WUHU, "city", "芜湖市"),
    "henan": ("410000", "province", "河南省"),
    "henan/zhengzhou": (ZHENGZHOU, "city", "郑州市"),
    "shanghai": (SHANGHAI, "province", "上海市"),
    "chongqing": (CHONGQING, "province", "重庆市"),
}
"""By folder: code, level and name of the regions that are added."""

WORDS_OF_JIANGYIN = """
vocabularies:
  fees:
    terms:
      loss_fee: {label: {zh: 挂失手续费, en: loss fee}}
"""
SETTINGS_OF_JIANGYIN = """
source: assumption
settings:
  cross_province_services:
    replaces: true
    values: [{value: [progress], from: 2020-01-01}]
"""
LOSS_IN_JIANGYIN = """
source: assumption
rules:
  loss_fee:
    charge: {fee: loss_fee, amount: 10 yuan, due: before, refundable: true}
  free_for_the_old:
    when: {holder.age: {at_least: 70}}
    waive: loss_fee
  unpaid:
    lapse: {state: submitted, after: 24 hours, becomes: withdrawn}
"""
LIFT_IN_JIANGYIN = """
source: assumption
rules:
  found_soon:
    when: {card.loss_reported_at: {present: true}, request.now: {before: {fact: card.loss_reported_at, plus: 7 natural days}}}
    refund: loss_fee
"""
"""Reporting a lost card costs 10 yuan (JYN-01); that it is paid first, within a day, and given back to who finds the card is made up."""
PRODUCE_IN_WUHU = """
source: assumption
rules:
  not_collected:
    lapse: {state: sealed, after: 180 natural days, becomes: cancelled}
"""
"""A card that nobody collects within 180 days is taken back (WHU-01)."""
RULES_OF_ZHENGZHOU = """
source: assumption
rules:
  banks_serve_the_holder:
    services: [report_formal_loss, cancel_loss_report, reissue, receive, set_password, change_password, reset_password]
    when: {request.channel: {is: bank_window}, actor.relation: {is_not: self}}
    deny: true
    message: {zh: 银行网点只受理本人办理，请本人到场。, en: Bank outlets serve the holder in person only.}
"""
"""At bank outlets the holder alone reports, lifts, replaces, collects and sets a password (ZZ-01)."""
WORDS_OF_SHANGHAI = """
vocabularies:
  card_functions:
    label: {zh: 卡的功能, en: functions of a card}
    terms:
      social: {label: {zh: 社会保障功能, en: social security}}
      both: {label: {zh: 社会保障和金融功能, en: social security and banking}}
facts:
  choice.opens: {type: term, of: card_functions, origin: chosen, optional: true, label: {zh: 开通的功能, en: functions to open}}
"""
ACTIVATE_IN_SHANGHAI = """
source: assumption
settings:
  channels:
    replaces: true
    values: [{value: [service_window, bank_window], from: 2020-01-01}]
rules:
  at_a_bank:
    when: {actor.kind_of_office: {present: true, is: bank_outlet}}
    route: {choice: choice.opens, open: [both]}
    message: {zh: 银行网点同时开通两项功能。, en: Bank outlets open both functions.}
  in_the_community:
    when: {actor.kind_of_office: {present: true, is: community_centre}}
    route: {choice: choice.opens, open: [social]}
    message: {zh: 社区只开通社会保障功能。, en: Community centres open the social function only.}
"""
"""Bank outlets open both functions at once, community centres only the social one (SH-10)."""
APPLY_IN_CHONGQING = """
source: assumption
settings:
  channels:
    replaces: true
    values: [{value: [service_window], from: 2020-01-01}]
rules:
  insured_here:
    when: {holder.insured_in_city: {is: false}}
    deny: true
    message: {zh: 请到参保地申领。, en: Please apply where you are insured.}
  card_fee:
    replaces: true
    charge: {fee: card_fee, amount: 25 yuan, due: after}
  first_card:
    when: {history.cards_made: {is: 0}}
    waive: card_fee
"""
WORDS_OF_CHONGQING = """
facts:
  history.cards_made:
    type: integer
    origin: counted
    count: {of: operation, names: [apply], where: {state: [received]}, within: lifetime}
    label: {zh: 已领过的卡数, en: cards had before}
"""
"""The first card is free and given to people insured in the city (CQ-01); what the next costs is made up."""
FILES = {
    "jiangsu/wuxi/jiangyin/vocabulary": WORDS_OF_JIANGYIN,
    "jiangsu/wuxi/jiangyin/settings": SETTINGS_OF_JIANGYIN,
    "jiangsu/wuxi/jiangyin/report_formal_loss": LOSS_IN_JIANGYIN,
    "jiangsu/wuxi/jiangyin/cancel_loss_report": LIFT_IN_JIANGYIN,
    "anhui/wuhu/produce": PRODUCE_IN_WUHU,
    "henan/zhengzhou/rules": RULES_OF_ZHENGZHOU,
    "shanghai/vocabulary": WORDS_OF_SHANGHAI,
    "shanghai/activate": ACTIVATE_IN_SHANGHAI,
    "chongqing/vocabulary": WORDS_OF_CHONGQING,
    "chongqing/apply": APPLY_IN_CHONGQING,
}
BILL = "state stateUntil due dueBefore postponed fees{fee amount state} refunds{fee amount status}"


@pytest.fixture(scope="module", params=ENGINES)
def regions_outside(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[GraphService]:
    """Serve the graph with regions that the documents say nothing of."""
    folder = tmp_path_factory.mktemp("outside")
    regions = folder / "regions"
    shutil.copytree(REGIONS, regions)
    for path, (code, level, name) in PLACES.items():
        place = regions / "china" / path
        place.mkdir()
        text = f'code: "{code}"\nlevel: {level}\nname: {{zh: {name}, en: {path.split("/")[-1].title()}}}\n'
        (place / "region.yaml").write_text(text, encoding="utf-8")
    for path, text in FILES.items():
        (regions / "china" / f"{path}.yaml").write_text(text, encoding="utf-8")
    with (
        fresh_database(request.param, request, folder) as url,
        serve_graph(folder, url, regions, key_variables(keys)) as running,
    ):
        yield running


@pytest.fixture
def service(regions_outside: GraphService) -> GraphService:
    """Return the service, its clock where every test begins."""
    regions_outside.clock.set(NOW)
    return regions_outside


def bill(caller: Caller, operation: dict[str, Any]) -> dict[str, Any]:
    """Return an operation with its bill."""
    found: dict[str, Any] = caller.ask(f'{{operation(id: "{operation["id"]}"){{{BILL}}}}}')["operation"]
    return found


def lines(caller: Caller, operation: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Return the lines of a bill, each with where it stands."""
    return [(fee["fee"], fee["amount"], fee["state"]) for fee in bill(caller, operation)["fees"]]


def reported(service: GraphService, **person: Any) -> tuple[Caller, CardOnRecord, dict[str, Any]]:
    """Report a card of Jiangyin lost; return its holder, the card and the operation."""
    holder = service.person(**person)
    card = add_active_card(service, holder, JIANGYIN)
    payload = service.clerk(JIANGYIN).changed("reportFormalLoss", cardId=card.id, evidence=IN_PERSON)
    return service.citizen(holder), card, payload["operation"]


def test_JYN_01_a_lost_card_is_reported_once_the_fee_is_paid(service: GraphService) -> None:
    citizen, card, operation = reported(service)
    shown = bill(citizen, operation)
    assert (shown["state"], shown["dueBefore"], shown["postponed"]) == ("SUBMITTED", 1000, "report_formal_loss")
    assert datetime.fromisoformat(shown["stateUntil"]) == NOW + DAY
    assert look_up(citizen, card.id)["state"] == "ACTIVE"
    assert pay(citizen, operation) == "paid"
    shown = bill(citizen, operation)
    assert (shown["state"], shown["stateUntil"], shown["due"]) == ("COMPLETED", None, 0)
    assert lines(citizen, operation) == [("loss_fee", 1000, "PAID")]
    assert look_up(citizen, card.id)["state"] == "FORMALLY_LOST"


def test_JYN_01_what_nobody_pays_for_in_a_day_is_withdrawn_and_money_after_that_goes_back(
    service: GraphService,
) -> None:
    citizen, card, operation = reported(service)
    payment = citizen.changed("payOperation", operationId=operation["id"])["payment"]
    service.clock.set(NOW + DAY - SECOND)
    assert bill(citizen, operation)["state"] == "SUBMITTED"
    service.clock.set(NOW + DAY)
    assert (bill(citizen, operation)["state"], bill(citizen, operation)["due"]) == ("WITHDRAWN", 0)
    assert citizen.http.post(f"/sandbox/payments/{payment['reference']}").text.strip() == "needs_refund"
    service.sweep()
    shown = bill(citizen, operation)
    assert (shown["state"], shown["postponed"]) == ("WITHDRAWN", None)
    assert [(refund["amount"], refund["status"]) for refund in shown["refunds"]] == [(1000, "DONE")]
    assert look_up(citizen, card.id)["state"] == "ACTIVE"
    # Nothing of the first report stands in the way of another.
    clerk = service.clerk(JIANGYIN)
    again = clerk.changed("reportFormalLoss", cardId=card.id, evidence=IN_PERSON)["operation"]
    assert (again["id"] != operation["id"], bill(citizen, again)["state"]) == (True, "SUBMITTED")


def test_JYN_01_who_need_not_pay_does_not_wait(service: GraphService) -> None:
    citizen, card, operation = reported(service, born_on=date(1950, 1, 1))
    assert (bill(citizen, operation)["state"], bill(citizen, operation)["due"]) == ("COMPLETED", 0)
    assert look_up(citizen, card.id)["state"] == "FORMALLY_LOST"


@pytest.mark.parametrize(("after", "state"), [(6 * DAY, "REFUNDED"), (8 * DAY, "PAID")])
def test_JYN_01_the_fee_is_given_back_on_its_condition(service: GraphService, after: timedelta, state: str) -> None:
    citizen, card, operation = reported(service)
    assert pay(citizen, operation) == "paid"
    service.clock.advance(after)
    service.clerk(JIANGYIN).changed("cancelLossReport", cardId=card.id, evidence=WITH_CARD)
    service.sweep()
    assert lines(citizen, operation) == [("loss_fee", 1000, state)]


def test_JYN_01_costs_in_its_own_county_alone(service: GraphService) -> None:
    card = add_active_card(service, service.person(), WUXI)
    payload = service.clerk(WUXI).changed("reportFormalLoss", cardId=card.id, evidence=IN_PERSON)
    assert (payload["operation"]["state"], payload["operation"]["fees"]) == ("COMPLETED", [])


def made(service: GraphService, region: str, person: Any) -> tuple[dict[str, Any], CardOnRecord]:
    """Have a card replaced at a window and produced; return the operation and the new card."""
    old = add_card(service, person, region, state=CardState.FORMALLY_LOST)
    given = {"cardId": old.id, "reason": "lost", "delivery": {"method": "outlet"}}
    operation = service.clerk(region).changed("reissueCard", **given, evidence=IN_PERSON)["operation"]
    maker, number = service.card_maker(), card_number()
    maker.changed("acceptForProduction", operationId=operation["id"])
    card = maker.changed("recordProduced", operationId=operation["id"], cardNumber=number, generation="third")
    return operation, CardOnRecord(card["operation"]["card"]["id"], number)


def test_WHU_01_a_card_that_nobody_collects_ends_by_time_alone(service: GraphService) -> None:
    person = service.person()
    operation, card = made(service, WUHU, person)
    citizen, clerk = service.citizen(person), service.clerk(WUHU, "bank_window")
    service.clock.set(NOW + 180 * DAY - SECOND)
    assert look_up(citizen, card.id)["state"] == "SEALED"
    service.clock.set(NOW + 180 * DAY)
    assert look_up(citizen, card.id)["state"] == "CANCELLED"
    assert codes(clerk.change("confirmReceipt", operationId=operation["id"])) == ["CARD_CANCELLED"]
    assert refusals(service, card) == ["CANCELLED"]


def test_ZZ_01_a_bank_outlet_hands_a_card_to_its_holder_alone(service: GraphService) -> None:
    person, other = service.person(), service.person()
    operation, _ = made(service, ZHENGZHOU, person)
    outlet = service.clerk(ZHENGZHOU, "bank_window")
    step = {"operationId": operation["id"]}
    assert "BANKS_SERVE_THE_HOLDER" in codes(outlet.change("confirmReceipt", **step))
    assert "BANKS_SERVE_THE_HOLDER" in codes(outlet.change("confirmReceipt", **step, presentPersonId=holder_id(other)))
    collected = outlet.changed("confirmReceipt", **step, presentPersonId=holder_id(person))
    assert collected["operation"]["state"] == "RECEIVED"


def test_ZZ_01_a_bank_outlet_takes_a_report_from_the_holder_alone(service: GraphService) -> None:
    child = service.person(date(2015, 1, 1))
    card, guardian = add_active_card(service, child, ZHENGZHOU), service.guardian(child)
    given = {"cardId": card.id, "evidence": IN_PERSON, "presentPersonId": holder_id(guardian)}
    refused = service.clerk(ZHENGZHOU, "bank_window").change("reportFormalLoss", **given)
    assert codes(refused) == ["BANKS_SERVE_THE_HOLDER"]
    done = service.clerk(ZHENGZHOU).changed("reportFormalLoss", **given)
    assert done["card"]["state"] == "FORMALLY_LOST"


def test_SH_10_which_functions_are_opened_depends_on_the_office(service: GraphService) -> None:
    def office(kind: str, channel: str) -> Caller:
        return service.caller(Actor(f"clerk-{kind}", "clerk", channel, f"office-{kind}", SHANGHAI, office_kind=kind))

    community, bank = office("community_centre", "service_window"), office("bank_outlet", "bank_window")
    for at, opened, closed in ((community, "social", "both"), (bank, "both", "social")):
        card = add_card(service, service.person(), SHANGHAI)
        given = {"cardId": card.id, "evidence": WITH_CARD}
        asked = at.change("activateCard", **given)
        assert list(missing(asked["decision"]).values()) == [["choice.opens"]]
        [refused, done] = [
            at.change("activateCard", cardId=card.id, evidence={**WITH_CARD, "choices": [choice]})
            for choice in ({"fact": "choice.opens", "value": value} for value in (closed, opened))
        ]
        assert codes(refused) in (["IN_THE_COMMUNITY"], ["AT_A_BANK"])
        assert (done["errors"], done["card"]["state"]) == ([], "ACTIVE")
        kept = [(each["service"], each["facts"]["choice.opens"]) for each in done["operation"]["decisions"]]
        assert kept == [("activate", opened)]


def test_CQ_01_the_first_card_is_free_for_who_is_insured_in_the_city(service: GraphService) -> None:
    clerk = service.clerk(CHONGQING)

    def apply(person: Any) -> dict[str, Any]:
        given = {"regionCode": CHONGQING, "holderId": holder_id(person), "bank": "ccb"}
        evidence = {"details": details(), **IN_PERSON}
        return clerk.change("applyForCard", **given, delivery={"method": "outlet"}, evidence=evidence)

    assert codes(apply(service.person())) == ["INSURED_HERE"]
    person = service.person(insured_in=(CHONGQING,))
    operation = apply(person)["operation"]
    assert bill(clerk, operation)["due"] == 0
    maker, step = service.card_maker(), {"operationId": operation["id"]}
    maker.changed("acceptForProduction", **step)
    number = {"cardNumber": card_number(), "generation": "third"}
    card = maker.changed("recordProduced", **step, **number)["operation"]["card"]
    clerk.changed("confirmReceipt", **step, presentPersonId=holder_id(person))
    clerk.changed("cancelCard", cardId=card["id"], reason="own_wish", evidence=WITH_CARD)
    second = apply(person)
    assert second["errors"] == []
    assert lines(clerk, second["operation"]) == [("card_fee", 2500, "DUE")]
