"""Whether traces are made, by the standard variables of OpenTelemetry; nothing of it is imported to find out.

Its SDK reads the variables again, and takes a default for what cannot be. Here each such value is a fault.
"""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from composition.variables import Variables

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_SAMPLERS: Final = (
    "parentbased_always_on", "always_on", "always_off", "traceidratio", "parentbased_always_off", "parentbased_traceidratio",
)  # fmt: skip
_PAIRS: Final = ("OTEL_RESOURCE_ATTRIBUTES", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
_FILES: Final = ("OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE")
_NUMBERS: Final = (
    ("OTEL_BSP_SCHEDULE_DELAY", "milliseconds", 5_000),
    ("OTEL_BSP_EXPORT_TIMEOUT", "milliseconds", 30_000),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "spans", 2_048),
    ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "spans", 512),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "seconds", 10),
    ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "seconds", 10),
)
_PACKAGES: Final = (
    "sdk",
    "exporter.otlp.proto.http",
    "instrumentation.asgi",
    "instrumentation.asyncpg",
    "instrumentation.httpx",
)


def are_traces_wanted(read: Variables) -> bool:
    """Say whether traces are made: where somebody is named who takes them, and it is not switched off."""
    disabled = read.one_of("OTEL_SDK_DISABLED", "false", "true") == "true"
    kind = read.one_of("OTEL_TRACES_EXPORTER", "otlp", "none")
    read.one_of("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    read.one_of("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")
    for name in ("OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION"):
        read.one_of(name, "none", "gzip", "deflate")
    sampler = read.one_of("OTEL_TRACES_SAMPLER", *_SAMPLERS)
    share = read.values.get("OTEL_TRACES_SAMPLER_ARG", "1")
    if sampler.endswith("traceidratio") and not re.fullmatch(r"0(\.[0-9]+)?|1(\.0+)?", share):
        read.faults.append(f"OTEL_TRACES_SAMPLER_ARG is {share!r}; give the share of traces, 0 to 1, such as 0.05.")
    for name, what, default in _NUMBERS:
        read.whole(name, what, default=default, least=1, most=99_999)
    for name in _PAIRS:
        if not all("=" in each[1:-1] for each in read.listed(name)):
            # It may hold a key, so that it is not repeated.
            read.faults.append(f"{name} is no list of name=value by commas; write one such as api-key=…,tenant=…")
    for name in _FILES:
        if (file := read.values.get(name)) and not Path(file).is_file():
            read.faults.append(f"{name} is {file!r}, which is no file; name that of the collector's authority, in PEM.")
    given = [name for name in ENDPOINTS if read.values.get(name)]
    for name in given:
        parts = urlsplit(read.values[name])
        if parts.scheme not in ("http", "https") or not parts.hostname:
            read.faults.append(f"{name} is no http or https address; give one such as http://127.0.0.1:4318.")
    return bool(given) and not disabled and kind == "otlp"


def missing_packages() -> str | None:
    """Return what to say where what makes traces is not installed; None where it is."""
    try:
        missing = [name for name in _PACKAGES if find_spec(f"opentelemetry.{name}") is None]
    except ImportError:
        missing = ["opentelemetry"]
    if missing:
        return (
            f"{' or '.join(ENDPOINTS)} asks for traces, and what makes them is not installed; run "
            "pip install --require-hashes -r requirements-telemetry.txt, or leave the variable out."
        )
    return None
