"""Who answers: the service on either database, and the peers on the same PostgreSQL database."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import orjson
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from benchmarks.kit.installation import POSTGRESQL, SQLITE, Installation
from benchmarks.kit.processes import Server, python, serving
from benchmarks.peers import install
from composition.keys import KeyRing
from gateways.tokens import AUDIENCE
from policies.tree.tree import load_tree

SERVICE, ON_SQLITE, BARE, YOGA, STRAWBERRY = "service", "sqlite", "bare", "yoga", "strawberry"
TWO_WORKERS = "two workers"
_UVICORN = ("--log-level", "warning", "--no-access-log", "--no-server-header", "--port", "{port}")
_COMMANDS: Mapping[str, Callable[[], list[str]]] = {
    SERVICE: lambda: python("main.py", "serve", "--port", "{port}"),
    ON_SQLITE: lambda: python("main.py", "serve", "--port", "{port}"),
    TWO_WORKERS: lambda: python("main.py", "serve", "--port", "{port}", "--workers", "2"),
    BARE: lambda: python("-m", "uvicorn", "benchmarks.peers.bare:app", *_UVICORN),
    STRAWBERRY: lambda: python("-m", "uvicorn", "benchmarks.peers.strawberry_default:app", *_UVICORN),
    YOGA: install.yoga,
}


def at_rest_key(made: Installation) -> str:
    """Return the key of what is encrypted at rest, in base64."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"personal data at rest, AES-GCM-SIV, by row")
    return b64encode(derived.derive(made.keys.encryption[0])).decode()


def peer_settings(made: Installation, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a peer must know to give the same answers.

    Args:
        changes: the rows that each change writes, by its name and the table.
    """
    regions, token_key = load_tree(made.settings.regions).regions, KeyRing(made.settings).token_public_key()
    assert token_key is not None
    return {
        "database_url": made.url(POSTGRESQL),
        "socket_folder": made.server.folder,
        "database": made.database,
        "cipher": at_rest_key(made),
        "token_key": token_key.decode(),
        "audience": AUDIENCE,
        "regions": {code: place.region.name.zh for code, place in regions.items()},
        "changes": changes,
    }


@contextmanager
def contenders(
    made: Installation, names: Sequence[str], changes: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Server]]:
    """Run servers side by side while the context is open.

    Args:
        changes: as of `peer_settings`.
    """
    settings = made.folder / "peers.json"
    settings.write_bytes(orjson.dumps(peer_settings(made, changes or {})))
    with ExitStack() as stack:
        yield {name: stack.enter_context(_served(name, made, str(settings))) for name in names}


def _served(name: str, made: Installation, settings: str) -> Any:
    engine = SQLITE if name == ON_SQLITE else POSTGRESQL
    environment = {"SERVICE_FOLDER": str(made.folder), "DATABASE_URL": made.url(engine), "PEER_SETTINGS": settings}
    log = made.folder / f"{name.replace(' ', '_')}.log"
    return serving(name, _COMMANDS[name](), environment, log)
