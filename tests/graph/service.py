"""The whole service for tests: composed as `main.py` does, served over HTTP, with a clock that tests set."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypedDict, TypeVar
from uuid import uuid4

import httpx
from starlette.applications import Starlette

from composition.service import Service, service
from composition.settings import ROOT, Settings
from domain.holder import Actor, Guardianship, Holder, VouchedIdentity
from domain.region import province_of
from gateways.clock import SettableClock
from gateways.mobile import normalise_mobile
from gateways.passwords import PasswordHasher
from gateways.tokens import TokenSigner
from resolvers.changing.sending import Round, send_notices
from resolvers.changing.sweep import sweep
from resolvers.rate_limiting import share
from resolvers.services.resuming import resume_all
from schema.kit.relay import global_id
from store import UnitOfWork
from store.records import Disclosure, DisclosureKind
from tests.graph.caller import Caller
from tests.graph.outside import InterruptibleSms, ListedInsurance, ListedMobiles, ListedRegistry
from tests.http_server import address_of, free_port, serve
from tests.patience import PATIENCE, PICTURES_WITH_PATIENCE
from web.metrics import count_notice

Result = TypeVar("Result")

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""When every test begins: Friday 20 November 2026, ten in the morning in China."""
REGIONS = ROOT / "regions"
_numbers = count(1)


class _Outside(TypedDict):
    """What lies outside, by its place in the dependencies."""

    insurance: ListedInsurance
    sms: InterruptibleSms
    mobiles: ListedMobiles
    registry: ListedRegistry


def keep_shown(shown: list[str]) -> Callable[[str], None]:
    """Return what notes down each line that a sandbox shows."""
    return shown.append


class GraphService:
    """The running service, with shortcuts to its records and callers.

    Args:
        running: the composed service; loop: the event loop it runs in.
        url: where it is served; shown: lines that its sandboxes have shown, the oldest first.
        insurance, sms, mobiles, registry: what lies outside and a test can change.
    """

    def __init__(
        self,
        running: Service,
        loop: asyncio.AbstractEventLoop,
        url: str,
        clock: SettableClock,
        shown: list[str],
        insurance: ListedInsurance,
        sms: InterruptibleSms,
        mobiles: ListedMobiles,
        registry: ListedRegistry,
    ) -> None:
        self.running = running
        self.insurance = insurance
        self.sms = sms
        self.mobiles = mobiles
        self.registry = registry
        self.clock = clock
        self.shown = shown
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE)
        self._loop = loop
        self._signer = TokenSigner.from_pem(running.keys.signing_key("TOKEN_SIGNING_KEY"))
        self.signing_key = self._signer.key

    def work(self, action: Callable[[UnitOfWork], Awaitable[Result]]) -> Result:
        """Do something on the records, in one transaction."""

        async def done() -> Result:
            async with self.running.dependencies.store.transaction() as work:
                return await action(work)

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result()

    def person(self, born_on: date = date(1990, 3, 7), *, mobile: str | None = None, **fields: Any) -> Holder:
        """Put a person on record; by default a citizen of 36 with an identity card.

        Args:
            mobile: the bound number, as people write it.
        """
        number = f"1101{next(_numbers):014}"
        defaults: dict[str, Any] = {
            "name": "测试甲",
            "holder_type": "citizen",
            "identity_type": "resident_identity_card",
            "identity_number": number,
        }
        bound = normalise_mobile(mobile) if mobile else None
        holder = Holder(id=str(uuid4()), born_on=born_on, mobile=bound, **{**defaults, **fields})
        self.work(lambda work: work.holders.add(holder))
        return holder

    def guardian(self, ward: Holder, guardian: Holder | None = None) -> Holder:
        """Put a guardian of a person on record."""
        found = guardian or self.person()
        self.work(lambda work: work.guardianships.add(Guardianship(found.id, ward.id, "母亲", self.clock.now())))
        return found

    def stands_before(self, region: str, *people: Holder, clerk: str | None = None) -> None:
        """Have a clerk of a region's window be shown who people are, as looking them up by their documents would.

        Args:
            clerk: the clerk's id, if it is another than `clerk` has.
        """
        who, office, now = clerk or f"clerk-{region}", f"window-{region}", self.clock.now()
        shown = [
            Disclosure(
                province_of(region), now, DisclosureKind.PRESENT, each.id, None, each.id, who, "clerk", "", office
            )
            for each in people
        ]
        self.work(lambda work: work.disclosures.add(shown))

    def token(
        self, actor: Actor, lifetime: timedelta = timedelta(hours=1), vouched: VouchedIdentity | None = None
    ) -> str:
        """Return a token as the identity provider would sign it now."""
        return self._signer.sign(actor, self.clock.now(), lifetime, vouched)

    def caller(self, actor: Actor | None, language: str = "en", vouched: VouchedIdentity | None = None) -> Caller:
        """Return somebody who asks; None has no token."""
        token = (lambda: self.token(actor, vouched=vouched)) if actor else None
        return Caller(self.http, token, self.code, self.face, language)

    def citizen(self, person: Holder, channel: str = "national_mini_program") -> Caller:
        """Return a person who asks through a channel."""
        return self.caller(Actor(person.id, "citizen", channel))

    def clerk(self, region: str, channel: str = "service_window", bank: str | None = "ccb") -> Caller:
        """Return a clerk of a region's window.

        Args:
            bank: whose outlet it is, where the channel is a bank's window; None where the token does not say.
        """
        named = bank if channel == "bank_window" else None
        return self.caller(Actor(f"clerk-{region}", "clerk", channel, f"window-{region}", region, named))

    def second_clerk(self, region: str) -> Caller:
        """Return another clerk of a region's window."""
        return self.caller(Actor(f"second-clerk-{region}", "clerk", "service_window", f"window-{region}", region))

    def card_maker(self, region: str | None = None) -> Caller:
        """Return a card maker's system, of the whole country or one region."""
        return self.caller(Actor("card-maker", "card_maker", "partner_system", "card-maker", region))

    def bank(self, name: str, region: str | None = None) -> Caller:
        """Return a bank's system."""
        return self.caller(Actor(f"bank-{name}", "bank", "partner_system", name, region))

    def medical_institution(self, region: str | None = None) -> Caller:
        """Return the system of a pharmacy or hospital, which takes cards of the whole country."""
        return self.caller(Actor("pharmacy", "medical_institution", "partner_system", "pharmacy", region))

    def settlement_system(self, region: str, name: str = "settlement") -> Caller:
        """Return the system of a city that settles medical bills."""
        return self.caller(Actor(name, "settlement_system", "partner_system", name, region))

    def sweep(self) -> None:
        """Write down what time alone has done, as the server does now and then."""
        asyncio.run_coroutine_threadsafe(sweep(self.running.dependencies, resume_all), self._loop).result()

    def notify(self, processes: int = 1) -> list[Round]:
        """Send what people are to be told, as the server does every few seconds.

        Args:
            processes: how many do so at the same moment.
        """

        async def sent() -> list[Round]:
            return await asyncio.gather(
                *(send_notices(self.running.dependencies, count_notice) for _ in range(processes))
            )

        return asyncio.run_coroutine_threadsafe(sent(), self._loop).result()

    def hear_limits(self) -> None:
        """Hear from the database who is over a limit, as each process does every second."""
        asyncio.run_coroutine_threadsafe(share(self.running.dependencies), self._loop).result()

    def written(self) -> None:
        """Have what waits for the audit record written."""
        asyncio.run_coroutine_threadsafe(self.running.dependencies.store.looks.write(), self._loop).result()

    def code(self) -> str:
        """Return the verification code that was sent last."""
        return self._last(r"\[sandbox SMS\] to \S+: ([0-9]{6}) ")

    def face(self) -> str:
        """Return the assertion of the face check that was made last."""
        return self._last(r"\[sandbox face check\] .*: (\S+)$")

    def _last(self, pattern: str) -> str:
        return next(found[1] for line in reversed(self.shown) if (found := re.search(pattern, line)))


def mobile() -> str:
    """Return a mobile number that nobody else has."""
    return f"138{next(_numbers):08}"


def holder_id(person: Holder) -> str:
    """Return a person's global id."""
    return global_id("Holder", person.id)


@contextmanager
def serve_graph(
    folder: Path, database_url: str, regions: Path = REGIONS, variables: Mapping[str, str] | None = None, **how: Any
) -> Iterator[GraphService]:
    """Serve the graph on a migrated database until the context is left.

    Args:
        folder: for keys and uploads; regions: the policies; how: further settings.
    """
    clock, shown = SettableClock(NOW), []  # type: tuple[SettableClock, list[str]]
    patient = timedelta(seconds=PATIENCE)
    listener = free_port()
    values = {"PUBLIC_URL": address_of(listener), **(variables or {})}
    set_up: dict[str, Any] = {"answer_within": patient, "compiled_from": 1, "values": values, **how}
    settings = Settings("development", folder, database_url, regions, **set_up)
    parts: list[tuple[Service, asyncio.AbstractEventLoop, _Outside]] = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # The store belongs to the loop that opens it, which is the server's.
        async with service(settings, keep_shown(shown), clock) as composed:
            known = composed.dependencies
            known.pictures.bounds = PICTURES_WITH_PATIENCE
            outside: _Outside = {
                "insurance": ListedInsurance(),
                "sms": InterruptibleSms(known.sms),
                "mobiles": ListedMobiles(),
                "registry": ListedRegistry(known.registry),
            }
            # Hashes that protect nothing, for each of the real ones takes a good part of a second.
            changed = replace(known, **outside, passwords=PasswordHasher.cheap())
            running = replace(composed, dependencies=changed)
            app.mount("/", running.app())
            parts.append((running, asyncio.get_running_loop(), outside))
            yield

    with serve(Starlette(lifespan=lifespan), listener, settings.bounds) as url:
        running, loop, outside = parts[0]
        graph = GraphService(running, loop, url, clock, shown, **outside)
        try:
            yield graph
        finally:
            graph.http.close()
