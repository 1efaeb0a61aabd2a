"""What the endpoint counts, for Prometheus."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import Response

OperationLabel = Literal["query", "mutation", "none"]
Outcome = Literal["ok", "partial", "refused", "timeout", "failed"]

_REQUESTS: Final = Counter("graphql_requests", "GraphQL requests answered.", ["operation", "outcome"])
_SECONDS: Final = Histogram(
    "graphql_request_seconds", "Time from the request to its answer, in seconds.", ["operation", "outcome"]
)
_ERRORS: Final = Counter("graphql_errors", "Errors in the answers, by code.", ["code"])


@dataclass(slots=True)
class Observation:
    """One request as the metrics see it; filled in while the request is answered.

    Args:
        clock: seconds that only go forward.
    """

    clock: Callable[[], float] = time.perf_counter
    operation: OperationLabel = "none"
    outcome: Outcome = "failed"
    _start: float = field(init=False)

    def __post_init__(self) -> None:
        self._start = self.clock()

    def record(self, codes: list[str]) -> None:
        """Count the request and the errors of its answer.

        Args:
            codes: the code of each error.
        """
        _REQUESTS.labels(self.operation, self.outcome).inc()
        _SECONDS.labels(self.operation, self.outcome).observe(self.clock() - self._start)
        for code in codes:
            _ERRORS.labels(code).inc()


async def metrics_page(request: Request) -> Response:
    """Answer with all metrics of the service; of all its worker processes if PROMETHEUS_MULTIPROC_DIR is set."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
