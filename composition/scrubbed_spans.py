"""What of a trace leaves the process: a list of attributes, none of which holds what somebody sent; all else is left out.

Instrumentations put addresses with their queries, hosts that callers name, user agents and the texts of exceptions into spans, and more
with each version. So what is sent is listed here, and not what is not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, SpanKind, Status

OF_ALL: Final = frozenset(
    {
        "card.channel", "card.codes", "card.outcome", "card.region", "card.request", "card.role", "card.service",
        "error.type", "graphql.operation.name", "graphql.operation.type",
        "http.request.method", "http.response.status_code", "http.route", "network.protocol.version", "url.scheme",
    }
)  # fmt: skip
OF_CALLS: Final = frozenset({"db.namespace", "db.system.name", "server.address", "server.port"})
"""Of what this process asks for: there the host is one of ours, where whoever asks us names it as they like."""
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'|\$([a-z_]*)\$.*?\$\1\$|(?<![\w$\"])\d+(?:\.\d+)?", re.S)
_ANONYMOUS: Final = "?"


class ScrubbedSpans(SpanExporter):
    """Hands spans on as they may leave.

    Args:
        to: takes them.
    """

    def __init__(self, to: SpanExporter) -> None:
        self._to = to

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand spans on; statements and calls that no request has asked for would be a trace each, and are left out."""
        kept = [_scrubbed(span) for span in spans if span.parent is not None or span.kind is not SpanKind.CLIENT]
        return self._to.export(kept) if kept else SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Hand on nothing more."""
        self._to.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have what was handed on arrive."""
        return self._to.force_flush(timeout_millis)


def _scrubbed(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=_alone(span.context),
        parent=_alone(span.parent),
        resource=span.resource,
        attributes=dict(_allowed(span.attributes or {}, span.kind)),
        # An event is an exception with its text; its type is an attribute.
        events=(),
        links=(),
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _allowed(attributes: Mapping[str, Any], kind: SpanKind) -> Iterator[tuple[str, Any]]:
    for name, value in attributes.items():
        if name in OF_ALL or (name in OF_CALLS and kind is SpanKind.CLIENT):
            yield name, value
        elif name == "db.query.text":
            yield name, _LITERAL.sub(_ANONYMOUS, value)
        elif name == "url.full" and kind is SpanKind.CLIENT and "server.address" not in attributes:
            yield "server.address", urlsplit(value).hostname or _ANONYMOUS


def _alone(context: SpanContext | None) -> SpanContext | None:
    """Return the ids of a span, without what callers may have put beside them."""
    if context is None:
        return None
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)
