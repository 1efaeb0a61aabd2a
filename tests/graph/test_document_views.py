"""Looking at uploaded documents, and what the maker of a card prints: to whom they are shown, how, and what stays on record of it."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from domain.holder import Actor, Holder
from domain.operation import OperationState
from gateways.images import THUMBNAIL_PX
from schema.kit.relay import global_id, local_id, split_id
from store import UnitOfWork
from store.audit.entries import AuditKind, read_moment
from store.repositories.audit import AuditSelection
from tests.connections import connected, rest
from tests.graph.caller import Caller
from tests.graph.cards import add_card
from tests.graph.journey import JINAN, QINGDAO, portrait
from tests.graph.service import GraphService
from tests.graph.waiting import operation_of
from web import document_views

DOCUMENTS = (
    "query($id: ID!){operation(id: $id){documents{id type format address{url expiresAt} thumbnail{url}} "
    "printData{name identityNumber identityTypeTerm{label{zh}} bank bankTerm{label{zh}} photo{type address{url}}}}}"
)
A_PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PHOTO = portrait(True, 358, 441, 350)


def handed_in(service: GraphService, person: Holder, state: OperationState, *papers: str) -> str:
    """Put an operation on record with documents, by their global ids, and return its global id."""
    documents = tuple(split_id(paper, "id")[1] for paper in papers)
    operation = operation_of(person, service.clock.now(), state, documents=documents)
    service.work(lambda work: work.operations.add(operation))
    return global_id("Operation", operation.id)


def looked_up(caller: Caller, identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = caller.ask(DOCUMENTS, {"id": identifier})["operation"]
    return found


SHOWN = ("document", "thumbnail", "print_data")


def disclosed(service: GraphService, person: Holder) -> list[dict[str, Any]]:
    """Return what the audit record says was shown of a person's documents, the oldest first."""
    looks = AuditSelection(holder_ids=[person.id], kinds=[AuditKind.LOOK])
    found = service.work(lambda work: work.audit.page(looks, None, 100))
    return [entry.said for entry in reversed(found) if entry.said["action"] in SHOWN]


def path(url: str) -> str:
    return url.removeprefix(service_url(url))


def service_url(url: str) -> str:
    return url[: url.index("/documents/")]


def test_who_works_on_it_looks_at_a_picture_as_it_is_and_that_is_on_record(service: GraphService) -> None:
    person = service.person()
    citizen, clerk = service.citizen(person), service.clerk(JINAN)
    operation = handed_in(service, person, OperationState.PAID, citizen.document("photo", JINAN, PHOTO))
    [paper] = looked_up(clerk, operation)["documents"]
    assert disclosed(service, person) == []
    shown = service.http.get(path(paper["address"]["url"]))
    assert (shown.status_code, shown.content) == (200, PHOTO)
    headers = shown.headers
    assert (headers["content-type"], headers["cache-control"]) == ("image/jpeg", "no-store")
    assert headers["content-disposition"] == 'inline; filename="photo.jpg"'
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    [record] = disclosed(service, person)
    assert (record["action"], record["record"]) == ("document", split_id(paper["id"], "id")[1])
    assert (record["operation"], read_moment(record)) == (split_id(operation, "id")[1], service.clock.now())
    assert (record["subject"], record["role"], record["office"]) == (f"clerk-{JINAN}", "clerk", f"window-{JINAN}")
    assert record["digest"] == sha256(PHOTO).hexdigest()


def test_a_thumbnail_is_small_and_a_JPEG(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    operation = handed_in(service, person, OperationState.PAID, citizen.document("photo", JINAN, PHOTO))
    [paper] = looked_up(service.clerk(JINAN), operation)["documents"]
    shown = service.http.get(path(paper["thumbnail"]["url"]))
    assert shown.headers["content-type"] == "image/jpeg"
    assert max(Image.open(BytesIO(shown.content)).size) <= THUMBNAIL_PX
    assert len(shown.content) < len(PHOTO)
    assert [each["action"] for each in disclosed(service, person)] == ["thumbnail"]


def test_a_PDF_is_taken_and_handed_on_to_be_saved(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    paper = citizen.document("household_register", JINAN, A_PDF)
    operation = handed_in(service, person, OperationState.PAID, paper)
    [found] = looked_up(service.clerk(JINAN), operation)["documents"]
    assert (found["format"], found["thumbnail"]) == ("pdf", None)
    shown = service.http.get(path(found["address"]["url"]))
    assert (shown.content, shown.headers["content-type"]) == (A_PDF, "application/pdf")
    assert shown.headers["content-disposition"] == 'attachment; filename="household_register.pdf"'


def test_an_address_is_good_for_a_short_while_and_cannot_be_made(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    operation = handed_in(service, person, OperationState.PAID, citizen.document("photo", JINAN, PHOTO))
    [paper] = looked_up(citizen, operation)["documents"]
    address = path(paper["address"]["url"])
    body, _, signature = address.rpartition("/")[2].partition(".")
    for forged in (f"/documents/{body}", f"/documents/{body}.{signature[:-2]}xx", f"/documents/x{body}.{signature}"):
        answer = service.http.get(forged)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "ADDRESS_EXPIRED")
    assert service.http.get(address).status_code == 200
    service.clock.advance(timedelta(minutes=3))
    assert service.http.get(address).status_code == 403
    assert len(disclosed(service, person)) == 1


def test_nobody_else_looks_at_it(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    paper = citizen.document("photo", JINAN, PHOTO)
    operation = handed_in(service, person, OperationState.PAID, paper)
    assert citizen.failure(DOCUMENTS, {"id": "T3BlcmF0aW9uOng="}) == "NOT_FOUND"
    for stranger in (service.citizen(service.person()), service.clerk(QINGDAO), service.bank("icbc")):
        assert stranger.failure(DOCUMENTS, {"id": operation}) == "NOT_FOUND"
    # A partner works on it until it is over; a clerk sees that a document is there, and opens it for an operation only.
    over = handed_in(service, person, OperationState.RECEIVED, paper)
    assert looked_up(service.card_maker(), over)["documents"] == []
    assert looked_up(service.card_maker(), operation)["documents"][0]["address"] is not None
    node = "query($id: ID!){node(id: $id){... on Document{address{url}}}}"
    assert service.clerk(QINGDAO).ask(node, {"id": paper})["node"] is None
    assert service.clerk(JINAN).ask(node, {"id": paper})["node"] == {"address": None}
    assert citizen.ask(node, {"id": paper})["node"]["address"] is not None


async def _changed(work: UnitOfWork, person: Holder, now: dict[str, Any]) -> None:
    [before] = await work.operations.of_holder(person.id)
    await work.operations.update(replace(before, **now))


def test_who_no_longer_works_on_it_opens_it_no_more(service: GraphService) -> None:
    person = service.person()
    citizen = service.citizen(person)
    operation = handed_in(service, person, OperationState.PAID, citizen.document("photo", JINAN, PHOTO))
    address = path(looked_up(service.card_maker(), operation)["documents"][0]["address"]["url"])
    [found] = service.work(lambda work: work.operations.of_holder(person.id))
    # Nor a paper that another has taken the place of, nor any once it is over.
    for now in ({"documents": ()}, {"documents": found.documents, "state": OperationState.WITHDRAWN}):
        service.work(partial(_changed, person=person, now=now))
        assert service.http.get(address).status_code == 404


def test_what_a_bank_works_on_leads_to_no_card_of_another_bank(service: GraphService) -> None:
    person = service.person()
    before = local_id(add_card(service, person, JINAN, bank="icbc").id, "Card", "id")
    operation = operation_of(person, service.clock.now(), OperationState.PAID, replaced_card_id=before)
    service.work(lambda work: work.operations.add(operation))
    asked = "query($id: ID!){operation(id: $id){replacedCard{bank}}}", {"id": global_id("Operation", operation.id)}
    assert service.clerk(JINAN).ask(*asked)["operation"] == {"replacedCard": {"bank": "icbc"}}
    assert service.bank("ccb").ask(*asked)["operation"] == {"replacedCard": None}


@pytest.mark.parametrize("photographed", [True, False])
def test_the_maker_of_a_card_gets_what_it_prints_until_it_is_made(service: GraphService, photographed: bool) -> None:
    person = service.person()
    citizen, maker = service.citizen(person), service.card_maker()
    papers = [citizen.document("photo", JINAN, PHOTO)] if photographed else []
    operation = handed_in(service, person, OperationState.PAID, *papers)
    assert looked_up(maker, operation)["printData"] is None
    maker.changed("acceptForProduction", operationId=operation)
    printed = looked_up(maker, operation)["printData"]
    assert (printed["name"], printed["identityNumber"]) == (person.name, person.identity_number)
    assert (printed["bank"], printed["bankTerm"]["label"]["zh"]) == ("ccb", "中国建设银行")
    if photographed:
        assert service.http.get(path(printed["photo"]["address"]["url"])).content == PHOTO
    else:
        assert printed["photo"] is None
    first = disclosed(service, person)[0]
    assert (first["action"], first["role"], first["office"]) == ("print_data", "card_maker", "card-maker")
    others = (
        service.caller(Actor("another", "card_maker", "partner_system", "another-maker")),
        service.clerk(JINAN),
        citizen,
    )
    assert [looked_up(other, operation)["printData"] for other in others] == [None] * 3
    maker.changed(
        "recordProduced", operationId=operation, cardNumber=f"A{person.identity_number[-8:]}", generation="third"
    )
    assert looked_up(maker, operation)["printData"] is None
    assert [each["action"] for each in disclosed(service, person)].count("print_data") == 1


def test_who_takes_documents_slowly_has_few_at_a_time_and_keeps_them_from_nobody(
    service: GraphService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_views, "WAIT_SECONDS", 0.2)
    large = A_PDF[:9] + bytes(9 * 2**20) + A_PDF[9:]  # more than the buffers of a connection hold
    person, other = service.person(), service.person()
    addresses = []
    for each, content in ((person, large), (other, A_PDF)):
        citizen = service.citizen(each)
        paper = citizen.document("household_register", JINAN, content)
        found = citizen.ask("query($id: ID!){node(id: $id){... on Document{address{url}}}}", {"id": paper})
        addresses.append(path(found["node"]["address"]["url"]))
    asked = f"GET {addresses[0]} HTTP/1.1\r\nHost: shop\r\n\r\n".encode()
    with ExitStack() as opened:
        slow = [opened.enter_context(connected(service.http.base_url)) for _ in range(document_views.OF_ONE)]
        for connection in slow:
            connection.sendall(asked)
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        more = service.http.get(addresses[0])
        assert (more.status_code, more.json()["errors"][0]["extensions"]["code"]) == (503, "SERVICE_BUSY")
        assert more.headers["Retry-After"] == "5"
        assert service.http.get(addresses[1]).content == A_PDF
    # Whoever is gone holds nothing.
    while (again := service.http.get(addresses[0])).status_code == 503:
        pass
    assert again.content == large
    monkeypatch.setattr(document_views, "TAKEN_WITHIN_SECONDS", -len(large) / document_views.BYTES_A_SECOND)
    with connected(service.http.base_url) as connection:
        connection.sendall(asked)
        assert len(rest(connection)) < len(large)
