"""How an installation is set up, from environment variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from composition.production import over_tls, production_faults
from domain.errors import OperatorError
from domain.verification import VerificationLimits

ROOT = Path(__file__).parent.parent
LOCAL_ORIGINS = ("http://localhost:*", "http://127.0.0.1:*")
"""Where front-ends are served from while they are written."""
_ORIGIN = re.compile(r"(https?://)([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:\*|:[0-9]{1,5})?")
_OWN_PORTS = {"http://": ":80", "https://": ":443"}


class ConfigurationError(OperatorError):
    """The service cannot start as it is configured; the message is one plain line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation is set up, from environment variables.

    Args:
        environment: `development` uses sandboxes and keys made on the spot; `production` refuses both.
        folder: for keys, the SQLite database and uploads; outside of version control.
        database_url: SQLite in the folder unless DATABASE_URL says otherwise; in production PostgreSQL, by TLS unless it says otherwise.
        regions: the folder of the policies.
        sweep_every: how long the server waits between two sweeps.
        database_wait: how long a process that is to serve waits for a database that cannot be reached.
        answer_within: how long a request to the graph may take.
        compiled_from: the use of a document from which on it is compiled; 0 compiles none.
        remember_answers: whether what the rule engine answered is kept by the truths that it saw.
        allowed_origins: sites whose scripts may call the graph, as browsers write them; `:*` is whatever port.
        demo: whether the demo's people are on record, and GraphiQL offers their tokens.
        federated: whether the graph can be a part of a supergraph.
        persisted_documents: whether clients may ask for a document by its hash once somebody has sent it with that.
        trusted_documents: manifests of documents that are known from the start.
        trusted_channels: those through which only such documents are executed.
        token_issuers: the file that lists the identity providers; None where TOKEN_PUBLIC_KEY is the only one's.
        verification: how verification codes are guarded.
        values: all environment variables, for providers' addresses and keys.
    """

    environment: str
    folder: Path
    database_url: str
    regions: Path
    host: str = "127.0.0.1"
    port: int = 8000
    sweep_every: timedelta = timedelta(minutes=5)
    database_wait: timedelta = timedelta(minutes=1)
    answer_within: timedelta = timedelta(seconds=10)
    compiled_from: int = 2
    remember_answers: bool = True
    allowed_origins: tuple[str, ...] = ()
    demo: bool = False
    federated: bool = False
    persisted_documents: bool = True
    trusted_documents: tuple[Path, ...] = ()
    trusted_channels: frozenset[str] = frozenset()
    token_issuers: Path | None = None
    verification: VerificationLimits = field(default_factory=VerificationLimits)
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_environment(cls, values: Mapping[str, str], host: str = "127.0.0.1", port: int = 8000) -> "Settings":
        """Read the environment variables.

        Raises:
            ConfigurationError: production lacks something it must be told, or a value cannot be.
        """
        environment = values.get("SERVICE_ENVIRONMENT", "development")
        if environment not in ("development", "production"):
            raise ConfigurationError(f"SERVICE_ENVIRONMENT is {environment!r}; use development or production.")
        if environment == "production" and (faults := production_faults(values)):
            raise ConfigurationError("\n".join(faults))
        folder = Path(values.get("SERVICE_FOLDER", ROOT / "var"))
        database_url = values.get("DATABASE_URL", f"sqlite:///{folder / 'service.db'}")
        return cls(
            environment=environment,
            folder=folder,
            database_url=over_tls(database_url) if environment == "production" else database_url,
            regions=Path(values.get("REGIONS_FOLDER", ROOT / "regions")),
            host=host,
            port=port,
            sweep_every=_seconds(values, "SWEEP_SECONDS", default=300, most=86_400),
            database_wait=_seconds(values, "DATABASE_WAIT_SECONDS", default=60, most=3_600),
            answer_within=_seconds(values, "REQUEST_SECONDS", default=10, most=3_600),
            compiled_from=_whole(values, "COMPILE_DOCUMENTS", "uses", default=2, least=0, most=1_000),
            remember_answers=_is_on(values, "REMEMBER_ANSWERS"),
            federated=_is_on(values, "FEDERATION", default="off"),
            persisted_documents=_is_on(values, "PERSISTED_DOCUMENTS"),
            trusted_documents=tuple(Path(name) for name in _listed(values, "TRUSTED_DOCUMENTS")),
            trusted_channels=frozenset(_listed(values, "TRUSTED_CHANNELS")),
            allowed_origins=_origins(values, () if environment == "production" else LOCAL_ORIGINS),
            token_issuers=Path(values["TOKEN_ISSUERS"]) if values.get("TOKEN_ISSUERS") else None,
            values=values,
        )

    @property
    def is_production(self) -> bool:
        """Whether sandboxes and made-up keys are refused."""
        return self.environment == "production"

    @property
    def uploads(self) -> Path:
        """The folder of uploaded files."""
        return self.folder / "uploads"

    @property
    def public_url(self) -> str:
        """Where callers and providers reach this service."""
        return self.values.get("PUBLIC_URL", f"http://{self.host}:{self.port}").rstrip("/")


def _seconds(values: Mapping[str, str], name: str, *, default: int, most: int) -> timedelta:
    return timedelta(seconds=_whole(values, name, "seconds", default=default, least=1, most=most))


def _whole(values: Mapping[str, str], name: str, what: str, *, default: int, least: int, most: int) -> int:
    text = values.get(name, str(default))
    if not re.fullmatch("[0-9]{1,5}", text) or not least <= int(text) <= most:
        raise ConfigurationError(f"{name} is {text!r}; give a whole number of {what}, {least} to {most}.")
    return int(text)


def _is_on(values: Mapping[str, str], name: str, default: str = "on") -> bool:
    """Say whether something is switched on."""
    text = values.get(name, default)
    if text not in ("on", "off"):
        raise ConfigurationError(f"{name} is {text!r}; give on or off.")
    return text == "on"


def _listed(values: Mapping[str, str], name: str) -> list[str]:
    """Return what a variable lists by commas."""
    return [text.strip() for text in values.get(name, "").split(",") if text.strip()]


def _origins(values: Mapping[str, str], default: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sites in ALLOWED_ORIGINS as browsers write them: in small letters, without the scheme's own port."""
    if "ALLOWED_ORIGINS" not in values:
        return default
    read = {text: _origin(text.lower()) for text in _listed(values, "ALLOWED_ORIGINS")}
    wrong = [repr(text) for text, origin in read.items() if origin is None]
    if wrong:
        raise ConfigurationError(
            f"ALLOWED_ORIGINS names {', '.join(wrong)}, which browsers call no site; give scheme and host without a path, "
            "such as https://portal.example.cn or http://localhost:*, several by commas."
        )
    return tuple(origin for origin in read.values() if origin is not None)


def _origin(text: str) -> str | None:
    found = _ORIGIN.fullmatch(text)
    if found is None:
        return None
    scheme, host, port = found[1], found[2], found[3] or ""
    if port[1:].isdecimal() and not 0 < int(port[1:]) < 2**16:
        return None
    return scheme + host + ("" if port == _OWN_PORTS[scheme] else port)
