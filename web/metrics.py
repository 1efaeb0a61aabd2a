"""What the endpoint counts, for Prometheus."""

import gc
import glob
import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    PLATFORM_COLLECTOR,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.requests import Request
from starlette.responses import Response

from policies.live import PoliciesStatus

# It tells the version of Python, by which those look for a way in who have got at the metrics.
REGISTRY.unregister(PLATFORM_COLLECTOR)

MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable with the folder where the processes of one service count together. prometheus_client reads it when it is
imported, and never again."""
OperationLabel = Literal["query", "mutation", "none"]
Outcome = Literal["ok", "partial", "refused", "timeout", "failed"]

_REQUESTS: Final = Counter("graphql_requests", "GraphQL requests answered.", ["operation", "outcome"])
_SECONDS: Final = Histogram(
    "graphql_request_seconds", "Time from the request to its answer, in seconds.", ["operation", "outcome"]
)
_ERRORS: Final = Counter("graphql_errors", "Errors in the answers, by code.", ["code"])
_LIMITED: Final = Counter(
    "limited_requests", "What was refused because it was asked for too often, by purpose.", ["purpose"]
)
_ENDED: Final = Counter(
    "http_connections_ended",
    "Connections ended on a caller: too many (full), a head or body that did not come to its end (head, body), more requests ahead"
    " of their answers than are taken (pipelined), what is no HTTP (no_http).",
    ["why"],
)
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
_DIFFERENCES: Final = Gauge(
    "policies_engine_differences",
    "How often the rule engine answered otherwise than it had to the same truths; each time the decision failed.",
    multiprocess_mode="livesum",
)
_FROZEN: Final = Gauge(
    "python_gc_frozen_objects",
    "Objects that no garbage collection looks at: what was loaded at the start and with the policies.",
    multiprocess_mode="livesum",
)
_LONGEST: Final = Gauge(
    "python_gc_longest_pause_seconds",
    "The longest stop of all requests for a search for garbage since the process serves.",
    multiprocess_mode="livemax",
)
_SERVING: Final = Gauge("worker_processes", "Processes that serve.", multiprocess_mode="livesum")
_WANTED: Final = Gauge("worker_processes_wanted", "Processes that are to serve.", multiprocess_mode="livemax")
_DEATHS: Final = Counter("worker_deaths", "Processes that ended while they were to serve, each followed by another.")
_APART: Final = Gauge(
    "apart_processes", "Processes beside those that serve, by what they do.", ["work"], multiprocess_mode="livesum"
)
_WORK: Final = Counter(
    "apart_work",
    "What was done in such processes: done, refused, failed, cancelled; ended for time, memory or a death; or too many waited (busy).",
    ["work", "outcome"],
)
_AUDIT_PAST: Final = Gauge(
    "audit_months_past_keeping",
    "Months of the audit record that need be kept no longer and are there; main.py audit drop lets them go.",
    multiprocess_mode="livemax",
)
_NOTICES: Final = Counter(
    "notices",
    "Tries to send what people are told by SMS: taken by the provider (sent), not taken (failed), given up, or for somebody without a"
    " number (no_number).",
    ["outcome"],
)
_NOTICES_WAITING: Final = Gauge(
    "notices_waiting", "Notices on record that the provider has not taken yet.", multiprocess_mode="livemax"
)
_PAUSES: Final = Counter("python_gc_pause_seconds", "Time for which searches for garbage stopped all requests.")


def show_policies(status: PoliciesStatus) -> None:
    """Show how it stands with the policies of this process."""
    if MULTIPROCESS in os.environ:
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
    _DIFFERENCES.set(status.differences)


def show_audit_months_past(months: int) -> None:
    """Show how many months of the audit record need be kept no longer."""
    _AUDIT_PAST.set(months)


def count_notice(outcome: str) -> None:
    """Count what came of trying to send a notice."""
    _NOTICES.labels(outcome).inc()


def show_notices(waiting: int) -> None:
    """Show how many notices wait."""
    _NOTICES_WAITING.set(waiting)


def count_limited(purpose: str) -> None:
    """Count that something was refused because it was asked for too often."""
    _LIMITED.labels(purpose).inc()


def count_ended(why: Literal["full", "head", "body", "pipelined", "no_http"]) -> None:
    """Count a connection that was ended on its caller."""
    _ENDED.labels(why).inc()


def show_worker(wanted: int) -> None:
    """Show that this process serves, as one of so many."""
    _SERVING.set(1)
    _WANTED.set(wanted)


def count_from_here() -> None:
    """Count nothing as this process's own: it is about to fork those that serve."""
    _forget(os.getpid())


def forget_worker(pid: int, another: bool) -> None:
    """Count a process no more that has ended.

    Args:
        another: whether another takes its place, though nobody had ended it.
    """
    _forget(pid)
    if another:
        _DEATHS.inc()


def _forget(pid: int) -> None:
    mark_process_dead(pid)  # type: ignore[no-untyped-call]


def count_work(work: str, outcome: str | None, processes: int) -> None:
    """Count a piece of work that was done apart.

    Args:
        work: which; outcome: what came of it, None for nothing new; processes: how many there are for it now.
    """
    _APART.labels(work).set(processes)
    if outcome is not None:
        _WORK.labels(work, outcome).inc()


def workers_status() -> dict[str, object]:
    """Return how it stands with all processes of the service, whichever is asked.

    Returns:
        `wanted`, `serving`, `deaths`: how many; `policies`: how many have which policies in force, by digest.
    """
    samples = [sample for metric in _registry().collect() for sample in metric.samples]
    values = {sample.name: int(sample.value) for sample in samples if not sample.labels}
    in_force = {
        sample.labels["digest"]: int(sample.value)
        for sample in samples
        if sample.name == "policies_in_force" and sample.value
    }
    return {
        "wanted": values["worker_processes_wanted"],
        "serving": values["worker_processes"],
        "deaths": values["worker_deaths_total"],
        "policies": in_force,
    }


OBSERVED: Final = "observation"
"""Under which key of its scope a request to the graph has what was observed of it."""


@cache
def _of_requests(operation: OperationLabel, outcome: Outcome) -> tuple[Counter, Histogram]:
    """Return what counts such requests, which prometheus_client looks for under a lock each time."""
    return _REQUESTS.labels(operation, outcome), _SECONDS.labels(operation, outcome)


@dataclass(slots=True)
class Observation:
    """One request as the metrics see it; filled in while the request is answered.

    Args:
        clock: seconds that only go forward.
        name: of the operation, once its document is known; actor: who asks; codes: of the errors. The metrics leave these out.
    """

    clock: Callable[[], float] = time.perf_counter
    operation: OperationLabel = "none"
    outcome: Outcome = "failed"
    name: str | None = None
    actor: object = None
    codes: Sequence[str] = ()
    _start: float = field(init=False)

    def __post_init__(self) -> None:
        self._start = self.clock()

    def record(self, codes: list[str]) -> None:
        """Count the request and the errors of its answer.

        Args:
            codes: the code of each error.
        """
        self.codes = codes
        requests, seconds = _of_requests(self.operation, self.outcome)
        requests.inc()
        seconds.observe(self.clock() - self._start)
        for code in codes:
            _ERRORS.labels(code).inc()


class GarbagePauses:
    """How long searches for garbage stop this process, from `watch` on, and how much they do not look at.

    Python calls from wherever it happens to be, and so maybe from within a metric, whose lock is not for taking twice: only
    numbers are kept then, and `show` brings them into the metrics.
    """

    def __init__(self) -> None:
        self.longest = self.total = self._shown = self._begun = 0.0
        self._uncounted = False

    def watch(self) -> None:
        """Measure from now on; once is enough for a process."""
        if self._note not in gc.callbacks:
            gc.callbacks.append(self._note)

    def set_aside(self) -> None:
        """Note that more, or less, is not looked at; to count it takes as long as to look, 20 ms, and is left for when it is shown."""
        self._uncounted = True

    def _note(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._begun = time.perf_counter()
        else:
            taken = time.perf_counter() - self._begun
            self.total += taken
            self.longest = max(self.longest, taken)

    def show(self) -> None:
        """Bring what was measured into the metrics."""
        if self._uncounted:
            self._uncounted = False
            _FROZEN.set(gc.get_freeze_count())
        _LONGEST.set(self.longest)
        total = self.total
        _PAUSES.inc(total - self._shown)
        self._shown = total


PAUSES: Final = GarbagePauses()
"""Those of this process."""


async def metrics_page(request: Request) -> Response:
    """Answer with all metrics of the service; of all its worker processes if PROMETHEUS_MULTIPROC_DIR is set."""
    PAUSES.show()
    return Response(generate_latest(_registry()), media_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    if MULTIPROCESS not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    _Together(registry)  # type: ignore[no-untyped-call]
    return registry


class _Together(MultiProcessCollector):
    """What several processes have counted.

    A process makes its files empty, and gives them a size in a second step; prometheus_client 0.26 fails with the empty ones, for as
    long as they are there, and whoever is killed in between leaves one behind (prometheus/client_python#1199).
    """

    def collect(self) -> Iterable[Metric]:
        files = []
        for file in glob.glob(os.path.join(self._path, "*.db")):
            with suppress(FileNotFoundError):  # of a process that has just ended
                if os.path.getsize(file):
                    files.append(file)
        return self.merge(files)  # type: ignore[no-untyped-call,no-any-return]
