"""The composition root and command line: everything is put together here, and nothing else imports this module.

python main.py serve            migrate and serve (with --demo: demo data and tokens)
python main.py migrate          bring the database up to this code
python main.py demo             load the demo data
python main.py sweep            write down what time alone has done
python main.py token NAME       make a token from the development key
python main.py policy check     report every fault of the policy files
python main.py policy test      run the tests beside the policy files
python main.py schema           print the GraphQL schema
"""

import argparse
import asyncio
import os
import re
import secrets
import socket
import sys
import tomllib
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from starlette.applications import Starlette
from starlette.routing import Route

from domain.duration import CHINA_TIME
from domain.holder import Actor
from domain.message import Message
from gateways.clock import Clock, SystemClock
from gateways.errors import GatewayConfigurationError
from gateways.face import HttpFaceCheck, SandboxFace
from gateways.files import FolderFiles
from gateways.insurance import HttpInsuranceRegister, SandboxInsuranceRegister
from gateways.passwords import PasswordHasher
from gateways.payment import HttpPayment, SandboxPayment
from gateways.registry import HttpIdentityRegistry, SandboxRegistry
from gateways.sms import HttpSms, SandboxSms
from gateways.tokens import TokenSigner, TokenVerifier
from gateways.working_calendar import ChineseWorkingCalendar
from policies.cases import run_cases
from policies.decide import Policies
from policies.faults import PolicyFaults
from policies.report import check
from policies.tree import load_tree
from resolvers.demo import held_insurance, load_demo, register_people
from resolvers.dependencies import Dependencies, VerificationLimits
from resolvers.sweep import sweep, sweep_again_and_again
from schema.build import build_schema
from schema.context import context_factory
from store import Keys, Store, StoreError
from web.app import create_app
from web.callbacks import PAYMENT_CALLBACK, payment_callback, sandbox_pay_page
from web.graphql_endpoint import GraphQLEndpoint
from web.language import preferred_language

ROOT = Path(__file__).parent
SMS_TEMPLATE = Message(
    "您正在办理{purpose}，验证码{code}，{minutes}分钟内有效，请勿告诉他人。",
    "Your code for {purpose} is {code}, good for {minutes} minutes. Tell it to nobody.",
)
DEMO_CODES = VerificationLimits(resend_after=timedelta(0), an_hour=1000, a_day=1000)
"""The demo's codes go to nobody's telephone, and whoever tries it out should not have to wait for the next."""
PROVIDERS = ("SMS", "PAYMENT", "FACE", "REGISTRY", "INSURANCE")
"""Providers that production must name, each by NAME_URL and NAME_KEY."""


class ConfigurationError(Exception):
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


class KeyRing:
    """The keys of an installation: given in production, made once and kept in the folder in development."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.folder / "keys"

    def store_keys(self) -> Keys:
        """Return the keys that encrypt personal data."""
        generated = Keys.generate()
        encryption, index = generated.render()
        return Keys.parse(self._text("ENCRYPTION_KEYS", lambda: encryption), self._text("INDEX_KEY", lambda: index))

    def file_keys(self) -> list[bytes]:
        """Return the keys that encrypt uploads."""
        return [key.encode() for key in self._text("FILE_KEYS", lambda: Fernet.generate_key().decode()).split(",")]

    def secret(self, name: str) -> bytes:
        """Return a secret of 32 bytes or more, such as CODE_KEY."""
        text = self._text(name, lambda: urlsafe_b64encode(secrets.token_bytes(32)).decode())
        if len(text) < 32:
            raise ConfigurationError(f"{name} is shorter than 32 characters; give a longer random text.")
        return text.encode()

    def signing_key(self, name: str) -> bytes:
        """Return a development key in PEM; production signs nothing here."""
        return self._text(name, _new_signing_key).encode()

    def token_public_key(self) -> bytes:
        """Return the identity provider's public key in PEM."""
        if self._settings.is_production:
            return self._settings.values["TOKEN_PUBLIC_KEY"].replace("\\n", "\n").encode()
        private = TokenSigner.from_pem(self.signing_key("TOKEN_SIGNING_KEY")).key
        return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def _text(self, name: str, make: Callable[[], str]) -> str:
        given = self._settings.values.get(name)
        if given:
            return given
        if self._settings.is_production:
            raise ConfigurationError(f"Production needs the environment variable {name}.")
        path = self._folder / f"{name.lower()}.key"
        try:
            if not path.exists():
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                    file.write(make())
            return path.read_text().strip()
        except FileExistsError:
            return path.read_text().strip()
        except OSError as error:
            raise ConfigurationError(
                f"The folder {self._folder} cannot be used: {error.strerror}. Make it writable, or set SERVICE_FOLDER."
            ) from None


def _new_signing_key() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def demo_data() -> dict[str, Any]:
    """Return the demo's people, papers and tokens."""
    return tomllib.loads((ROOT / "demo" / "demo.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Service:
    """The service put together.

    Args:
        sandbox: the pretended payment provider, in development.
    """

    settings: Settings
    keys: KeyRing
    dependencies: Dependencies
    sandbox: SandboxPayment | None

    def app(self) -> Starlette:
        """Return the ASGI application."""
        dependencies = self.dependencies
        verifier = TokenVerifier.from_pem(self.keys.token_public_key())
        graphiql = ROOT / "web" / "graphiql" / "dist"
        built = graphiql if (graphiql / "index.html").is_file() else None
        endpoint = GraphQLEndpoint(
            build_schema(), context_factory(dependencies, verifier, preferred_language), graphiql=built
        )
        routes: list[Route] = [payment_callback(dependencies)]
        if self.sandbox is not None:
            routes.append(sandbox_pay_page(dependencies, self.sandbox))
        return create_app(endpoint=endpoint, health=self._health, routes=routes, graphiql_folder=built)

    async def _health(self) -> dict[str, object]:
        await self.dependencies.store.check()
        policies = self.dependencies.policies()
        return {
            "status": "ok",
            "environment": self.settings.environment,
            "regions": len(policies.tree.regions),
            "rulesets": len(policies.engine),
        }


@asynccontextmanager
async def service(settings: Settings, show: Callable[[str], None], clock: Clock) -> AsyncIterator[Service]:
    """Put the service together, and take it apart at the end.

    Args:
        show: shows a line to the developer, such as a sandbox's code.
        clock: tells the time.

    Raises:
        ConfigurationError, StoreError, GatewayConfigurationError: it cannot start; the message is one plain line.
        PolicyFaults: the policy files have faults.
    """
    tree = load_tree(settings.regions)
    policies = Policies(tree)
    keys = KeyRing(settings)
    store = await Store.open(settings.database_url, keys.store_keys())
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            sandbox = None
            if not settings.is_production:
                sandbox = SandboxPayment(settings.environment, show, keys.secret("PAYMENT_SECRET"), settings.public_url)
            outside = _sandboxes(settings, keys, show, sandbox) if sandbox else _providers(settings, keys, client)
            yield Service(
                settings,
                keys,
                Dependencies(
                    store=store,
                    policies=lambda: policies,
                    clock=clock,
                    calendar=ChineseWorkingCalendar(tree.days.holidays, tree.days.workdays),
                    passwords=PasswordHasher(),
                    files=FolderFiles(settings.folder / "uploads", keys.file_keys()),
                    code_key=keys.secret("CODE_KEY"),
                    callback_url=settings.public_url + PAYMENT_CALLBACK,
                    verification=settings.verification,
                    **outside,
                ),
                sandbox,
            )
    finally:
        await store.close()


def _sandboxes(
    settings: Settings, keys: KeyRing, show: Callable[[str], None], payments: SandboxPayment
) -> dict[str, Any]:
    return {
        "sms": SandboxSms(settings.environment, show),
        "payments": payments,
        "faces": SandboxFace(settings.environment, show, keys.signing_key("FACE_SIGNING_KEY")),
        "registry": SandboxRegistry(settings.environment, register_people(demo_data())),
        "insurance": SandboxInsuranceRegister(settings.environment, held_insurance(demo_data())),
    }


def _providers(settings: Settings, keys: KeyRing, client: httpx.AsyncClient) -> dict[str, Any]:
    values = settings.values
    return {
        "sms": HttpSms(values["SMS_URL"], values["SMS_KEY"], SMS_TEMPLATE, client),
        "payments": HttpPayment(values["PAYMENT_URL"], values["PAYMENT_KEY"], keys.secret("PAYMENT_SECRET"), client),
        "faces": HttpFaceCheck(
            values["FACE_URL"], values["FACE_KEY"], values["FACE_ISSUER"], values["FACE_AUDIENCE"], client
        ),
        "registry": HttpIdentityRegistry(values["REGISTRY_URL"], values["REGISTRY_KEY"], client),
        "insurance": HttpInsuranceRegister(values["INSURANCE_URL"], values["INSURANCE_KEY"], client),
    }


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


def policy_test(settings: Settings) -> int:
    """Run the tests beside the policy files; return the exit code."""
    results = run_cases(Policies(load_tree(settings.regions)), settings.regions)
    failed = [result for result in results if not result.passed]
    for result in failed:
        _show(result.text())
    _show(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


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
    policy.add_parser("test", help="run the tests beside the policies")
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
    else:
        return policy_check(settings, arguments.json) if arguments.action == "check" else policy_test(settings)
    return 0


def main() -> int:
    """Carry out the command line; what keeps it from working is told in plain lines, never as a traceback."""
    try:
        return run(sys.argv[1:], os.environ)
    except PolicyFaults as faults:
        for fault in faults.faults:
            print(fault, file=sys.stderr)
        print(f"error: {faults}", file=sys.stderr)
    except (ConfigurationError, StoreError, GatewayConfigurationError) as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
