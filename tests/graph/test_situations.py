"""What happens in the life of a city, each told as one story: people, windows, partners and their programs have the graph alone.

Whoever is on record at the beginning of a story came there before it. The partners' work is done by the programs of
examples/python where there is one.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from domain.holder import Actor, Holder
from domain.identity import with_check_character
from domain.operation import Delivery, OperationState
from tests.graph.caller import Caller, codes, denials
from tests.graph.cards import CARD_AND_IDENTITY_CARD, IDENTITY_CARD, CardOnRecord, add_active_card, look_up
from tests.graph.journey import (
    CHENGDU,
    QINGDAO,
    card_number,
    card_picture,
    chengdu_papers,
    delivered_to,
    details,
    pay,
    submitted,
    two_inches,
)
from tests.graph.programs import Ran, run_example, write_rows
from tests.graph.replacements import IN_PERSON, WITH_CARD, code_evidence
from tests.graph.service import GraphService, holder_id, mobile
from tests.graph.waiting import waiting_operations

APP = "unionpay_app"
MIANYANG, ZAOZHUANG = "510700", "370400"
OUTLET: dict[str, Any] = {"bank": "ccb", "outlet": "chengdu_sample_ccb", "delivery": {"method": "outlet"}}
NEXT = "query($id: ID!){operation(id: $id){next{action service by outlet}}}"
FIND_CARD = "query($number: String!){findCard(number: $number){reason regionCode message{text} card{id state}}}"
FIND_HOLDER = (
    "query($name: String!, $type: String!, $number: String!)"
    "{findHolder(name: $name, identityType: $type, identityNumber: $number){holder{id cards{id state}}}}"
)


def what_is_next(caller: Caller, operation: dict[str, Any]) -> dict[str, Any]:
    """Return what a front-end shows as the next step."""
    step: dict[str, Any] = caller.ask(NEXT, {"id": operation["id"]})["operation"]["next"]
    return step


def made(service: GraphService, operation: dict[str, Any]) -> CardOnRecord:
    """Have the card of an operation produced; return it."""
    maker, number = service.card_maker(), card_number()
    maker.changed("acceptForProduction", operationId=operation["id"])
    given = {"operationId": operation["id"], "cardNumber": number, "generation": "third"}
    return CardOnRecord(maker.changed("recordProduced", **given)["operation"]["card"]["id"], number)


def collected(service: GraphService, operation: dict[str, Any], by: str) -> CardOnRecord:
    """Have the card of an operation produced, and handed over at the outlet to whoever comes; return it."""
    card = made(service, operation)
    outlet = service.clerk(CHENGDU, "bank_window")
    outlet.changed("confirmReceipt", operationId=operation["id"], presentPersonId=by, evidence=IN_PERSON)
    return card


def activated(caller: Caller, card: CardOnRecord) -> None:
    """Activate a card in an app of Chengdu."""
    evidence = code_evidence(caller, "activate", cardNumber=card.number)
    assert caller.changed("activateCard", cardId=card.id, evidence=evidence)["card"]["state"] == "ACTIVE"


def at_the_hospital(service: GraphService, card: CardOnRecord) -> Ran:
    """Show a card at a hospital; return what its program says."""
    return run_example("check_card", service.medical_institution(), card.number)


def in_the_register(service: GraphService, identity_type: str, number: str, **fields: Any) -> dict[str, str]:
    """Let the population register know somebody who is not on record; return the input that registers them."""
    born, holder_type = fields.pop("born_on", date(1990, 3, 7)), fields.pop("holder_type", "citizen")
    person = Holder(str(uuid4()), fields.pop("name", "测试甲"), holder_type, identity_type, number, born)
    service.registry.list(person, identity_type, number, **fields)
    return {"name": person.name, "identityType": identity_type, "identityNumber": number}


def test_01_a_parent_applies_for_a_newborn(service: GraphService) -> None:
    number, clerk = with_check_character("51010420261001001"), service.clerk(CHENGDU)
    known = {"name": "王新生", "born_on": date(2026, 10, 1), "insured_in": (CHENGDU,)}
    newborn = in_the_register(service, "household_register", number, **known)
    child: str = clerk.changed("registerHolder", **newborn)["holder"]["id"]
    parent = service.person()
    papers = {"sightedDocuments": ["birth_certificate"]}
    clerk.changed("recordGuardianship", guardianId=holder_id(parent), wardId=child, kinship="母亲", evidence=papers)

    mother = service.citizen(parent, APP)
    assert mother.ask("{me{wards{id name}}}")["me"]["wards"] == [{"id": child, "name": "王新生"}]
    uploaded = [
        mother.document(kind, CHENGDU, card_picture(), holderId=child)
        for kind in ("birth_certificate", "household_register")
    ]
    # Nobody asks for a photo of a newborn.
    evidence = {"details": details(), "documentIds": uploaded}
    operation = mother.changed("applyForCard", regionCode=CHENGDU, holderId=child, bank="ccb", evidence=evidence)[
        "operation"
    ]
    assert what_is_next(mother, operation)["action"] == "CHOOSE_DELIVERY"
    delivered_to(mother, operation)
    assert what_is_next(mother, operation)["action"] == "PAY"
    assert pay(mother, operation) == "paid"
    card = made(service, operation)
    service.card_maker().changed("recordShipped", operationId=operation["id"], trackingNumber="SF1")
    assert what_is_next(mother, operation)["action"] == "CONFIRM_RECEIPT"
    mother.changed("confirmReceipt", operationId=operation["id"])
    assert what_is_next(mother, operation)["action"] == "ACTIVATE"
    activated(mother, card)
    assert at_the_hospital(service, card) == Ran(0, ["usable"])


def test_02_a_foreigner_renews_the_passport_and_stays_the_same_person(service: GraphService) -> None:
    clerk, old, new = service.clerk(CHENGDU), *(f"E{uuid4().hex[:8].upper()}" for _ in range(2))
    known = {"name": "ANNA SCHMIDT", "holder_type": "foreigner", "employed_in": (CHENGDU,)}
    registered = clerk.changed("registerHolder", **in_the_register(service, "passport", old, **known))["holder"]["id"]
    in_the_register(service, "passport", new, **known)
    photo = clerk.document("photo", CHENGDU, two_inches(), holderId=registered)
    papers = {"sightedDocuments": ["passport"], "documentIds": [photo]}
    there = {"holderId": registered, "regionCode": CHENGDU, "evidence": papers}
    operation = clerk.changed("applyForCard", **there, **OUTLET)["operation"]
    card = collected(service, operation, registered)
    passport = {"sightedDocuments": ["passport", "social_security_card"]}
    clerk.changed("activateCard", cardId=card.id, evidence=passport)

    clerk.changed(
        "recordIdentityDocument",
        holderId=registered,
        regionCode=CHENGDU,
        identityType="passport",
        identityNumber=new,
        evidence={"sightedDocuments": ["passport"]},
    )
    # Both numbers lead to the one person and the one card; a second card is refused.
    for number in (old, new):
        named = {"name": "ANNA SCHMIDT", "type": "passport", "number": number}
        found = service.clerk(MIANYANG).ask(FIND_HOLDER, named)["findHolder"]["holder"]
        assert found == {"id": registered, "cards": [{"id": card.id, "state": "ACTIVE"}]}
    assert "ONE_CARD_IN_PROVINCE" in codes(clerk.change("applyForCard", **there, **OUTLET))
    lost = {"cardId": card.id, "evidence": {"sightedDocuments": ["passport"]}}
    clerk.changed("reportFormalLoss", **lost)
    assert clerk.changed("reissueCard", **lost, reason="lost", **OUTLET)["operation"]["state"] == "SUBMITTED"


def test_03_a_relative_ends_the_cards_of_the_dead(service: GraphService, tmp_path: Path) -> None:
    person, relative = service.person(), service.person()
    card = add_active_card(service, person, CHENGDU, "abc")
    waiting = submitted(service.citizen(person))
    told = service.clerk(CHENGDU).changed(
        "recordDeath",
        holderId=holder_id(person),
        diedOn="2026-11-18",
        presentPersonId=holder_id(relative),
        evidence={"sightedDocuments": ["death_certificate", "kinship_proof"]},
    )
    assert told["recordedAt"] is not None
    assert at_the_hospital(service, card).lines[0] == "not usable"
    assert service.clerk("370000").operation(waiting["id"])["state"] == "WITHDRAWN"
    # The relative brings the card to its bank, which closes the account.
    bank, closed = service.bank("abc"), tmp_path / "closed.txt"
    closed.write_text(f"{card.number}\n")
    assert run_example("close_accounts", bank, str(closed)) == Ran(0, [f"{card.number} closed"])


def test_04_a_company_s_500_cards_are_made_and_handed_out_at_once(service: GraphService, tmp_path: Path) -> None:
    to_outlet = {"delivery": Delivery("outlet", outlet=None), "bank": "ccb"}
    ids = waiting_operations(service, 500, OperationState.PAID, ZAOZHUANG, **to_outlet)
    maker = service.card_maker(ZAOZHUANG)
    accepted = run_example("card_maker", maker, str(tmp_path), "first night")
    assert (accepted.status, {f"{each} done" for each in ids} <= set(accepted.lines)) == (0, True)
    printed = [{"operationId": each, "cardNumber": card_number(), "generation": "third"} for each in ids]
    write_rows(tmp_path / "printed.csv", printed)
    assert run_example("card_maker", maker, str(tmp_path), "second night").status == 0
    document = "mutation($input: ConfirmReceiptBatchInput!){confirmReceiptBatch(input: $input){done refused}}"
    batch = {"idempotencyKey": "the company's", "rows": [{"operationId": each} for each in ids]}
    handed = service.clerk(ZAOZHUANG).ask(document, {"input": batch})["confirmReceiptBatch"]
    assert handed == {"done": 500, "refused": 0}


def test_05_a_lost_card_is_found_in_another_province(service: GraphService) -> None:
    number = mobile()
    person = service.person(mobile=f"+86{number}")
    card, holder = add_active_card(service, person, CHENGDU), service.citizen(person, APP)
    given = {"details": {"mobile": number}, "verificationCode": holder.verification_code("report_formal_loss", number)}
    holder.changed("reportFormalLoss", cardId=card.id, evidence=given)
    assert at_the_hospital(service, card).lines[0] == "not usable"

    # It is handed in at a window of Qingdao, where nobody learns more than which city to turn to.
    found = service.clerk(QINGDAO).ask(FIND_CARD, {"number": card.number})["findCard"]
    assert (found["card"], found["reason"], found["regionCode"]) == (None, "ANOTHER_PROVINCE", CHENGDU)
    assert found["message"]["text"]
    # Back in the holder's hand, it is made good again from wherever the holder is.
    service.clock.advance(timedelta(minutes=2))
    again = code_evidence(holder, "cancel_loss_report", number, cardNumber=card.number)
    assert holder.changed("cancelLossReport", cardId=card.id, evidence=again)["card"]["state"] == "ACTIVE"
    assert at_the_hospital(service, card) == Ran(0, ["usable"])


def test_06_somebody_with_cards_of_two_provinces_moves(service: GraphService) -> None:
    person = service.person(employed_in=(MIANYANG,))
    mine, elsewhere = (add_active_card(service, person, region) for region in (MIANYANG, QINGDAO))
    service.insurance.list(person.identity_number, CHENGDU, "pension", "medical")
    holder = service.citizen(person, APP)
    held = "query($card: ID!, $region: String!){heldInsurance(cardId: $card, region: $region){name}}"
    kinds = [each["name"] for each in holder.ask(held, {"card": mine.id, "region": CHENGDU})["heldInsurance"]]
    given = {"regionCode": CHENGDU, "insuranceKinds": kinds}
    evidence = code_evidence(holder, "transfer_in", cardNumber=elsewhere.number)
    refused = holder.change("transferCardIn", cardId=elsewhere.id, **given, evidence=evidence)
    assert denials(refused["decision"]) == ["OTHER_PROVINCE"]
    service.clock.advance(timedelta(minutes=2))
    evidence = code_evidence(holder, "transfer_in", cardNumber=mine.number)
    moved = holder.changed("transferCardIn", cardId=mine.id, **given, evidence=evidence)["card"]
    assert (moved["id"], moved["number"], moved["regionCode"]) == (mine.id, mine.number, CHENGDU)
    for card in (mine, elsewhere):
        assert at_the_hospital(service, card) == Ran(0, ["usable"])


def test_07_a_child_applies_and_collects_for_an_old_parent(service: GraphService) -> None:
    parent = service.person(date(1941, 5, 6), insured_in=(CHENGDU,))
    child, clerk = service.person(), service.clerk(CHENGDU)
    named = {"name": child.name, "identityType": child.identity_type, "identityNumber": child.identity_number}
    declared = [{"name": "declared.delegation_reason", "value": "elderly_limited_mobility"}]
    clerk.changed(
        "grantDelegation",
        regionCode=CHENGDU,
        holderId=holder_id(parent),
        delegate=named,
        services=["apply"],
        until="2026-12-31",
        evidence={**IN_PERSON, "declarations": declared},
    )
    delegate = service.citizen(child, APP)
    papers = chengdu_papers(delegate, holderId=holder_id(parent))
    asked = {"regionCode": CHENGDU, "holderId": holder_id(parent), **OUTLET}
    operation = delegate.changed("applyForCard", **asked, evidence={"details": details(), "documentIds": papers})[
        "operation"
    ]
    assert operation["relation"] == "delegate"
    card = made(service, operation)
    step = what_is_next(delegate, operation)
    assert (step["action"], step["outlet"]) == ("COLLECT", "chengdu_sample_ccb")
    outlet = service.clerk(CHENGDU, "bank_window")
    brought = {"presentPersonId": holder_id(child), "evidence": IN_PERSON}
    assert outlet.changed("confirmReceipt", operationId=operation["id"], **brought)["operation"]["state"] == "RECEIVED"
    assert look_up(clerk, card.id)["holder"]["id"] == holder_id(parent)


def test_08_the_guardian_of_a_pupil_changes(service: GraphService) -> None:
    pupil, before, after = service.person(date(2014, 9, 1)), service.person(), service.person()
    service.guardian(pupil, before)
    card, clerk = add_active_card(service, pupil, CHENGDU), service.clerk(CHENGDU)
    proof = {"sightedDocuments": ["guardianship_proof", "guardianship_ruling"]}
    pair = {"guardianId": holder_id(after), "wardId": holder_id(pupil)}
    clerk.changed("recordGuardianship", **pair, kinship="祖母", evidence=proof)
    clerk.changed("endGuardianship", **pair | {"guardianId": holder_id(before)}, evidence=proof)
    was, now = service.citizen(before, APP), service.citizen(after, APP)
    assert was.ask("{me{wards{id}}}")["me"]["wards"] == []
    assert codes(was.change("reportTemporaryLoss", cardId=card.id)) == ["NOT_FOUND"]
    assert now.ask("{me{wards{id cards{id}}}}")["me"]["wards"] == [{"id": holder_id(pupil), "cards": [{"id": card.id}]}]
    at_window = {"presentPersonId": holder_id(after), "evidence": IN_PERSON}
    assert clerk.changed("reportFormalLoss", cardId=card.id, **at_window)["card"]["state"] == "FORMALLY_LOST"


def test_09_somebody_has_a_new_name_and_a_new_number(service: GraphService) -> None:
    person, office = service.person(name="测试乙"), service.clerk(CHENGDU)
    card = add_active_card(service, person, CHENGDU)
    number = with_check_character("51010419900307002")
    renamed = in_the_register(service, "resident_identity_card", number, name="测试丙")
    kept: str = office.changed("registerHolder", **renamed)["holder"]["id"]
    # Two clerks see the papers, and the two records are one person's.
    for name in ("first", "second"):
        clerk = service.caller(Actor(name, "clerk", "service_window", f"window-{CHENGDU}", CHENGDU))
        done = clerk.change(
            "mergeHolders",
            holderId=kept,
            duplicateId=holder_id(person),
            evidence={"sightedDocuments": [*IDENTITY_CARD, "household_register"]},
        )
        assert codes(done) == []
    shown = look_up(office, card.id)
    assert (shown["holder"]["id"], shown["holder"]["name"]) == (kept, "测试丙")
    # The old card still has the old name on it: a new one takes its place.
    asked = {"cardId": card.id, "reason": "key_information_changed", "evidence": WITH_CARD}
    operation = office.changed("reissueCard", **asked, **OUTLET)["operation"]
    new = collected(service, operation, kept)
    activated(service.citizen(person, APP), new)
    assert (look_up(office, card.id)["state"], look_up(office, new.id)["state"]) == ("CANCELLED", "ACTIVE")


def test_10_a_payment_fails_and_is_made_again(service: GraphService) -> None:
    citizen = service.citizen(service.person())
    operation = delivered_to(citizen, submitted(citizen))
    first = citizen.changed("payOperation", operationId=operation["id"])["payment"]
    citizen.http.get(f"/sandbox/payments/{first['reference']}?status=failed")
    assert what_is_next(citizen, operation)["action"] == "PAY"
    service.clock.advance(timedelta(minutes=1))
    assert pay(citizen, operation) == "paid"
    statuses = citizen.ask(f'{{operation(id: "{operation["id"]}"){{due payments{{status}}}}}}')["operation"]
    assert statuses == {"due": 0, "payments": [{"status": "FAILED"}, {"status": "PAID"}]}
    assert what_is_next(citizen, operation)["action"] == "WAIT"


def test_11_an_application_is_sent_back_and_put_right(service: GraphService) -> None:
    citizen, maker = service.citizen(service.person()), service.card_maker()
    operation = delivered_to(citizen, submitted(citizen))
    assert pay(citizen, operation) == "paid"
    maker.changed("acceptForProduction", operationId=operation["id"])
    maker.changed("requestCorrection", operationId=operation["id"], reason="常住地地址不完整")
    assert what_is_next(citizen, operation)["action"] == "CORRECT"
    assert citizen.operation(operation["id"])["correctionReason"] == "常住地地址不完整"
    right = details(residenceAddress="济南市历下区泉城路1号2单元301室")
    put_right = citizen.changed("correctApplication", operationId=operation["id"], evidence={"details": right})
    assert put_right["operation"]["state"] == "ACCEPTED"
    given = {"operationId": operation["id"], "cardNumber": card_number(), "generation": "third"}
    assert maker.changed("recordProduced", **given)["operation"]["state"] == "PRODUCED"


def test_12_somebody_without_a_bound_number_is_told_the_way_and_goes_it(service: GraphService) -> None:
    person, number = service.person(), mobile()
    card, clerk = add_active_card(service, person, CHENGDU), service.clerk(CHENGDU)
    clerk.changed("reportFormalLoss", cardId=card.id, evidence=IN_PERSON)
    holder = service.citizen(person, APP)
    refused = holder.in_chinese.change("cancelLossReport", cardId=card.id)
    assert codes(refused) == ["NO_MOBILE_BOUND"]
    assert "窗口" in refused["errors"][0]["message"]["zh"]
    bound = {"details": {"mobile": number}, "sightedDocuments": CARD_AND_IDENTITY_CARD}
    clerk.changed("updateInformation", cardId=card.id, evidence=bound)
    evidence = code_evidence(holder, "cancel_loss_report", number, cardNumber=card.number)
    assert holder.changed("cancelLossReport", cardId=card.id, evidence=evidence)["card"]["state"] == "ACTIVE"


def test_13_a_card_that_nobody_collects_ends_and_another_one_is_applied_for(service: GraphService) -> None:
    person = service.person(insured_in=(CHENGDU,))
    holder = service.citizen(person, APP)

    def applied() -> dict[str, Any]:
        evidence = {"details": details(), "documentIds": chengdu_papers(holder)}
        operation: dict[str, Any] = holder.changed("applyForCard", regionCode=CHENGDU, **OUTLET, evidence=evidence)[
            "operation"
        ]
        return operation

    card = made(service, applied())
    service.clock.advance(timedelta(days=366))
    assert look_up(service.clerk(CHENGDU), card.id)["state"] == "CANCELLED"
    new = collected(service, applied(), holder_id(person))
    activated(holder, new)
    assert at_the_hospital(service, new) == Ran(0, ["usable"])


def test_14_cards_from_before_this_service_come_in_and_the_extra_one_is_cancelled(service: GraphService) -> None:
    number, numbers = with_check_character("51010419900307003"), [card_number() for _ in range(2)]
    usual = {"name": "测试丁", "identityType": "resident_identity_card", "identityNumber": number, "bank": "ccb"}
    since = {
        "generation": "second",
        "issuedOn": "2015-05-06",
        "state": "ACTIVE",
        "stateSince": "2015-05-07T09:00:00+08:00",
    }
    rows = [
        {**usual, **since, "regionCode": region, "cardNumber": each}
        for region, each in zip((MIANYANG, CHENGDU), numbers, strict=True)
    ]
    document = "mutation($input: ImportCardsBatchInput!){importCardsBatch(input: $input){done rows{errors{code}}}}"
    batch = {"input": {"idempotencyKey": "what there was", "rows": rows}}
    office = service.clerk("510000")
    assert office.ask(document, batch)["importCardsBatch"]["done"] == 2
    found = office.ask(FIND_HOLDER, {"name": "测试丁", "type": usual["identityType"], "number": number})["findHolder"]
    assert [card["state"] for card in found["holder"]["cards"]] == ["ACTIVE"] * 2
    extra, kept = (
        CardOnRecord(office.ask(FIND_CARD, {"number": each})["findCard"]["card"]["id"], each) for each in numbers
    )
    service.clerk(MIANYANG).changed("cancelCard", cardId=extra.id, reason="extra_card", evidence=WITH_CARD)
    assert at_the_hospital(service, extra).lines[0] == "not usable"
    assert at_the_hospital(service, kept) == Ran(0, ["usable"])
