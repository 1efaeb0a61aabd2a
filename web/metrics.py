"""What the endpoint counts, for Prometheus."""

import gc
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import Response

from policies.live import PoliciesStatus

OperationLabel = Literal["query", "mutation", "none"]
Outcome = Literal["ok", "partial", "refused", "timeout", "failed"]

_REQUESTS: Final = Counter("graphql_requests", "GraphQL requests answered.", ["operation", "outcome"])
_SECONDS: Final = Histogram(
    "graphql_request_seconds", "Time from the request to its answer, in seconds.", ["operation", "outcome"]
)
_ERRORS: Final = Counter("graphql_errors", "Errors in the answers, by code.", ["code"])
_IN_FORCE: Final = Gauge(
    "policies_in_force", "Processes with these policies in force, by digest.", ["digest"], multiprocess_mode="livesum"
)
_LOADED: Final = Gauge(
    "policies_loaded_timestamp_seconds",
    "Since when the policies in force are.",
    multiprocess_mode="livemin",
)
_TRIED: Final = Gauge(
    "policies_tried_timestamp_seconds", "When the policy files were read last.", multiprocess_mode="livemin"
)
_FAULTS: Final = Gauge(
    "policies_faults", "Faults that keep the policy files from being put in force.", multiprocess_mode="livemax"
)
_WARNINGS: Final = Gauge(
    "policies_warnings", "Values that end soon with nothing to follow, or have ended so.", multiprocess_mode="livemax"
)
_RULESETS: Final = Gauge("policies_rulesets", "Compiled rulesets of the rule engine.", multiprocess_mode="livesum")
_FROZEN: Final = Gauge(
    "python_gc_frozen_objects",
    "Objects that no garbage collection looks at: what was loaded at the start and with the policies.",
    multiprocess_mode="livesum",
)


def show_policies(status: PoliciesStatus) -> None:
    """Show how it stands with the policies of this process."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        # The files that processes share forget no label: a digest that is gone counts none.
        for labels in {sample.labels["digest"] for metric in _IN_FORCE.collect() for sample in metric.samples}:
            _IN_FORCE.labels(labels).set(0)
    else:
        _IN_FORCE.clear()
    _IN_FORCE.labels(status.digest).set(1)
    _LOADED.set(status.loaded_at.timestamp())
    _TRIED.set(status.tried_at.timestamp())
    _FAULTS.set(len(status.faults))
    _WARNINGS.set(len(status.warnings))
    _RULESETS.set(status.rulesets)


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
    _FROZEN.set(gc.get_freeze_count())
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
