"""What is done to an installation beside serving it: its database brought up to this code, the sweep, the demo, tokens, the schema."""

import asyncio
import sys
from collections.abc import Sequence

from composition.demo_people import demo_data
from composition.keys import KeyRing
from composition.service import service
from composition.settings import Settings
from domain.message import Language
from gateways.clock import SystemClock
from resolvers.changing.retention import audit_months_past
from resolvers.changing.sending import send_notices
from resolvers.changing.sweep import sweep
from resolvers.demo import load_demo
from resolvers.services.resuming import resume_all
from schema.build import build_schema
from schema.kit.chinese import chinese_sdl
from store import Joined, Store


def carry_out(command: str, settings: Settings) -> int:
    """Carry out `migrate`, `demo` or `sweep`, and return the exit code.

    Raises:
        ConfigurationError, StoreError, GatewayConfigurationError: it cannot be done; the message is one plain line.
        PolicyFaults: the policy files have faults.
    """
    if command == "sweep":
        return asyncio.run(sweep_once(settings))
    asyncio.run(migrate(settings) if command == "migrate" else demo(settings))
    return 0


def schema_in(language: Language) -> str:
    """Return the SDL of the graph, its descriptions in one of the languages."""
    sdl = build_schema().as_str()
    return chinese_sdl(sdl) if language == "zh" else sdl


def show(line: str) -> None:
    """Show a line to whoever runs the service."""
    print(line, flush=True)


async def migrate(settings: Settings) -> None:
    """Bring the database up to this code."""
    store = await Store.open(settings.database_url, KeyRing(settings).store_keys())
    try:
        tell_joined(await store.migrate())
        show("The database has the schema of this version.")
    finally:
        await store.close()


def tell_joined(people: Sequence[Joined]) -> None:
    """Say which records became one; tokens in the name of one that is gone are nobody's any more."""
    for person in people:
        show(f"The holder {person.gone} had the citizen number of the holder {person.kept} and is one with them now.")
    if people:
        show("Have the identity provider give out tokens for the holders that are kept (see docs/operations.md).")


async def sweep_once(settings: Settings) -> int:
    """Write down what time alone has done, once; return the exit code."""
    async with service(settings, show, SystemClock()) as running:
        await running.dependencies.store.check()
        swept = await sweep(running.dependencies, resume_all)
        notices = await send_notices(running.dependencies)
        past = await audit_months_past(running.dependencies, running.dependencies.clock.now())
    show(
        f"{swept.cards} card states written down, {swept.answers} kept answers and {swept.forgotten} other records forgotten."
    )
    if past:
        show(f"{past} months of the audit record are kept for longer than they have to be: main.py audit drop")
    if swept.failed:
        print(f"error: {swept.failed} cards could not be written down; the log above says why.", file=sys.stderr)
    if swept.refunds:
        show(f"{swept.refunds} refunds given back by the payment provider.")
    if swept.unrefunded:
        print(
            f"error: {swept.unrefunded} refunds were not answered, or refused, by the payment provider; the log above says which.",
            file=sys.stderr,
        )
    if notices.sent:
        show(f"{notices.sent} notices sent.")
    if notices.failed or notices.given_up:
        print(
            f"error: {notices.failed} notices were not taken by the SMS provider and {notices.given_up} are given up; {notices.waiting} wait.",
            file=sys.stderr,
        )
    if swept.waiting:
        print(
            f"error: {swept.waiting} operations are paid for and still wait; the log above says why.", file=sys.stderr
        )
    return 1 if swept.failed or swept.unrefunded or swept.waiting or notices.failed or notices.given_up else 0


async def demo(settings: Settings) -> None:
    """Load the demo data."""
    async with service(settings, show, SystemClock()) as running:
        await running.dependencies.store.migrate()
        added = await load_demo(running.dependencies, demo_data())
    show(f"{added} people added.")
