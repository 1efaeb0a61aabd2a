"""The service served: in one process, or in several that are forked from one."""

import asyncio
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from multiprocessing import parent_process
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn

from composition import logs
from composition.demo_people import demo_data, signer_of, token_for
from composition.garbage import loading, set_loaded_aside, set_more_aside
from composition.logs import complain, show
from composition.sealing import sealing
from composition.service import Service, load_policies, service, telling
from composition.settings import ConfigurationError, Settings
from composition.telemetry import missing_packages
from composition.tending import tell_joined
from composition.watching import STILL_MS
from composition.workers import Ring, Workers, once
from domain.errors import DomainError, OperatorError
from gateways.clock import SystemClock
from policies.live import LivePolicies, Reload
from resolvers import rate_limiting, revoked
from resolvers.changing.sending import send_notices
from resolvers.changing.sweep import sweep
from resolvers.demo import load_demo
from resolvers.repeating import Repeating
from resolvers.services.resuming import resume_all
from web.bounds import NOT_KEPT, can_be_kept
from web.http_server import loop_factory, server_config
from web.metrics import PAUSES, count_from_here, count_notice, forget_worker, show_notices
from web.sharing import Connections, SharingServer

if TYPE_CHECKING:  # it imports OpenTelemetry
    from composition.traces import Traces

MERGES_EVERY = timedelta(seconds=10)
REVOCATIONS_EVERY = timedelta(seconds=5)
"""How long a token counts, at most, that another process was told is revoked."""
OWN_KEYS_EVERY = timedelta(seconds=10)
KEYS_EVERY = timedelta(minutes=5)
"""How long a key counts, at most, that an identity provider has withdrawn."""
NOTICES_EVERY = timedelta(seconds=10)
"""How long it takes, at most, until somebody is told of a change by SMS, while the provider is there."""
CHANGING_TRIES = 40
LIMITS_EVERY = timedelta(seconds=1)
"""How long it takes, at most, until a process hears that somebody is over a limit in another."""


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


def serve(settings: Settings, workers: int, demo: bool) -> int:
    """Serve until stopped, in one process or several, and return the exit code; the database is brought up to date first.

    Raises:
        ConfigurationError, StoreError, GatewayConfigurationError: it cannot start; the message is one plain line.
        PolicyFaults: the policy files have faults.
    """
    if settings.is_production and not can_be_kept():
        raise ConfigurationError(f"{NOT_KEPT} Install what requirements.txt names.")
    if settings.traces and (missing := missing_packages()):
        raise ConfigurationError(missing)
    settings = replace(settings, demo=True) if demo else settings
    with listening_socket(settings.host, settings.port) as listener:
        with loading():
            live = load_policies(settings, SystemClock())
        if workers > 1:
            return _serve_together(settings, live, listener, workers, demo)
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_serve_alone(settings, live, listener, demo))
    return 0


async def _serve_alone(settings: Settings, live: LivePolicies, listener: socket.socket, demo: bool) -> None:
    async with service(settings, show, SystemClock(), live, settings.database_wait) as running:
        await _prepare(running, demo)
        running.show_serving(1)
        _shown(set_more_aside)()
        with running.watching(show, _shown(set_loaded_aside)):
            await _answer(running, uvicorn.Server, listener, sweeps=True)


def _serve_together(settings: Settings, live: LivePolicies, listener: socket.socket, workers: int, demo: bool) -> int:
    """Load once, and fork as often as processes are wanted."""

    async def prepare() -> None:
        async with service(settings, show, SystemClock(), live, settings.database_wait) as running:
            await _prepare(running, demo)

    async def work(place: int, ring: Ring) -> None:
        async with service(settings, show, SystemClock(), live, settings.database_wait) as running:
            running.show_serving(workers)
            set_aside = _shown(set_more_aside)
            set_aside()
            # Whatever is to be told of the policies, the process that forked this one tells, for all of them.
            with running.watching(lambda *_: ring(), set_aside):
                await _answer(
                    running, lambda config: SharingServer(config, connections, place), listener, sweeps=place == 0
                )

    connections = Connections(workers)
    tell = telling(show)

    def rung() -> None:
        # A process that is forked from now on must begin with what the others have in force.
        tell(_reloaded(live), live.status)
        set_more_aside()

    if code := once(lambda: _run(prepare())):
        return code
    # Imported before the first is forked, though it is used in them alone.
    with loading():
        loop_factory()
    count_from_here()
    return Workers(
        workers,
        lambda place, ring: _run(work(place, ring)),
        listener,
        rung=rung,
        gone=forget_worker,
        tell=complain,
    ).run()


def _reloaded(live: LivePolicies) -> Reload:
    """Read the policies again, once more as long as they change under the reading."""
    for _ in range(CHANGING_TRIES):
        if (result := live.reload()) is not Reload.CHANGING:
            break
        time.sleep(STILL_MS / 1000)
    return result


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run something in a process of its own, and tell in one line what keeps it from working."""
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(work)
    except (DomainError, OperatorError) as error:
        complain(f"error: {error}")
        sys.exit(1)
    except Exception:
        # What starts processes would print it with its text.
        logs.LINES.critical("a process ends by an exception", exc_info=True)
        sys.exit(1)


async def _prepare(running: Service, demo: bool) -> None:
    tell_joined(await running.dependencies.store.migrate())
    await running.dependencies.store.adopt_keys()
    if demo:
        await load_demo(running.dependencies, demo_data())
        _introduce(running)


async def _answer(
    running: Service, made: Callable[[uvicorn.Config], uvicorn.Server], listener: socket.socket, *, sweeps: bool
) -> None:
    """Answer requests until a signal comes, and those that are under way to their end.

    Args:
        made: makes the server.
    """
    asyncio.get_running_loop().set_exception_handler(logs.of_loop)
    PAUSES.watch()
    again = Repeating()
    seals = sealing(running.dependencies, again) if sweeps else nullcontext()
    async with _following(running.settings) as traces:
        server = made(
            server_config(
                running.app(traces),
                running.settings.bounds,
                callback_notify=_show_pauses,
                timeout_notify=1,
                forwarded_allow_ips=list(running.settings.trusted_proxies),
            )
        )
        server.last_notified = time.time()  # nobody waits for the metrics before there was an answer
        _end_in_order(server, running)
        async with seals, _keeping_up(running, again), _sweeping(running, again) if sweeps else nullcontext():
            await server.serve(sockets=[listener])


def _following(settings: Settings) -> "AbstractAsyncContextManager[Traces | None]":
    """Begin to make traces, in this process and not in the one that it was forked from; nothing is imported where none are wanted."""
    if not settings.traces:
        return nullcontext()
    from composition.traces import following

    return following()


@asynccontextmanager
async def _keeping_up(running: Service, again: Repeating) -> AsyncIterator[None]:
    """Keep up with what others do: people who become one, tokens that are revoked, limits that are reached, keys."""
    dependencies, store = running.dependencies, running.dependencies.store
    # Before the first request: one that was signed out meanwhile stays so.
    since = await revoked.catch_up(dependencies, None)

    async def hear_of_revocations() -> None:
        nonlocal since
        since = await revoked.catch_up(dependencies, since)

    keeping_up = [
        asyncio.create_task(each)
        for each in (
            again.each(MERGES_EVERY, "reading the merges of records", lambda: dependencies.merged.catch_up(store)),
            again.each(REVOCATIONS_EVERY, "reading the revocations of tokens", hear_of_revocations, at_once=False),
            again.each(LIMITS_EVERY, "sharing the limits", lambda: rate_limiting.share(dependencies), at_once=False),
            again.each(OWN_KEYS_EVERY, "reading what is known of the keys", store.follow_keys),
            running.tokens.hear_again_and_again(dependencies.clock.now, KEYS_EVERY),
        )
    ]
    try:
        yield
    finally:
        for task in keeping_up:
            task.cancel()
        await asyncio.gather(*keeping_up, return_exceptions=True)


@asynccontextmanager
async def _sweeping(running: Service, again: Repeating) -> AsyncIterator[None]:
    dependencies = running.dependencies

    async def send() -> None:
        show_notices((await send_notices(dependencies, count_notice)).waiting)

    tending = [
        asyncio.create_task(
            again.each(running.settings.sweep_every, "the sweep", lambda: sweep(dependencies, resume_all))
        ),
        # Beside the sweep: neither waits for a provider of the other's.
        asyncio.create_task(again.each(NOTICES_EVERY, "sending notices", send)),
    ]
    try:
        yield
    finally:
        for task in tending:
            task.cancel()
        await asyncio.gather(*tending, return_exceptions=True)


def _end_in_order(server: uvicorn.Server, running: Service) -> None:
    """Have SIGTERM end the server alone, so that what was opened is closed after it.

    uvicorn sends its process once more the signal that has ended it, and the process would die of it there and then. A worker whose
    forking process is gone ends too, for nobody would ever stop it. Where it is to drain, a first SIGTERM only has it say that it is not
    ready, so that a balancer sends nobody any more; it goes on answering for that time, and a second one ends it at once.
    """

    loop, at_once = asyncio.get_running_loop(), server.handle_exit
    seconds = running.settings.drain.total_seconds()

    def end(*_: object) -> None:
        server.should_exit = True

    def drain_first(sig: int, frame: FrameType | None) -> None:
        if sig != signal.SIGTERM or not seconds or running.readiness.draining:
            at_once(sig, frame)
            return
        running.readiness.draining = True
        loop.call_soon_threadsafe(loop.call_later, seconds, end)

    server.handle_exit = drain_first  # type: ignore[method-assign]
    signal.signal(signal.SIGTERM, end)
    if (parent := parent_process()) is not None:
        signal.signal(signal.SIGINT, end)

        def orphaned() -> None:
            loop.remove_reader(parent.sentinel)
            end()

        loop.add_reader(parent.sentinel, orphaned)


def _shown(set_aside: Callable[[], None]) -> Callable[[], None]:
    """Return what sets aside what is loaded, and has the metrics show how much that is."""

    def set_aside_and_note() -> None:
        set_aside()
        PAUSES.set_aside()

    return set_aside_and_note


async def _show_pauses() -> None:
    PAUSES.show()


def _introduce(running: Service) -> None:
    """Show where the service is and the demo tokens, and keep both in the folder for `demo.ask`."""
    tokens = running.settings.folder / "tokens"
    tokens.mkdir(mode=0o700, exist_ok=True)
    (running.settings.folder / "url").write_text(f"{running.settings.public_url}/graphql\n")
    show(f"GraphiQL:  {running.settings.public_url}/graphql")
    show("Tokens, for the header  Authorization: Bearer TOKEN  (good for 7 days):")
    signer = signer_of(running.keys)
    for entry in demo_data()["tokens"]:
        token = token_for(signer, entry["name"])
        (tokens / entry["name"]).write_text(f"{token}\n")
        show(f"\n# {entry['name']}: {entry['about']}\n{token}")
    show("\nCodes, face checks and payments of the sandboxes appear below. Stop with Ctrl-C.")
