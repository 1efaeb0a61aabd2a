"""The service as cases ask it: the real use cases and graph on a throw-away database, with sandboxes and a set clock."""

import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from graphql import GraphQLError

from domain.errors import DomainError, NotFound
from domain.holder import Actor, Holder
from domain.message import Message, in_both
from domain.names import same_name
from domain.rate_limits import UNLIMITED, RateLimits
from gateways.apart.processes import Apart
from gateways.clock import SettableClock
from gateways.face import SandboxFace
from gateways.files import FolderFiles
from gateways.passwords import PasswordHasher
from gateways.payment import SandboxPayment
from gateways.pictures import PICTURES
from gateways.registry import RegistryPerson
from gateways.sms import SandboxSms
from policies.engine.decide import Policies
from rehearsal.observed import Asked, ObservedPolicies
from resolvers.changing.face import request_face_check
from resolvers.changing.verification import request_verification_code
from resolvers.dependencies import Dependencies
from schema.build import build_schema
from schema.kit.context import Context
from schema.kit.limits import Limits
from schema.kit.loaders import Loaders
from store import Keys, Store
from store.errors import StoreError
from web.documents import DocumentCache
from web.execution import SchemaExecutor
from web.request_parameters import RequestParameters

ENVIRONMENT: Final = "development"
BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
INVALID_VARIABLES: Final = "INVALID_VARIABLES"
"""The code of an input that the graph does not take, so that nobody can ask so."""
_CODE: Final = re.compile(r"[0-9]{6}")


class ListedInsurance:
    """An insurance register that knows what is put into it."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], frozenset[str]] = {}

    async def kinds(self, social_security_number: str, region: str) -> frozenset[str]:
        """Look up insurance kinds; see `InsuranceRegister.kinds`."""
        return self.held.get((social_security_number, region), frozenset())


class ToldRegistry:
    """A population register that knows one person, by every document."""

    def __init__(self) -> None:
        self.known: Holder | None = None

    async def confirm(self, name: str, identity_type: str, identity_number: str) -> RegistryPerson:
        """Confirm an identity; see `IdentityRegistry.confirm`."""
        if self.known is None or not same_name(self.known.name, name):
            raise NotFound(Message("查无此人。", "Nobody is known."), code="IDENTITY_NOT_CONFIRMED")
        return RegistryPerson(name, self.known.holder_type, identity_type, identity_number, self.known.born_on)


class ToldMobiles:
    """A register of mobile numbers that says of every number what it was told to."""

    def __init__(self) -> None:
        self.own = True

    async def is_own(self, name: str, identity_type: str, identity_number: str, mobile: str) -> bool:
        """Ask about a number; see `MobileRegister.is_own`."""
        return self.own


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """What the service answered.

    Args:
        data: of the field that was asked for; None where it failed.
        errors: the codes of what was refused, and what was said; asked: what the policies were asked on the way.
        changes: whether it was asked to change something, and not only to tell.
    """

    data: Any
    errors: tuple[tuple[str, Message], ...]
    asked: tuple[Asked, ...]
    changes: bool = True


@dataclass(frozen=True, slots=True)
class Stage:
    """The service to rehearse on.

    Args:
        dependencies: with everything outside pretended; payments: the sandbox that takes them and gives them back.
        shown: lines that the sandboxes have shown.
    """

    dependencies: Dependencies
    policies: ObservedPolicies
    clock: SettableClock
    insurance: ListedInsurance
    mobiles: ToldMobiles
    registry: ToldRegistry
    payments: SandboxPayment
    shown: list[str]
    documents: DocumentCache
    executor: SchemaExecutor

    @property
    def store(self) -> Store:
        """The throw-away database."""
        return self.dependencies.store

    async def execute(self, document: str, variables: Mapping[str, Any], actor: Actor) -> GraphAnswer:
        """Execute a document of one field as somebody."""
        self.policies.asked.clear()
        checked = self.documents.get(document)
        context = Context(self.dependencies, actor, "en", Loaders(self.dependencies, actor))
        parameters = RequestParameters(document, None, dict(variables))
        result, _ = await self.executor.run(checked, parameters, context)
        asked = tuple(self.policies.asked)
        errors = tuple(_told(error) for error in result.errors or ())
        data = next(iter((result.data or {}).values()), None)
        if isinstance(data, dict):
            errors += tuple((each["code"], Message(**each["message"])) for each in data.get("errors") or ())
        return GraphAnswer(data, errors, asked, changes=document.startswith("mutation"))

    async def code(self, actor: Actor, service: str, mobile: str) -> str:
        """Ask for a verification code and return the one that the SMS held."""
        await request_verification_code(self.dependencies, actor, service, mobile, "zh")
        found: list[str] = _CODE.findall(self.shown[-1].partition(": ")[2])
        return found[0]

    async def face(self, actor: Actor, service: str, present_id: str | None) -> str:
        """Pass a face check and return the assertion."""
        await request_face_check(self.dependencies, actor, service, present_id)
        return self.shown[-1].rsplit(" ", 1)[-1]


def _told(error: GraphQLError) -> tuple[str, Message]:
    """Return the code and words of an error; what is wrong with the variables has no code of the service."""
    if isinstance(error.original_error, DomainError):
        return error.original_error.code, error.original_error.message
    return INVALID_VARIABLES, in_both(error.message.partition(", found:")[0])


@asynccontextmanager
async def stage(policies: Policies, folder: Path, database_url: str | None = None) -> AsyncIterator[Stage]:
    """Put the service together on a fresh database, and take it apart at the end.

    Args:
        policies: to rehearse; folder: for all files, thrown away by the caller.
        database_url: an empty database; SQLite in the folder if None.

    Raises:
        StoreError: the database cannot be used, or holds something already.
    """
    keys = Keys((secrets.token_bytes(32),), secrets.token_bytes(32))
    store = await Store.open(database_url or f"sqlite:///{folder / 'rehearsal.db'}", keys)
    pictures = Apart("pictures", PICTURES)
    try:
        if not await store.is_new():
            raise StoreError(
                "The database for the rehearsal is in use already: name an empty one, which is filled with invented people."
            )
        await store.migrate()
        observed, insurance, clock = ObservedPolicies(policies), ListedInsurance(), SettableClock(BEGINNING)
        mobiles, registry = ToldMobiles(), ToldRegistry()
        shown: list[str] = []
        payments = SandboxPayment(ENVIRONMENT, shown.append, secrets.token_bytes(32), "http://127.0.0.1")
        dependencies = Dependencies(
            store=store,
            policies=lambda: observed,
            clock=clock,
            calendar=policies.calendar,
            sms=SandboxSms(ENVIRONMENT, shown.append),
            payments=payments,
            faces=SandboxFace(ENVIRONMENT, shown.append, _signing_key()),
            registry=registry,
            insurance=insurance,
            mobiles=mobiles,
            passwords=PasswordHasher.cheap(),
            files=FolderFiles(folder / "files", [Fernet.generate_key()]),
            code_key=secrets.token_bytes(32),
            callback_url="http://127.0.0.1/callbacks/payment",
            pictures=pictures,
            limits=RateLimits(UNLIMITED),
        )
        schema = build_schema()
        yield Stage(
            dependencies,
            observed,
            clock,
            insurance,
            mobiles,
            registry,
            payments,
            shown,
            DocumentCache(schema, Limits()),
            SchemaExecutor(schema),
        )
    finally:
        await pictures.close()
        await store.close()


def _signing_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
