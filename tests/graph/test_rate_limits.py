"""Limits by person, address, number and purpose: each trips, says for how long, holds across processes, and opens again."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest

from domain.errors import DomainError, WrongNumber
from domain.holder import Actor
from domain.rate_limits import Limited, Rate
from resolvers.changing.deciding import decided_transaction
from resolvers.changing.service_request import ServiceRequest
from resolvers.changing.standing import Viewer
from resolvers.dependencies import Dependencies
from resolvers.services.status import find_card
from resolvers.sign_ins import A_MINUTE
from schema.kit.relay import local_id
from store.audit.entries import AuditKind, read_moment
from store.repositories.audit import AuditSelection
from tests.graph.caller import Caller, codes
from tests.graph.cards import add_active_card
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import CHENGDU, JINAN, QINGDAO, submitted
from tests.graph.limited import response, sent, someone
from tests.graph.records import rows, settle
from tests.graph.service import NOW, REGIONS, GraphService, mobile, serve_graph
from tests.graph.typed_numbers import FIND_HOLDER, TYPED, nobodys, only_code, passport

HOUR = timedelta(hours=1)
FEW = {
    each: (Rate(3, HOUR),)
    for each in Limited
    if each.purpose not in ("codes", "anonymous", "sign_ins") and each is not Limited.NUMBERS_OF_HOLDER
} | {Limited.SIGN_INS: (Rate(5, HOUR),), Limited.ANONYMOUS: (Rate(8, HOUR),)}
"""Figures as an operator may set them, so small that a test needs few requests."""
TOO_MANY = "TOO_MANY_REQUESTS"
_CARD = "query($number: String!){findCard(number: $number){reason card{id}}}"


@pytest.fixture(scope="module")
def other_process(one_service: GraphService) -> Iterator[GraphService]:
    """Serve the same database once more, as another worker does: what it knows by heart is its own. Its figures are small."""
    known = one_service.running.settings
    with serve_graph(known.folder, known.database_url, REGIONS, known.values, limits=FEW) as running:
        yield running


@pytest.fixture
def few(other_process: GraphService, service: GraphService) -> GraphService:
    """Return that service, with its clock where every test begins."""
    other_process.clock.set(NOW)
    return other_process


def looked(caller: Caller, number: str | None = None) -> str:
    """Look for a card, by a number of nobody's unless one is given; return what came of it: a reason, an id or an error's code."""
    answer = caller.answer(_CARD, {"number": number or nobodys()})
    if "errors" in answer:
        return str(answer["errors"][0]["extensions"]["code"])
    found = answer["data"]["findCard"]
    return str(found["reason"] or found["card"]["id"])


def test_wrong_card_numbers_end_in_a_wait_that_says_how_long(service: GraphService) -> None:
    person = service.person()
    card, citizen = add_active_card(service, person, CHENGDU), service.citizen(person)
    assert looked(citizen, card.number) == card.id
    assert [looked(citizen) for _ in range(10)] == ["NOT_ON_RECORD"] * 10
    service.clock.advance(timedelta(minutes=10))
    refused = response(citizen, _CARD, number=card.number)
    [error] = refused.json()["errors"]
    assert error["extensions"] == {"code": TOO_MANY, "retryAfter": 3000}
    assert refused.headers["Retry-After"] == "3000"
    assert "50 min" in error["message"]
    assert "50分钟" in citizen.in_chinese.answer(_CARD, {"number": card.number})["errors"][0]["message"]
    # What is their own, they see all the time, and so does everybody else.
    assert citizen.ask("{me{cards{id}}}")["me"]["cards"] == [{"id": card.id}]
    assert looked(service.citizen(service.person())) == "NOT_ON_RECORD"
    service.clock.advance(timedelta(minutes=50))
    assert looked(citizen, card.number) == card.id
    # The thirtieth of a day ends the hour's and the day's, and the longer wait holds.
    assert [looked(citizen) for _ in range(10)] == ["NOT_ON_RECORD"] * 10
    service.clock.advance(HOUR)
    assert [looked(citizen) for _ in range(10)] == ["NOT_ON_RECORD"] * 10
    service.clock.advance(HOUR)
    assert response(citizen, _CARD, number=card.number).headers["Retry-After"] == str(21 * 3600)


def test_what_one_process_has_counted_holds_in_another(service: GraphService, few: GraphService) -> None:
    person = service.person()
    card, told, unknown = add_active_card(service, person, CHENGDU), service.citizen(person), service.person()
    for each in (told, service.citizen(unknown)):
        assert {looked(each) for _ in range(10)} == {"NOT_ON_RECORD"}
    # It does not know of them yet. A wrong one is counted over both, so not even one more is told.
    assert looked(few.citizen(unknown)) == TOO_MANY
    # A right one counts nothing, and is refused once it has heard of it, as each does every second.
    few.hear_limits()
    assert looked(few.citizen(person), card.number) == TOO_MANY
    service.clock.advance(HOUR)
    few.clock.advance(HOUR)
    few.hear_limits()
    assert looked(few.citizen(person), card.number) == looked(told, card.number) == card.id


def test_numbers_tried_at_the_same_moment_in_two_processes_are_all_counted(
    service: GraphService, few: GraphService
) -> None:
    person = service.person()
    callers = [service.citizen(person), service.citizen(person)]
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(looked, callers * 10))
    assert sorted(found) == ["NOT_ON_RECORD"] * 10 + [TOO_MANY] * 10


@pytest.mark.parametrize("path", TYPED)
def test_wrong_numbers_count_together_on_whichever_path_they_are_typed(few: GraphService, path: str) -> None:
    made, ask, wrong = TYPED[path]
    actor = made()
    caller = few.caller(actor)
    assert [ask(few, caller) for _ in range(2)] == [wrong] * 2
    few.clock.advance(HOUR)
    # What was wrong an hour ago does not count any more.
    assert [ask(few, caller), looked(caller), ask(few, caller)] == [wrong, "NOT_ON_RECORD", wrong]
    assert (ask(few, caller), looked(caller)) == (TOO_MANY, TOO_MANY)


def test_numbers_of_one_person_are_counted_by_the_role_that_tries_them_and_never_against_the_person(
    service: GraphService, few: GraphService
) -> None:
    person = few.person(identity_type="passport", identity_number=passport())
    card = add_active_card(few, person, CHENGDU)

    def told(actor: Actor, number: str) -> list[str]:
        evidence = {"details": {"identityNumber": number}}
        return codes(few.caller(actor).change("reportTemporaryLoss", cardId=card.id, evidence=evidence))

    def hotline() -> Actor:
        return someone("clerk", "hotline_12333", office="hotline", region="510000")

    def delegate() -> Actor:
        return Actor(delegate_on_record(few, person, "report_temporary_loss").id, "citizen", "unionpay_app")

    # Ten in each role, by five who are far from their own limits.
    for another in (hotline, delegate):
        for each in [another() for _ in range(5)]:
            assert [told(each, f"11010519900307000{last}") for last in "01"] == [["IDENTITY_NUMBER_WRONG"]] * 2
        assert told(another(), person.identity_number) == [TOO_MANY]
    assert told(Actor(person.id, "citizen", "unionpay_app"), person.identity_number) != [TOO_MANY]
    found = few.caller(Actor(person.id, "citizen", "unionpay_app")).answer(
        FIND_HOLDER, {"a": person.name, "b": person.identity_number}
    )
    assert found["data"] == {"findHolder": {"reason": None}}
    few.clock.advance(HOUR)
    assert told(hotline(), person.identity_number) == []


async def _looked_for(dependencies: Dependencies, asker: Actor, card_id: str, number: str) -> bool:
    viewer = Viewer.of(dependencies.policies(), asker, dependencies.clock.now())
    return (await find_card(dependencies, viewer, number, ())).decided is not None


async def _typed_for_a_change(dependencies: Dependencies, asker: Actor, card_id: str, number: str) -> bool:
    request = ServiceRequest("report_temporary_loss", card_id=card_id, details={"card_number": number})
    async with decided_transaction(dependencies, asker, request):
        return True


@pytest.mark.parametrize("way", [_looked_for, _typed_for_a_change])
def test_a_right_number_among_many_at_once_is_not_told_beyond_the_figure(
    few: GraphService, way: Callable[[Dependencies, Actor, str, str], Awaitable[bool]]
) -> None:
    """All of them had looked whether they may before any of them was counted."""
    person = few.person()
    card, dependencies = add_active_card(few, person, CHENGDU), few.running.dependencies
    asker, card_id = Actor(person.id, "citizen", "unionpay_app"), local_id(card.id, "Card", "id")

    async def told(number: str) -> str:
        try:
            return "right" if await way(dependencies, asker, card_id, number) else "wrong"
        except WrongNumber:
            return "wrong"
        except DomainError as error:
            return str(error.code)

    async def at_once() -> list[str]:
        return await asyncio.gather(*map(told, [nobodys(), nobodys(), nobodys(), card.number]))

    assert asyncio.run_coroutine_threadsafe(at_once(), few._loop).result() == ["wrong"] * 3 + [TOO_MANY]
    assert not dependencies.limits.turns


def test_strangers_who_look_for_somebody_keep_nobody_from_finding_them(few: GraphService) -> None:
    ward = few.person(date(2015, 3, 7), identity_type="passport", identity_number=passport())
    guardian = few.citizen(few.guardian(ward))
    for stranger in [few.caller(someone()) for _ in range(12)]:
        answer = stranger.ask(FIND_HOLDER, {"a": ward.name, "b": ward.identity_number})
        assert answer["findHolder"]["reason"] == "NOT_ON_RECORD"
    assert guardian.ask(FIND_HOLDER, {"a": ward.name, "b": ward.identity_number})["findHolder"]["reason"] is None


def test_a_code_that_came_too_soon_says_when_another_may_be_asked_for(service: GraphService, few: GraphService) -> None:
    number, asker = mobile(), someone()
    document = (
        'mutation($number: String!){requestVerificationCode(input: {purpose: "activate", mobile: $number})'
        "{resendAt errors{code retryAfter}}}"
    )
    first = response(service.caller(asker), document, number=number)
    assert "Retry-After" not in first.headers
    assert first.json()["data"]["requestVerificationCode"]["resendAt"] == (NOW + timedelta(minutes=1)).isoformat()
    few.clock.advance(timedelta(seconds=20))
    # In whichever process, and to whatever number.
    again = response(few.caller(asker), document, number=mobile())
    error = {"code": "CODE_TOO_SOON", "retryAfter": 40}
    assert again.json()["data"]["requestVerificationCode"]["errors"] == [error]
    assert again.headers["Retry-After"] == "40"


def test_one_request_does_not_write_a_refusal_for_each_of_its_aliases(service: GraphService) -> None:
    caller = service.citizen(service.person())
    before = len(rows(service, "decisions")["decisions"])
    asked = f'applyForCard(input: {{regionCode: "{JINAN}"}}){{errors{{code retryAfter}}}}'
    document = f"mutation{{{' '.join(f'a{number}: {asked}' for number in range(20))}}}"
    answers = [response(caller, document), response(caller, document)]
    found = [each["errors"] for answer in answers for each in answer.json()["data"].values()]
    assert all(TOO_MANY not in {error["code"] for error in errors} for errors in found[:30])
    assert found[30:] == [[{"code": TOO_MANY, "retryAfter": 3600}]] * 10
    assert [answer.headers.get("Retry-After") for answer in answers] == [None, "3600"]
    assert len(rows(service, "decisions")["decisions"]) == before + 30
    # What needs no decision, and nobody refuses, goes on.
    assert caller.ask("{me{id}}")["me"] is not None
    service.clock.advance(HOUR)
    assert TOO_MANY not in codes(caller.change("applyForCard", regionCode=JINAN))


def test_refusals_are_held_across_processes_and_told_to_the_record_by_their_number(
    service: GraphService, few: GraphService
) -> None:
    person = few.person()
    callers = few.citizen(person), service.citizen(person)
    assert all(TOO_MANY not in codes(callers[0].change("applyForCard", regionCode=JINAN)) for _ in range(3))
    few.hear_limits()
    service.hear_limits()
    assert {only_code(each.change("applyForCard", regionCode=JINAN)) for each in (*callers, callers[0])} == {TOO_MANY}
    few.written()
    service.written()
    about = [row for row in rows(few, "audit_entries")["audit_entries"] if person.id in row and "too_many" in row]
    assert len(about) == 2  # the first in each process
    few.clock.advance(HOUR)
    few.hear_limits()
    few.written()
    assert any("1 more" in row and "too_many" in row for row in rows(few, "audit_entries")["audit_entries"])


def test_dry_runs_face_checks_and_drafts_have_limits_too(few: GraphService) -> None:
    caller = few.citizen(few.person())
    tried = [codes(caller.check("apply", regionCode=JINAN)) for _ in range(4)]
    assert [TOO_MANY in each for each in tried] == [False, False, False, True]
    faces = [codes(caller.change("requestFaceCheck", purpose="apply")) for _ in range(4)]
    assert faces == [[], [], [], [TOO_MANY]]
    officer = few.caller(someone("policy_officer", "partner_system", office="policies"))
    draft = '{policyDraft(files: [{file: "../outside.yaml", text: "x"}]){faults{code}}}'
    assert [officer.failure(draft) == TOO_MANY for _ in range(4)] == [False, False, False, True]
    few.clock.advance(HOUR)
    assert codes(caller.check("apply", regionCode=JINAN)) == []
    assert officer.failure(draft) != TOO_MANY


def test_the_address_of_a_document_is_no_way_to_flood_the_record(few: GraphService) -> None:
    person = few.person()
    citizen = few.citizen(person)
    paper = citizen.document("birth_certificate", QINGDAO, b"%PDF-1.7\n%%EOF\n")
    asked = "query($id: ID!){node(id: $id){...on Document{address{url}}}}"
    url = citizen.ask(asked, {"id": paper})["node"]["address"]["url"]
    opened = [few.http.get(url[url.index("/documents/") :]) for _ in range(4)]
    assert [each.status_code for each in opened] == [200] * 3 + [429]
    assert opened[3].headers["Retry-After"] == "3600"
    assert opened[3].json()["errors"][0]["extensions"]["code"] == TOO_MANY


def from_address(
    service: GraphService, address: str, token: str | None, document: str = "{regions{code}}"
) -> httpx.Response:
    """Ask through a proxy that is trusted, which says for whom."""
    headers = {"X-Forwarded-For": address, **({"Authorization": f"Bearer {token}"} if token else {})}
    return service.http.post("/graphql", json={"query": document}, headers=headers)


def test_tokens_that_do_not_count_are_limited_by_address_and_never_keep_out_one_that_does(few: GraphService) -> None:
    answers = [from_address(few, "198.51.100.7", "made-up") for _ in range(6)]
    assert [each.status_code for each in answers] == [401] * 5 + [429]
    assert answers[5].headers["Retry-After"] == "3600"
    assert answers[5].json()["errors"][0]["extensions"] == {"code": TOO_MANY, "retryAfter": 3600}
    assert from_address(few, "198.51.100.8", "made-up").status_code == 401
    # However dear or wrong the document is, and before it is read.
    for document in ("{nothing}", "{", f"{{{'__typename ' * 3000}}}"):
        assert from_address(few, "198.51.100.8", "made-up", document).status_code == 401
        assert from_address(few, "198.51.100.7", "made-up", document).status_code == 429
    good = few.token(Actor(few.person().id, "citizen", "national_mini_program"))
    assert from_address(few, "198.51.100.7", good).status_code == 200
    few.clock.advance(HOUR)
    assert from_address(few, "198.51.100.7", "made-up").status_code == 401


def test_requests_without_a_token_are_limited_by_the_address_that_a_trusted_proxy_names(few: GraphService) -> None:
    # What a caller writes into the header stands before what the proxy adds, and does not count.
    asked = [from_address(few, f"203.0.113.{number}, 198.51.100.9", None) for number in range(9)]
    assert [each.status_code for each in asked] == [200] * 8 + [429]
    assert asked[8].headers["Retry-After"] == "3600"
    # Of one connection by IPv6, each address is another, and so are its networks.
    asked = [from_address(few, f"2001:db8:1:2{number:02x}::{number}", None) for number in range(9)]
    assert [each.status_code for each in asked] == [200] * 8 + [429]
    assert from_address(few, "2001:db8:1:300::1", None).status_code == 200
    # What stands for an address of IPv4 is that one.
    for written in ("::ffff:198.51.100.9", "64:ff9b::198.51.100.9", "2002:c633:6409::1"):
        assert from_address(few, written, None).status_code == 429
    assert from_address(few, "64:ff9b::198.51.100.77", None).status_code == 200
    token = few.token(Actor(few.person().id, "citizen", "national_mini_program"))
    assert from_address(few, "198.51.100.9", token).status_code == 200
    few.clock.advance(HOUR)
    assert from_address(few, "198.51.100.9", None).status_code == 200


def test_what_is_counted_in_memory_is_added_up_over_processes(service: GraphService, few: GraphService) -> None:
    assert [from_address(few, "198.51.100.10", None).status_code for _ in range(8)] == [200] * 8
    for _ in range(2):  # each is added once
        few.hear_limits()
    service.hear_limits()
    assert from_address(few, "198.51.100.10", None).status_code == 429
    name = few.running.dependencies.store.limit_name(Limited.ANONYMOUS.value, "198.51.100.10")
    [kept] = [row for row in rows(few, "limit_counts")["limit_counts"] if name in row]
    assert re.split("[(),' ]+", kept).count("8") == 2  # how often, and how often it may be
    # The other process counts nothing yet that comes near its own limit, and so asks nobody.
    assert from_address(service, "198.51.100.10", None).status_code == 200


def test_the_database_does_not_say_whom_it_counts(service: GraphService) -> None:
    person, number = service.person(mobile=mobile()), mobile()
    citizen, card, before = service.citizen(person), nobodys(), {*rows(service, "limit_counts")["limit_counts"]}
    assert looked(citizen, card) == "NOT_ON_RECORD"
    assert codes(sent(citizen, mobile=number)) == []
    kept = {*rows(service, "limit_counts")["limit_counts"]} - before
    assert len(kept) == 8  # two periods of numbers, and three each of codes by whom and to what number
    told = "".join(kept)
    assert not any(text in told for text in (person.id, number, card, "wrong_numbers", "127.0.0.1"))


def test_refusals_are_counted_by_what_was_asked_for(few: GraphService) -> None:
    def refused() -> float:
        lines = few.http.get("/metrics").text.splitlines()
        found = [line for line in lines if line.startswith('limited_requests_total{purpose="wrong_numbers"}')]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    caller, before = few.caller(someone()), refused()
    for _ in range(5):
        looked(caller)
    assert refused() == before + 2


def test_changes_that_are_allowed_have_a_limit_too(few: GraphService) -> None:
    """Each is on record for years, so that one person could fill the database by taking back what they have just asked for."""
    citizen = few.citizen(few.person())
    citizen.changed("withdrawApplication", operationId=submitted(citizen)["id"])
    operation = submitted(citizen)
    assert codes(citizen.change("withdrawApplication", operationId=operation["id"])) == [TOO_MANY]
    assert citizen.operation(operation["id"])["state"] == "SUBMITTED"
    few.clock.advance(HOUR)
    assert citizen.changed("withdrawApplication", operationId=operation["id"])["operation"]["state"] == "WITHDRAWN"


def test_one_address_does_not_push_the_documents_of_others_out_of_those_that_are_kept(few: GraphService) -> None:
    def asked(number: int, address: str, **more: str) -> Any:
        digest = sha256(document(number).encode()).hexdigest()
        body = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}, **more}
        return few.http.post("/graphql", json=body, headers={"X-Forwarded-For": address}).json()

    def document(number: int) -> str:
        return f"{{kept{number}: __typename}}"

    for number in range(4):
        address = "198.51.100.20"
        assert asked(number, address, query=document(number))["data"] == {f"kept{number}": "Query"}
    for number in range(4):
        address = "198.51.100.21"
        found = asked(number, address)
        assert ("data" in found) == (number < 3)
    # Who is not over it has one kept, and then everybody may ask for it.
    assert "data" in asked(3, address, query=document(3))
    assert "data" in asked(3, "198.51.100.22")


def test_of_a_flood_of_tokens_that_do_not_count_the_record_is_told_a_few_and_how_many_more(few: GraphService) -> None:
    few.clock.advance(timedelta(minutes=7))

    def noted(number: int) -> list[str]:
        for place in range(number):
            assert from_address(few, f"192.0.2.{place}", f"flood-{place}").status_code == 401
        settle(few)
        found = few.work(lambda work: work.audit.page(AuditSelection(kinds=[AuditKind.SIGN_IN]), None, 200))
        return [each.said["reference"] for each in found if read_moment(each.said) == few.clock.now()]

    assert len(noted(A_MINUTE + 7)) == A_MINUTE
    few.clock.advance(timedelta(minutes=1))
    assert "7 more" in noted(1)
