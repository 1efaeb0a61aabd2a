"""How an installation is set up, from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from composition.openness import VARIABLE as OPEN
from composition.openness import Openness, read_openness
from composition.production import over_tls, production_faults
from composition.telemetry import are_traces_wanted
from composition.variables import Variables
from domain.errors import OperatorError
from domain.rate_limits import DEFAULTS, DEMO, Limited, Rate
from domain.uploads import MIB, UploadLimits, UploadQuota
from domain.verification import VerificationLimits
from web.bounds import Bounds

ROOT = Path(__file__).parent.parent
LOCAL_ORIGINS = ("http://localhost:*", "http://127.0.0.1:*")
"""Where front-ends are served from while they are written."""
LOCAL_PROXIES = ("127.0.0.1", "::1")


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
        drafts_at_once: how many processes of each that serves try drafts of the policies; draft_memory: bytes of one.
        compiled_from: the use of a document from which on it is compiled; 0 compiles none.
        remember_answers: whether what the rule engine answered is kept by the truths that it saw.
        allowed_origins: sites whose scripts may call the graph, as browsers write them; `:*` is whatever port.
        traces: whether OpenTelemetry makes traces.
        drain: how long it goes on answering after SIGTERM, told as not ready.
        log_format: how the log of a serving process looks; access_log: whether each request is a line of it.
        demo: whether the demo's people are on record, and GraphiQL offers their tokens.
        federated: whether the graph can be a part of a supergraph.
        persisted_documents: whether clients may ask for a document by its hash once somebody has sent it with that.
        trusted_documents: manifests of documents that are known from the start.
        trusted_channels: those through which only such documents are executed.
        openness: what is shown of the inside, and to whom; everything to everybody in development, unless OPEN is said.
        token_issuers: the file that lists the identity providers; None where TOKEN_PUBLIC_KEY is the only one's.
        authorities: the file of those by whose word providers prove who they are; None for the machine's.
        verification: how verification codes are guarded.
        bounds: what callers may take of a process before it is asked anything.
        upload_limits: what may be uploaded in a day.
        limits: how often what may be asked for, where an operator has said it; trusted_proxies: addresses and networks whose word
            counts for whom they ask.
        values: all environment variables, for providers' addresses and keys.
        faults: what is wrong with these, where that is tolerated; lines without any secret.
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
    drafts_at_once: int = 1
    draft_memory: int = 1024 * MIB
    compiled_from: int = 2
    remember_answers: bool = True
    allowed_origins: tuple[str, ...] = ()
    demo: bool = False
    traces: bool = False
    drain: timedelta = timedelta(0)
    log_format: Literal["text", "json"] = "text"
    access_log: bool = False
    federated: bool = False
    persisted_documents: bool = True
    trusted_documents: tuple[Path, ...] = ()
    trusted_channels: frozenset[str] = frozenset()
    openness: Openness = field(default_factory=Openness)
    token_issuers: Path | None = None
    authorities: Path | None = None
    verification: VerificationLimits = field(default_factory=VerificationLimits)
    bounds: Bounds = field(default_factory=Bounds)
    upload_limits: UploadLimits = field(default_factory=UploadLimits)
    limits: Mapping[Limited, tuple[Rate, ...]] = field(default_factory=dict)
    trusted_proxies: tuple[str, ...] = LOCAL_PROXIES
    values: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @classmethod
    def from_environment(
        cls, values: Mapping[str, str], host: str = "127.0.0.1", port: int = 8000, *, tolerant: bool = False
    ) -> "Settings":
        """Read the environment variables.

        Args:
            tolerant: whether the faults are kept beside the settings, where what is faulty has its default.

        Raises:
            ConfigurationError: production lacks something it must be told, or a value cannot be; all that is wrong, each a line.
        """
        read = Variables(values)
        environment = read.one_of("SERVICE_ENVIRONMENT", "development", "production")
        if environment == "production":
            read.faults.extend(production_faults(values))
        folder = read.folder("SERVICE_FOLDER", ROOT / "var")
        database_url = values.get("DATABASE_URL", f"sqlite:///{folder / 'service.db'}")
        is_told = environment == "production" or OPEN in values
        settings = cls(
            environment=environment,
            folder=folder,
            database_url=over_tls(database_url) if environment == "production" else database_url,
            regions=read.folder("REGIONS_FOLDER", ROOT / "regions"),
            host=host,
            port=port,
            sweep_every=read.seconds("SWEEP_SECONDS", default=300, most=86_400),
            database_wait=read.seconds("DATABASE_WAIT_SECONDS", default=60, most=3_600),
            answer_within=read.seconds("REQUEST_SECONDS", default=10, most=3_600),
            drafts_at_once=read.whole("DRAFTS_AT_ONCE", "processes", default=1, least=1, most=32),
            draft_memory=MIB * read.whole("DRAFT_MEMORY_MIB", "MiB", default=1024, least=256, most=65_536),
            compiled_from=read.whole("COMPILE_DOCUMENTS", "uses", default=2, least=0, most=1_000),
            remember_answers=read.is_on("REMEMBER_ANSWERS"),
            federated=read.is_on("FEDERATION", default=False),
            persisted_documents=read.is_on("PERSISTED_DOCUMENTS"),
            trusted_documents=tuple(Path(name) for name in read.listed("TRUSTED_DOCUMENTS")),
            trusted_channels=frozenset(read.listed("TRUSTED_CHANNELS")),
            allowed_origins=read.origins("ALLOWED_ORIGINS", () if environment == "production" else LOCAL_ORIGINS),
            openness=read_openness(read.listed(OPEN), read.faults) if is_told else Openness(),
            token_issuers=Path(values["TOKEN_ISSUERS"]) if values.get("TOKEN_ISSUERS") else None,
            bounds=_bounds(read),
            upload_limits=UploadLimits(
                person=_quota(read, "", UploadLimits().person), staff=_quota(read, "STAFF_", UploadLimits().staff)
            ),
            traces=are_traces_wanted(read),
            drain=timedelta(seconds=read.whole("DRAIN_SECONDS", "seconds", default=0, least=0, most=300)),
            log_format="json" if _log_format(read, environment) == "json" else "text",
            access_log=read.is_on("ACCESS_LOG", default=False),
            authorities=read.authorities("SSL_CERT_FILE"),
            limits=read.limits("LIMITS"),
            trusted_proxies=read.networks("TRUSTED_PROXIES", LOCAL_PROXIES),
            values=values,
            faults=tuple(read.faults),
        )
        if settings.faults and not tolerant:
            raise ConfigurationError("\n".join(settings.faults))
        return settings

    def serving_on(self, host: str, port: int) -> "Settings":
        """Return the settings of a service that listens on an address.

        Raises:
            ConfigurationError: others can reach the address, and nobody said that sandboxes and made-up keys are meant for them.
        """
        if "SERVICE_ENVIRONMENT" not in self.values and not _is_loopback(host):
            raise ConfigurationError(
                f"Others can reach {host}, and without SERVICE_ENVIRONMENT this is a development service: its sandboxes believe "
                "everything, and its tokens are everybody's. Set SERVICE_ENVIRONMENT=production, or "
                "SERVICE_ENVIRONMENT=development if that is what you want."
            )
        return replace(self, host=host, port=port)

    @property
    def is_production(self) -> bool:
        """Whether sandboxes and made-up keys are refused."""
        return self.environment == "production"

    @property
    def limits_in_force(self) -> Mapping[Limited, tuple[Rate, ...]]:
        """How often what may be asked for; the demo, where everybody is on one machine, hardly limits anything."""
        return {**(DEMO if self.demo else DEFAULTS), **self.limits}

    @property
    def uploads(self) -> Path:
        """The folder of uploaded files."""
        return self.folder / "uploads"

    @property
    def public_url(self) -> str:
        """Where callers and providers reach this service."""
        return self.values.get("PUBLIC_URL", f"http://{self.host}:{self.port}").rstrip("/")


def _quota(read: Variables, whose: str, default: UploadQuota) -> UploadQuota:
    number = read.whole(f"{whose}UPLOADS_A_DAY", "uploads", default=default.number, least=1, most=99_999)
    mib = read.whole(f"{whose}UPLOAD_MIB_A_DAY", "MiB", default=default.size_bytes // MIB, least=10, most=99_999)
    return UploadQuota(number, mib * MIB)


def _log_format(read: Variables, environment: str) -> str:
    return read.one_of("LOG_FORMAT", *(("json", "text") if environment == "production" else ("text", "json")))


def _bounds(read: Variables) -> Bounds:
    usual = Bounds()
    connections = read.whole("CONNECTIONS", "connections", default=usual.connections, least=8, most=60_000)
    return Bounds(
        head_seconds=read.whole("HEAD_SECONDS", "seconds", default=int(usual.head_seconds), least=1, most=300),
        body_seconds=read.whole("BODY_SECONDS", "seconds", default=int(usual.body_seconds), least=1, most=3_600),
        idle_seconds=read.whole("IDLE_SECONDS", "seconds", default=usual.idle_seconds, least=1, most=3_600),
        connections=connections,
        by_address=read.whole(
            "CONNECTIONS_BY_ADDRESS",
            "connections",
            default=min(usual.by_address, connections),
            least=1,
            most=connections,
        ),
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
