"""HTTP itself, in bytes: what has no end is given up on, and connections are kept and used one request after the other."""

import socket

import pytest

from tests.connections import connected, rest
from tests.web.conftest import Shop
from web import bounded_http

HEAD = b"POST /graphql HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
QUERY = b'{"query": "{hello}"}'
ASKED = HEAD + b"Content-Length: %d\r\n\r\n" % len(QUERY) + QUERY
ANSWER = b'{"data":{"hello":"hello world"}}'
PIECE = b"x" * 1_000
MUCH = 5_000
"""Pieces that are too many: what a caller could fill the memory with."""


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"GET /", PIECE),
        (HEAD + b"X-Long: ", PIECE),
        (HEAD + b"X-", PIECE),
        (HEAD, b"X-Many: " + PIECE + b"\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Trailer: ", PIECE),
    ],
    ids=["address", "value", "name", "headers", "trailer"],
)
def test_a_head_without_an_end_is_given_up_on(shop: Shop, begin: bytes, piece: bytes) -> None:
    with connected(shop.client.base_url) as connection:
        try:
            connection.sendall(begin)
            for _ in range(MUCH):
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        else:
            pytest.fail("all of it was taken")
        assert not rest(connection).startswith(b"HTTP/1.1 200")
    assert shop.ask("{hello}").status_code == 200


def test_a_head_of_usual_length_is_read_in_pieces(shop: Shop) -> None:
    with connected(shop.client.base_url) as connection:
        for piece in (
            HEAD[:10],
            HEAD[10:],
            b"X-Long: ",
            *[PIECE] * 10,
            b"\r\nConnection: close\r\n",
            ASKED[len(HEAD) :],
        ):
            connection.sendall(piece)
        assert rest(connection).endswith(ANSWER)


def test_a_body_of_many_small_pieces_is_read(shop: Shop) -> None:
    # The frames around the pieces are more than a head may have.
    pieces = b"".join(b"1\r\n%c\r\n" % sign for sign in QUERY.ljust(15_000))
    with connected(shop.client.base_url) as connection:
        connection.sendall(HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n")
        assert rest(connection).endswith(ANSWER)


def test_a_connection_is_kept_and_takes_requests_before_they_are_answered(shop: Shop) -> None:
    last = ASKED.replace(b"Host: shop", b"Host: shop\r\nConnection: close")
    with connected(shop.client.base_url) as connection:
        connection.sendall(ASKED)
        first = b""
        while not first.endswith(ANSWER):
            first += connection.recv(65_536)
        connection.sendall(ASKED + ASKED + last)
        assert rest(connection).count(ANSWER) == 3


def test_what_follows_an_answer_is_dropped_up_to_a_bound(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_http, "DROPPED_BYTES", 1_000_000)
    too_long = HEAD + b"Content-Length: %d\r\n\r\n"
    with connected(shop.client.base_url) as connection:
        connection.sendall(too_long % 500_000 + b" " * 500_000 + ASKED.replace(b"shop", b"shop\r\nConnection: close"))
        answers = rest(connection)
        assert answers.startswith(b"HTTP/1.1 413 ")
        assert answers.endswith(ANSWER)
    with connected(shop.client.base_url) as connection:
        connection.sendall(too_long % 10**9)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            connection.sendall(b" " * 10**9)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is TLS\r\n\r\n",
        HEAD + b"Content-Length: 2\r\nContent-Length: 20\r\n\r\n" + QUERY,
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"X-Broken\r\n\r\n",
    ],
    ids=["TLS", "two lengths", "negative length", "chunk", "header"],
)
def test_what_is_no_http_is_refused(shop: Shop, request_bytes: bytes) -> None:
    with connected(shop.client.base_url) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        assert rest(connection).startswith(b"HTTP/1.1 400 ")
    assert shop.ask("{hello}").status_code == 200
