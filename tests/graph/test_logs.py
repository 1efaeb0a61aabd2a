"""What goes wrong at every layer is told in the log by what, where and on whose account, and never by what people sent."""

import asyncio
import gc
import io
import json
import logging
import socket
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from traceback import format_exception
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from composition.logs import of_loop, telling
from resolvers.dependencies import Dependencies
from tests.graph.service import GraphService, holder_id
from tests.patience import PATIENCE
from tests.test_reload import until
from web.execution import SchemaExecutor

PLANTED = {
    "name": "欧阳种植",
    "number": "11010119900307747X",
    "mobile": "13987650001",
    "address": "种植路一千零一号",
    "token": "eyJhbGciOiJFZERTQSJ9.cGxhbnRlZA",
    "pinyin": "Ouyang Planted",
}
ALL = "，".join(PLANTED.values())
Break = Callable[[Dependencies], Awaitable[Any]]


async def _on_database(dependencies: Dependencies, statement: str, *values: str) -> None:
    async with dependencies.store.reading() as work:
        await work.key_marks._session._client.execute_query(statement, list(values))


async def unknown_column(dependencies: Dependencies) -> None:
    await _on_database(dependencies, f"SELECT [{ALL}]" if _is_sqlite(dependencies) else f'SELECT "{ALL}"')


async def incomplete_row(dependencies: Dependencies) -> None:
    """Leave out what must be there: PostgreSQL quotes the whole row, `DETAIL: Failing row contains (…)`."""
    async with dependencies.store.transaction(unrecorded=True) as work:
        await work.key_marks._session._client.execute_query(
            f"INSERT INTO key_marks (id, value) VALUES ('{ALL}', '{{}}')", []
        )


async def no_such_host(dependencies: Dependencies) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(f"http://no.such.host.invalid/{PLANTED['number']}?name={ALL}")


async def answer_of_a_provider(dependencies: Dependencies) -> None:
    response = httpx.Response(500, request=httpx.Request("GET", f"http://provider.example/{PLANTED['number']}"))
    response.raise_for_status()


async def ill_typed(dependencies: Dependencies) -> None:
    raise ValueError(f"1 validation error: input_value={ALL!r}")


async def missing(dependencies: Dependencies) -> None:
    try:
        {}[ALL]  # type: ignore[index]
    except KeyError as error:
        raise ExceptionGroup(ALL, [RuntimeError(ALL), error]) from error


async def with_notes(dependencies: Dependencies) -> None:
    error = TypeError(ALL)
    error.add_note(ALL)
    raise error


def _is_sqlite(dependencies: Dependencies) -> bool:
    return dependencies.store._address.engine == "sqlite"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    written = io.StringIO()
    with telling("json", whole=False, to=written):
        yield written


def entries(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def assert_nothing_planted(log: io.StringIO) -> None:
    found = log.getvalue()
    assert found
    assert [
        value for value in PLANTED.values() for form in (value, json.dumps(value)[1:-1], quote(value)) if form in found
    ] == []


@pytest.mark.parametrize(
    "broken", [unknown_column, incomplete_row, no_such_host, answer_of_a_provider, ill_typed, missing, with_notes]
)
def test_what_breaks_in_a_request_is_told_by_type_and_place(
    service: GraphService, monkeypatch: pytest.MonkeyPatch, log: io.StringIO, broken: Break
) -> None:
    quoted: list[str] = []

    async def run(*_: object) -> object:
        try:
            return await broken(service.running.dependencies)
        except Exception as error:
            quoted.extend(value for value in PLANTED.values() if value in "".join(format_exception(error)))
            raise

    person = service.person()
    monkeypatch.setattr(SchemaExecutor, "run", run)
    asked = {"query": "query($id: ID!){holder(id: $id){id}}", "variables": {"id": holder_id(person)}}
    headers = {"X-Request-Id": "request-planted-1", **service.citizen(person).headers}
    [error] = service.http.post("/graphql", json=asked, headers=headers).json()["errors"]
    [told] = [entry for entry in entries(log) if entry["logger"] == "web.errors"]
    assert error["extensions"]["id"] in told["message"]
    assert told["request"] == "request-planted-1"
    assert told["level"] == "error"
    silent = incomplete_row if _is_sqlite(service.running.dependencies) else None
    says_nothing = broken in (no_such_host, silent)
    assert bool(quoted) is not says_nothing, "or there was nothing to be kept back"
    assert broken.__name__ in " ".join(_places(told["error"]))
    assert_nothing_planted(log)


def _places(error: dict[str, Any]) -> Iterator[str]:
    yield from error["at"]
    for cause in error.get("because", ()):
        yield from _places(cause)


def in_the_loop(service: GraphService, work: Callable[[], Awaitable[Any]]) -> None:
    """Do something in the loop that serves, with what nobody waits for told as a serving process tells it."""

    async def done() -> None:
        loop = asyncio.get_running_loop()
        before = loop.get_exception_handler()
        loop.set_exception_handler(of_loop)
        try:
            await work()
            gc.collect()
            await asyncio.sleep(0)
        finally:
            loop.set_exception_handler(before)

    asyncio.run_coroutine_threadsafe(done(), service._loop).result(PATIENCE)


def test_what_nobody_waits_for_is_told_by_whose_work_it_was(service: GraphService, log: io.StringIO) -> None:
    async def lost() -> None:
        raise LookupError(ALL)

    nothing: dict[str, str] = {}

    async def work() -> None:
        task = asyncio.create_task(lost(), name=ALL)
        await asyncio.wait([task])
        del task
        asyncio.get_running_loop().call_soon(nothing.__getitem__, ALL)
        await asyncio.sleep(0)

    in_the_loop(service, work)
    told = [entry for entry in entries(log) if entry["logger"] == "asyncio"]
    assert sorted(entry["error"]["type"] for entry in told) == ["KeyError", "LookupError"]
    assert any("Task exception was never retrieved: test_what_nobody" in entry["message"] for entry in told)
    assert_nothing_planted(log)


def test_a_library_is_told_where_it_speaks_and_by_what_stands_in_its_code(
    service: GraphService, log: io.StringIO
) -> None:
    library, given = logging.getLogger("httpx"), ALL
    library.warning("HTTP Request: %s %s", "GET", given)
    library.warning(f"no connection to {given}")
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=ValueError(given))
    warnings.warn(given, UserWarning, stacklevel=1)
    logging.getLogger("store.planted").error("the row %s: %s", 7, ValueError(given))
    first, second, third, fourth, fifth = entries(log)
    assert first["message"].startswith("HTTP Request: %s %s (tests/graph/test_logs.py:")
    assert second["message"].startswith("(a text of a library, which may hold what somebody sent) (tests/graph/")
    assert (third["message"].split("\n")[0][:29], third["error"]["type"]) == (
        "Exception in ASGI application",
        "ValueError",
    )
    assert fourth["message"].startswith("UserWarning at tests/graph/test_logs.py:")
    assert fifth["message"] == "the row 7: ValueError"
    assert_nothing_planted(log)


def test_what_breaks_beside_requests_is_told_likewise_and_what_is_no_http_is_not(
    service: GraphService, log: io.StringIO
) -> None:
    address = urlsplit(str(service.http.base_url))
    with closing(socket.create_connection((str(address.hostname), address.port or 80), PATIENCE)) as caller:
        caller.sendall(f"{ALL} /graphql?query={ALL} HTTP/9.9\r\n\r\n".encode())
        assert caller.recv(100).startswith(b"HTTP/1.1 400")

    def broken() -> None:
        raise OSError(2, ALL, ALL)

    class Unraisable:
        def __del__(self) -> None:
            raise RuntimeError(ALL)

    thread = threading.Thread(target=broken, name=ALL)
    thread.start()
    thread.join()
    Unraisable()
    gc.collect()
    until(lambda: len(entries(log)) >= 2)
    # What is no HTTP is counted and no line of the log, by which strangers could fill it.
    assert "uvicorn.error" not in {entry["logger"] for entry in entries(log)}
    errors = [entry["error"] for entry in entries(log) if "error" in entry]
    assert sorted(error["type"] for error in errors) == ["FileNotFoundError", "RuntimeError"]
    assert_nothing_planted(log)


def test_plain_lines_of_production_hold_as_little_and_are_one_line_each(service: GraphService) -> None:
    written = io.StringIO()
    with telling("text", whole=False, to=written):
        try:
            raise ValueError(ALL)
        except ValueError:
            logging.getLogger("web.planted").exception("unexpected\nerror %s", "8713")
    begun, kind, at = written.getvalue().splitlines()
    assert begun.endswith("error web.planted: unexpected\\nerror 8713")
    assert kind.startswith("  ValueError: (a text of a library")
    assert at.startswith("    tests/graph/test_logs.py:")
    assert_nothing_planted(written)
    with telling("text", whole=True, to=written):
        logging.getLogger("web.planted").error("for who develops", exc_info=ValueError(ALL))
    assert ALL in written.getvalue()
