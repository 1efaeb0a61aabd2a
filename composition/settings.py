"""How an installation is set up, from environment variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from domain.errors import OperatorError
from domain.verification import VerificationLimits

ROOT = Path(__file__).parent.parent
PROVIDERS = ("SMS", "PAYMENT", "FACE", "REGISTRY", "INSURANCE")
"""Providers that production must name, each by NAME_URL and NAME_KEY."""


class ConfigurationError(OperatorError):
    """The service cannot start as it is configured; the message is one plain line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation is set up, from environment variables.

    Args:
        environment: `development` uses sandboxes and keys made on the spot; `production` refuses both.
        folder: for keys, the SQLite database and uploads; outside of version control.
        database_url: SQLite in the folder unless DATABASE_URL says otherwise.
        regions: the folder of the policies.
        sweep_every: how long the server waits between two sweeps.
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
    verification: VerificationLimits = field(default_factory=VerificationLimits)
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_environment(cls, values: Mapping[str, str], host: str = "127.0.0.1", port: int = 8000) -> "Settings":
        """Read the environment variables.

        Raises:
            ConfigurationError: production lacks something it must be told.
        """
        environment = values.get("SERVICE_ENVIRONMENT", "development")
        if environment not in ("development", "production"):
            raise ConfigurationError(f"SERVICE_ENVIRONMENT is {environment!r}; use development or production.")
        needed = [f"{name}_{part}" for name in PROVIDERS for part in ("URL", "KEY")]
        needed += ["DATABASE_URL", "PUBLIC_URL", "TOKEN_PUBLIC_KEY", "ENCRYPTION_KEYS", "INDEX_KEY", "FILE_KEYS"]
        needed += ["CODE_KEY", "PAYMENT_SECRET", "FACE_ISSUER", "FACE_AUDIENCE"]
        missing = [name for name in needed if not values.get(name)]
        if environment == "production" and missing:
            raise ConfigurationError(f"Production needs these environment variables: {', '.join(missing)}.")
        folder = Path(values.get("SERVICE_FOLDER", ROOT / "var"))
        return cls(
            environment=environment,
            folder=folder,
            database_url=values.get("DATABASE_URL", f"sqlite:///{folder / 'service.db'}"),
            regions=Path(values.get("REGIONS_FOLDER", ROOT / "regions")),
            host=host,
            port=port,
            sweep_every=timedelta(seconds=_seconds(values.get("SWEEP_SECONDS", "300"))),
            values=values,
        )

    @property
    def is_production(self) -> bool:
        """Whether sandboxes and made-up keys are refused."""
        return self.environment == "production"

    @property
    def public_url(self) -> str:
        """Where callers and providers reach this service."""
        return self.values.get("PUBLIC_URL", f"http://{self.host}:{self.port}").rstrip("/")


def _seconds(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) <= 86_400:
        raise ConfigurationError(f"SWEEP_SECONDS is {text!r}; give a whole number of seconds, 1 to 86400.")
    return int(text)
