"""What is asked at other addresses than the graph's takes turns too, and ends in time."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.connections import connected, rest
from tests.http_server import serve
from tests.web.bookshop import Contexts, make_schema
from tests.web.conftest import LIMITS, healthy
from web.app import create_app
from web.bounds import Bounds
from web.graphql_endpoint import GraphQLEndpoint
from web.probes import Readiness
from web.shared_look import GOOD_SECONDS
from web.turns import TOGETHER

MANY = 6


class Counted:
    """How many requests are under way, and how many were at most."""

    def __init__(self) -> None:
        self.under_way = self.most = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            yield
        finally:
            self.under_way -= 1


def made(counted: Counted, seconds: float) -> Starlette:
    """Return an application with more addresses, and a limit of time for each of its requests."""

    async def waits(request: Request) -> Response:
        with counted.one():
            await asyncio.sleep(float(request.query_params["for"]))
            return PlainTextResponse("done")

    async def pieces(request: Request) -> Response:
        async def slowly() -> Any:
            with counted.one():
                for _ in range(MANY):
                    await asyncio.sleep(0.02)
                    yield b"."

        return StreamingResponse(slowly())

    async def takes(request: Request) -> Response:
        await request.body()
        return await waits(request)

    endpoint = GraphQLEndpoint(make_schema(), Contexts(), limits=replace(LIMITS, timeout_seconds=seconds))
    return create_app(
        endpoint=endpoint,
        health=healthy,
        routes=[Route("/waits", waits), Route("/pieces", pieces), Route("/takes", takes, methods=["POST"])],
        turns=endpoint.turns,
        within_seconds=seconds,
    )


def asking(counted: Counted, seconds: float = 10) -> Callable[[str], httpx.AsyncClient]:
    """Return what makes a client of that application, who has a network address."""
    app = made(counted, seconds)
    return lambda host: httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(host, 1)), base_url="http://shop", headers={"Accept-Language": "en"}
    )


async def all_of(asks: list[Awaitable[httpx.Response]]) -> set[int]:
    return {answer.status_code for answer in await asyncio.gather(*asks)}


@pytest.mark.anyio
@pytest.mark.parametrize(("address", "most"), [("/waits?for=0.01", TOGETHER), ("/pieces", MANY)])
async def test_while_others_ask_two_requests_of_a_caller_are_under_way_but_reading_slowly_takes_no_turn(
    address: str, most: int
) -> None:
    counted = Counted()
    client = asking(counted)
    async with client("192.0.2.1") as other, client("192.0.2.2") as many:
        assert (await other.post("/graphql", json={"query": "{hello}"})).status_code == 200
        assert await all_of([many.get(address) for _ in range(MANY)]) == {200}
    assert counted.most == most


@pytest.mark.anyio
async def test_at_every_address_a_request_ends_at_its_limit_of_time_unless_its_answer_has_begun() -> None:
    client = asking(Counted(), seconds=0.05)
    async with client("192.0.2.1") as caller:
        late, begun = await asyncio.gather(caller.get("/waits?for=3000"), caller.get("/pieces"))
    assert late.status_code == 503
    assert late.json()["errors"][0]["extensions"] == {"code": "REQUEST_TIMEOUT"}
    assert begun.text == "." * MANY


def test_the_time_of_a_request_counts_from_when_its_body_is_there() -> None:
    """Half of a body was told that the request had taken too long, as if it had been there."""
    head = "POST {path} HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{"
    paths = ("/graphql", "/takes?for=0", "/takes?for=3000")
    with ExitStack() as opened:
        address = opened.enter_context(serve(made(Counted(), 1), bounds=Bounds(body_seconds=4)))
        half, whole = [[opened.enter_context(connected(address)) for _ in paths] for _ in ("half", "whole")]
        for path, *both in zip(paths, half, whole, strict=True):
            for connection in both:
                connection.sendall(head.format(path=path).encode())
        time.sleep(1.5)  # longer than a request may take
        for connection in whole:
            connection.sendall(b"}")
        for each in half:
            assert re.findall(rb"HTTP/1.1 \d+|REQUEST_\w+", rest(each)) == [b"HTTP/1.1 408", b"REQUEST_INCOMPLETE"]
        status = [re.findall(rb"HTTP/1.1 (\d+)", each.recv(65_536)) for each in whole]
    assert status == [[b"400"], [b"200"], [b"503"]]


@pytest.mark.anyio
async def test_however_many_ask_whether_a_process_is_ready_it_looks_once() -> None:
    counted, looks, seconds = Counted(), [], [0.0]

    async def look() -> None:
        looks.append(1)
        with counted.one():
            await asyncio.sleep(0.01)

    readiness = Readiness(look, lambda: seconds[0])
    assert set(await asyncio.gather(*(readiness.status() for _ in range(MANY)))) == {"ok"}
    assert await readiness.status() == "ok"
    assert len(looks) == 1
    seconds[0] += GOOD_SECONDS
    assert await readiness.status() == "ok"
    assert len(looks) == 2
