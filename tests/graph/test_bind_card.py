"""Binding a card on first use of Chengdu's WeChat account, without which nothing is done there (CD-1 to CD-10)."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.card import CardState
from tests.graph.caller import Caller, codes, missing
from tests.graph.cards import CardOnRecord, add_card, history
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import CHENGDU, QINGDAO, card_number, chengdu_papers, details
from tests.graph.replacements import IN_PERSON, code_evidence, lost_card
from tests.graph.service import GraphService, mobile

WECHAT, UNIONPAY, MIANYANG = "chengdu_wechat", "unionpay_app", "510700"
FIRST = "一（一）第二步 首次使用，一定要进行“绑卡”操作"
"""The clause that asks for it."""


def bound(service: GraphService, citizen: Caller, card: CardOnRecord, **given: Any) -> dict[str, Any]:
    """Bind a card with its number and a code, and wait until another code may be sent; return the payload."""
    evidence = code_evidence(citizen, "bind_card", cardNumber=card.number)
    payload = citizen.changed("bindCard", cardId=card.id, evidence=evidence, **given)
    service.clock.advance(timedelta(minutes=2))
    return payload


SERVICES = [
    pytest.param("activate", CardState.SEALED, {}, id="CD-2 activation"),
    pytest.param("report_formal_loss", CardState.ACTIVE, {}, id="CD-3 a report of loss"),
    pytest.param("cancel_loss_report", CardState.FORMALLY_LOST, {}, id="CD-4 cancelling it"),
    pytest.param("change_password", CardState.ACTIVE, {"newPassword": "27182818"}, id="CD-5 the service password"),
    pytest.param("update_information", CardState.ACTIVE, {}, id="CD-6 updating information"),
    pytest.param(
        "transfer_in",
        CardState.ACTIVE,
        {"regionCode": CHENGDU, "insuranceKinds": ["pension"]},
        id="CD-7 a transfer from another city",
    ),
    pytest.param("reissue", CardState.FORMALLY_LOST, {"reissueReason": "lost"}, id="CD-8 a reissue"),
    pytest.param("status", CardState.ACTIVE, {}, id="CD-10 the status"),
]
"""What is done with a card in the WeChat account: the service, in which state the card is, and what is given."""


@pytest.mark.parametrize(("asked", "state", "given"), SERVICES)
def test_on_first_use_a_card_is_bound_before(
    service: GraphService, asked: str, state: CardState, given: dict[str, Any]
) -> None:
    person, home = service.person(), MIANYANG if asked == "transfer_in" else CHENGDU
    card, region = add_card(service, person, home, state=state), {"regionCode": CHENGDU} if home != CHENGDU else {}
    citizen, other = service.citizen(person, WECHAT), service.citizen(person, UNIONPAY)

    def refused(caller: Caller) -> dict[str, Any]:
        decision = caller.check(asked, cardId=card.id, **given)["decision"]
        return {denial["code"]: denial for denial in decision["denials"]}

    found = refused(citizen)
    assert found["CARD_NOT_BOUND"]["citation"]["clause"] == FIRST
    assert "请先绑卡" in found["CARD_NOT_BOUND"]["message"]["zh"]
    assert "CARD_NOT_BOUND" not in refused(other)
    bound(service, citizen, card, **region)
    assert "CARD_NOT_BOUND" not in refused(citizen)


def test_CD_2_whoever_has_bound_the_card_activates_it(service: GraphService) -> None:
    person = service.person()
    card, citizen = add_card(service, person, CHENGDU), service.citizen(person, WECHAT)
    evidence = code_evidence(citizen, "activate", cardNumber=card.number)
    assert codes(citizen.change("activateCard", cardId=card.id, evidence=evidence)) == ["CARD_NOT_BOUND"]
    service.clock.advance(timedelta(minutes=2))
    payload = bound(service, citizen, card)
    operation = payload["operation"]
    assert (operation["service"], operation["state"], operation["channel"]) == ("bind_card", "COMPLETED", WECHAT)
    assert operation["card"]["id"] == card.id
    # Binding leaves the card as it is.
    assert payload["card"]["state"] == "SEALED"
    assert history(service.clerk(CHENGDU), card.id) == [("SEALED", None)]
    evidence = code_evidence(citizen, "activate", cardNumber=card.number)
    assert citizen.changed("activateCard", cardId=card.id, evidence=evidence)["card"]["state"] == "ACTIVE"


def test_what_comes_next_in_the_account_is_to_bind_the_card_and_elsewhere_to_activate_it(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    citizen, other, clerk = service.citizen(person, WECHAT), service.citizen(person, UNIONPAY), service.clerk(CHENGDU)
    papers = {"details": details(), "documentIds": chengdu_papers(citizen)}
    given = {"regionCode": CHENGDU, "bank": "ccb", "evidence": papers}
    asked = {"operationId": citizen.changed("applyForCard", **given)["operation"]["id"]}
    citizen.changed("setDelivery", **asked, delivery={"method": "outlet", "outlet": "chengdu_sample_ccb"})
    clerk.changed("acceptForProduction", **asked)
    number = card_number()
    made = clerk.changed("recordProduced", **asked, cardNumber=number, generation="third")["operation"]["card"]
    clerk.changed("confirmReceipt", **asked)
    shown = "{next{action service by serviceTerm{label{zh}}} card{id}}"

    def following(caller: Caller) -> dict[str, Any]:
        document = f"query($id: ID!){{operation(id: $id){shown}}}"
        found: dict[str, Any] = caller.ask(document, {"id": asked["operationId"]})["operation"]["next"]
        return found

    assert (following(other)["action"], following(clerk)["action"]) == ("ACTIVATE", "ACTIVATE")
    assert following(other)["serviceTerm"]["label"]["zh"] == "激活社会保障卡"
    first = following(citizen)
    assert (first["action"], first["service"], first["serviceTerm"]["label"]["zh"]) == (
        "BIND_CARD",
        "bind_card",
        "绑卡",
    )
    assert first["by"] == ["citizen"]
    # Until then the card is not shown, and the answer says why, and what leads on.
    document = "query($id: ID!){card(id: $id){number state}}"
    answer = citizen.answer(document, {"id": made["id"]})
    [error] = answer["errors"]
    assert (answer["data"], error["extensions"]["code"]) == ({"card": None}, "DECISION_REFUSED")
    assert [reason["code"] for reason in error["extensions"]["reasons"]] == ["CARD_NOT_BOUND"]
    assert error["extensions"]["first"] == "bind_card"
    code = code_evidence(citizen, "bind_card", cardNumber=number)
    citizen.changed("bindCard", cardId=made["id"], evidence=code)
    assert citizen.ask(document, {"id": made["id"]})["card"] == {"number": number, "state": "SEALED"}
    assert following(citizen)["action"] == "ACTIVATE"


def test_CD_9_who_replaces_a_card_binds_it_before_its_progress_is_shown(service: GraphService) -> None:
    person = service.person()
    card, citizen = lost_card(service, person, CHENGDU), service.citizen(person, WECHAT)
    given = {"cardId": card.id, "reason": "lost", "outlet": "chengdu_sample_ccb", "delivery": {"method": "outlet"}}
    asked = service.clerk(CHENGDU).changed("reissueCard", **given, evidence=IN_PERSON)["operation"]
    [error] = citizen.answer("query($id: ID!){operation(id: $id){state}}", {"id": asked["id"]})["errors"]
    assert (error["extensions"]["code"], "bind the card there first" in error["message"]) == ("DECISION_REFUSED", True)
    bound(service, citizen, card)
    assert citizen.operation(asked["id"])["state"] == "SUBMITTED"


def test_CD_1_who_applies_has_no_card_to_bind_and_is_told_to_bind_it_later(service: GraphService) -> None:
    citizen = service.citizen(service.person(insured_in=(CHENGDU,)), WECHAT)
    evidence = {"details": details(), "documentIds": chengdu_papers(citizen)}
    payload = citizen.changed("applyForCard", regionCode=CHENGDU, evidence=evidence)
    assert any("绑卡" in advice["message"]["zh"] for advice in payload["decision"]["advice"])
    # CD-9: they follow the way of their first card.
    assert citizen.operation(payload["operation"]["id"])["state"] == "SUBMITTED"


def test_a_card_is_bound_with_its_number_and_a_code_and_once(service: GraphService) -> None:
    person = service.person()
    card, citizen = add_card(service, person, CHENGDU, state=CardState.ACTIVE), service.citizen(person, WECHAT)
    payload = citizen.change("bindCard", cardId=card.id)
    assert missing(payload["decision"]) == {"card_number_and_code": ["card_number", "mobile", "sms_code"]}
    another = add_card(service, service.person(), CHENGDU)
    number = mobile()
    evidence = code_evidence(citizen, "bind_card", number, cardNumber=another.number)
    assert codes(citizen.change("bindCard", cardId=card.id, evidence=evidence)) == ["CARD_NUMBER_WRONG"]
    evidence["details"]["cardNumber"] = card.number
    citizen.changed("bindCard", cardId=card.id, evidence=evidence)
    assert codes(citizen.change("bindCard", cardId=card.id)) == ["ALREADY_BOUND", "MISSING"]
    # A number that only received this code is not the one to which later services send theirs.
    assert citizen.ask("{me{mobile}}")["me"] == {"mobile": None}


def test_only_the_wechat_account_binds_cards_and_none_of_elsewhere(service: GraphService) -> None:
    person = service.person()
    card, abroad = add_card(service, person, CHENGDU), add_card(service, person, QINGDAO)
    app, wechat = service.citizen(person, UNIONPAY), service.citizen(person, WECHAT)
    assert "CHANNEL_NOT_OPEN" in codes(app.change("bindCard", cardId=card.id))
    assert codes(wechat.change("bindCard", cardId=abroad.id)) == ["CHANNEL_NOT_OPEN"]
    assert "OTHER_PROVINCE" in codes(wechat.change("bindCard", cardId=abroad.id, regionCode=CHENGDU))
    stranger = service.citizen(service.person(), WECHAT)
    assert codes(stranger.change("bindCard", cardId=card.id)) == ["NOT_FOUND"]


def test_SC_12_a_guardian_binds_a_childs_card_and_a_delegate_that_of_who_trusts_them(service: GraphService) -> None:
    child = service.person(date(2015, 1, 1))
    card = add_card(service, child, CHENGDU, state=CardState.ACTIVE)
    assert "UNDER_AGE_ALONE" in codes(service.citizen(child, WECHAT).change("bindCard", cardId=card.id))
    guardian = service.citizen(service.guardian(child), WECHAT)
    assert bound(service, guardian, card)["operation"]["relation"] == "guardian"
    person = service.person()
    card = add_card(service, person, CHENGDU, state=CardState.ACTIVE)
    delegate = service.citizen(delegate_on_record(service, person, "bind_card"), WECHAT)
    assert bound(service, delegate, card)["operation"]["relation"] == "delegate"
