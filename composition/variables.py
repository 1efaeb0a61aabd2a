"""Environment variables: which this service knows, and what reads them and keeps every fault, so that all are told at once."""

import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from composition.production import KEYS_AND_SECRETS, NEEDED
from domain.rate_limits import MOST, Limited, Rate, rates_of

KNOWN: Final = frozenset(
    {
        "HEAD_SECONDS", "BODY_SECONDS", "IDLE_SECONDS", "CONNECTIONS", "CONNECTIONS_BY_ADDRESS",
        "LOG_FORMAT", "ACCESS_LOG", "DRAIN_SECONDS",
        "OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_EXPORTER", "OTEL_TRACES_SAMPLER",
        "OTEL_TRACES_SAMPLER_ARG", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_TIMEOUT",
        "OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
        "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT", "OTEL_BSP_MAX_QUEUE_SIZE",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        *NEEDED, *KEYS_AND_SECRETS, "SERVICE_ENVIRONMENT", "SERVICE_FOLDER", "REGIONS_FOLDER", "ALLOWED_ORIGINS", "TOKEN_ISSUERS",
        "TOKEN_PUBLIC_KEY", "REQUEST_SECONDS", "COMPILE_DOCUMENTS", "FEDERATION", "PERSISTED_DOCUMENTS", "TRUSTED_DOCUMENTS",
        "TRUSTED_CHANNELS", "REMEMBER_ANSWERS", "SWEEP_SECONDS", "DATABASE_WAIT_SECONDS", "PROMETHEUS_MULTIPROC_DIR",
        "SSL_CERT_FILE", "OPEN", "LIMITS", "TRUSTED_PROXIES", "DRAFTS_AT_ONCE", "DRAFT_MEMORY_MIB",
        "UPLOADS_A_DAY", "UPLOAD_MIB_A_DAY", "STAFF_UPLOADS_A_DAY", "STAFF_UPLOAD_MIB_A_DAY",
    }
)  # fmt: skip
"""Every variable that is read; the table in docs/operations.md says what each means."""
LEAST_PREFIX: Final = 8
"""Bits of a network of proxies: a wider one has strangers in it, who are not to say from which address they come."""
_ALIKE: Final = 0.87
_ORIGIN: Final = re.compile(r"(https?://)([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:\*|:[0-9]{1,5})?")
_OWN_PORTS: Final = {"http://": ":80", "https://": ":443"}


def misspelt(values: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each variable that is read by nobody, but has nearly the name of one that would be."""
    for name in sorted(values.keys() - KNOWN):
        if name.isupper() and (near := get_close_matches(name, KNOWN - values.keys(), 1, _ALIKE)):
            yield f"{name} is read by nothing here; was {near[0]} meant?"


@dataclass(frozen=True, slots=True)
class Variables:
    """Reads environment variables; one that cannot be reads as its default, and is told in `faults`."""

    values: Mapping[str, str]
    faults: list[str] = field(default_factory=list)

    def one_of(self, name: str, *allowed: str) -> str:
        """Return one of a few words; the first where nothing is said."""
        text = self.values.get(name, allowed[0])
        if text in allowed:
            return text
        self.faults.append(f"{name} is {text!r}; use {' or '.join(allowed)}.")
        return allowed[0]

    def is_on(self, name: str, *, default: bool = True) -> bool:
        """Say whether something is switched on."""
        text = self.values.get(name, "on" if default else "off")
        if text not in ("on", "off"):
            self.faults.append(f"{name} is {text!r}; give on or off.")
            return default
        return text == "on"

    def whole(self, name: str, what: str, *, default: int, least: int, most: int) -> int:
        """Return a whole number."""
        text = self.values.get(name, str(default))
        if not re.fullmatch("[0-9]{1,5}", text) or not least <= int(text) <= most:
            self.faults.append(f"{name} is {text!r}; give a whole number of {what}, {least} to {most}.")
            return default
        return int(text)

    def seconds(self, name: str, *, default: int, most: int) -> timedelta:
        """Return a time of one second or more."""
        return timedelta(seconds=self.whole(name, "seconds", default=default, least=1, most=most))

    def folder(self, name: str, default: Path) -> Path:
        """Return a folder; one that is named by nothing would be whichever the process was started in."""
        text = self.values.get(name, str(default))
        if not text.strip():
            self.faults.append(f"{name} is empty; name a folder, or leave the variable out.")
            return default
        return Path(text)

    def listed(self, name: str) -> list[str]:
        """Return what a variable lists by commas."""
        return [text.strip() for text in self.values.get(name, "").split(",") if text.strip()]

    def limits(self, name: str) -> dict[Limited, tuple[Rate, ...]]:
        """Return the figures of limits that are given: `wrong_numbers.person=20/hour+60/day`, several by commas."""
        found: dict[Limited, tuple[Rate, ...]] = {}
        for text in self.listed(name):
            limited, _, figures = (part.strip() for part in text.partition("="))
            rates = rates_of(figures)
            if limited not in set(Limited):
                self.faults.append(f"{name} names {limited!r}, which is no limit; the limits are {', '.join(Limited)}.")
            elif rates is None:
                self.faults.append(
                    f"{name} has {figures!r} for {limited}; give a whole number from 1 to {MOST} for a minute, hour or day, such as "
                    "20/hour, or several by +: 20/hour+60/day."
                )
            elif limited in found:
                self.faults.append(f"{name} has {limited} twice; give it once.")
            else:
                found[Limited(limited)] = rates
        return found

    def networks(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return addresses and networks; none where the variable is empty."""
        if name not in self.values:
            return default
        listed = self.listed(name)
        wrong = [repr(text) for text in listed if not _is_network(text)]
        if wrong:
            self.faults.append(
                f"{name} names {', '.join(wrong)}, which are no addresses; give those of the proxies in front, such as 10.0.0.5 or "
                "10.0.0.0/24, several by commas."
            )
            return default
        return tuple(listed)

    def authorities(self, name: str) -> Path | None:
        """Return a file of certificates of authorities; None where it is not given."""
        if not (text := self.values.get(name)):
            return None
        try:
            ssl.create_default_context(cafile=text)
        except OSError as error:
            why = (
                "has no certificates that can be read"
                if isinstance(error, ssl.SSLError)
                else f"cannot be read: {error.strerror}"
            )
            self.faults.append(
                f"{name}: {text} {why}; give a file of the certificates, in PEM, of the authorities of providers."
            )
            return None
        return Path(text)

    def origins(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return sites as browsers write them: in small letters, without the scheme's own port."""
        if name not in self.values:
            return default
        read = {text: _origin(text.lower()) for text in self.listed(name)}
        wrong = [repr(text) for text, origin in read.items() if origin is None]
        if wrong:
            self.faults.append(
                f"{name} names {', '.join(wrong)}, which browsers call no site; give scheme and host without a path, "
                "such as https://portal.example.cn or http://localhost:*, several by commas."
            )
        return tuple(origin for origin in read.values() if origin is not None)


def _is_network(text: str) -> bool:
    try:
        return ip_network(text).prefixlen >= LEAST_PREFIX
    except ValueError:
        return False


def _origin(text: str) -> str | None:
    found = _ORIGIN.fullmatch(text)
    if found is None:
        return None
    scheme, host, port = found[1], found[2], found[3] or ""
    if port[1:].isdecimal() and not 0 < int(port[1:]) < 2**16:
        return None
    return scheme + host + ("" if port == _OWN_PORTS[scheme] else port)
