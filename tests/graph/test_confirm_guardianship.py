"""What is asked about a guardian waits for a second clerk, and those whom it concerns may object to it (SC-12)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from typing import Any

from domain.holder import Actor, Holder
from resolvers.changing.deaths import record_death
from tests.graph.caller import Caller, codes
from tests.graph.guardians import TIME_TO_OBJECT, confirmed, ended
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, application, card_picture
from tests.graph.service import GraphService, holder_id
from tests.graph.test_guardianship import BORN, asked, pair, wards


def twice(service: GraphService) -> tuple[Holder, Holder, Holder]:
    """Return a child of Chengdu with a guardian, and somebody who wants to be one too."""
    child = service.person(BORN, insured_in=(CHENGDU,))
    return child, service.guardian(child), service.person(name="测试新监护人")


def state(caller: Caller, operation: dict[str, Any]) -> str:
    """Return where an operation stands as somebody sees it."""
    found: str = caller.ask("query($id: ID!){operation(id: $id){state}}", {"id": operation["id"]})["operation"]["state"]
    return found


def test_beside_a_guardian_another_one_holds_only_once_a_second_clerk_agrees_and_nobody_objects(
    service: GraphService,
) -> None:
    child, father, other = twice(service)
    first, second = service.clerk(CHENGDU), service.second_clerk(CHENGDU)
    begun = service.clock.now()
    asked_for = first.changed("recordGuardianship", **asked(child, other))
    operation = asked_for["operation"]
    assert (asked_for["recordedAt"], operation["state"]) == (None, "SUBMITTED")
    assert operation["guardianship"] == {
        "state": "ASKED",
        "kinship": "母亲",
        "guardianName": "测试新监护人",
        "office": f"window-{CHENGDU}",
        "papers": ["birth_certificate"],
        "askedAt": begun.isoformat(),
        "inForceAt": None,
        "endsAt": operation["guardianship"]["endsAt"],
        "comesOfAgeAt": "2032-12-31T16:00:00+00:00",
    }
    assert wards(service.citizen(other)) == []
    assert codes(first.change("recordGuardianship", **asked(child, other))) == ["GUARDIANSHIP_PENDING"]
    own = first.change("confirmGuardianship", operationId=operation["id"])
    assert [(error["code"], error["field"]) for error in own["errors"]] == [("SAME_CLERK", "input.operationId")]
    agreed = second.changed("confirmGuardianship", operationId=operation["id"], idempotencyKey="agreed")["operation"]
    assert (agreed["state"], agreed["guardianship"]["state"]) == ("CONFIRMED", "CONFIRMED")
    assert agreed["guardianship"]["inForceAt"] == (begun + TIME_TO_OBJECT).isoformat()
    assert [line["event"] for line in agreed["timeline"]] == ["record_guardianship", "confirm_guardianship"]
    again = second.changed("confirmGuardianship", operationId=operation["id"], idempotencyKey="agreed")["operation"]
    assert again["timeline"] == agreed["timeline"]
    assert wards(service.citizen(other)) == []
    service.clock.advance(TIME_TO_OBJECT - timedelta(seconds=1))
    assert wards(service.citizen(other)) == []
    service.clock.advance(timedelta(seconds=1))
    # By time alone, whether a sweep has written it down or not.
    assert (wards(service.citizen(other)), state(first, operation)) == ([holder_id(child)], "COMPLETED")
    assert wards(service.citizen(father)) == [holder_id(child)]
    assert codes(service.citizen(father).change("objectToGuardianship", operationId=operation["id"])) == ["OVER"]


def test_the_guardian_on_record_and_the_ward_are_told_in_their_lists_and_see_who_is_asked_for(
    service: GraphService,
) -> None:
    child, father, other = twice(service)
    operation = service.clerk(CHENGDU).changed("recordGuardianship", **asked(child, other))["operation"]
    listed = (
        '{operations(filter: {service: "record_guardianship", states: [SUBMITTED]}, first: 100)'
        "{edges{node{id guardianship{guardianName} next{service by until}}}}}"
    )
    for caller in (service.citizen(father), service.citizen(child), service.second_clerk(CHENGDU)):
        nodes = [edge["node"] for edge in caller.ask(listed)["operations"]["edges"]]
        [node] = [found for found in nodes if found["id"] == operation["id"]]
        assert (node["id"], node["guardianship"]["guardianName"]) == (operation["id"], "测试新监护人")
        assert (node["next"]["service"], node["next"]["by"]) == ("confirm_guardianship", ["clerk"])
    # Who is only asked for is nobody to the child yet.
    assert service.citizen(other).ask(listed)["operations"]["edges"] == []
    for theirs in ("operation", "node"):
        asked_by = f"query($id: ID!){{{theirs}(id: $id){{id}}}}"
        answer = service.citizen(other).answer(asked_by, {"id": operation["id"]})
        assert (answer["data"] or {}).get(theirs) is None
    shown = "{me{wards{guardianships{guardianName state}}}}"
    [ward] = service.citizen(father).ask(shown)["me"]["wards"]
    assert [each["state"] for each in ward["guardianships"]] == ["IN_FORCE", "ASKED"]


def test_an_end_waits_for_a_second_clerk_and_the_guardian_may_object_to_it(service: GraphService) -> None:
    child, father, _ = twice(service)
    clerk, guardian = service.clerk(CHENGDU), service.citizen(father)
    given = {**pair(child, father), "evidence": {"sightedDocuments": ["guardianship_proof", "guardian_consent"]}}
    operation = clerk.changed("endGuardianship", **given)["operation"]
    assert codes(clerk.change("endGuardianship", **given)) == ["GUARDIANSHIP_PENDING"]
    confirmed(service, {"operation": operation}, wait=False)
    # Until the time is over they are guardian.
    assert wards(guardian) == [holder_id(child)]
    objected = guardian.changed("objectToGuardianship", operationId=operation["id"])["operation"]
    assert (objected["state"], objected["guardianship"]["state"]) == ("OBJECTED", "IN_FORCE")
    service.clock.advance(TIME_TO_OBJECT)
    assert wards(guardian) == [holder_id(child)]
    confirmed(service, clerk.changed("endGuardianship", **given))
    assert wards(guardian) == []


def test_what_nobody_confirms_in_time_is_over_by_itself(service: GraphService) -> None:
    child, _, other = twice(service)
    clerk = service.clerk(CHENGDU)
    operation = clerk.changed("recordGuardianship", **asked(child, other))["operation"]
    service.clock.advance(timedelta(days=40))
    assert state(clerk, operation) == "WITHDRAWN"
    assert codes(service.second_clerk(CHENGDU).change("confirmGuardianship", operationId=operation["id"])) == [
        "NOT_WAITING"
    ]
    clerk.changed("recordGuardianship", **asked(child, other))


def test_only_a_clerk_withdraws_it_and_neither_an_outlet_nor_an_office_elsewhere_confirms_it(
    service: GraphService,
) -> None:
    child, father, other = twice(service)
    operation = service.clerk(CHENGDU).changed("recordGuardianship", **asked(child, other))["operation"]
    given = {"operationId": operation["id"]}
    assert codes(service.second_clerk(QINGDAO).change("confirmGuardianship", **given)) == ["NOT_FOUND"]
    assert codes(service.bank("ccb").change("confirmGuardianship", **given)) == ["NOT_FOUND"]
    for caller in (service.card_maker(), service.citizen(father)):
        assert "CLERKS_ONLY" in codes(caller.change("confirmGuardianship", **given))
    outlet = service.clerk(CHENGDU, "bank_window")
    assert codes(outlet.change("confirmGuardianship", **given)) == ["CHANNEL_NOT_OPEN"]
    assert codes(outlet.change("recordGuardianship", **asked(child, service.person()))) == ["ANOTHER_ELSEWHERE"]
    # No step of a card is one of its.
    for step, more in (("setDelivery", {"delivery": {"method": "outlet"}}), ("acceptForProduction", {})):
        assert codes(service.clerk(CHENGDU).change(step, **given, **more)) == ["TRANSITION_IMPOSSIBLE"]
    assert codes(service.citizen(father).change("withdrawApplication", **given)) == ["GUARDIANSHIP_BY_CLERK"]
    service.clerk(CHENGDU).changed("withdrawApplication", **given)
    assert codes(service.second_clerk(CHENGDU).change("confirmGuardianship", **given)) == ["NOT_WAITING"]
    assert wards(service.citizen(other)) == []


def test_an_outlet_elsewhere_takes_over_no_child_that_has_only_an_application_or_guardians_there(
    service: GraphService,
) -> None:
    applied, guarded = service.person(BORN), service.person(BORN)
    parent = service.citizen(service.guardian(applied))
    paper = parent.document("birth_certificate", JINAN, card_picture(), holderId=holder_id(applied))
    parent.changed("applyForCard", **application(parent, documentIds=[paper]), holderId=holder_id(applied))
    service.guardian(guarded, service.person(insured_in=(CHENGDU,)))
    outlet, everything = service.clerk(QINGDAO, "bank_window"), ["guardianship_proof", "guardianship_ruling"]
    for child in (applied, guarded):
        put = outlet.change(
            "recordGuardianship", **asked(child, service.person(), evidence={"sightedDocuments": everything})
        )
        assert codes(put) == ["WARD_OF_ANOTHER_REGION"]


def test_of_two_who_confirm_or_object_at_once_one_is_heard(service: GraphService) -> None:
    outcomes = set()
    for _ in range(4):
        child, father, other = twice(service)
        operation = service.clerk(CHENGDU).changed("recordGuardianship", **asked(child, other))["operation"]
        third = Actor("third-clerk", "clerk", "service_window", f"window-{CHENGDU}", CHENGDU)
        given = {"operationId": operation["id"]}
        calls = [
            (service.second_clerk(CHENGDU), "confirmGuardianship"),
            (service.caller(third), "confirmGuardianship"),
            (service.citizen(father), "objectToGuardianship"),
        ]
        with ThreadPoolExecutor(len(calls)) as pool:
            asking = [pool.submit(caller.change, mutation, **given) for caller, mutation in calls]
            answers = [codes(each.result()) for each in asking]
        last = state(service.clerk(CHENGDU), operation)
        assert answers.count([]) in (1, 2), answers
        assert answers[:2] != [[], []], "confirmed twice"
        assert last == ("OBJECTED" if answers[2] == [] else "CONFIRMED")
        outcomes.add(last)
        service.clock.advance(TIME_TO_OBJECT)
        assert wards(service.citizen(other)) == ([holder_id(child)] if last == "CONFIRMED" else [])
    assert outcomes <= {"OBJECTED", "CONFIRMED"}


def test_who_is_to_be_a_guardian_and_dies_meanwhile_is_not_confirmed(service: GraphService) -> None:
    child, _, other = twice(service)
    operation = service.clerk(CHENGDU).changed("recordGuardianship", **asked(child, other))["operation"]
    service.work(lambda work: record_death(work, other, service.clock.now()))
    refused = service.second_clerk(CHENGDU).change("confirmGuardianship", operationId=operation["id"])
    assert codes(refused) == ["HOLDER_DECEASED"]


def test_what_is_over_meanwhile_is_not_confirmed(service: GraphService) -> None:
    child, _, other = twice(service)
    operation = service.clerk(CHENGDU).changed("recordGuardianship", **asked(child, other))["operation"]
    # As where two records become one.
    service.work(lambda work: work.guardianships.end(other.id, child.id, service.clock.now()))
    refused = service.second_clerk(CHENGDU).change("confirmGuardianship", operationId=operation["id"])
    assert codes(refused) == ["GUARDIANSHIP_NOT_FOUND"]
    assert wards(service.citizen(other)) == []


def test_a_ward_who_comes_of_age_has_no_guardian_any_more(service: GraphService) -> None:
    ward, without = service.person(date(2009, 11, 25)), service.person(date(2009, 11, 25), full_capacity=False)
    parent, clerk = service.person(), service.clerk(CHENGDU)
    for each in (ward, without):
        clerk.changed("recordGuardianship", **asked(each, parent))
    confirmable = [
        edge["node"]
        for edge in clerk.ask(
            '{operations(filter: {service: "record_guardianship", states: [SUBMITTED]}, first: 100){edges{node{id regionCode holder{id}}}}}'
        )["operations"]["edges"]
    ]
    for operation in confirmable:
        if operation["holder"]["id"] == holder_id(without):
            confirmed(service, {"operation": operation})
    before = service.person(date(2009, 11, 25))
    service.guardian(before, parent)  # as a version before this one has put it on record
    service.sweep()
    citizen = service.citizen(parent)
    assert set(wards(citizen)) == {holder_id(ward), holder_id(without), holder_id(before)}
    birthday = datetime(2027, 11, 25, tzinfo=timezone(timedelta(hours=8)))
    service.clock.set(birthday - timedelta(seconds=1))
    assert len(wards(citizen)) == 3
    seen = "query($id: ID!){holder(id: $id){name}}"
    assert citizen.ask(seen, {"id": holder_id(ward)})["holder"]["name"] == ward.name
    service.clock.set(birthday)
    assert wards(citizen) == [holder_id(without)]
    assert citizen.ask(seen, {"id": holder_id(without)})["holder"]["name"] == without.name
    assert {citizen.failure(seen, {"id": holder_id(each)}) for each in (ward, before)} == {"NOT_FOUND"}


def test_the_record_names_both_clerks_their_office_and_the_papers(service: GraphService) -> None:
    child, _, other = twice(service)
    confirmed(service, service.clerk(CHENGDU).changed("recordGuardianship", **asked(child, other)))
    ended(service, CHENGDU, child, other)
    [_, found] = service.work(lambda work: work.guardianships.of_ward(child.id))
    office = f"window-{CHENGDU}"
    begun = (found.recorded_by, found.confirmed_by, found.office, found.papers)
    assert begun == (f"clerk-{CHENGDU}", f"second-clerk-{CHENGDU}", office, ("birth_certificate",))
    over = (found.ended_by, found.end_confirmed_by, found.end_office, found.end_papers)
    assert over == (f"clerk-{CHENGDU}", f"second-clerk-{CHENGDU}", office, ("guardianship_proof",))
