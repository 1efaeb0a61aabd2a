"""Somebody who takes traces, as a collector of OpenTelemetry does: OTLP in protobuf, over HTTP."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Collector:
    """What was sent, as it came and as spans.

    Args:
        url: where it listens.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.raw: list[bytes] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._lock = threading.Lock()

    def take(self, body: bytes) -> None:
        """Keep what somebody has sent."""
        with self._lock:
            self.raw.append(body)

    @property
    def spans(self) -> list[dict[str, Any]]:
        """All spans: name, kind, ids and attributes."""
        found = []
        for body in [*self.raw]:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                service = {each.key: each.value.string_value for each in resource.resource.attributes}
                for scope in resource.scope_spans:
                    found += [_span(each, service) for each in scope.spans]
        return found


def _span(span: Any, service: dict[str, str]) -> dict[str, Any]:
    attributes = {each.key: _value(each.value) for each in span.attributes}
    return {
        "name": span.name,
        "kind": span.kind,
        "trace": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "service": service.get("service.name"),
        "events": len(span.events),
        **attributes,
    }


def _value(value: Any) -> object:
    kind = value.WhichOneof("value")
    return [_value(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, kind)


@contextmanager
def collecting() -> Iterator[Collector]:
    """Listen until the context is left; whatever else is asked is answered with an empty object, and kept in `asked`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                collector.take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
                self._answer(ExportTraceServiceResponse().SerializeToString(), "application/x-protobuf")
            else:
                self.do_GET()

        def do_GET(self) -> None:
            collector.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            self._answer(b"{}", "application/json")

        def _answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
