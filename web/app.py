"""The web application: the GraphQL endpoint, GraphiQL, health and metrics."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, ExceptionHandler, Lifespan

from domain.errors import DomainError, ServiceUnavailable
from domain.message import Language, Message
from web.cross_origin import cross_origin
from web.errors import ErrorPresenter, expected, headers_of, status_of
from web.health import unhealthy
from web.in_turn import InTurn
from web.language import preferred_language
from web.metrics import metrics_page
from web.probes import LIVE, READY
from web.request_ids import RequestIds
from web.security_headers import SecurityHeaders
from web.static_files import hashed_assets
from web.turns import Turns
from web.under_path import UnderPath

Health = Callable[[], Awaitable[dict[str, object]]]
Admit = Callable[[Request], Awaitable[None]]
"""Lets those pass who may look after the service, and raises a DomainError for others."""

GRAPH: Final = "/graphql"
_ERROR_PAGES: Final = Path(__file__).parents[1] / "docs" / "errors"
_CODE: Final = re.compile("[A-Z_]{1,64}")

_NOT_FOUND = Message(
    "没有这个地址：`{path}`，请使用GraphQL接口 `{graph}`。",
    "There is nothing at {path}; GraphQL is at {graph}",
)
_WRONG_METHOD = Message(
    "这个地址不支持HTTP方法 `{method}`，请改用响应头 `Allow` 所列的方法。",
    "This address does not take the HTTP method {method}; use one of those that the header Allow names",
)
_REFUSED = Message(
    "请求不能处理（HTTP状态{status}），请检查后重新发送。",
    "The request cannot be handled (HTTP {status}); check it and send it again",
)


def create_app(
    *,
    endpoint: ASGIApp,
    health: Health,
    admit: Admit | None = None,
    lifespan: Lifespan[Starlette] | None = None,
    routes: Sequence[BaseRoute] = (),
    graphiql_folder: Path | None = None,
    allowed_origins: Sequence[str] = (),
    path: str = "",
    by_tls: bool = False,
    roles: Sequence[Mapping[str, str]] = (),
    sign_in: Sequence[Mapping[str, str]] = (),
    watching: Sequence[Middleware] = (),
    turns: Turns | None = None,
    within_seconds: float = 10,
) -> Starlette:
    """Put the application together.

    Args:
        endpoint: answers `/graphql`.
        health: a report for `/health`; `{"status": "ok", …}` answers 200, any other status or an exception 503.
        admit: whom metrics are shown, and of `/health` more than the status; None is everybody.
        lifespan: what runs before the first and after the last request.
        routes: further addresses.
        graphiql_folder: the folder of the built GraphiQL, whose files are served below `/assets`; None serves none.
        allowed_origins: sites (`https://portal.example.cn`, `http://localhost:*` on whatever port) whose scripts may
            call the graph; nobody's by default.
        path: where all of it lies on its host, such as `/api/card`; empty where nothing else is on it, or nobody said.
        by_tls: whether it is reached by https, and browsers are to know that.
        sign_in: where people sign in to the pages: `issuer`, `clientId` and `scope` of each OpenID Connect issuer.
        watching: what looks on as requests are answered, such as the log of them; it sees which route each has taken.
        turns: those that the graph's callers take, which all else that is asked for takes as well; None has nobody take any there.
        within_seconds: after which such a request is ended.
        roles: whom pages offer to ask as: `name`, `about`, `role`, `channel` and `token` of each.
    """
    own: list[BaseRoute] = [
        Route("/", _to(f"{path}/graphql" if path else "graphql"), methods=["GET"]),
        Route("/graphql/", _to(f"{path}/graphql" if path else "../graphql"), methods=["GET", "POST"]),
        Route(GRAPH, endpoint),
        Route("/health", _health_page(health, admit), methods=["GET"]),
        Route("/metrics", _metrics_page(admit), methods=["GET"]),
    ]
    if graphiql_folder is not None:
        own += [hashed_assets("/assets", graphiql_folder), Route("/errors/{code}", _error_page)]
    if roles or graphiql_folder is not None:
        own += [Route("/roles", _listing(roles)), Route("/sign-in", _listing(sign_in))]
    if turns is not None:
        _have_take_turns([*own, *routes], turns, within_seconds)
    app = Starlette(
        routes=[*own, *routes],
        middleware=_middleware(path, watching, sign_in, by_tls, allowed_origins),
        exception_handlers=_handlers(path),
        lifespan=lifespan,
    )
    # An address with a slash too many would be led to the one without it on whatever host the request names.
    app.router.redirect_slashes = False
    return app


def _middleware(
    path: str,
    watching: Sequence[Middleware],
    sign_in: Sequence[Mapping[str, str]],
    by_tls: bool,
    allowed_origins: Sequence[str],
) -> list[Middleware]:
    """Return what is around all addresses, from outside in."""
    return [
        Middleware(RequestIds),
        *([Middleware(UnderPath, path=path)] if path else []),
        # Within what makes a scope of its own, in which the route is written down.
        *watching,
        # The pages fetch an issuer's discovery document, and the token for the code that it led them back with.
        Middleware(SecurityHeaders, sorted({_origin(each["issuer"]) for each in sign_in}), by_tls),
        *cross_origin(allowed_origins),
        # Within the others, unlike the handler of all exceptions, so that its answer has their headers too.
        Middleware(ServerErrorMiddleware, handler=_unexpected),
    ]


def _handlers(path: str) -> Mapping[Any, ExceptionHandler]:
    return {
        HTTPException: _http_error(f"{path}/graphql"),
        ClientDisconnect: _gone,
        ServiceUnavailable: _unavailable,
    }


_OUT_OF_TURN: Final = frozenset({GRAPH, LIVE, READY})
"""The graph has callers take turns by itself; whoever asks whether the process lives is not to wait for anybody behind their address."""


def _have_take_turns(routes: Sequence[BaseRoute], turns: Turns, seconds: float) -> None:
    for route in routes:
        if isinstance(route, Route | Mount) and route.path not in _OUT_OF_TURN:
            route.app = InTurn(route.app, turns, seconds)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _to(place: str) -> Callable[[Request], Awaitable[Response]]:
    """Return what leads to another address; one that is relative is seen from here, as a proxy may have put a path before ours."""

    async def lead(request: Request) -> Response:
        return RedirectResponse(place)

    return lead


def _health_page(health: Health, admit: Admit | None) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        is_stranger = await _refusal(admit, request) is not None
        try:
            report = await health()
        except Exception as error:
            report = {"status": "failed", "errors": [unhealthy("service", error)]}
        status = 200 if report.get("status") == "ok" else 503
        if is_stranger:
            report = {"status": report["status"]}
        return _json(report, status, {"Cache-Control": "no-store"})

    return page


def _metrics_page(admit: Admit | None) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        refusal = await _refusal(admit, request)
        if refusal is None:
            return await metrics_page(request)
        return _json({"errors": [expected(refusal, _language(request))]}, status_of(refusal), headers_of(refusal))

    return page


async def _refusal(admit: Admit | None, request: Request) -> DomainError | None:
    """Return why somebody may not look after the service; None where they may."""
    try:
        if admit is not None:
            await admit(request)
    except DomainError as error:
        return error
    return None


async def _gone(request: Request, error: Exception) -> Response:
    """End a request whose caller has hung up within it; nobody reads the answer."""
    return Response(status_code=400)


def _http_error(graph: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Return what answers a request that finds nothing, or is not taken; `graph` is the address that it may have meant."""

    async def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - starlette calls it for no other
        if error.status_code == 404:
            code, message = "NOT_FOUND", _NOT_FOUND.format(path=request.url.path[:200], graph=graph)
        elif error.status_code == 405:
            code, message = "METHOD_NOT_ALLOWED", _WRONG_METHOD.format(method=request.method)
        else:
            code, message = "REQUEST_REFUSED", _REFUSED.format(status=error.status_code)
        shown = {"message": message.text(_language(request)), "extensions": {"code": code}}
        return _json({"errors": [shown]}, error.status_code, error.headers or {})

    return answer


def _listing(listed: Sequence[Mapping[str, str]]) -> Callable[[Request], Awaitable[Response]]:
    async def page(request: Request) -> Response:
        return Response(orjson.dumps(list(listed)), 200, {"Cache-Control": "no-store"}, "application/json")

    return page


async def _error_page(request: Request) -> Response:
    """Show what the documentation says of a code."""
    code = request.path_params["code"]
    page = _ERROR_PAGES / f"{code}.md"
    if not _CODE.fullmatch(code) or code == "README" or not page.is_file():
        raise HTTPException(404)
    return Response(page.read_bytes(), media_type="text/plain; charset=utf-8")


async def _unavailable(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceUnavailable)  # noqa: S101 - starlette calls it for no other
    return _json({"errors": [expected(error, _language(request))]}, status_of(error), headers_of(error))


async def _unexpected(request: Request, error: Exception) -> Response:
    shown = ErrorPresenter().unexpected(error, _language(request))
    return _json({"errors": [shown]}, 500, {})


def _language(request: Request) -> Language:
    return preferred_language(request.headers.get("accept-language"))


def _json(content: Mapping[str, object], status: int, headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(content), status, headers, "application/json")
