"""An installation of the service to measure: PostgreSQL and SQLite with people on record, the keys, and tokens."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kit.asks import Tokens
from benchmarks.kit.people import Somebody, populate
from composition.keys import KeyRing
from composition.settings import Settings
from gateways.tokens import TokenSigner
from store import Keys
from tests.databases import TestServer

POSTGRESQL, SQLITE = "postgresql", "sqlite"


@dataclass(frozen=True, slots=True)
class Installation:
    """Two databases with the same kinds of people.

    Args:
        folder: of the keys, the SQLite file and what servers say; database: the name of the one on PostgreSQL.
        people: by engine and kind.
    """

    folder: Path
    server: TestServer
    database: str
    settings: Settings
    keys: Keys
    tokens: Tokens
    people: Mapping[str, Mapping[str, list[Somebody]]]

    def url(self, engine: str) -> str:
        """Return the URL of a database."""
        return self.server.url(self.database) if engine == POSTGRESQL else f"sqlite:///{self.folder / 'service.db'}"


@contextmanager
def installation(wanted: Mapping[str, Mapping[str, int]]) -> Iterator[Installation]:
    """Set an installation up, and take it away at the end.

    Args:
        wanted: how many people of each kind, by engine.
    """
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    server = TestServer(folder / "data")
    try:
        settings = Settings.from_environment({"SERVICE_FOLDER": str(folder / "service")})
        ring = KeyRing(settings)
        keys, signer = ring.store_keys(), TokenSigner.from_pem(ring.signing_key("TOKEN_SIGNING_KEY"))
        made = Installation(settings.folder, server, server.create(), settings, keys, Tokens(signer), {})
        people = {engine: asyncio.run(populate(made.url(engine), keys, kinds)) for engine, kinds in wanted.items()}
        yield Installation(made.folder, server, made.database, settings, keys, made.tokens, people)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
