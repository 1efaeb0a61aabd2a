"""A copy of all that is on record about somebody: who takes one, by which proofs, what is in it, and who learns of it."""

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, TypeVar

import httpx
import pytest

from domain.evidence import DocumentEvidence
from domain.holder import Actor, Holder
from domain.rate_limits import DEFAULTS, Limited
from resolvers.audit import run_by
from resolvers.changing.deaths import record_death
from resolvers.looking_up.personal_copy import AT_ONCE, data_of, open_copy
from schema.kit.relay import split_id
from store.records import StoredDocument
from tests.graph.caller import Caller, codes
from tests.graph.cards import IDENTITY_CARD, add_active_card
from tests.graph.delegations import delegate_on_record
from tests.graph.journey import CHENGDU, JINAN, submitted
from tests.graph.records import settle
from tests.graph.service import GraphService, holder_id, mobile
from tests.graph.test_audit import ACCESSES

Result = TypeVar("Result")
COPY = "personal_copy"
BORN = date(2015, 1, 1)


def somebody(service: GraphService, **fields: Any) -> tuple[Holder, Caller, str]:
    """Put a person with a bound number on record; return them, who asks for them, and the number."""
    number = mobile()
    person = service.person(mobile=number, **fields)
    return person, service.citizen(person), number


def address_for(caller: Caller, number: str, **given: Any) -> str:
    """Ask for a copy with a code to a number, and return the path of its address."""
    code = caller.verification_code(COPY, number)
    url: str = caller.changed("requestPersonalCopy", verificationCode=code, **given)["address"]["url"]
    return url[url.index("/personal-data/") :]


def take(service: GraphService, path: str) -> Any:
    """Take a copy."""
    answer = service.http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def in_loop(service: GraphService, work: Coroutine[Any, Any, Result]) -> Result:
    """Do something in the loop that serves."""
    return asyncio.run_coroutine_threadsafe(work, service._loop).result()


async def run_named(work: Awaitable[Result], operator: str) -> Result:
    """Do something as a command that an operator runs."""
    with run_by(operator):
        return await work


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return how an address is refused."""
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


def told(payload: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Return the codes of a payload's errors, with their fields."""
    return [(each["code"], each["field"]) for each in payload["errors"]]


def test_people_take_a_copy_which_is_what_an_operator_gives_out_and_see_that_it_was_taken(
    service: GraphService,
) -> None:
    person, me, number = somebody(service)
    card, operation = add_active_card(service, person, CHENGDU), submitted(me)["id"]
    path = address_for(me, number)
    shown = service.http.get(path)
    assert shown.headers["content-type"] == "application/json"
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["content-disposition"] == 'attachment; filename="personal-data.json"'
    assert "sandbox" in shown.headers["content-security-policy"]
    found = shown.json()
    assert [each["name"] for each in found["holders"]] == [person.name]
    assert [each["identity_number"] for each in found["holders"]] == [person.identity_number]
    assert [each["number"] for each in found["cards"]] == [card.number]
    assert [each["id"] for each in found["operations"]] == [split_id(operation, "id")[1]]
    assert found["operations"][0]["fees"][0]["label"]["zh"]
    assert {each["mobile"] for each in found["verification_codes"]} >= {person.mobile}
    given_out = in_loop(service, data_of(service.running.dependencies, person.id))
    assert {name: len(rows) for name, rows in given_out.items()} | {"audit_entries": 0} == {
        name: len(rows) for name, rows in found.items()
    } | {"audit_entries": 0}
    looks = me.ask("{me{accesses{edges{node{shown role office}}}}}")["me"]["accesses"]["edges"]
    assert [edge["node"] for edge in looks] == [
        {"shown": "personal_data", "role": "operator", "office": None},
        {"shown": "personal_data", "role": "citizen", "office": None},
    ]


def test_a_session_alone_takes_nothing_away(service: GraphService) -> None:
    person, me, number = somebody(service)
    code = "input.verificationCode"
    assert told(me.change("requestPersonalCopy")) == [("MISSING", code)]
    assert told(me.change("requestPersonalCopy", verificationCode="000000")) == [("VERIFICATION_CODE_WRONG", code)]
    for purpose, to in (("apply", number), (COPY, mobile())):
        wrong = me.verification_code(purpose, to)
        service.clock.advance(timedelta(minutes=1))
        assert told(me.change("requestPersonalCopy", verificationCode=wrong)) == [("VERIFICATION_CODE_WRONG", code)]
    other = me.face_assertion("apply")
    assert told(me.change("requestPersonalCopy", faceAssertion=other)) == [
        ("FACE_ASSERTION_INVALID", "input.faceAssertion")
    ]
    face = me.face_assertion(COPY)
    assert codes(me.change("requestPersonalCopy", faceAssertion=face, verificationCode="000000")) != []
    # A face check is enough, and each proof is good once.
    assert codes(me.change("requestPersonalCopy", faceAssertion=face)) == []
    assert codes(me.change("requestPersonalCopy", faceAssertion=face)) != []
    right = me.verification_code(COPY, number)
    assert codes(me.change("requestPersonalCopy", verificationCode=right)) == []
    assert codes(me.change("requestPersonalCopy", verificationCode=right)) == ["VERIFICATION_CODE_WRONG"]
    # Who has no number bound is sent no code that would count.
    without = service.citizen(service.person())
    strange = without.verification_code(COPY, mobile())
    assert codes(without.change("requestPersonalCopy", verificationCode=strange)) == ["VERIFICATION_CODE_WRONG"]
    assert person.id


def test_a_guardian_takes_the_copy_of_a_ward_as_long_as_they_are_one_and_nobody_else_does(
    service: GraphService,
) -> None:
    parent, me, number = somebody(service)
    child = service.person(BORN)
    service.guardian(child, parent)
    path = address_for(me, number, holderId=holder_id(child))
    found = take(service, path)
    assert [each["id"] for each in found["holders"]] == [child.id]
    assert number not in str(found)
    settle(service)
    listed = me.ask(ACCESSES, {"id": holder_id(child)})["holder"]["accesses"]["edges"]
    assert [edge["node"]["shown"] for edge in listed][:1] == ["personal_data"]
    delegate = service.citizen(delegate_on_record(service, parent, "status", "update_information"))
    given = {"holderId": holder_id(parent), "faceAssertion": delegate.face_assertion(COPY)}
    assert codes(delegate.change("requestPersonalCopy", **given)) == ["NOT_PERMITTED"]
    stranger = service.citizen(service.person())
    assert told(stranger.change("requestPersonalCopy", **given)) == [("NOT_FOUND", "input.holderId")]
    nobody = service.citizen(Holder("nobody", "x", "citizen", "passport", "E1234567", date(1990, 1, 1)))
    assert codes(nobody.change("requestPersonalCopy")) == ["NOT_ON_RECORD"]
    # A window is shown what it needs, and sees who stands before it; all that any office has of somebody is more.
    service.stands_before(CHENGDU, parent)
    for other in (
        service.clerk(CHENGDU),
        service.card_maker(),
        service.bank("ccb"),
        service.settlement_system(CHENGDU),
    ):
        assert codes(other.change("requestPersonalCopy", **given)) == ["NOT_PERMITTED"]
    service.work(lambda work: record_death(work, child, service.clock.now()))
    assert refusal(service.http.get(path)) == (404, "NOT_FOUND")


def test_an_address_is_good_for_two_minutes_and_for_nothing_else(service: GraphService) -> None:
    _, me, number = somebody(service)
    path = address_for(me, number)
    body, _, signature = path.rpartition("/")[2].partition(".")
    for forged in (f"/personal-data/{body}", f"/personal-data/x{body}.{signature}", f"/documents/{body}.{signature}"):
        assert refusal(service.http.get(forged)) == (403, "ADDRESS_EXPIRED")
    take(service, path)
    service.clock.advance(timedelta(minutes=2))
    assert refusal(service.http.get(path)) == (403, "ADDRESS_EXPIRED")


def test_others_are_in_a_copy_as_in_the_graph(service: GraphService) -> None:
    person, me, number = somebody(service)
    operation = submitted(service.citizen(person))["id"]
    clerk, delegate = service.clerk(JINAN), delegate_on_record(service, person, "status", "update_information")
    clerk.changed("withdrawApplication", operationId=operation, evidence={"sightedDocuments": IDENTITY_CARD})
    service.stands_before(CHENGDU, person)
    trusted = service.citizen(delegate)
    trusted.changed("requestVerificationCode", purpose="update_information", holderId=holder_id(person))
    measured = DocumentEvidence(id="taken-in", type="photo", format="jpeg", size_bytes=1)
    paper = StoredDocument(measured, person.id, "clerk-9", "510000", service.clock.now(), "f" * 64, "file")
    service.work(lambda work: work.documents.add(paper))
    service.stands_before(CHENGDU, person, clerk="clerk-7")
    looker = Actor("clerk-7", "clerk", "service_window", f"window-{CHENGDU}", CHENGDU, token_id="token-of-clerk-7")
    assert service.caller(looker).ask("query($id: ID!){holder(id: $id){id}}", {"id": holder_id(person)})["holder"]
    settle(service)
    # What an operator hands out by `main.py person export` is the same.
    given_out = in_loop(service, run_named(data_of(service.running.dependencies, person.id), "operator-5"))
    again = in_loop(service, run_named(data_of(service.running.dependencies, person.id), "operator-6"))
    for found in (str(take(service, address_for(me, number))), str(given_out), str(again)):
        assert found.count(person.id) > 3
        assert f"window-{CHENGDU}" in found
        for name in (
            f"clerk-{CHENGDU}",
            f"clerk-{JINAN}",
            "clerk-7",
            "clerk-9",
            "operator-",
            "token",
            "mac",
            "code_hash",
        ):
            assert name not in found, name
    # Who was trusted with a service is not told the number that the codes go to, neither in clear nor by way of a copy.
    theirs = mobile()
    service.clock.advance(timedelta(minutes=1))
    service.work(lambda work: _bind(work, delegate, theirs))
    sent = take(service, address_for(trusted, theirs))["verification_codes"]
    assert person.mobile is not None
    assert person.mobile[-11:] not in str(sent)
    assert f"{number[:3]}****{number[-4:]}" in str(sent)


async def _bind(work: Any, person: Holder, number: str) -> None:
    found = await work.holders.lock(person.id)
    await work.holders.update(replace(found, mobile=f"+86{number}"))


def test_three_copies_are_taken_in_a_day(service: GraphService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.running.dependencies.limits, "figures", DEFAULTS)
    assert [rate.most for rate in DEFAULTS[Limited.COPIES]] == [3]
    _, me, number = somebody(service)
    path = address_for(me, number)
    for _ in range(3):
        take(service, path)
    over = service.http.get(path)
    assert refusal(over) == (429, "TOO_MANY_REQUESTS")
    assert int(over.headers["retry-after"]) > 80_000
    assert codes(me.change("requestPersonalCopy", faceAssertion=me.face_assertion(COPY))) == ["TOO_MANY_REQUESTS"]
    # Whom it is about does not count, but who takes it.
    _, other, another = somebody(service)
    take(service, address_for(other, another))


def test_a_copy_of_a_long_life_is_sent_as_it_is_read(service: GraphService) -> None:
    person, me, number = somebody(service)
    operation = submitted(me)["id"]
    entries = 7 * AT_ONCE + 1

    async def lived(work: Any) -> None:
        [known] = (await work.timeline.of_operations([split_id(operation, "id")[1]], service.clock.now())).values()
        for number in range(entries):
            at = known[0].at + timedelta(seconds=number + 1)
            await work.timeline.append(_again(known[0], at))

    async def read(token: str) -> list[tuple[int, int]]:
        """Return of each page how many turns others had had by then, and how many rows there are."""
        turns, over = 0, False

        async def others() -> None:
            nonlocal turns
            while not over:
                turns += 1
                await asyncio.sleep(0)

        beside = asyncio.create_task(others())
        pages = await open_copy(service.running.dependencies, token)
        found = [(turns, len(rows)) async for _, rows in pages]
        over = True
        await beside
        return found

    service.work(lived)
    path = address_for(me, number)
    reading = read(path.rpartition("/")[2])
    read_at_once = asyncio.run_coroutine_threadsafe(reading, service._loop).result()
    assert max(size for _, size in read_at_once) == AT_ONCE
    # Others had a turn between any two pages.
    assert len({turns for turns, _ in read_at_once}) == len(read_at_once) > entries // AT_ONCE
    with service.http.stream("GET", path) as answer:
        pieces = list(answer.iter_raw())
    found = httpx.Response(200, content=b"".join(pieces)).json()
    assert len(found["timeline"]) == entries + 1
    assert len(pieces) > entries // AT_ONCE
    assert max(map(len, pieces)) < sum(map(len, pieces)) / 4
    assert person.id


def _again(entry: Any, at: Any) -> Any:
    return replace(entry, at=at)
