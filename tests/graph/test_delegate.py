"""Letting somebody act for oneself: scope, end, revocation, and what a delegate sees (SC-12)."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from domain.card import CardState
from domain.holder import Holder
from schema.kit.relay import global_id
from tests.graph.caller import CARD, DELEGATION, HOLDER, Caller, codes, denials, missing
from tests.graph.cards import CardOnRecord, add_card
from tests.graph.delegations import delegate_on_record
from tests.graph.guardians import ended
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, card_picture, chengdu_papers, details
from tests.graph.replacements import code_evidence
from tests.graph.service import GraphService, holder_id, mobile

SICHUAN, MIANYANG = "510000", "510700"
APP = "unionpay_app"
AWAY = [{"name": "declared.delegation_reason", "value": "long_away"}]
LISTED = f"{{me{{delegations{{{DELEGATION}}} delegatedBy{{{DELEGATION}}}}}}}"


class Pair:
    """A holder with a bound mobile number and an active card of Chengdu, and whom they trust."""

    def __init__(self, service: GraphService, born_on: date = date(1990, 3, 7), **fields: Any) -> None:
        self.service = service
        self.number = mobile()
        self.person = service.person(
            born_on,
            mobile=f"+86{self.number}",
            name="委托人",
            address="成都市武侯区一环路2号",
            insured_in=(CHENGDU,),
            **fields,
        )
        self.trusted = service.person(name="受托人")
        self.card: CardOnRecord = add_card(service, self.person, CHENGDU, state=CardState.ACTIVE)
        self.holder = service.citizen(self.person, APP)
        self.delegate = service.citizen(self.trusted, APP)

    def input(self, *services: str, days: int = 30, region: str = CHENGDU, **changes: Any) -> dict[str, Any]:
        """Return the input of a grant, with a fresh code to the bound number."""
        code = self.holder.verification_code("delegate", self.number)
        given = {
            "regionCode": region,
            "delegate": named(self.trusted),
            "services": list(services),
            "until": (self.service.clock.now() + timedelta(days=days)).date().isoformat(),
            "evidence": {"verificationCode": code, "declarations": AWAY},
        }
        return given | changes

    def granted(self, *services: str, **changes: Any) -> dict[str, Any]:
        """Grant a delegation and return it."""
        found: dict[str, Any] = self.holder.changed("grantDelegation", **self.input(*services, **changes))["delegation"]
        return found


def named(person: Holder) -> dict[str, str]:
    """Return how a holder names somebody."""
    return {"name": person.name, "identityType": person.identity_type, "identityNumber": person.identity_number}


def loss(caller: Caller, card: CardOnRecord, number: str) -> list[str]:
    """Report a card lost for good, by the bound number, and return the errors' codes."""
    code = caller.verification_code("report_formal_loss", number)
    evidence = {"details": {"mobile": number}, "verificationCode": code}
    return codes(caller.change("reportFormalLoss", cardId=card.id, evidence=evidence))


def sees(caller: Caller, card: CardOnRecord) -> bool:
    """Say whether somebody can look a card up."""
    answer = caller.answer(f"query($id: ID!){{card(id: $id){{{CARD}}}}}", {"id": card.id})
    return "errors" not in answer


def test_SC_12_a_holder_trusts_somebody_with_some_services_until_a_day(service: GraphService) -> None:
    pair = Pair(service)
    asked = pair.input("report_formal_loss", "status")
    bare = {**asked, "evidence": {}}
    payload = pair.holder.change("grantDelegation", **bare)
    assert "bound_mobile_code" in missing(payload["decision"])
    assert "declared.delegation_reason" in str(missing(payload["decision"]))
    delegation = pair.holder.changed("grantDelegation", **asked)["delegation"]
    assert delegation == {
        "id": delegation["id"],
        "regionCode": CHENGDU,
        "services": ["report_formal_loss", "status"],
        "reason": "long_away",
        "grantedAt": service.clock.now().isoformat(),
        "until": "2026-12-20",
        "revokedAt": None,
        "holds": True,
        "delegateName": "受托人",
        "holder": {"id": holder_id(pair.person), "name": "委托人"},
    }
    assert pair.holder.ask(LISTED)["me"] == {"delegations": [delegation], "delegatedBy": []}
    assert pair.delegate.ask(LISTED)["me"] == {"delegations": [], "delegatedBy": [delegation]}
    for caller in (pair.holder, pair.delegate, service.clerk(CHENGDU)):
        assert caller.ask("query($id: ID!){node(id: $id){id}}", {"id": delegation["id"]})["node"] == {
            "id": delegation["id"]
        }


def test_SC_12_the_delegate_acts_within_the_scope_and_nowhere_else(service: GraphService) -> None:
    pair = Pair(service)
    assert loss(pair.delegate, pair.card, mobile()) == ["NOT_FOUND"]
    service.clock.advance(timedelta(minutes=1))
    pair.granted("report_formal_loss", "status")
    service.clock.advance(timedelta(minutes=1))
    assert loss(pair.delegate, pair.card, pair.number) == []
    found = pair.delegate.ask(f"query($id: ID!){{card(id: $id){{{CARD}}}}}", {"id": pair.card.id})["card"]
    assert found["state"] == "FORMALLY_LOST"
    query = '{operations(filter: {service: "report_formal_loss"}){edges{node{relation holder{id}}}}}'
    assert [edge["node"] for edge in pair.holder.ask(query)["operations"]["edges"]] == [
        {"relation": "delegate", "holder": {"id": holder_id(pair.person)}}
    ]
    # What was not named is not theirs: nobody tells them that the card is there.
    for mutation in ("activateCard", "cancelLossReport", "cancelCard", "updateInformation"):
        more = {"reason": "extra"} if mutation == "cancelCard" else {}
        assert codes(pair.delegate.change(mutation, cardId=pair.card.id, **more)) == ["NOT_FOUND"], mutation
    # Nor is another's card.
    stranger = add_card(service, service.person(), CHENGDU, state=CardState.ACTIVE)
    assert loss_refused(pair.delegate, stranger) == ["NOT_FOUND"]


def loss_refused(caller: Caller, card: CardOnRecord) -> list[str]:
    return codes(caller.change("reportFormalLoss", cardId=card.id))


def test_SC_12_it_holds_in_its_place_and_below(service: GraphService) -> None:
    pair = Pair(service)
    elsewhere = add_card(service, service.person(), MIANYANG, state=CardState.ACTIVE)
    mine = add_card(service, pair.person, MIANYANG, state=CardState.CANCELLED)
    pair.granted("status", region=CHENGDU)
    national = service.citizen(pair.trusted)
    assert sees(national, pair.card)
    assert not sees(national, mine)
    assert not sees(national, elsewhere)
    service.clock.advance(timedelta(minutes=1))
    # In the whole province: by the national service, for the province knows no WeChat account of Chengdu's.
    pair.holder = service.citizen(pair.person)
    pair.granted("status", region=SICHUAN)
    assert sees(national, mine)
    assert not sees(national, elsewhere)


def test_SC_12_it_lapses_by_its_date_alone(service: GraphService) -> None:
    pair = Pair(service)
    delegation = pair.granted("status", days=1)
    assert delegation["until"] == "2026-11-21"
    # Until midnight in China, which is 16:00 the day before in UTC.
    service.clock.advance(timedelta(days=1, hours=13, minutes=59, seconds=59))
    assert sees(pair.delegate, pair.card)
    service.clock.advance(timedelta(seconds=1))
    assert not sees(pair.delegate, pair.card)
    [listed] = pair.holder.ask(LISTED)["me"]["delegations"]
    assert (listed["holds"], listed["revokedAt"]) == (False, None)
    assert (
        pair.delegate.failure(f"query($id: ID!){{holder(id: $id){{{HOLDER}}}}}", {"id": holder_id(pair.person)})
        == "NOT_FOUND"
    )
    ended = pair.holder.change("revokeDelegation", delegationId=delegation["id"])
    assert codes(ended) == ["DELEGATION_ENDED"]


def test_SC_12_the_holder_takes_it_back_at_any_time(service: GraphService) -> None:
    pair = Pair(service)
    delegation = pair.granted("status")
    assert sees(pair.delegate, pair.card)
    service.clock.advance(timedelta(hours=1))
    revoked = pair.holder.changed("revokeDelegation", delegationId=delegation["id"])["delegation"]
    assert (revoked["revokedAt"], revoked["holds"]) == (service.clock.now().isoformat(), False)
    assert not sees(pair.delegate, pair.card)
    assert codes(pair.holder.change("revokeDelegation", delegationId=delegation["id"])) == ["DELEGATION_ENDED"]


def test_SC_12_nobody_else_takes_it_back(service: GraphService) -> None:
    pair = Pair(service)
    delegation = pair.granted("status")
    stranger = service.citizen(service.person(), APP)
    nothing = {"delegationId": global_id("Delegation", "00000000-0000-4000-8000-00000000abcd")}
    # The delegate knows of it and is refused; to a stranger it is not there, and neither is what does not exist.
    assert codes(pair.delegate.change("revokeDelegation", delegationId=delegation["id"])) == [
        "ONLY_THE_HOLDER_OR_GUARDIAN"
    ]
    for given in ({"delegationId": delegation["id"]}, nothing):
        assert codes(stranger.change("revokeDelegation", **given)) == ["NOT_FOUND"]
    assert stranger.ask("query($id: ID!){node(id: $id){id}}", {"id": delegation["id"]}) == {"node": None}
    assert codes(service.clerk(QINGDAO).change("revokeDelegation", delegationId=delegation["id"])) == ["NOT_PERMITTED"]
    assert sees(pair.delegate, pair.card)
    # At a window of the city, the holder being there.
    service.clerk(CHENGDU).changed("revokeDelegation", delegationId=delegation["id"])
    assert not sees(pair.delegate, pair.card)


def test_SC_12_a_delegate_does_not_see_contact_details_nor_who_else_is_trusted(service: GraphService) -> None:
    pair = Pair(service)
    query = (
        f"query($id: ID!){{holder(id: $id){{{HOLDER} delegations{{id}} delegatedBy{{id}} wards{{id}} cards{{id}}}}}}"
    )
    identifier = {"id": holder_id(pair.person)}
    assert pair.delegate.failure(query, identifier) == "NOT_FOUND"
    delegation, elsewhere = pair.granted("status"), add_card(service, pair.person, JINAN)
    found = pair.delegate.ask(query, identifier)["holder"]
    assert found["contact"] is None
    assert found["mobile"] == f"138****{pair.number[-4:]}"
    assert (found["delegations"], found["delegatedBy"], found["wards"]) == ([], [], [])
    # Nor a card of a place where nothing was delegated.
    assert found["cards"] == [{"id": pair.card.id}]
    assert pair.delegate.ask("query($id: ID!){node(id: $id){id}}", {"id": elsewhere.id}) == {"node": None}
    own = pair.holder.ask(query, identifier)["holder"]
    assert own["contact"]["residenceAddress"] == "成都市武侯区一环路2号"
    assert own["delegations"] == [{"id": delegation["id"]}]
    # By the way of the card, too.
    told = json.dumps(
        pair.delegate.ask(f"query($id: ID!){{card(id: $id){{{CARD} holder{{{HOLDER}}}}}}}", {"id": pair.card.id})
    )
    assert 'contact": null' in told
    for secret in (pair.person.identity_number, pair.number):
        assert secret not in told
    # Neither operations nor documents of before are theirs.
    assert pair.delegate.ask("{operations{totalCount}}") == {"operations": {"totalCount": 0}}


def test_SC_12_a_delegate_does_not_read_the_holder_s_documents(service: GraphService) -> None:
    pair = Pair(service)
    document = pair.holder.document("photo", CHENGDU, card_picture())
    delegation = pair.granted("apply")
    query = "query($id: ID!){node(id: $id){id}}"
    assert pair.delegate.ask(query, {"id": document}) == {"node": None}
    # What they hand in for the holder is theirs to see, as long as they are trusted.
    uploaded = pair.delegate.document("photo", CHENGDU, card_picture(), holderId=holder_id(pair.person))
    assert pair.delegate.ask(query, {"id": uploaded}) == {"node": {"id": uploaded}}
    pair.holder.changed("revokeDelegation", delegationId=delegation["id"])
    assert pair.delegate.ask(query, {"id": uploaded}) == {"node": None}
    assert pair.holder.ask(query, {"id": uploaded}) == {"node": {"id": uploaded}}


@pytest.mark.parametrize(
    "inner", ["delegate", "revoke_delegation", "change_password", "accept", "close_account", "lock"]
)
def test_SC_12_some_services_cannot_be_delegated(service: GraphService, inner: str) -> None:
    pair = Pair(service)
    payload = pair.holder.change("grantDelegation", **pair.input("status", inner))
    assert codes(payload) == ["CANNOT_BE_DELEGATED"]
    assert payload["delegation"] is None


def test_SC_12_a_delegate_cannot_delegate_on(service: GraphService) -> None:
    pair = Pair(service)
    pair.granted("status", "report_formal_loss")
    third = service.person(name="第三人")
    service.clock.advance(timedelta(minutes=1))
    given = {
        **pair.input("status"),
        "delegate": named(third),
        "holderId": holder_id(pair.person),
        "evidence": {"declarations": AWAY},
    }
    assert "ONLY_THE_HOLDER" in codes(pair.delegate.change("grantDelegation", **given))
    assert len(pair.holder.ask(LISTED)["me"]["delegations"]) == 1
    assert not sees(service.citizen(third, APP), pair.card)


def test_SC_12_not_for_children_nor_for_who_has_a_guardian(service: GraphService) -> None:
    child = Pair(service, date(2012, 1, 1))
    assert codes(child.holder.change("grantDelegation", **child.input("status"))) == ["UNDER_AGE"]
    service.clock.advance(timedelta(minutes=1))
    guardian = service.citizen(service.guardian(child.person), APP)
    given = {**child.input("status"), "holderId": holder_id(child.person), "evidence": {"declarations": AWAY}}
    assert {"ONLY_THE_HOLDER", "UNDER_AGE"} <= set(codes(guardian.change("grantDelegation", **given)))
    without = Pair(service, full_capacity=False)
    assert codes(without.holder.change("grantDelegation", **without.input("status"))) == ["WITHOUT_CAPACITY"]


def test_SC_12_a_guardian_takes_back_what_the_ward_granted_before(service: GraphService) -> None:
    pair = Pair(service)
    delegation = pair.granted("status")
    guardian = service.citizen(service.guardian(pair.person), APP)
    assert guardian.changed("revokeDelegation", delegationId=delegation["id"])["delegation"]["holds"] is False


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"until": "2026-11-19"}, ["ALREADY_OVER"]),
        ({"until": "2027-11-20"}, []),
        ({"until": "2027-11-21"}, ["TOO_LONG"]),
        ({"services": []}, ["INVALID_INPUT"]),
        ({"services": ["dancing"]}, ["VALUE_NOT_POSSIBLE"]),
        ({"regionCode": "999999"}, ["REGION_UNKNOWN"]),
        ({"regionCode": QINGDAO}, ["CHANNEL_NOT_OPEN"]),
        ({"regionCode": MIANYANG}, ["CHANNEL_NOT_OPEN"]),
    ],
)
def test_SC_12_what_the_policy_refuses(service: GraphService, changes: dict[str, Any], answer: list[str]) -> None:
    pair = Pair(service)
    assert codes(pair.holder.change("grantDelegation", **(pair.input("status") | changes))) == answer


def test_SC_12_without_a_reason_of_the_introduction_nothing_is_delegated(service: GraphService) -> None:
    pair = Pair(service)
    given = pair.input("status")
    given["evidence"]["declarations"] = [{"name": "declared.delegation_reason", "value": "other_reason"}]
    payload = pair.holder.change("grantDelegation", **given)
    assert codes(payload) == ["DELEGATE_WITHOUT_REASON"]
    assert payload["errors"][0]["citation"]["clause"] == "温馨提示 (SC-12)"


def test_SC_12_where_no_policy_speaks_of_delegations_there_are_none(service: GraphService) -> None:
    person, trusted = service.person(), service.person()
    given = {"regionCode": QINGDAO, "delegate": named(trusted), "services": ["status"], "until": "2026-12-01"}
    assert codes(service.citizen(person, "qingdao_app").change("grantDelegation", **given)) == ["SERVICE_NOT_OFFERED"]


def test_a_delegate_with_no_such_document_is_told_by_the_input(service: GraphService) -> None:
    pair = Pair(service)
    given = pair.input("status")
    given["delegate"] = given["delegate"] | {"identityType": "library_card"}
    [changed] = pair.holder.change("grantDelegation", **given)["errors"]
    region = given.pop("regionCode")
    delegation = {name: given[name] for name in ("delegate", "services", "until")}
    [tried] = pair.holder.check("delegate", regionCode=region, delegation=delegation)["errors"]
    assert (changed["code"], changed["field"]) == ("VALUE_NOT_POSSIBLE", "input.delegate.identityType")
    assert (tried["code"], tried["field"]) == ("VALUE_NOT_POSSIBLE", "input.delegation.delegate.identityType")


def test_SC_12_a_wrong_name_and_a_wrong_number_get_the_same_answer(service: GraphService) -> None:
    pair = Pair(service)
    right = named(pair.trusted)
    given = pair.input("status")

    def told(**changes: str) -> str:
        payload = pair.holder.change("grantDelegation", **(given | {"delegate": right | changes}))
        assert codes(payload) == ["DELEGATE_NOT_FOUND"]
        assert payload["errors"][0]["field"] == "input.delegate"
        return json.dumps(payload)

    answers = {
        told(name="别人"),
        told(name=""),
        told(identityNumber="110105198808088084"),
        told(identityNumber="x" * 400),
        told(identityType="passport"),
    }
    assert len(answers) == 1
    payload = pair.holder.change("grantDelegation", **(given | {"delegate": named(pair.person)}))
    assert [(error["code"], error["field"]) for error in payload["errors"]] == [("INVALID_INPUT", "input.delegate")]
    assert codes(pair.holder.change("grantDelegation", **given)) == []


def test_SC_12_a_delegate_under_age_is_refused(service: GraphService) -> None:
    pair = Pair(service)
    young = service.person(date(2010, 1, 1), name="少年")
    payload = pair.holder.change("grantDelegation", **(pair.input("status") | {"delegate": named(young)}))
    assert codes(payload) == ["DELEGATE_UNDER_AGE"]


def test_SC_12_at_a_window_the_holder_grants_with_an_identity_document(service: GraphService) -> None:
    pair = Pair(service)
    clerk = service.clerk(CHENGDU)
    given = {**pair.input("status"), "holderId": holder_id(pair.person), "evidence": {"declarations": AWAY}}
    assert set(missing(clerk.change("grantDelegation", **given)["decision"])) == {"identity_document"}
    given["evidence"] = {"declarations": AWAY, "sightedDocuments": ["identity_card_front", "identity_card_back"]}
    delegation = clerk.changed("grantDelegation", **given)["delegation"]
    assert delegation["holder"]["id"] == holder_id(pair.person)
    assert sees(pair.delegate, pair.card)
    elsewhere = service.clerk(QINGDAO).change("grantDelegation", **given)
    assert codes(elsewhere) == ["NOT_PERMITTED"]


def test_SC_12_the_delegate_applies_and_takes_the_steps_of_the_application(service: GraphService) -> None:
    pair = Pair(service)
    person = service.person(insured_in=(CHENGDU,), mobile=f"+86{pair.number}", name="委托人乙")
    pair.person, pair.holder = person, service.citizen(person, APP)
    pair.granted("apply")
    papers = chengdu_papers(pair.delegate, holderId=holder_id(person))
    evidence = {"details": details(), "documentIds": papers}
    asked = {"regionCode": CHENGDU, "holderId": holder_id(person), "evidence": evidence, "idempotencyKey": "applied"}
    payload = pair.delegate.change("applyForCard", **asked)
    assert codes(payload) == []
    operation = payload["operation"]
    assert (operation["relation"], operation["holder"]["id"]) == ("delegate", holder_id(person))
    assert "residence_address" in {detail["name"] for detail in operation["details"]}
    # A delegate for looking up reads how far it is, and not what somebody else filled in.
    onlooker = service.citizen(delegate_on_record(service, person, "progress"), APP)
    assert onlooker.operation(operation["id"])["details"] == []
    # The steps of what they were trusted with are theirs, too; once it is taken back they are not.
    assert codes(pair.delegate.check("withdraw", operationId=operation["id"])) == []
    [given] = [d for d in pair.holder.ask(LISTED)["me"]["delegations"] if d["services"] == ["apply"]]
    pair.holder.changed("revokeDelegation", delegationId=given["id"])
    assert codes(pair.delegate.change("withdrawApplication", operationId=operation["id"])) == ["NOT_FOUND"]
    # Nor is the old answer, though they see whom it is about by what else is delegated to them.
    service.clock.advance(timedelta(minutes=2))
    pair.granted("status")
    again = pair.delegate.change("applyForCard", **asked)
    assert (codes(again), again["operation"]) == (["NOT_FOUND"], None)
    assert codes(pair.holder.change("withdrawApplication", operationId=operation["id"])) == []


def test_SC_12_two_revocations_at_the_same_moment_end_it_once(service: GraphService) -> None:
    pair = Pair(service)
    delegation = pair.granted("status")
    with ThreadPoolExecutor(2) as threads:
        payloads = list(
            threads.map(lambda _: pair.holder.change("revokeDelegation", delegationId=delegation["id"]), range(2))
        )
    assert sorted(codes(payload) for payload in payloads) == [[], ["DELEGATION_ENDED"]]


def test_SC_12_a_dry_run_tells_what_a_delegation_needs(service: GraphService) -> None:
    pair = Pair(service)
    payload = pair.holder.check("delegate", regionCode=CHENGDU)
    assert codes(payload) == []
    assert "bound_mobile_code" in missing(payload["decision"])
    assert denials(payload["decision"]) == []


PERSONAL = f"{{me{{delegatedBy{{{DELEGATION} holder{{{HOLDER} cards{{id}}}}}}}}}}"
NODE = f"query($id: ID!){{node(id: $id){{... on Delegation{{{DELEGATION} holder{{{HOLDER} cards{{id}}}}}}}}}}"


@pytest.mark.parametrize("by", ["revocation", "time"])
def test_a_delegation_that_has_ended_is_not_shown_to_the_delegate_any_more(service: GraphService, by: str) -> None:
    pair = Pair(service)
    delegation = pair.granted("report_formal_loss")
    [held] = pair.delegate.ask(PERSONAL)["me"]["delegatedBy"]
    assert held["holder"]["name"] == "委托人"
    if by == "revocation":
        pair.holder.changed("revokeDelegation", delegationId=delegation["id"])
    else:
        service.clock.advance(timedelta(days=31))
    assert pair.delegate.ask(PERSONAL)["me"]["delegatedBy"] == []
    assert pair.delegate.ask(NODE, {"id": delegation["id"]})["node"] is None
    # The holder and a clerk still see all of it.
    for caller in (pair.holder, service.clerk(CHENGDU)):
        seen = caller.ask(NODE, {"id": delegation["id"]})["node"]
        assert (seen["holder"]["name"], seen["reason"]) == ("委托人", "long_away")


def test_a_second_delegation_that_holds_is_shown_beside_none_that_has_ended(service: GraphService) -> None:
    pair = Pair(service)
    first = pair.granted("status")
    service.clock.advance(timedelta(minutes=2))
    pair.granted("report_formal_loss")
    pair.holder.changed("revokeDelegation", delegationId=first["id"])
    [held] = pair.delegate.ask(PERSONAL)["me"]["delegatedBy"]
    assert (held["services"], held["holds"], held["holder"]["name"]) == (["report_formal_loss"], True, "委托人")
    # That there was one is none of theirs to know, nor to revoke.
    assert codes(pair.delegate.change("revokeDelegation", delegationId=first["id"])) == ["NOT_FOUND"]


def test_an_old_answer_is_given_again_only_to_who_may_still_ask(service: GraphService) -> None:
    pair = Pair(service)
    delegation = pair.granted("report_formal_loss", "apply")
    service.clock.advance(timedelta(minutes=2))
    evidence = code_evidence(pair.delegate, "report_formal_loss", pair.number)
    given = {"cardId": pair.card.id, "evidence": evidence, "idempotencyKey": "once"}
    first = pair.delegate.changed("reportFormalLoss", **given)
    assert pair.delegate.changed("reportFormalLoss", **given) == first
    upload = {"holderId": holder_id(pair.person), "idempotencyKey": "paper"}
    paper = pair.delegate.upload("photo", CHENGDU, card_picture(), **upload)
    assert pair.delegate.upload("photo", CHENGDU, card_picture(), **upload) == paper
    pair.holder.changed("revokeDelegation", delegationId=delegation["id"])
    again = pair.delegate.change("reportFormalLoss", **given)
    assert (codes(again), again["card"], again["operation"]) == (["NOT_FOUND"], None, None)
    assert codes(pair.delegate.upload("photo", CHENGDU, card_picture(), **upload)) == ["NOT_FOUND"]
    # What else is delegated does not show the answers of what is delegated no longer.
    service.clock.advance(timedelta(minutes=2))
    pair.granted("status")
    again = pair.delegate.change("reportFormalLoss", **given)
    assert (codes(again), again["operation"]) == (["NOT_FOUND"], None)


def test_an_old_answer_is_not_given_again_to_who_is_a_guardian_no_longer(service: GraphService) -> None:
    child = service.person(date(2015, 1, 1))
    parent = service.guardian(child)
    card = add_card(service, child, QINGDAO, state=CardState.ACTIVE)
    guardian = service.citizen(parent, "qingdao_app")
    given = {"cardId": card.id, "idempotencyKey": "once"}
    first = guardian.changed("reportTemporaryLoss", **given)
    assert guardian.changed("reportTemporaryLoss", **given) == first
    ended(service, QINGDAO, child, parent)
    assert codes(guardian.change("reportTemporaryLoss", **given)) == ["NOT_FOUND"]
    assert guardian.ask("query($id: ID!){node(id: $id){id}}", {"id": holder_id(child)}) == {"node": None}
