"""How many may be connected, in all and from one address, what they may have under way, and who does not read."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.connections import connected, rest
from tests.http_server import serve
from tests.patience import PATIENCE
from tests.web.bookshop import Contexts, make_schema
from tests.web.conftest import LIMITS, healthy
from web.app import create_app
from web.bounds import Bounds
from web.graphql_endpoint import GraphQLEndpoint

BOUNDS = Bounds(
    head_seconds=PATIENCE, body_seconds=PATIENCE, idle_seconds=PATIENCE, connections=6, by_address=4, turned_away=2
)
ASKED = b"GET /health HTTP/1.1\r\nHost: shop\r\n\r\n"
LAST = b"GET /health HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nAccept-Language: en\r\n\r\n"
HALF = b"POST /graphql HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A shop that trusts no proxy, so that each address counts for itself."""
    app = create_app(endpoint=GraphQLEndpoint(make_schema(), Contexts(), limits=LIMITS), health=healthy)
    with serve(app, bounds=BOUNDS, forwarded_allow_ips=[]) as url:
        yield url


class Crowd:
    """Callers of one server, who are gone at the end."""

    def __init__(self, url: str, opened: ExitStack) -> None:
        self._url = url
        self._opened = opened

    def connect(self, sent: bytes, host: int = 1) -> socket.socket:
        """Return a connection from an address of this machine, on which something was sent."""
        connection = connected(self._url, f"127.0.0.{host}")
        self._opened.enter_context(connection)
        connection.sendall(sent)
        return connection

    def answer(self, host: int = 1) -> bytes:
        """Return what a request on a connection of its own is answered."""
        with self.connect(LAST, host) as connection:
            return rest(connection)

    def until_answered(self, host: int = 1) -> None:
        """Wait until the server has noticed who has gone."""
        while not self.answer(host).startswith(b"HTTP/1.1 200 "):
            pass


@pytest.fixture
def crowd(address: str) -> Iterator[Crowd]:
    with ExitStack() as opened:
        yield Crowd(address, opened)
    with ExitStack() as opened:
        Crowd(address, opened).until_answered(9)


def first(connection: socket.socket) -> bytes:
    """Return an answer, on a connection that is kept."""
    answer = b""
    while not answer.endswith(b"}"):
        piece = connection.recv(65_536)
        assert piece, answer
        answer += piece
    return answer


def test_one_address_has_so_many_connections_and_others_are_answered(crowd: Crowd) -> None:
    held = [crowd.connect(HALF) for _ in range(4)]
    refused = crowd.answer()
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"TOO_MANY_CONNECTIONS" in refused
    assert b"retry-after: 5\r\n" in refused
    assert b"content-security-policy: " in refused
    assert b"in all or from your address; try again in 5 seconds" in refused
    assert crowd.answer(2).startswith(b"HTTP/1.1 200 ")
    held.pop().close()
    crowd.until_answered()


def test_all_together_have_so_many_and_who_waits_between_requests_gives_way(crowd: Crowd) -> None:
    idle = crowd.connect(ASKED, 4)
    assert first(idle).startswith(b"HTTP/1.1 200 ")
    for host in (1, 2, 3, 4, 5):
        crowd.connect(HALF, host)
    assert crowd.answer(6).startswith(b"HTTP/1.1 200 ")
    assert rest(idle) == b""
    crowd.connect(HALF, 6)
    assert crowd.answer(7).startswith(b"HTTP/1.1 503 ")
    # Of those who are turned away and ask nothing, two are waited for; who comes then is hung up on.
    silent = [crowd.connect(b"", host) for host in (7, 8)]
    assert crowd.answer(7) == b""
    for each in silent:
        each.sendall(LAST)
        assert rest(each).startswith(b"HTTP/1.1 503 ")


def test_so_many_requests_are_taken_before_they_are_answered(crowd: Crowd) -> None:
    with crowd.connect(ASKED * BOUNDS.pipelined + LAST) as connection:
        assert rest(connection).count(b"HTTP/1.1 200 ") == BOUNDS.pipelined + 1
    with crowd.connect(ASKED * 5_000) as connection:
        assert rest(connection).count(b"HTTP/1.1 200 ") < 5_000
    assert crowd.answer().startswith(b"HTTP/1.1 200 ")


@contextmanager
def served(routes: list[Route], bounds: Bounds) -> Iterator[Crowd]:
    endpoint = GraphQLEndpoint(make_schema(), Contexts(), limits=LIMITS)
    with (
        serve(create_app(endpoint=endpoint, health=healthy, routes=routes), bounds=bounds) as url,
        ExitStack() as opened,
    ):
        yield Crowd(url, opened)


@pytest.mark.parametrize("apart", [False, True], ids=["in one piece", "later"])
def test_what_stands_behind_a_body_is_no_header_of_the_request(apart: bool) -> None:
    """Else who asks through a proxy says there whose address they have, which the proxy says in the head."""

    async def heard(request: Request) -> Response:
        await request.body()
        return PlainTextResponse(f"{request.client.host if request.client else None} {request.headers.items()}")

    head = (
        b"POST /heard HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: 192.0.2.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n."
    )
    behind = b"\r\n0\r\nX-Forwarded-For: 192.0.2.9\r\nAuthorization: Bearer other\r\n\r\n"
    with served([Route("/heard", heard, methods=["POST"])], BOUNDS) as crowd, crowd.connect(b"") as connection:
        for piece in (head, behind) if apart else (head + behind,):
            connection.sendall(piece)
        connection.sendall(LAST)
        answer = rest(connection)
    assert b"192.0.2.1 [" in answer
    assert b"192.0.2.9" not in answer
    assert b"authorization" not in answer
    assert answer.count(b"HTTP/1.1 200 ") == 2  # the next request has its own


def test_who_asks_nothing_more_or_does_not_read_is_hung_up_on() -> None:
    gone = threading.Event()

    class Large:
        """Answers with more than any system keeps for who does not read."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(1_000):
                await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
            gone.set()

    with served([Route("/large", Large())], Bounds(idle_seconds=1, read_seconds=1)) as crowd:
        idle = crowd.connect(ASKED)
        assert first(idle).startswith(b"HTTP/1.1 200 ")
        deaf = crowd.connect(b"GET /large HTTP/1.1\r\nHost: shop\r\n\r\n")
        assert gone.wait(PATIENCE)
        assert 0 < len(rest(deaf)) < 1_000_000_000
        assert rest(idle) == b""
        assert crowd.answer().startswith(b"HTTP/1.1 200 ")


def test_a_caller_who_hangs_up_within_a_body_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    read = threading.Event()

    async def take(request: Request) -> Response:
        try:
            await request.body()
        finally:
            read.set()
        return PlainTextResponse("")

    with served([Route("/take", take, methods=["POST"])], Bounds(body_seconds=1)) as crowd:
        with crowd.connect(b"POST /take HTTP/1.1\r\nHost: shop\r\nContent-Length: 9\r\n\r\nx") as connection:
            assert rest(connection).startswith(b"HTTP/1.1 408 ")
        assert read.wait(PATIENCE)
        assert crowd.answer().startswith(b"HTTP/1.1 200 ")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("apart", [False, True], ids=["at once", "head and body apart"])
@pytest.mark.parametrize("length", [b"Content-Length: 42", b"Transfer-Encoding: chunked"], ids=["length", "chunks"])
def test_the_body_of_a_request_that_would_change_the_protocol_is_no_other_request(
    crowd: Crowd, apart: bool, length: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    hidden = b"GET /hidden HTTP/1.1\r\nX-Forwarded-For: 1\r\n\r\n"
    head = b"POST /graphql HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + length + b"\r\n\r\n"
    connection = crowd.connect(head if apart else head + hidden)
    if apart:
        assert connection.recv(12) == b"HTTP/1.1 400"
        with suppress(OSError):
            connection.sendall(hidden)
    answer = rest(connection)
    assert answer.count(b"HTTP/1.1 400 ") == (0 if apart else 1)
    assert b"INVALID_REQUEST" in answer
    assert b"/hidden" not in answer
    assert not caplog.records


def test_without_a_body_such_a_request_is_answered_and_the_last_of_its_connection(crowd: Crowd) -> None:
    connection = crowd.connect(ASKED.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n") + ASKED)
    answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answer
    assert answer.count(b"HTTP/1.1 ") == 1


def test_no_address_leads_to_a_host_that_the_request_names(crowd: Crowd) -> None:
    answer = rest(crowd.connect(LAST.replace(b"/health", b"/health/").replace(b"shop", b"elsewhere.example")))
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"elsewhere" not in answer
