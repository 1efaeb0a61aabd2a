"""Whoever sends half of a request to any address of the service is given up on, and keeps nobody else waiting."""

import re
from contextlib import ExitStack, suppress

import pytest
from starlette.routing import Mount, Route

from domain.holder import Actor
from tests.connections import connected, rest
from tests.graph.service import GraphService

MAKER = Actor("card-maker", "card_maker", "partner_system", "card-maker")
FORM = "multipart/form-data; boundary=x"
TYPES = ("application/json", FORM, "text/csv", "application/x-www-form-urlencoded")


def test_half_of_a_body_is_given_up_on_at_each_address_while_others_are_answered(
    closed_service: GraphService,
) -> None:
    service = closed_service
    routes = [each for each in service.running.app().routes if isinstance(each, Route | Mount)]
    paths = {re.sub(r"\{[^}]*\}", "nothing", each.path) for each in routes} | {
        "/batches/recordProducedBatch",
        "/nothing",
    }
    assert {"/graphql", "/callbacks/payment", "/callbacks/logout", "/batches/recordProducedBatch"} <= paths
    late = {}
    with ExitStack() as opened:
        for path in sorted(paths):
            for kind in TYPES:
                for length in ("Content-Length: 1000", "Transfer-Encoding: chunked"):
                    connection = opened.enter_context(connected(service.http.base_url))
                    head = f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Type: {kind}\r\n{length}\r\nIdempotency-Key: k\r\n"
                    head += f"Authorization: Bearer {service.token(MAKER)}\r\nAccept-Language: en\r\n\r\n"
                    half = b"5\r\n--x\r\n\r\n" if "chunked" in length else b"--x\r\n"
                    connection.sendall(head.encode() + half)
                    late[path, kind, length] = connection
            # They are there, and who asks for something is answered.
            assert service.http.get("/health").status_code == 200
        answers = {what: rest(connection) for what, connection in late.items()}
    # What reads a body waits for it; what does not has answered before.
    given_up = {path for (path, _, _), answer in answers.items() if answer.startswith(b"HTTP/1.1 408 ")}
    assert given_up >= {"/graphql", "/callbacks/payment", "/callbacks/logout", "/batches/recordProducedBatch"}
    for answer in answers.values():
        assert re.match(rb"HTTP/1\.1 (4|3)\d\d ", answer), answer[:200]
        if answer.startswith(b"HTTP/1.1 408 "):
            assert b"REQUEST_INCOMPLETE" in answer
            assert b"came too slowly" in answer
            assert b"x-content-type-options: nosniff\r\n" in answer


def test_half_of_a_head_is_given_up_on(closed_service: GraphService) -> None:
    begun = [b"\r\n", b"G", b"POST /callbacks/payment HTTP/1.1\r\nHost: h"]
    with ExitStack() as opened:
        # A connection is looked at first where nothing came, and then where there was an answer before.
        silent, *late = [opened.enter_context(connected(closed_service.http.base_url)) for _ in (b"", *begun)]
        kept = opened.enter_context(connected(closed_service.http.base_url))
        kept.sendall(b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n" + begun[-1])
        for connection, sent in zip(late, begun, strict=True):
            connection.sendall(sent)
        assert closed_service.http.get("/health").status_code == 200
        # Who has sent nothing is told nothing.
        assert rest(silent) == b""
        for connection in late:
            assert rest(connection).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert re.findall(rb"HTTP/1.1 (\d+)", rest(kept)) == [b"200", b"408"]


@pytest.mark.parametrize(("line", "piece"), [(b"", b"X-A: b\r\n"), (b"\r\n", b"x")], ids=["head", "body"])
def test_who_sends_a_byte_now_and_then_is_given_up_on_too(
    closed_service: GraphService, line: bytes, piece: bytes
) -> None:
    with connected(closed_service.http.base_url) as connection:
        connection.sendall(b"POST /callbacks/payment HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n" + line)
        connection.settimeout(0.02)
        answer, sent = b"", 0
        while not answer:
            connection.sendall(piece)
            sent += 1
            with suppress(TimeoutError):
                answer = connection.recv(65_536)
        assert sent > 1
        assert answer.startswith(b"HTTP/1.1 408 ")
