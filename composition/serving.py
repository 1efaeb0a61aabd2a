"""Commands of the service itself: serve it, bring its database up to this code, load the demo, make a token."""

import argparse
import asyncio
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import uvicorn

from composition.commands.commands import Show
from composition.commands.spoken import say
from composition.garbage import set_loaded_aside
from composition.keys import KeyRing
from composition.service import Service, demo_data, service
from composition.settings import ConfigurationError, Settings
from domain.holder import Actor
from domain.verification import VerificationLimits
from gateways.clock import SystemClock
from gateways.tokens import OPTIONAL_CLAIMS, TokenSigner
from resolvers.changing.sweep import sweep, sweep_again_and_again
from resolvers.demo import load_demo
from resolvers.services.resuming import resume_all
from schema.build import build_schema
from store import Joined, Store
from web.http_server import loop_factory, server_config
from web.metrics import PAUSES

DEMO_CODES = VerificationLimits(resend_after=timedelta(0), an_hour=1000, a_day=1000)
"""The demo's codes go to nobody's telephone, and whoever tries it out should not have to wait for the next."""


def token_for(keys: KeyRing, name: str) -> str:
    """Make a demo token, good for a week.

    Raises:
        ConfigurationError: the demo has no such token.
    """
    known = {entry["name"]: entry for entry in demo_data()["tokens"]}
    if name not in known:
        raise ConfigurationError(f"There is no demo token {name!r}; there are: {', '.join(known)}.")
    entry = known[name]
    said = {name: entry[name] for name in OPTIONAL_CLAIMS if name in entry}
    actor = Actor(entry["person"], entry["role"], entry["channel"], **said)
    signer = TokenSigner.from_pem(keys.signing_key("TOKEN_SIGNING_KEY"))
    return signer.sign(actor, SystemClock().now(), timedelta(days=7))


def listening_socket(host: str, port: int) -> socket.socket:
    """Take the port before anything else is started.

    Raises:
        ConfigurationError: it is taken, or not ours to take.
    """
    # Naming the protocol lets asyncio turn Nagle's algorithm off; without it small answers wait 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(
            f"Cannot listen on {host}:{port}: {reason}. Stop what uses it, or choose another: make run PORT=8123."
        ) from None
    return listener


async def serve(settings: Settings, demo: bool) -> None:
    """Serve until stopped; the database is brought up to date first."""
    listener = listening_socket(settings.host, settings.port)
    with listener:
        async with service(settings, _show, SystemClock()) as running:
            _tell_joined(await running.dependencies.store.migrate())
            if demo:
                await load_demo(running.dependencies, demo_data())
                _introduce(running)
            config = server_config(running.app())
            sweeping = asyncio.create_task(
                sweep_again_and_again(running.dependencies, settings.sweep_every, resume_all)
            )
            try:
                set_loaded_aside()
                PAUSES.watch()
                with running.watching(_show, set_loaded_aside):
                    await uvicorn.Server(config).serve(sockets=[listener])
            finally:
                sweeping.cancel()
                await asyncio.gather(sweeping, return_exceptions=True)


def _introduce(running: Service) -> None:
    """Show where the service is and the demo tokens, and keep both in the folder for `demo.ask`."""
    tokens = running.settings.folder / "tokens"
    tokens.mkdir(mode=0o700, exist_ok=True)
    (running.settings.folder / "url").write_text(f"{running.settings.public_url}/graphql\n")
    _show(f"GraphiQL:  {running.settings.public_url}/graphql")
    _show("Tokens, for the header  Authorization: Bearer TOKEN  (good for 7 days):")
    for entry in demo_data()["tokens"]:
        token = token_for(running.keys, entry["name"])
        (tokens / entry["name"]).write_text(f"{token}\n")
        _show(f"\n# {entry['name']}: {entry['about']}\n{token}")
    _show("\nCodes, face checks and payments of the sandboxes appear below. Stop with Ctrl-C.")


def _show(line: str) -> None:
    print(line, flush=True)


async def migrate(settings: Settings) -> None:
    """Bring the database up to this code."""
    store = await Store.open(settings.database_url, KeyRing(settings).store_keys())
    try:
        _tell_joined(await store.migrate())
    finally:
        await store.close()


def _tell_joined(people: Sequence[Joined]) -> None:
    """Say which records became one; tokens in the name of one that is gone are nobody's any more."""
    for person in people:
        _show(f"The holder {person.gone} had the citizen number of the holder {person.kept} and is one with them now.")
    if people:
        _show("Have the identity provider give out tokens for the holders that are kept (see docs/operations.md).")


async def sweep_once(settings: Settings) -> int:
    """Write down what time alone has done, once; return the exit code."""
    async with service(settings, _show, SystemClock()) as running:
        await running.dependencies.store.check()
        swept = await sweep(running.dependencies, resume_all)
    _show(f"{swept.cards} card states written down, {swept.answers} kept answers forgotten.")
    if swept.failed:
        print(f"error: {swept.failed} cards could not be written down; the log above says why.", file=sys.stderr)
    if swept.refunds:
        _show(f"{swept.refunds} refunds given back by the payment provider.")
    if swept.unrefunded:
        print(
            f"error: {swept.unrefunded} refunds were not answered, or refused, by the payment provider; the log above says which.",
            file=sys.stderr,
        )
    if swept.waiting:
        print(
            f"error: {swept.waiting} operations are paid for and still wait; the log above says why.", file=sys.stderr
        )
    return 1 if swept.failed or swept.unrefunded or swept.waiting else 0


async def demo(settings: Settings) -> None:
    """Load the demo data."""
    async with service(settings, _show, SystemClock()) as running:
        await running.dependencies.store.migrate()
        added = await load_demo(running.dependencies, demo_data())
    _show(f"{added} people added.")


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a command."""
    if command == "serve":
        parser.add_argument("--host", default="127.0.0.1", help=say("监听的地址", "the address to listen on"))
        parser.add_argument("--port", type=int, default=8000, help=say("监听的端口", "the port to listen on"))
        parser.add_argument(
            "--demo", action="store_true", help=say("载入演示数据并显示令牌", "load demo data and print tokens")
        )
    elif command == "token":
        parser.add_argument("name", help=say("令牌的名称", "the name of the token"))


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out a command and return its exit code.

    Raises:
        ConfigurationError: it cannot be, as the service is set up.
    """
    command = arguments.command
    if settings.is_production and (command == "demo" or getattr(arguments, "demo", False)):
        raise ConfigurationError("The demo data are not for production.")
    if settings.is_production and command == "token":
        raise ConfigurationError("Tokens come from the identity provider in production.")
    if command == "serve":
        placed = replace(settings, host=arguments.host, port=arguments.port)
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(serve(replace(placed, verification=DEMO_CODES) if arguments.demo else placed, arguments.demo))
    elif command == "migrate":
        asyncio.run(migrate(settings))
    elif command == "demo":
        asyncio.run(demo(settings))
    elif command == "sweep":
        return asyncio.run(sweep_once(settings))
    elif command == "token":
        show(token_for(KeyRing(settings), arguments.name))
    else:
        show(build_schema().as_str())
    return 0
