"""The connections to providers and identity providers, and by whose word these prove who they are."""

import os
import ssl
from pathlib import Path

import httpx

from composition.settings import Settings


def client(settings: Settings) -> httpx.AsyncClient:
    """Return a pool of connections; no proxy or other variable of the environment changes where they go."""
    return httpx.AsyncClient(trust_env=False, verify=authorities(settings))


def authorities(settings: Settings) -> ssl.SSLContext:
    """Return whose certificates are believed: those of SSL_CERT_FILE; else the machine's; else, where it has none, Mozilla's."""
    if settings.authorities is not None:
        return ssl.create_default_context(cafile=settings.authorities)
    return ssl.create_default_context() if _machine_has_some() else httpx.create_ssl_context(trust_env=False)


def _machine_has_some() -> bool:
    paths = ssl.get_default_verify_paths()
    return (
        paths.cafile is not None or (paths.capath is not None and any(Path(paths.capath).iterdir())) or os.name == "nt"
    )
