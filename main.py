"""The command line: `composition/` puts the service together, and nothing imports this module.

python main.py serve            migrate and serve (with --demo: demo data and tokens)
python main.py migrate          bring the database up to this code
python main.py demo             load the demo data
python main.py sweep            write down what time alone has done
python main.py token NAME       make a token from the development key
python main.py policy check     report every fault of the policy files
python main.py policy test      run the tests beside the policy files, with coverage
python main.py policy schema    write the schemas for editors anew
python main.py policy format    bring the policy files into their one form (--check: only say which are not)
python main.py policy new       start a region: a folder with its first files
python main.py policy show      show what holds in a region on a day, with every source
python main.py policy explain   say why a region decides as it does, and what would change it
python main.py policy calendar  say what is announced to change
python main.py policy diff      say what differs between two versions, and whose decisions change
python main.py policy prove     look for gaps, overlaps, rules that never apply, services that nobody can get
python main.py schema           print the GraphQL schema
"""

import argparse
import asyncio
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import uvicorn

from composition import policy_files, policy_impact, policy_tools
from composition.keys import KeyRing
from composition.service import Service, demo_data, service
from composition.settings import ConfigurationError, Settings
from domain.duration import CHINA_TIME
from domain.holder import Actor
from gateways.clock import SystemClock
from gateways.errors import GatewayConfigurationError
from gateways.tokens import TokenSigner
from policies.faults import PolicyFaults
from policies.report import check
from policies.starting import RegionRefused
from resolvers.demo import load_demo
from resolvers.dependencies import VerificationLimits
from resolvers.sweep import sweep, sweep_again_and_again
from schema.build import build_schema
from store import Store, StoreError

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
    actor = Actor(entry["person"], entry["role"], entry["channel"], entry.get("office"), entry.get("region"))
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
            await running.dependencies.store.migrate()
            if demo:
                await load_demo(running.dependencies, demo_data())
                _introduce(running)
            config = uvicorn.Config(running.app(), log_level="warning", access_log=False, server_header=False)
            sweeping = asyncio.create_task(sweep_again_and_again(running.dependencies, settings.sweep_every))
            try:
                with running.watching(_show):
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
        await store.migrate()
    finally:
        await store.close()


async def sweep_once(settings: Settings) -> int:
    """Write down what time alone has done, once; return the exit code."""
    async with service(settings, _show, SystemClock()) as running:
        await running.dependencies.store.check()
        swept = await sweep(running.dependencies)
    _show(f"{swept.cards} card states written down, {swept.answers} kept answers forgotten.")
    if swept.failed:
        print(f"error: {swept.failed} cards could not be written down; the log above says why.", file=sys.stderr)
    return 1 if swept.failed else 0


async def demo(settings: Settings) -> None:
    """Load the demo data."""
    async with service(settings, _show, SystemClock()) as running:
        await running.dependencies.store.migrate()
        added = await load_demo(running.dependencies, demo_data())
    _show(f"{added} people added.")


def policy_check(settings: Settings, as_json: bool) -> int:
    """Report every fault and warning of the policy files; return the exit code."""
    report = check(settings.regions, SystemClock().now().astimezone(CHINA_TIME).date())
    _show(report.json() if as_json else report.text())
    return 0 if report.ok else 1


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="main.py", description="The social security card service.")
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="migrate and serve")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=8000)
    serving.add_argument("--demo", action="store_true", help="load demo data and print tokens")
    commands.add_parser("migrate", help="bring the database up to this code")
    commands.add_parser("demo", help="load the demo data")
    commands.add_parser("sweep", help="write down what time alone has done")
    commands.add_parser("token", help="make a demo token").add_argument("name")
    commands.add_parser("schema", help="print the GraphQL schema")
    policy = commands.add_parser("policy", help="the policy files").add_subparsers(dest="action", required=True)
    policy.add_parser("check", help="report every fault").add_argument("--json", action="store_true")
    policy_files.add_commands(policy)
    policy_tools.add_parsers(policy)
    policy_impact.add_parser(policy)
    return parser.parse_args(given)


def run(given: Sequence[str], values: Mapping[str, str]) -> int:
    """Carry out one command and return its exit code."""
    arguments = _arguments(given)
    place = (arguments.host, arguments.port) if arguments.command == "serve" else ("127.0.0.1", 8000)
    settings = Settings.from_environment(values, *place)
    if settings.is_production and (arguments.command == "demo" or getattr(arguments, "demo", False)):
        raise ConfigurationError("The demo data are not for production.")
    if arguments.command == "serve":
        asyncio.run(serve(replace(settings, verification=DEMO_CODES) if arguments.demo else settings, arguments.demo))
    elif arguments.command == "migrate":
        asyncio.run(migrate(settings))
    elif arguments.command == "demo":
        asyncio.run(demo(settings))
    elif arguments.command == "sweep":
        return asyncio.run(sweep_once(settings))
    elif arguments.command == "token":
        if settings.is_production:
            raise ConfigurationError("Tokens come from the identity provider in production.")
        _show(token_for(KeyRing(settings), arguments.name))
    elif arguments.command == "schema":
        _show(build_schema().as_str())
    elif arguments.action == "check":
        return policy_check(settings, arguments.json)
    elif arguments.action == "impact":
        return policy_impact.run(arguments, settings, _show)
    else:
        today = SystemClock().now().astimezone(CHINA_TIME).date()
        run_command = policy_tools.run if arguments.action in policy_tools.ACTIONS else policy_files.run
        return run_command(arguments, settings.regions, today, _show)
    return 0


def main() -> int:
    """Carry out the command line; what keeps it from working is told in plain lines, never as a traceback."""
    try:
        return run(sys.argv[1:], os.environ)
    except PolicyFaults as faults:
        for fault in faults.faults:
            print(fault, file=sys.stderr)
        print(f"error: {faults}", file=sys.stderr)
    except (ConfigurationError, StoreError, GatewayConfigurationError, RegionRefused) as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read it has seen enough, such as `head`; what Python still holds for them is dropped without a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


if __name__ == "__main__":
    sys.exit(main())
