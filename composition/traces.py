"""Traces of what is asked, decided and stored, by OpenTelemetry: imported where they are wanted, and begun after the fork.

HTTP, statements and calls to providers are watched by the instrumentations that are maintained for them; decisions and transactions in the
same way, from outside, so that none of our own code knows of it and all of it costs nothing while it is off.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, Final

import wrapt
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.utils import unwrap
from opentelemetry.propagators import textmap
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from composition import logs
from composition.scrubbed_spans import ScrubbedSpans
from domain.cause import current_cause, noting_refusals
from domain.decision import Decision
from policies.engine.decide import Policies
from store import Store
from web.access_log import method_of, of_operation, route_of
from web.metrics import OBSERVED

_SERVICE: Final = "social-security-card"
_tracer = trace.get_tracer(_SERVICE)
Wrapped = Callable[..., Any]


class TraceParents(TraceContextTextMapPropagator):
    """Goes on with a caller's trace by its ids alone: `tracestate` and `baggage` are words of theirs, which nobody else is told."""

    def extract(
        self,
        carrier: textmap.CarrierT,
        context: Context | None = None,
        getter: textmap.Getter[textmap.CarrierT] = textmap.default_getter,
    ) -> Context:
        """Return a context with the ids of the caller's trace, if there is one."""
        found = super().extract(carrier, context, getter)
        its = trace.get_current_span(found).get_span_context()
        if not its.is_valid:
            return found
        alone = trace.SpanContext(its.trace_id, its.span_id, is_remote=True, trace_flags=its.trace_flags)
        return trace.set_span_in_context(trace.NonRecordingSpan(alone), found)


class _Named:
    """Names the span of a request by its route once that is known, and has the request's id in it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        span = trace.get_current_span()

        async def named(message: Message) -> None:
            # Before the answer, for with that the span has ended.
            if message["type"] == "http.response.start":
                route = route_of(scope)
                span.update_name(f"{method_of(scope)} {route}")
                span.set_attributes({"http.route": route, "card.request": current_cause() or ""})
            await send(message)

        await self._app(scope, receive, named)


class _Operations:
    """Makes a span of each operation that the graph is asked for; never of its text or its variables."""

    def __init__(self, endpoint: ASGIApp) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with _tracer.start_as_current_span("graphql") as span, noting_refusals() as refused:
            try:
                await self._endpoint(scope, receive, send)
            finally:
                told = of_operation(scope.get(OBSERVED), refused)
                kind, name = told.pop("kind", "none"), told.pop("operation", None)
                span.update_name(f"{kind} {name}" if name else kind)
                span.set_attribute("graphql.operation.type", kind)
                if name:
                    span.set_attribute("graphql.operation.name", name)
                span.set_attributes({f"card.{what}": value for what, value in told.items()})


class Traces:
    """What makes the traces of a process; `following` begins it."""

    middleware: Final = (
        Middleware(
            OpenTelemetryMiddleware,
            exclude_spans=["receive", "send"],
            # Its own names have the address in them.
            default_span_details=lambda scope: (method_of(scope), {}),
        ),
        Middleware(_Named),
    )

    def graph(self, endpoint: ASGIApp) -> ASGIApp:
        """Return the graph with a span for each operation."""
        return _Operations(endpoint)


@asynccontextmanager
async def following() -> AsyncIterator[Traces]:
    """Make traces until the context is left, and send what is left then."""
    # The stable names, by which the list of what is sent goes.
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http,database"
    if "service.name=" not in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", ""):
        os.environ.setdefault("OTEL_SERVICE_NAME", _SERVICE)
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(ScrubbedSpans(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    propagate.set_global_textmap(TraceParents())
    with _watched(), _told_in_log():
        try:
            yield Traces()
        finally:
            # It waits for whoever takes them, some seconds at most.
            await asyncio.to_thread(provider.shutdown)


@contextmanager
def _watched() -> Iterator[None]:
    libraries = (AsyncPGInstrumentor(), HTTPXClientInstrumentor())  # type: ignore[no-untyped-call]
    for library in libraries:
        library.instrument()
    wrapt.wrap_function_wrapper(Policies, "decide", _decide)
    wrapt.wrap_function_wrapper(Store, "transaction", _transaction)
    try:
        yield
    finally:
        unwrap(Policies, "decide")
        unwrap(Store, "transaction")
        for library in libraries:
            library.uninstrument()


@contextmanager
def _told_in_log() -> Iterator[None]:
    def current() -> str | None:
        its = trace.get_current_span().get_span_context()
        return trace.format_trace_id(its.trace_id) if its.is_valid else None

    before, logs.trace_id = logs.trace_id, current
    try:
        yield
    finally:
        logs.trace_id = before


def _is_followed() -> bool:
    """Say whether something is done for a request that is traced: the work of sweeps would be a trace a statement."""
    return trace.get_current_span().is_recording()


def _decide(wrapped: Wrapped, _: object, given: tuple[Any, ...], named: dict[str, Any]) -> Decision:
    if not _is_followed():
        return wrapped(*given, **named)  # type: ignore[no-any-return]
    service, region = given[:2]
    with _tracer.start_as_current_span("decide", attributes={"card.service": service, "card.region": region}) as span:
        decision: Decision = wrapped(*given, **named)
        span.set_attribute("card.outcome", "allowed" if decision.allowed else "refused")
        span.set_attribute("card.codes", [denial.code for denial in decision.denials])
        return decision


def _transaction(
    wrapped: Wrapped, _: object, given: tuple[Any, ...], named: dict[str, Any]
) -> AbstractAsyncContextManager[Any]:
    made: AbstractAsyncContextManager[Any] = wrapped(*given, **named)
    return _within_span(made) if _is_followed() else made


@asynccontextmanager
async def _within_span(made: AbstractAsyncContextManager[Any]) -> AsyncIterator[Any]:
    with _tracer.start_as_current_span("transaction") as span:
        async with made as work:
            yield work
        span.set_attribute("card.outcome", "committed")
