"""The service put together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from composition import outside
from composition.demo_people import demo_data, demo_roles, development_issuer
from composition.keys import KeyRing
from composition.openness import GRAPHIQL, INTROSPECTION, SUGGESTIONS, admitting, shown_by_role
from composition.settings import ROOT, ConfigurationError, Settings
from composition.token_issuers import token_issuers
from composition.trusted_documents import trusted_documents, trusts_only
from composition.waiting import open_patiently
from composition.watching import Told, watching
from domain.message import Message
from domain.operation import SYSTEM
from domain.rate_limits import RateLimits
from domain.revocation import RevokedTokens
from gateways.apart.processes import Apart
from gateways.clock import Clock
from gateways.face import HttpFaceCheck, SandboxFace
from gateways.files import FolderFiles
from gateways.insurance import HttpInsuranceRegister, SandboxInsuranceRegister
from gateways.mobile_register import HttpMobileRegister, SandboxMobileRegister
from gateways.passwords import PasswordHasher
from gateways.payment import HttpPayment, SandboxPayment
from gateways.pictures import PICTURES
from gateways.registry import HttpIdentityRegistry, SandboxRegistry
from gateways.sms import HttpSms, SandboxSms
from gateways.tokens import TokenVerifier
from gateways.working_calendar import ChineseWorkingCalendar
from policies.engine.truths import AnswerMemory
from policies.live import LivePolicies, PoliciesStatus, Reload
from policies.source.faults import Fault
from policies.tree.tree import SpecialDays
from policies.words.notices import Notice
from policies.words.report import WARNING, consequences
from resolvers import rate_limiting
from resolvers.audit import told_of
from resolvers.demo import bound_mobiles, held_insurance, register_people
from resolvers.dependencies import DRAFTS, Dependencies
from resolvers.persisted_documents import PersistedDocuments
from schema.build import build_schema
from schema.kit.addresses import address_of
from schema.kit.context import admit_anonymous, context_factory
from schema.kit.limits import Limits
from store import Store
from store.audit.entries import AuditKind
from web.access_log import AccessLog
from web.app import create_app
from web.batches import batch_files
from web.callbacks import PAYMENT_CALLBACK, payment_callback, sandbox_pay_page
from web.document_views import document_views
from web.front_end import front_end
from web.graphql_endpoint import GraphQLEndpoint
from web.health import looking_at
from web.language import preferred_language
from web.metrics import count_limited, count_work, show_policies, show_worker, workers_status
from web.personal_copies import personal_copies
from web.probes import WITHIN_SECONDS, Readiness
from web.shared_look import SharedLook
from web.signing_out import logout_callback
from web.static_files import PAGE

if TYPE_CHECKING:  # it imports OpenTelemetry
    from composition.traces import Traces

BATCH_SHARE = 0.7
"""Of the time that a request may take, for beginning the rows of a batch."""
DRAFT_SHARE = 0.8
"""Of the time that a request may take, for all that it asks about a draft; the rest is for telling what became of it."""
SMS_TEMPLATE = Message(
    "您正在办理{purpose}，验证码{code}，{minutes}分钟内有效，请不要告诉他人。",
    "Your code for {purpose} is {code}, good for {minutes} minutes. Tell it to nobody.",
)


@dataclass(frozen=True, slots=True)
class Service:
    """The service put together.

    Args:
        sandbox: the pretended payment provider, in development.
        live: the policies, which may be replaced while serving.
        tokens: checks tokens, with the keys of the identity providers.
        trusted: documents that are known from the start, by their ids.
        readiness: whether requests should come to this process.
        looked: what fails, as errors, and how it stands with all processes; seen once a second at most, whoever asks.
    """

    settings: Settings
    keys: KeyRing
    dependencies: Dependencies
    sandbox: SandboxPayment | None
    live: LivePolicies
    tokens: TokenVerifier
    trusted: Mapping[str, str] = field(default_factory=dict)
    readiness: Readiness = field(init=False)
    looked: SharedLook[tuple[list[dict[str, Any]], Mapping[str, object] | None]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "readiness", Readiness(self._look))
        object.__setattr__(self, "looked", SharedLook(self._look_at_all))

    def app(self, traces: "Traces | None" = None) -> Starlette:
        """Return the ASGI application.

        Args:
            traces: what follows requests, where it is wanted.
        """
        dependencies, public = self.dependencies, urlsplit(self.settings.public_url)
        graphiql, openness = ROOT / "web" / "graphiql" / "dist", self.settings.openness
        pages = graphiql if openness.to_everybody(GRAPHIQL) and (graphiql / "index.html").is_file() else None
        context_for = context_factory(dependencies, self.tokens, preferred_language)
        endpoint = GraphQLEndpoint(
            build_schema(self.settings.federated),
            context_for,
            limits=limits_of(self.settings),
            graphiql=pages,
            compiled_from=self.settings.compiled_from,
            shelf=PersistedDocuments(dependencies.store, dependencies.clock)
            if self.settings.persisted_documents
            else None,
            trusted=self.trusted,
            trusts_only=trusts_only(self.settings, dependencies.policies()),
            introspects=shown_by_role(openness, INTROSPECTION),
            is_told_names=shown_by_role(openness, SUGGESTIONS),
            admit=admit_anonymous(dependencies),
            keeps=lambda request: rate_limiting.keeps_query(dependencies, address_of(request)),
        )
        routes: list[BaseRoute] = [
            payment_callback(dependencies),
            logout_callback(dependencies, self.tokens),
            batch_files(endpoint.context_of),
            document_views(dependencies),
            personal_copies(dependencies),
            *self.readiness.routes(),
        ]
        if self.sandbox is not None:
            routes.append(sandbox_pay_page(dependencies, self.sandbox))
            example = ROOT / "examples" / "web" / "dist"
            routes += front_end(example) if (example / PAGE).is_file() else ()
            routes += development_issuer(self.keys, self.settings).routes() if self.settings.demo else ()
        return create_app(
            endpoint=endpoint if traces is None else traces.graph(endpoint),
            health=self._health,
            admit=admitting(openness, self.settings.values.get("METRICS_KEY", ""), context_for),
            routes=routes,
            graphiql_folder=pages,
            allowed_origins=self.settings.allowed_origins,
            path=public.path,
            turns=endpoint.turns,
            within_seconds=self.settings.answer_within.total_seconds(),
            by_tls=public.scheme == "https",
            watching=[
                *(traces.middleware if traces is not None else ()),
                *([Middleware(AccessLog)] if self.settings.access_log else ()),
            ],
            roles=demo_roles(self.keys) if self.settings.demo else (),
            sign_in=self._sign_in(),
        )

    def _sign_in(self) -> list[dict[str, str]]:
        """Return where people sign in to the pages, if these are for everybody."""
        return [
            {"issuer": each.name, "clientId": each.client_id, "scope": each.scope}
            for each in self.tokens.issuers.values()
            if each.client_id is not None and self.settings.openness.to_everybody(GRAPHIQL)
        ]

    def show_serving(self, workers: int) -> None:
        """Show in the metrics that this process serves, as one of so many."""
        show_worker(workers)
        show_policies(self.live.status)

    async def _look(self) -> None:
        """Raise where requests could not be answered; without policies in force no process has begun to serve."""
        await self.dependencies.store.check()

    async def _look_at_all(self) -> tuple[list[dict[str, Any]], Mapping[str, object] | None]:
        failed: list[dict[str, Any]] = []
        with looking_at("database", failed):
            async with asyncio.timeout(WITHIN_SECONDS):
                await self._look()
        workers = None
        with looking_at("workers", failed):
            workers = workers_status()
        return failed, workers

    async def _health(self) -> dict[str, object]:
        failed, workers = await self.looked()
        status = self.live.status
        return {
            **({"status": "failed", "errors": failed} if failed else {"status": "ok"}),
            "environment": self.settings.environment,
            "regions": status.regions,
            "rulesets": status.rulesets,
            "workers": workers,
            "policies": {
                "digest": status.digest,
                "loadedAt": status.loaded_at.isoformat(),
                "ageSeconds": int((self.dependencies.clock.now() - status.loaded_at).total_seconds()),
                "triedAt": status.tried_at.isoformat(),
                "faults": [str(fault) for fault in status.faults],
                "consequences": status.consequences,
                "warnings": [warning.text("en") for warning in status.warnings],
            },
        }

    @contextmanager
    def watching(self, show: Callable[[str, int], None], replaced: Callable[[], None]) -> Iterator[None]:
        """Put changes of the policy files in force until the context is left, and tell the audit record which are.

        Args:
            show: shows a line to the operator, of a level as logging counts it: what is in force now, or every fault of what is not.
            replaced: is called when other policies are in force.
        """

        shown = telling(show)
        looks, clock, loop = self.dependencies.store.looks, self.dependencies.clock, asyncio.get_running_loop()

        def note() -> None:
            digest = self.live.status.digest
            looks.note([told_of(None, clock.now(), AuditKind.POLICIES, "in_force", role=SYSTEM, reference=digest)])

        def tell(result: Reload, status: PoliciesStatus) -> None:
            show_policies(status)
            if result is Reload.REPLACED:
                # The files are watched in a thread of its own.
                loop.call_soon_threadsafe(note)
                replaced()
            shown(result, status)

        note()
        with watching(self.live, tell):
            yield


def telling(show: Callable[[str, int], None]) -> Told:
    """Return what tells an operator what came of looking at the policy files, and each warning once."""
    told: list[Notice | Fault] = []

    def tell(result: Reload, status: PoliciesStatus) -> None:
        level = logging.ERROR if result is Reload.REFUSED else logging.INFO
        for line in _told(result, status):
            show(line, level)
        if told != [*status.warnings]:
            told[:] = status.warnings
            for warning in told:
                show(f"{WARNING.en}{warning.text('en')}", logging.WARNING)

    return tell


def load_policies(settings: Settings, clock: Clock) -> LivePolicies:
    """Read the policies that the service is to start with.

    Raises:
        PolicyFaults: the policy files have faults.
    """
    return LivePolicies(settings.regions, _calendar, clock.now, AnswerMemory(on=settings.remember_answers))


@asynccontextmanager
async def service(
    settings: Settings,
    show: Callable[[str], None],
    clock: Clock,
    live: LivePolicies | None = None,
    patience: timedelta = timedelta(0),
) -> AsyncIterator[Service]:
    """Put the service together, and take it apart at the end.

    Args:
        show: shows a line to the developer, such as a sandbox's code.
        clock: tells the time.
        live: the policies, where they are loaded already.
        patience: how long to wait for a database that cannot be reached.

    Raises:
        ConfigurationError, StoreError, GatewayConfigurationError: it cannot start; the message is one plain line.
        PolicyFaults: the policy files have faults.
    """
    live = live or load_policies(settings, clock)
    trusted = trusted_documents(settings, limits_of(settings))
    trusts_only(settings, live.current.policies)
    for fault in settings.openness.without_role(live.current.policies):
        raise ConfigurationError(fault)
    keys, revoked = KeyRing(settings), RevokedTokens()
    async with AsyncExitStack() as opened:
        sandbox, client = None, None
        if settings.is_production or settings.demo or settings.token_issuers is not None:
            client = await opened.enter_async_context(outside.client(settings))
        # Before the database: it may be waited for, and what is wrong here is not healed by waiting.
        issuers = token_issuers(settings, keys, live.current.policies, client)
        store = await open_patiently(settings.database_url, keys.store_keys(), patience)
        opened.push_async_callback(store.close)
        if settings.is_production:
            assert client is not None  # noqa: S101 - opened above
            others = _providers(settings, keys, client)
        else:
            sandbox = SandboxPayment(settings.environment, show, keys.secret("PAYMENT_SECRET"), settings.public_url)
            others = _sandboxes(settings, keys, show, sandbox)
        apart = _processes(settings)
        for each in apart.values():
            opened.push_async_callback(each.close)
        yield Service(
            settings,
            keys,
            _dependencies(settings, keys, store, live, clock, revoked, {**others, **apart}),
            sandbox,
            live,
            TokenVerifier(issuers, revoked),
            trusted,
        )


def _processes(settings: Settings) -> dict[str, Apart]:
    """Return the processes that work apart, none of which is started before it is needed."""
    drafts = replace(
        DRAFTS,
        seconds=settings.answer_within.total_seconds() * DRAFT_SHARE,
        memory=settings.draft_memory,
        at_once=settings.drafts_at_once,
    )
    return {"pictures": Apart("pictures", PICTURES, count_work), "drafts": Apart("drafts", drafts, count_work)}


def _dependencies(
    settings: Settings,
    keys: KeyRing,
    store: Store,
    live: LivePolicies,
    clock: Clock,
    revoked: RevokedTokens,
    outside: Mapping[str, Any],
) -> Dependencies:
    """Return what use cases are given.

    Args:
        outside: the providers, or what pretends to be them; and the processes that work apart.
    """
    return Dependencies(
        store=store,
        policies=lambda: live.current.policies,
        live=live,
        clock=clock,
        calendar=live.current.calendar,
        passwords=PasswordHasher(),
        files=FolderFiles(settings.uploads, keys.file_keys()),
        code_key=keys.secret("CODE_KEY"),
        callback_url=settings.public_url + PAYMENT_CALLBACK,
        verification=settings.verification,
        uploads=settings.upload_limits,
        limits=RateLimits(settings.limits_in_force, told=count_limited),
        public_url=settings.public_url,
        revoked=revoked,
        batch_within=settings.answer_within * BATCH_SHARE,
        **outside,
    )


def limits_of(settings: Settings) -> Limits:
    """Return what bounds a request to the graph."""
    return Limits(timeout_seconds=settings.answer_within.total_seconds())


def _calendar(days: SpecialDays) -> ChineseWorkingCalendar:
    return ChineseWorkingCalendar(days.holidays, days.workdays)


def _told(result: Reload, status: PoliciesStatus) -> Iterator[str]:
    """Yield the lines that tell an operator what came of a change of the policy files."""
    if result is Reload.REPLACED:
        yield f"Policies in force now: {status.digest} ({status.regions} regions)."
    elif result is Reload.REFUSED:
        yield from map(str, status.faults)
        if status.consequences:
            yield consequences(status.consequences).en
        count = f"{len(status.faults)} fault{'s' * (len(status.faults) != 1)}"
        since = status.loaded_at.isoformat()
        yield f"The changed policies have {count} and are not used; those of {since} stay in force: {status.digest}."


def _sandboxes(
    settings: Settings, keys: KeyRing, show: Callable[[str], None], payments: SandboxPayment
) -> dict[str, Any]:
    return {
        "sms": SandboxSms(settings.environment, show),
        "payments": payments,
        "faces": SandboxFace(settings.environment, show, keys.signing_key("FACE_SIGNING_KEY")),
        "registry": SandboxRegistry(settings.environment, register_people(demo_data())),
        "insurance": SandboxInsuranceRegister(settings.environment, held_insurance(demo_data())),
        "mobiles": SandboxMobileRegister(settings.environment, bound_mobiles(demo_data())),
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
        "mobiles": HttpMobileRegister(values["MOBILE_URL"], values["MOBILE_KEY"], client),
    }
