"""What was chosen is kept, and later steps hold to it: banks and outlets of other services than an application.

The rules are of cities that the code has never seen, and stand in for none of the cities whose folders they borrow.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from domain.card import AccountState, CardState
from domain.holder import Holder
from store import Keys
from tests.databases import ENGINES
from tests.graph.caller import Caller, codes, denials, missing
from tests.graph.cards import IDENTITY_CARD, CardOnRecord, add_card
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.journey import (
    JINAN,
    QINGDAO,
    ZAOZHUANG,
    ZIBO,
    accepted,
    address,
    card_number,
    chengdu_papers,
    delivered_to,
    details,
    pay,
    qingdao_photo,
    submitted,
)
from tests.graph.replacements import lost_card, request
from tests.graph.service import NOW, REGIONS, GraphService, holder_id, mobile, serve_graph

NC_03 = """source: assumption
rules:
  another_bank:
    replaces: true
    when: {choice.bank: {present: true, is_not: {fact: card.bank}}, card.account_state: {is: open}}
    deny: true
    message: {zh: 要换银行的，请先注销原来的银行账户。, en: Please close the account at the former bank first.}
  bank:
    route: {choice: choice.bank, open: [icbc, ccb, boc]}
    message: {zh: 请选择新卡的发卡银行。, en: Please choose the bank of the new card.}
"""
"""A bank is chosen with a replacement; another one only once the account at the former bank is closed (NC-03)."""
BJ_10_WORDS = """facts:
  declared.retired: {type: boolean, origin: declared, label: {zh: 已退休, en: retired}}
  declared.pension_bank: {type: term, of: banks, origin: declared, label: {zh: 养老金发放银行, en: bank of the pension}}
"""
BJ_10 = """source: assumption
rules:
  another_bank:
    replaces: true
    when:
      declared.retired: {is: false}
      choice.bank: {present: true, is_not: {fact: card.bank}}
    deny: true
    message: {zh: 不能改换银行。, en: The bank stays.}
  pension_bank:
    when: {declared.retired: {is: true}, holder.card_generations: {excludes: third}}
    route: {choice: choice.bank, open: {fact: declared.pension_bank}}
    message: {zh: 请选择发放养老金的银行。, en: Please choose the bank that pays the pension.}
  only_the_old_banks:
    when: {declared.retired: {is: false}}
    route: {choice: choice.bank, open: [icbc, ccb], required: false}
    message: {zh: 这家银行已不再发卡，请另选银行。, en: This bank makes no cards any more; please choose another.}
"""
"""A retiree's first card of the third generation is of the bank that pays the pension (BJ-10)."""
WUH_01_WORDS = """vocabularies:
  outlets:
    terms:
      riverside: {label: {zh: 滨河支行, en: Riverside branch}, bank: ccb, instant_issue: false, region: "370402", source: assumption}
      hall: {label: {zh: 当地社保大厅, en: local hall}, bank: icbc, instant_issue: false, region: "370403", source: assumption}
"""
WUH_01 = """source: assumption
rules:
  outlet:
    route: {choice: choice.outlet, where: {region: {fact: holder.address_region}}}
    message: {zh: 请选择您所在区的网点。, en: Please choose an outlet of your own district.}
"""
"""Residents of one district confirm their data at its own outlets (WUH-01)."""
OWN_WORDS = """facts:
  choice.urgent: {type: boolean, origin: chosen, optional: true, label: {zh: 加急, en: urgent}}
  choice.lane: {type: integer, origin: chosen, optional: true, label: {zh: 制卡线, en: lane}}
"""
OWN_ACCEPT = """source: assumption
rules:
  lane:
    when: {choice.lane: {present: true, above: 9}}
    deny: true
    message: {zh: 没有这条制卡线。, en: There is no such lane.}
"""
OWN_PRODUCE = """source: assumption
rules:
  first_lane:
    when: {choice.lane: {present: true, is: 1}, choice.urgent: {present: true, is: true}}
    lapse: {state: sealed, after: 30 natural days, becomes: cancelled}
    message: {zh: 30日内领取。, en: To be collected within 30 days.}
"""
BY_WHO_IS_THERE = """source: assumption
rules:
  nobody_there:
    when: {actor.relation: {is: office}}
    deny: true
    message: {zh: 请由到场的人选择领卡方式。, en: Please let who is there choose the delivery.}
"""
FILES = {
    "jinan/reissue.yaml": NC_03,
    "jinan/vocabulary.yaml": OWN_WORDS,
    "jinan/accept.yaml": OWN_ACCEPT,
    "jinan/produce.yaml": OWN_PRODUCE,
    "zibo/vocabulary.yaml": BJ_10_WORDS,
    "zibo/reissue.yaml": BJ_10,
    "zaozhuang/vocabulary.yaml": WUH_01_WORDS,
    "zaozhuang/update_information.yaml": WUH_01,
    "zaozhuang/deliver.yaml": BY_WHO_IS_THERE,
}


@pytest.fixture(scope="module", params=ENGINES)
def choosing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[GraphService]:
    """Serve the graph with cities that let people choose where the documents of ours do not."""
    folder = tmp_path_factory.mktemp("held")
    regions = folder / "regions"
    shutil.copytree(REGIONS, regions)
    province = regions / "china/shandong"
    for name, text in FILES.items():
        assert not (province / name).exists()
        (province / name).write_text(text, encoding="utf-8")
    # What a city has opened for people elsewhere is no matter here.
    opened = province / "zibo/settings.yaml"
    opened.write_text(
        opened.read_text(encoding="utf-8").replace("[apply, progress]", "[apply, reissue, progress]"), encoding="utf-8"
    )
    with (
        fresh_database(request.param, request, folder) as url,
        serve_graph(folder, url, regions, key_variables(keys)) as running,
    ):
        yield running


@pytest.fixture
def service(choosing: GraphService) -> GraphService:
    """Return the service, its clock where every test begins."""
    choosing.clock.set(NOW)
    return choosing


def close_account(service: GraphService, person: Holder) -> None:
    """Close the bank account on a person's only card."""

    async def closed(work: Any) -> None:
        [card] = (await work.cards.of_holders([person.id]))[person.id]
        await work.cards.update(replace(card, account_state=AccountState.CLOSED, account_closed_at=service.clock.now()))

    service.work(closed)


def declared(**values: str) -> list[dict[str, str]]:
    """Return declarations as the graph takes them."""
    return [{"name": f"declared.{name}", "value": value} for name, value in values.items()]


def chosen(**values: str) -> list[dict[str, str]]:
    """Return a region's own choices as the graph takes them."""
    return [{"fact": f"choice.{name}", "value": value} for name, value in values.items()]


def tried(caller: Caller, mutation: str, given: dict[str, Any]) -> dict[str, Any]:
    """Try a mutation out with its own input; return the payload."""
    return caller.try_out(mutation, **given)


def agreed(caller: Caller, mutation: str, given: dict[str, Any]) -> dict[str, Any]:
    """Try a mutation out, do it, and return its payload; both decide alike."""
    before = tried(caller, mutation, given)
    payload = caller.change(mutation, **given)
    assert before["decision"] is not None, before["errors"]
    for name in ("allowed", "policyDigest", "facts"):
        assert payload["decision"][name] == before["decision"][name], name
    assert denials(payload["decision"]) == denials(before["decision"])
    assert missing(payload["decision"]) == missing(before["decision"])
    return payload


def made(service: GraphService, operation: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Record that a card was produced, or try to; return the payload."""
    card = {"operationId": operation["id"], "cardNumber": card_number(), "generation": "third", **given}
    payload: dict[str, Any] = service.card_maker().change("recordProduced", **card)
    return payload


def listed(caller: Caller) -> list[str]:
    """Return the operations that somebody sees in the list."""
    edges = caller.ask("{operations(first: 100){edges{node{id}}}}")["operations"]["edges"]
    return [edge["node"]["id"] for edge in edges]


def lost(service: GraphService, region: str, bank: str = "ccb", **person: Any) -> tuple[Caller, CardOnRecord, Holder]:
    """Return somebody whose card is lost, who asks through the cross-province service."""
    holder = service.person(**person)
    return service.citizen(holder), lost_card(service, holder, region, bank), holder


def test_NC_03_a_bank_is_asked_for_with_a_replacement(service: GraphService) -> None:
    citizen, card, _ = lost(service, JINAN)
    payload = agreed(citizen, "reissueCard", request(citizen, card))
    assert missing(payload["decision"]) == {"bank": ["choice.bank"]}
    assert [r["open"] for r in payload["decision"]["routes"] if r["choice"] == "choice.bank"] == [
        ["icbc", "ccb", "boc"]
    ]
    closed = agreed(citizen, "reissueCard", {**request(citizen, card), "bank": "abc"})
    assert set(codes(closed)) == {"ANOTHER_BANK", "BANK"}
    assert closed["operation"] is None


def test_NC_03_the_new_card_is_of_the_bank_that_was_chosen_once_the_old_account_is_closed(
    service: GraphService,
) -> None:
    citizen, card, person = lost(service, JINAN)
    given = {**request(citizen, card), "bank": "icbc"}
    assert codes(agreed(citizen, "reissueCard", given)) == ["ANOTHER_BANK"]
    close_account(service, person)
    operation = agreed(citizen, "reissueCard", given)["operation"]
    assert operation["bank"] == "icbc"
    # The bank that was chosen sees it, and the former one does not.
    chosen_bank, former = service.bank("icbc"), service.bank("ccb")
    assert operation["id"] in listed(chosen_bank)
    assert operation["id"] not in listed(former)
    assert chosen_bank.operation(operation["id"])["bank"] == "icbc"
    assert former.failure("query($id: ID!){operation(id: $id){id}}", {"id": operation["id"]}) == "NOT_FOUND"

    operation = delivered_to(citizen, operation)
    assert pay(citizen, operation) == "paid"
    service.card_maker().changed("acceptForProduction", operationId=operation["id"])
    assert [(e["code"], e["field"]) for e in made(service, operation, bank="ccb")["errors"]] == [
        ("ALREADY_CHOSEN", "input.bank")
    ]
    done = made(service, operation)
    assert done["errors"] == []
    cards = citizen.ask("{me{cards{bank state}}}")["me"]["cards"]
    assert sorted((c["bank"], c["state"]) for c in cards) == [("ccb", "CANCELLED"), ("icbc", "SEALED")]
    assert codes(former.change("recordShipped", operationId=operation["id"], trackingNumber="SF1")) == ["NOT_FOUND"]
    chosen_bank.changed("recordShipped", operationId=operation["id"], trackingNumber="SF1")
    assert citizen.changed("confirmReceipt", operationId=operation["id"])["operation"]["state"] == "RECEIVED"


def test_BJ_10_a_retirees_first_third_generation_card_is_of_the_bank_of_the_pension(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)

    card = add_card(service, person, ZIBO, "ccb", CardState.FORMALLY_LOST, generation="second")
    pension = declared(retired="true", pension_bank="icbc")
    given = request(citizen, card, declarations=pension)
    assert missing(agreed(citizen, "reissueCard", given)["decision"]) == {"pension_bank": ["choice.bank"]}
    assert codes(agreed(citizen, "reissueCard", {**given, "bank": "ccb"})) == ["PENSION_BANK"]
    operation = agreed(citizen, "reissueCard", {**given, "bank": "icbc"})["operation"]
    assert operation["bank"] == "icbc"
    operation = delivered_to(citizen, operation)
    assert pay(citizen, operation) == "paid"
    service.card_maker().changed("acceptForProduction", operationId=operation["id"])
    assert made(service, operation)["errors"] == []
    [new] = [c for c in citizen.ask("{me{cards{id bank state}}}")["me"]["cards"] if c["state"] != "CANCELLED"]
    assert new["bank"] == "icbc"


def test_BJ_10_a_retirees_next_card_is_of_whatever_bank(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    card = add_card(service, person, ZIBO, "icbc", CardState.FORMALLY_LOST)
    given = request(citizen, card, declarations=declared(retired="true", pension_bank="icbc"))
    assert agreed(citizen, "reissueCard", {**given, "bank": "boc"})["operation"]["bank"] == "boc"


def test_a_bank_that_nobody_chose_is_held_to_what_is_open(service: GraphService) -> None:
    """Who names no bank gets the one of the old card, and that one must be open like any other."""
    at_work = declared(retired="false")
    citizen, card, _ = lost(service, ZIBO, "boc")
    refused = agreed(citizen, "reissueCard", request(citizen, card, declarations=at_work))
    assert codes(refused) == ["ONLY_THE_OLD_BANKS"]
    citizen, card, _ = lost(service, ZIBO, "ccb")
    assert agreed(citizen, "reissueCard", request(citizen, card, declarations=at_work))["operation"]["bank"] == "ccb"


def test_TJ_07_another_bank_is_named_in_a_correction(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = accepted(service, citizen, bank="ccb")
    given = {"operationId": operation["id"], "bank": "icbc"}
    service.card_maker().changed("requestCorrection", operationId=operation["id"], reason="账户无法开立，请另选银行")
    # What an application there may not choose, its correction may not either.
    closed = citizen.change("correctApplication", operationId=operation["id"], bank="boc")
    assert codes(closed) == ["CROSS_PROVINCE_BANK"]
    assert codes(tried(citizen, "correctApplication", {"operationId": operation["id"], "bank": "boc"})) == []
    assert citizen.operation(operation["id"])["bank"] == "ccb"
    corrected = agreed(citizen, "correctApplication", given)["operation"]
    assert (corrected["state"], corrected["bank"], corrected["correctionReason"]) == ("ACCEPTED", "icbc", None)
    assert operation["id"] in listed(service.bank("icbc"))
    assert operation["id"] not in listed(service.bank("ccb"))
    assert made(service, operation, bank="ccb")["errors"][0]["code"] == "ALREADY_CHOSEN"
    assert made(service, operation)["errors"] == []
    assert citizen.ask("{me{cards{bank}}}")["me"]["cards"] == [{"bank": "icbc"}]


def test_a_correction_of_the_bank_takes_the_outlet_along(service: GraphService) -> None:
    """The outlet of the bank before is none of the new one; a card that was to be collected there moves with it."""
    person, clerk = service.person(), service.clerk(QINGDAO, "bank_window")
    photo = qingdao_photo(clerk, holderId=holder_id(person))
    evidence = {"details": details(), "documentIds": [photo], "sightedDocuments": IDENTITY_CARD}
    chosen_first = {"bank": "icbc", "outlet": "qingdao_sample_ordinary", "delivery": {"method": "outlet"}}
    given = {"regionCode": QINGDAO, "holderId": holder_id(person), **chosen_first, "evidence": evidence}
    operation = clerk.changed("applyForCard", **given)["operation"]
    step = {"operationId": operation["id"]}
    clerk.changed("acceptForProduction", **step)
    clerk.changed("requestCorrection", **step, reason="账户无法开立，请另选银行")
    assert codes(agreed(clerk, "correctApplication", {**step, "bank": "ccb"})) == ["OUTLET"]
    elsewhere = agreed(clerk, "correctApplication", {**step, "outlet": "qingdao_sample_instant"})
    assert codes(elsewhere) == ["OUTLET"]
    moved = {**step, "bank": "ccb", "outlet": "qingdao_sample_instant"}
    corrected = agreed(clerk, "correctApplication", moved)["operation"]
    assert (corrected["bank"], corrected["outlet"]) == ("ccb", "qingdao_sample_instant")
    assert corrected["delivery"]["outlet"] == "qingdao_sample_instant"
    assert corrected["details"] == operation["details"]


@pytest.mark.parametrize(
    ("district", "outlet", "elsewhere"), [("370402", "riverside", "hall"), ("370403", "hall", "riverside")]
)
def test_WUH_01_the_outlet_of_ones_own_district_is_chosen_for_a_change_of_information(
    service: GraphService, district: str, outlet: str, elsewhere: str
) -> None:
    person = service.person(address_region=district)
    card = add_card(service, person, ZAOZHUANG)
    clerk = service.clerk(ZAOZHUANG)
    evidence = {"details": {"mobile": mobile()}, "sightedDocuments": IDENTITY_CARD}
    given = {"cardId": card.id, "evidence": evidence}
    asked = agreed(clerk, "updateInformation", given)
    assert missing(asked["decision"])["outlet"] == ["choice.outlet"]
    assert [r["open"] for r in asked["decision"]["routes"] if r["choice"] == "choice.outlet"] == [[outlet]]
    assert codes(agreed(clerk, "updateInformation", {**given, "outlet": elsewhere})) == ["OUTLET"]
    done = agreed(clerk, "updateInformation", {**given, "outlet": outlet})
    assert done["operation"]["outlet"] == outlet
    assert clerk.operation(done["operation"]["id"])["outlet"] == outlet


def test_what_a_step_chooses_is_kept_for_the_later_ones(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = delivered_to(citizen, submitted(citizen, choices=chosen(urgent="true")))
    assert pay(citizen, operation) == "paid"
    maker, step = service.card_maker(), {"operationId": operation["id"]}
    assert codes(agreed(maker, "acceptForProduction", {**step, "evidence": {"choices": chosen(lane="10")}})) == ["LANE"]
    agreed(maker, "acceptForProduction", {**step, "evidence": {"choices": chosen(lane="1")}})
    # Neither the lane nor what the applicant chose is another one later on.
    for other in (chosen(lane="2"), chosen(urgent="false")):
        refused = made(service, operation, evidence={"choices": other})
        assert [(e["code"], e["field"]) for e in refused["errors"]] == [("ALREADY_CHOSEN", "input.evidence.choices.0")]
    done = made(service, operation, evidence={"choices": chosen(lane="1")})
    assert done["errors"] == []
    assert (done["decision"]["facts"]["choice.lane"], done["decision"]["facts"]["choice.urgent"]) == (1, True)


def test_a_delivery_at_once_is_chosen_by_who_is_at_the_window(service: GraphService) -> None:
    person, clerk = service.person(), service.clerk(ZAOZHUANG)
    given = {"regionCode": ZAOZHUANG, "holderId": holder_id(person), "bank": "ccb", "delivery": address(ZAOZHUANG)}
    present = {"presentPersonId": holder_id(person)}
    assert "NOBODY_THERE" in denials(tried(clerk, "applyForCard", given)["decision"])
    assert "NOBODY_THERE" not in denials(tried(clerk, "applyForCard", given | present)["decision"])


def test_a_correction_changes_what_else_was_chosen(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = accepted(service, citizen, choices=chosen(urgent="true"))
    service.card_maker().changed("requestCorrection", operationId=operation["id"], reason="不能加急")
    step = {"operationId": operation["id"]}
    unchanged = citizen.change("correctApplication", **step, evidence={"choices": chosen(urgent="true")})
    assert codes(unchanged) == ["INVALID_INPUT"]
    agreed(citizen, "correctApplication", {**step, "evidence": {"choices": chosen(urgent="false")}})
    assert made(service, operation)["decision"]["facts"]["choice.urgent"] is False


@pytest.mark.parametrize(
    ("service_name", "given", "field"),
    [
        ("cancel", {"bank": "ccb"}, "input.bank"),
        ("cancel", {"reissueReason": "lost"}, "input.reissueReason"),
        ("activate", {"delivery": {"method": "post"}}, "input.delivery.method"),
        ("reissue", {"reissueReason": "lost", "cancellationReason": "own_wish"}, "input.cancellationReason"),
        ("delegate", {"regionCode": JINAN, "outlet": "riverside"}, "input.outlet"),
    ],
)
def test_what_a_service_does_not_take_is_not_tried_out_either(
    service: GraphService, service_name: str, given: dict[str, Any], field: str
) -> None:
    citizen, card, _ = lost(service, JINAN)
    about = {} if "regionCode" in given else {"cardId": card.id}
    payload = citizen.check(service_name, **about, **given)
    assert [(e["code"], e["field"]) for e in payload["errors"]] == [("VALUE_NOT_POSSIBLE", field)]


def test_a_bank_that_does_not_exist_is_refused_by_its_field(service: GraphService) -> None:
    citizen, card, _ = lost(service, JINAN)
    given = {**request(citizen, card), "bank": "pigeon"}
    payload = citizen.change("reissueCard", **given)
    assert [(e["code"], e["field"]) for e in payload["errors"]] == [("VALUE_NOT_POSSIBLE", "input.bank")]
    [error] = tried(citizen, "reissueCard", given)["errors"]
    assert (error["code"], error["field"]) == ("VALUE_NOT_POSSIBLE", "input.request.reissueCard.bank")


def test_details_and_address_are_still_taken(service: GraphService) -> None:
    citizen, card, person = lost(service, JINAN)
    close_account(service, person)
    given = {**request(citizen, card), "bank": "boc", "delivery": address(JINAN)}
    operation = agreed(citizen, "reissueCard", given)["operation"]
    assert (operation["bank"], operation["delivery"]["method"], operation["due"]) == ("boc", "post", 1000)


def test_an_application_for_a_card_without_a_bank_gets_the_bank_of_its_card(service: GraphService) -> None:
    """Where nobody chose a bank, the one that made the card handles it from then on."""
    person = service.person(insured_in=("510100",))
    citizen = service.citizen(person, "chengdu_wechat")

    papers = {"details": details(), "documentIds": chengdu_papers(citizen)}
    given = {"regionCode": "510100", "evidence": papers, "delivery": address("510100")}
    operation = citizen.changed("applyForCard", **given)["operation"]
    assert pay(citizen, operation) == "paid"
    service.card_maker().changed("acceptForProduction", operationId=operation["id"])
    assert operation["bank"] is None
    assert made(service, operation, bank="icbc")["operation"]["bank"] == "icbc"
    assert operation["id"] in listed(service.bank("icbc"))
