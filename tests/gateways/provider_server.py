"""A real HTTP server on this machine that answers what a test tells it to, as providers do on good and bad days."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One answer; `pause` seconds pass before it and between the pieces of its body."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0
    pieces: int = 1


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class ProviderServer:
    """Answers each path with its replies in turn, the last one again and again; 404 where it has none."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.base_url = f"http://{address[0]}:{address[1]}"
        self.received: list[Received] = []
        self._replies: dict[str, list[Reply]] = {}

    def reply(self, path: str, *replies: Reply) -> None:
        self._replies[path] = list(replies)

    def reply_json(self, path: str, answer: object, **options: Any) -> None:
        self.reply(path, Reply(json.dumps(answer).encode(), **options))

    def next_reply(self, received: Received) -> Reply:
        self.received.append(received)
        replies = self._replies.get(received.path, [Reply(status=404)])
        return replies.pop(0) if len(replies) > 1 else replies[0]


@contextmanager
def running_provider() -> Iterator[ProviderServer]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = provider.next_reply(Received(self.command, self.path, dict(self.headers), body))
            time.sleep(reply.pause)
            with suppress(OSError):  # the client may have lost its patience, as it should
                self.write(reply)

        def write(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            size = -(-len(reply.body) // reply.pieces)
            for start in range(0, len(reply.body), size or 1):
                self.wfile.write(reply.body[start : start + size])
                time.sleep(reply.pause if reply.pieces > 1 else 0)

        do_GET = do_POST = answer

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep the test output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider = ProviderServer(("127.0.0.1", server.server_port))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
