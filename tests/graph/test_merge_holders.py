"""Two records of one person become one, once two clerks say so: with all that both had, and both ids lead there."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from domain.holder import Actor, Holder
from schema.kit.relay import global_id, local_id
from tests.graph.caller import Caller, codes, denials, missing
from tests.graph.cards import add_active_card, look_up
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, ZIBO, application, card_picture
from tests.graph.service import GraphService, holder_id
from tests.graph.test_import import batch, row

SEEN = {"evidence": {"sightedDocuments": ["passport"]}}
_WHO = "query($id: ID!){holder(id: $id){id name cards{id} documents{number main} wards{id} proposedDuplicates{holder{id} office}}}"


FIRST = f"clerk-{CHENGDU}-1"
"""The id of the first clerk of a window."""


def twice(service: GraphService, **fields: Any) -> tuple[Holder, Holder]:
    """Put one person on record twice, as happened where a passport was renewed."""
    common: dict[str, Any] = {"name": "ANNA SCHMIDT", "holder_type": "foreigner", "identity_type": "passport", **fields}
    kept, gone = (service.person(identity_number=f"E{uuid4().hex[:10].upper()}", **common) for _ in range(2))
    return kept, gone


def clerk(service: GraphService, number: int, region: str = CHENGDU) -> Caller:
    """Return one of the clerks of a window."""
    return service.caller(Actor(f"clerk-{region}-{number}", "clerk", "service_window", f"window-{region}", region))


def merge(caller: Caller, kept: Holder, gone: Holder, **more: Any) -> dict[str, Any]:
    """Ask to make one record of two."""
    return caller.change("mergeHolders", holderId=holder_id(kept), duplicateId=holder_id(gone), **{**SEEN, **more})


def merged(service: GraphService, kept: Holder, gone: Holder) -> dict[str, Any]:
    """Make one record of two, by two clerks."""
    assert merge(clerk(service, 1), kept, gone)["state"] == "PROPOSED"
    done = merge(clerk(service, 2), kept, gone)
    assert (done["errors"], done["state"]) == ([], "DONE")
    return done


def who(caller: Caller, person: Holder) -> dict[str, Any]:
    """Return somebody by their id."""
    found: dict[str, Any] = caller.ask(_WHO, {"id": holder_id(person)})["holder"]
    return found


def test_one_clerk_proposes_and_another_one_does_it(service: GraphService) -> None:
    kept, gone = twice(service)
    first = clerk(service, 1)
    service.stands_before(CHENGDU, kept, gone, clerk=FIRST)
    for _ in range(2):  # however often the same clerk says so
        proposed = merge(first, kept, gone)
        assert (proposed["errors"], proposed["state"]) == ([], "PROPOSED")
    assert who(first, gone)["id"] == holder_id(gone)
    service.stands_before(CHENGDU, kept, gone, clerk=f"clerk-{CHENGDU}-2")
    told = who(clerk(service, 2), kept)["proposedDuplicates"]
    assert told == [{"holder": {"id": holder_id(gone)}, "office": f"window-{CHENGDU}"}]
    assert service.citizen(kept).ask("{me{proposedDuplicates{office}}}") == {"me": {"proposedDuplicates": []}}
    done = merge(clerk(service, 2), kept, gone)
    assert (done["state"], done["holder"]["id"]) == ("DONE", holder_id(kept))
    assert codes(merge(clerk(service, 3), kept, gone)) == ["INVALID_INPUT"]
    assert who(first, kept)["proposedDuplicates"] == []


def test_all_that_both_had_is_the_kept_one_s_and_both_ids_lead_there(service: GraphService) -> None:
    kept, gone = twice(service)
    ward = service.person(date(2015, 1, 1))
    for guardian in (kept, gone):
        service.guardian(ward, guardian)
    here, there = add_active_card(service, kept, CHENGDU), add_active_card(service, gone, QINGDAO)
    delegate = delegate_on_record(service, gone, "status")
    who(clerk(service, 1, QINGDAO), gone)
    service.written()
    merged(service, kept, gone)
    office = clerk(service, 1)
    seen = service.citizen(kept).ask("{me{accesses(first: 100){edges{node{office}} totalCount}}}")["me"]["accesses"]
    assert f"window-{QINGDAO}" in {edge["node"]["office"] for edge in seen["edges"]}
    assert seen["totalCount"] == len(seen["edges"])
    for by in (kept, gone):
        found = who(service.citizen(kept), by)
        assert (found["id"], {card["id"] for card in found["cards"]}) == (holder_id(kept), {here.id, there.id})
        assert found["wards"] == [{"id": holder_id(ward)}]
        assert [(each["number"], each["main"]) for each in found["documents"]] == [
            (f"****{kept.identity_number[-4:]}", True),
            (f"****{gone.identity_number[-4:]}", False),
        ]
        node = office.ask("query($id: ID!){node(id: $id){id}}", {"id": holder_id(by)})
        assert node == {"node": {"id": holder_id(kept)}}
        named = {"a": by.name, "b": by.identity_type, "c": by.identity_number}
        query = "query($a: String!, $b: String!, $c: String!){findHolder(name: $a, identityType: $b, identityNumber: $c){holder{id}}}"
        assert office.ask(query, named) == {"findHolder": {"holder": {"id": holder_id(kept)}}}
    assert look_up(service.citizen(kept, "qingdao_app"), there.id)["state"] == "ACTIVE"
    delegations = service.citizen(delegate).ask("{me{delegatedBy{holds holder{id}}}}")["me"]["delegatedBy"]
    assert delegations == [{"holds": True, "holder": {"id": holder_id(kept)}}]


def test_a_token_of_the_gone_record_is_the_kept_person_s_and_its_keys_still_answer(service: GraphService) -> None:
    kept, gone = service.person(), service.person()
    citizen, key = service.citizen(gone), str(uuid4())
    asked = {**application(citizen), "idempotencyKey": key}
    first = citizen.changed("applyForCard", **asked)["operation"]["id"]
    merged(service, kept, gone)
    assert citizen.changed("applyForCard", **asked)["operation"]["id"] == first
    assert citizen.ask("{me{id}}") == {"me": {"id": holder_id(kept)}}
    mine = service.citizen(kept).ask("{operations{edges{node{id timeline{event}}}}}")["operations"]["edges"]
    assert mine == [{"node": {"id": first, "timeline": [{"event": "apply"}, {"event": "merge_holders"}]}}]
    withdrawn = citizen.changed("withdrawApplication", operationId=first)
    assert withdrawn["operation"]["state"] == "WITHDRAWN"


def test_whoever_names_the_gone_record_in_a_request_means_the_kept_one(service: GraphService) -> None:
    kept, gone = twice(service, holder_type="citizen")
    merged(service, kept, gone)
    office = clerk(service, 1)
    service.stands_before(CHENGDU, kept, clerk=FIRST)
    child = {"wardId": holder_id(service.person(date(2015, 1, 1))), "kinship": "母亲"}
    papers = {"evidence": {"sightedDocuments": ["birth_certificate"]}}
    office.changed("recordGuardianship", guardianId=holder_id(gone), **child, **papers)
    assert [ward["id"] for ward in who(office, kept)["wards"]] == [child["wardId"]]
    # A third record becomes part of the same, and what led to it before leads on.
    third = service.person(name=kept.name, holder_type="citizen")
    service.stands_before(CHENGDU, third, clerk=FIRST)
    merged(service, third, kept)
    assert who(office, gone)["id"] == who(office, kept)["id"] == holder_id(third)


def test_both_have_a_card_in_one_province_until_one_is_cancelled(service: GraphService) -> None:
    kept, gone = twice(service)
    add_active_card(service, kept, CHENGDU)
    extra = add_active_card(service, gone, "510700")
    first, second = clerk(service, 1), clerk(service, 2)
    assert merge(first, kept, gone)["state"] == "PROPOSED"
    [error] = merge(second, kept, gone)["errors"]
    assert error["code"] == "BOTH_HAVE_A_CARD"
    assert "Sichuan" in error["message"]["en"]
    mianyang = clerk(service, 1, "510700")
    brought = {"evidence": {"sightedDocuments": ["social_security_card", "passport"]}}
    # It is an extra card now, though each record has one.
    mianyang.changed("cancelCard", cardId=extra.id, reason="extra_card", **brought)
    assert merge(second, kept, gone)["state"] == "DONE"


def test_the_right_to_a_card_goes_over_and_is_had_once(service: GraphService) -> None:
    kept, gone = service.person(), service.person()
    asks = service.citizen(gone)
    operation = asks.changed("applyForCard", **application(asks))["operation"]["id"]
    ended = service.citizen(kept)
    before = ended.changed("applyForCard", **application(ended))["operation"]["id"]
    assert merge(clerk(service, 1), kept, gone)["state"] == "PROPOSED"
    assert codes(merge(clerk(service, 2), kept, gone)) == ["BOTH_HAVE_A_CARD"]
    ended.changed("withdrawApplication", operationId=before)
    merged(service, kept, gone)
    again = ended.change("applyForCard", **application(ended, region=JINAN))
    assert denials(again["decision"]) != [] or "ONE_CARD_PER_PROVINCE" in codes(again)
    ended.changed("withdrawApplication", operationId=operation)
    ended.changed("applyForCard", **application(ended))


def imported(service: GraphService, person: Holder, region: str) -> str:
    """Put a card on record that somebody on record had before this service; return its id."""
    known = {"name": person.name, "identityType": person.identity_type, "identityNumber": person.identity_number}
    given = row(**known, holderType=person.holder_type, bornOn=str(person.born_on), regionCode=region)
    [found] = batch(clerk(service, 1, region), given["cardNumber"], [given])["rows"]
    assert found["errors"] == []
    [card] = service.work(lambda work: work.cards.lock_of_holder(person.id))
    return global_id("Card", card.id)


def test_cards_from_before_this_service_go_over_beside_each_other(service: GraphService) -> None:
    kept, gone = twice(service, holder_type="citizen", identity_type="passport")
    mine, theirs = imported(service, kept, JINAN), imported(service, gone, ZIBO)
    merged(service, kept, gone)
    office, citizen = clerk(service, 2), service.citizen(kept)
    service.stands_before(CHENGDU, kept, clerk=f"clerk-{CHENGDU}-2")
    assert {card["id"] for card in who(citizen, kept)["cards"]} == {mine, theirs}
    # Until both have ended, whichever ends first, there is no further one.
    brought = {"evidence": {"sightedDocuments": ["social_security_card", "passport"]}}
    for card, region in ((mine, JINAN), (theirs, ZIBO)):
        assert "ONE_CARD_IN_PROVINCE" in denials(citizen.change("applyForCard", **application(citizen))["decision"])
        reason = "extra_card" if card == mine else "settled_abroad"
        more = (
            {}
            if card == mine
            else {"evidence": {"sightedDocuments": ["social_security_card", "passport", "settlement_abroad_proof"]}}
        )
        clerk(service, 1, region).changed("cancelCard", cardId=card, reason=reason, **brought | more)
    citizen.changed("applyForCard", **application(citizen))
    assert who(office, gone)["id"] == holder_id(kept)


@pytest.mark.parametrize("imported_is_kept", [True, False])
def test_an_application_goes_over_beside_a_card_from_before_this_service(
    service: GraphService, imported_is_kept: bool
) -> None:
    had, applies = twice(service, holder_type="citizen")
    kept, gone = (had, applies) if imported_is_kept else (applies, had)
    asks = service.citizen(applies)
    operation = asks.changed("applyForCard", **application(asks))["operation"]["id"]
    card = imported(service, had, ZIBO)
    merged(service, kept, gone)
    citizen = service.citizen(kept)
    assert [each["id"] for each in who(citizen, kept)["cards"]] == [card]
    held = service.work(lambda work: work.slots.holder_of("370000", kept.id))
    assert held == local_id(operation, "Operation", "id")


def test_the_timelines_that_go_over_say_so_and_lists_of_the_gone_record_are_the_kept_one_s(
    service: GraphService,
) -> None:
    kept, gone = service.person(), service.person()
    citizen, office = service.citizen(gone), service.clerk(JINAN)
    operation = citizen.changed("applyForCard", **application(citizen))["operation"]["id"]
    listed = (
        "query($of: ID!, $order: OperationOrder){operations(filter: {holderId: $of}, order: $order)"
        "{totalCount edges{node{id timeline{event fromState toState office}}}}}"
    )
    line = {"event": "merge_holders", "fromState": "SUBMITTED", "toState": "SUBMITTED", "office": f"window-{CHENGDU}"}
    merged(service, kept, gone)
    for order in ("NEWEST_FIRST", "LONGEST_WAITING_FIRST", "CHANGED"):
        for caller in (office, service.citizen(kept)):
            found = [caller.ask(listed, {"of": holder_id(each), "order": order})["operations"] for each in (kept, gone)]
            assert found[0] == found[1]
            assert found[0]["totalCount"] == 1
            [node] = [edge["node"] for edge in found[0]["edges"]]
            assert (node["id"], node["timeline"][1:]) == (operation, [line])
    # Nobody else's list is theirs.
    assert office.ask(listed, {"of": holder_id(service.person()), "order": "CHANGED"})["operations"]["totalCount"] == 0


def test_the_region_decides_and_only_clerks_ask(service: GraphService) -> None:
    kept, gone = twice(service)
    assert missing(merge(clerk(service, 1), kept, gone, evidence={})["decision"]).keys() == {"documents_of_both"}
    other = service.person(date(1990, 3, 8), name=kept.name)
    assert denials(merge(clerk(service, 1), kept, other)["decision"]) == ["BORN_ON_ANOTHER_DAY"]
    assert codes(merge(service.citizen(kept), kept, gone)) == ["NOT_PERMITTED"]
    assert codes(merge(service.card_maker(), kept, gone)) == ["NOT_PERMITTED"]
    assert codes(merge(clerk(service, 1), kept, kept)) == ["INVALID_INPUT"]


def test_a_death_on_record_with_either_is_the_person_s_and_a_paper_of_the_gone_one_goes_over(
    service: GraphService,
) -> None:
    kept, gone = twice(service)
    office, relative = clerk(service, 1), holder_id(service.person())
    papers = {"evidence": {"sightedDocuments": ["death_certificate", "kinship_proof"]}}
    died = {"holderId": holder_id(gone), "diedOn": "2026-11-18", "presentPersonId": relative, **papers}
    since = office.changed("recordDeath", **died)["recordedAt"]
    paper = office.document("death_certificate", CHENGDU, card_picture(), holderId=holder_id(gone))
    merged(service, kept, gone)
    shown = office.ask("query($id: ID!){holder(id: $id){deceasedAt}}", {"id": holder_id(kept)})
    assert shown == {"holder": {"deceasedAt": since}}
    assert office.ask("query($id: ID!){node(id: $id){id}}", {"id": paper}) == {"node": {"id": paper}}
    later = office.document("death_certificate", CHENGDU, card_picture(), holderId=holder_id(gone))
    owners = service.work(
        lambda work: work.documents.get_many([local_id(each, "Document", "id") for each in (paper, later)])
    )
    assert {document.owner_id for document in owners.values()} == {kept.id}


def test_a_clerk_who_registers_somebody_sees_who_may_be_the_same_person(service: GraphService) -> None:
    name, number = f"ANNA {uuid4().hex[:8].upper()}", f"E{uuid4().hex[:10].upper()}"
    known, _ = twice(service, name=name)
    service.person(date(1990, 3, 8), name=name)
    service.registry.list(known, "passport", number)
    document = (
        "mutation($i: RegisterHolderInput!){registerHolder(input: $i){holder{id namesakes{id documents{number}}}}}"
    )
    given = {"name": name.lower(), "identityType": "passport", "identityNumber": number}
    added = clerk(service, 1).ask(document, {"i": given})["registerHolder"]["holder"]
    # They are told apart by who they are; their papers are not shown to an office that they have nothing to do with.
    assert [each["documents"] for each in added["namesakes"]] == [[], []]
    assert holder_id(known) in [each["id"] for each in added["namesakes"]]
    assert service.citizen(known).ask("{me{namesakes{id}}}") == {"me": {"namesakes": []}}


@pytest.mark.parametrize("same_clerk", [False, True])
def test_clerks_who_merge_at_once_do_it_once(service: GraphService, same_clerk: bool) -> None:
    kept, gone = twice(service)
    card = add_active_card(service, gone, CHENGDU)
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda n: merge(clerk(service, 1 if same_clerk else n), kept, gone), range(8)))
    states = [answer["state"] for answer in told if not answer["errors"]]
    refused = {code for answer in told for code in codes(answer)}
    if same_clerk:
        assert (set(states), refused) == ({"PROPOSED"}, set())
    else:
        assert (states.count("DONE"), states.count("PROPOSED")) == (1, 1)
        assert refused <= {"INVALID_INPUT", "NOT_FOUND", "CONFLICT"}
        assert who(clerk(service, 1), kept)["cards"] == [{"id": card.id}]


def test_what_is_done_with_a_card_while_its_holder_s_records_become_one_is_done_once_or_told(
    service: GraphService,
) -> None:
    kept, gone = service.person(), service.person()
    card = add_active_card(service, gone, QINGDAO)
    assert merge(clerk(service, 1), kept, gone)["state"] == "PROPOSED"
    citizen = service.citizen(gone, "qingdao_app")

    def ask(number: int) -> list[str]:
        if number == 3:
            return codes(merge(clerk(service, 2), kept, gone))
        return codes(citizen.change("reportTemporaryLoss", cardId=card.id))

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(ask, range(8)))
    assert {code for each in told for code in each} <= {"CONFLICT", "NOT_FOUND", "ALREADY_REPORTED_LOST"}
    assert told.pop(3) == []
    if [] not in told:  # all were overtaken by the merge, and were told so
        assert codes(citizen.change("reportTemporaryLoss", cardId=card.id)) == []
    shown = look_up(service.citizen(kept, "qingdao_app"), card.id)
    assert shown["state"] == "TEMPORARILY_LOST"
    assert [entry["state"] for entry in shown["history"]].count("TEMPORARILY_LOST") == 1
