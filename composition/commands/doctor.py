"""`main.py doctor`: everything that would keep this installation from being a sound production, all at once; nothing is changed."""

import argparse
import asyncio
import os
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from composition import outside
from composition.commands.arguments import add_language
from composition.commands.commands import Show
from composition.commands.loaded import load_policies
from composition.keys import KeyRing
from composition.production import PROVIDERS
from composition.service import limits_of
from composition.settings import Settings
from composition.telemetry import missing_packages
from composition.token_issuers import token_issuers
from composition.trusted_documents import trusted_documents
from composition.variables import misspelt
from domain.errors import DomainError, OperatorError
from domain.message import Language, Message
from gateways.clock import SystemClock
from policies.engine.decide import Policies
from policies.source.faults import PolicyFaults
from policies.words.report import consequences
from store import Store
from web.bounds import NOT_KEPT, can_be_kept

OTHER_FILES = 128
"""What a process has open besides its connections."""
REACHED_WITHIN = 5.0
"""Seconds for a provider to take a connection."""
_OWN_AUTHORITY = "If its authority is your own, name the file of it in SSL_CERT_FILE."
_GOOD = Message("正常", "good ")
_BAD = Message("问题", "fault")
_SUM = Message("{faults}个问题，正式环境不能使用。", "{faults} faults: not fit for production.")
_WELL = Message("没有发现问题。", "Nothing is wrong.")
_NO_DATABASE = Message(
    "没有写明`PostgreSQL`数据库，未检查。", "No PostgreSQL database is named, so none was looked at."
)
_PRODUCTION = Message(
    "`SERVICE_ENVIRONMENT`不是`production`，以下按正式环境检查。",
    "SERVICE_ENVIRONMENT is not production; what follows is judged as if it were.",
)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What came of looking at one part of an installation.

    Args:
        part: what was looked at; faults: what is wrong with it, each a line.
    """

    part: Message
    faults: tuple[str, ...]


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_language(parser)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out the command and return its exit code: 1 where something is wrong.

    Args:
        settings: read with tolerance, so that what is wrong with one does not hide the rest.
    """
    language: Language = arguments.lang
    return asyncio.run(_examine(settings, language, show))


async def _examine(given: Settings, language: Language, show: Show) -> int:
    values = {**given.values, "SERVICE_ENVIRONMENT": "production"}
    settings = Settings.from_environment(values, tolerant=True)
    faults = 0
    async for looked in _parts(given, settings, language):
        faults += len(looked.faults)
        show(f"{(_BAD if looked.faults else _GOOD).text(language)}  {looked.part.text(language)}")
        for fault in looked.faults:
            for line in fault.splitlines():
                show(f"       {line}")
    show((_SUM.format(faults=faults) if faults else _WELL).text(language))
    return 1 if faults else 0


async def _parts(given: Settings, settings: Settings, language: Language) -> AsyncIterator[_Looked]:
    environment = () if given.is_production else (_PRODUCTION.text(language),)
    variables = (*environment, *settings.faults, *misspelt(settings.values), *_connections(settings))
    yield _Looked(Message("环境变量", "environment variables"), variables)
    yield _Looked(Message("文件夹", "folders"), tuple(_folders(settings)))
    policies, faults = _policies(settings, language)
    yield _Looked(Message("政策文件", "policy files"), faults)
    yield _Looked(Message("受信任的查询文件", "trusted documents"), tuple(_trusted(settings, language)))
    if policies is not None:
        trusted = (*settings.openness.without_role(policies), *await _issuers(settings, policies, language))
        yield _Looked(Message("身份认证系统", "identity providers"), trusted)
    yield _Looked(Message("数据库", "database"), await _database(settings, language))
    yield _Looked(Message("外部系统的地址", "addresses of providers"), await _providers(settings))


def _connections(settings: Settings) -> Iterator[str]:
    if settings.traces and (missing := missing_packages()):
        yield missing
    if not can_be_kept():
        yield NOT_KEPT
    bounds = settings.bounds
    needed = bounds.connections + bounds.turned_away + OTHER_FILES
    if find_spec("resource") is not None:
        import resource

        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if allowed != resource.RLIM_INFINITY and allowed < needed:
            yield f"CONNECTIONS is {bounds.connections}: a process needs {needed} open files, and may have {allowed}; raise LimitNOFILE."


def _folders(settings: Settings) -> Iterator[str]:
    named = {"SERVICE_FOLDER": settings.folder}
    if counted := settings.values.get("PROMETHEUS_MULTIPROC_DIR"):
        named["PROMETHEUS_MULTIPROC_DIR"] = Path(counted)
    for name, folder in named.items():
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            yield f"{name}: nothing can be written in {folder}: {error.strerror}. Make it, writable for who serves."
            continue
        if name == "SERVICE_FOLDER" and folder.stat().st_mode & 0o007:
            yield f"SERVICE_FOLDER: everybody on this machine can look into {folder}; chmod 750 it."
    if not os.access(settings.regions, os.R_OK | os.X_OK):
        yield f"REGIONS_FOLDER: {settings.regions} cannot be read."


def _policies(settings: Settings, language: Language) -> tuple[Policies | None, tuple[str, ...]]:
    try:
        return load_policies(settings.regions), ()
    except PolicyFaults as found:
        lines = [fault.text(language) for fault in found.faults]
        if found.consequences:
            lines.append(consequences(found.consequences).text(language))
        return None, tuple(lines)
    except (DomainError, OperatorError) as error:
        return None, (_told(error, language),)


def _trusted(settings: Settings, language: Language) -> Iterator[str]:
    try:
        trusted_documents(settings, limits_of(settings))
    except OperatorError as error:
        yield error.text(language)


async def _issuers(settings: Settings, policies: Policies, language: Language) -> tuple[str, ...]:
    faults = []
    async with outside.client(settings) as client:
        try:
            issuers = token_issuers(settings, KeyRing(settings), policies, client)
        except OperatorError as error:
            return (error.text(language),)
        for issuer in issuers:
            try:
                await issuer.keys.refresh(SystemClock().now())
            except (DomainError, OperatorError) as error:
                faults.append(f"{issuer.name}: {_told(error, language)}")
    return tuple(faults)


async def _database(settings: Settings, language: Language) -> tuple[str, ...]:
    if not settings.database_url.startswith("postgres"):
        # To look at an SQLite file would make one.
        return (_NO_DATABASE.text(language),)
    try:
        store = await Store.open(settings.database_url, KeyRing(settings).store_keys())
    except OperatorError as error:
        return (error.text(language),)
    try:
        await store.check()
        return tuple(await store.drift())
    except OperatorError as error:
        return (error.text(language),)
    finally:
        await store.close()


async def _providers(settings: Settings) -> tuple[str, ...]:
    """Try whether each provider takes a connection and proves who it is; nothing is asked of it."""
    addresses = {f"{name}_URL": settings.values.get(f"{name}_URL", "") for name in PROVIDERS}
    trusted = outside.authorities(settings)
    reached = await asyncio.gather(*(_unreached(name, url, trusted) for name, url in addresses.items() if url))
    return tuple(fault for fault in reached if fault)


async def _unreached(name: str, url: str, trusted: ssl.SSLContext) -> str | None:
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        opened = asyncio.open_connection(parts.hostname, port, ssl=trusted if parts.scheme == "https" else None)
        _, writer = await asyncio.wait_for(opened, REACHED_WITHIN)
    except TimeoutError:
        return f"{name}: {parts.hostname} takes no connection within {REACHED_WITHIN:.0f} seconds."
    except ssl.SSLCertVerificationError as error:
        return f"{name}: {parts.hostname} does not prove who it is: {error.verify_message}. {_OWN_AUTHORITY}"
    except (OSError, ValueError) as error:
        return f"{name}: {parts.hostname} cannot be reached: {error}."
    writer.close()
    return None


def _told(error: DomainError | OperatorError, language: Language) -> str:
    return error.text(language) if isinstance(error, OperatorError) else error.message.text(language)
