"""How long `main.py policy impact` takes over many recorded decisions of the real regions.

Run as `python -m benchmarks.impact`. Requests are made at random from the real policies, decided, and put on record in an SQLite
file; then the command replays them under a copy of the regions with a higher age, dearer postage and one more document.
"""

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from shutil import copytree
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.applicants import ON, Applicant, applicant
from composition.keys import KeyRing
from composition.settings import ROOT, Settings
from domain.errors import DomainError
from domain.evidence import Evidence
from policies.engine.decide import Policies
from policies.language.values import Kind
from policies.language.vocabulary import FactDefinition, Lexicon
from policies.tree.tree import load_tree
from resolvers.changing.recording import decision_record, keep_decision
from store import Store

DAYS = tuple(ON - timedelta(days=40 * number) for number in range(8))
"""Few, for what holds is worked out for each of them while the requests are made; replaying does not mind how many."""
CHANGES = {
    "china/sichuan/settings.yaml": ("value: 18,", "value: 20,"),
    "china/deliver.yaml": ("value: 12 yuan", "value: 14.50 yuan"),
}
"""What the draft says otherwise, by file."""


USUAL = 0.7
"""How many of the facts of a request are as usual."""


class Requests:
    """Random requests for every service of every region."""

    def __init__(self, policies: Policies, random: Random) -> None:
        self.policies = policies
        self.random = random
        places = policies.tree.regions.values()
        self.offered = [(place.region.code, service) for place in places for service in place.services]
        self.usual: dict[tuple[str, str], Applicant | None] = {}

    def ask(self) -> Applicant | None:
        """Return one request; None where nobody can ask so."""
        region, service = self.random.choice(self.offered)
        usual = self._usual(region, service)
        if usual is None:
            return None
        words = self.policies.region(region).words
        facts = {name: self._value(name, value, words) for name, value in usual.facts.items()}
        return replace(usual, facts=facts, evidence=self._evidence(usual.evidence))

    def _usual(self, region: str, service: str) -> Applicant | None:
        key = (region, service)
        if key not in self.usual:
            channel = self.random.choice(list(self.policies.region(region).words.vocabularies["channels"].terms))
            try:
                self.usual[key] = applicant(self.policies, service, region, channel)
            except DomainError:
                self.usual[key] = None
        return self.usual[key]

    def _value(self, name: str, usual: Any, words: Lexicon) -> Any:
        definition = words.fact(name)
        if definition is None or name in ("request.service", "request.today") or self.random.random() < USUAL:
            return usual
        if definition.optional and self.random.random() < 0.5:
            return usual
        return self._random(definition, words)

    def _random(self, definition: FactDefinition, words: Lexicon) -> Any:
        pick, of = self.random.choice, definition.type.of
        terms = list(words.vocabularies[of].terms) if of is not None else []
        pools: dict[Kind, Any] = {
            Kind.BOOLEAN: lambda: pick((True, False)),
            Kind.INTEGER: lambda: self.random.randint(0, 90 if definition.name.endswith("age") else 12),
            Kind.DECIMAL: lambda: Decimal(self.random.randint(0, 9)),
            Kind.MONEY: lambda: self.random.randint(0, 5_000),
            Kind.DATE: lambda: ON - timedelta(days=self.random.randint(-400, 4_000)),
            Kind.TIME: lambda: time(self.random.randint(0, 23), self.random.randint(0, 59)),
            Kind.MOMENT: lambda: (
                datetime(ON.year, ON.month, ON.day, tzinfo=UTC) - timedelta(hours=self.random.randint(-99, 9_999))
            ),
            Kind.TEXT: lambda: "",
            Kind.TERM: lambda: pick(terms) if terms else None,
            Kind.TERMS: lambda: tuple(self.random.sample(terms, min(len(terms), self.random.randint(0, 3)))),
            Kind.REGION: lambda: pick(self.offered)[0],
            Kind.REGIONS: lambda: tuple(sorted({pick(self.offered)[0], pick(self.offered)[0]})),
        }
        return pools[definition.type.kind]()

    def _evidence(self, usual: Evidence) -> Evidence:
        def some(values: Any) -> list[Any]:
            return [value for value in values if self.random.random() < 0.97]

        details = {name: usual.details[name] for name in some(usual.details)}
        return Evidence(frozenset(some(usual.proofs)), tuple(some(usual.documents)), details)


def decisions(policies: Policies, random: Random, count: int) -> Iterator[Any]:
    """Yield decisions with the days on which they were taken."""
    requests, made = Requests(policies, random), 0
    while made < count:
        who, day = requests.ask(), random.choice(DAYS)
        if who is None:
            continue
        facts = {**who.facts, **({"request.today": day} if "request.today" in who.facts else {})}
        try:
            yield policies.decide(who.service, who.region, facts, day, evidence=who.evidence, history=()), day
        except DomainError:
            continue
        made += 1


async def fill(settings: Settings, count: int) -> int:
    """Put decisions on record and return how many differ."""
    policies, random = Policies(load_tree(settings.regions)), Random(1)
    store = await Store.open(settings.database_url, KeyRing(settings).store_keys())
    different = set()
    try:
        await store.migrate()
        async with store.transaction() as work:
            seen: set[str] = set()
            for decision, day in decisions(policies, random, count):
                at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC) + timedelta(seconds=random.randrange(30_000))
                different.add(repr((decision.digest, sorted(decision.facts.items()), decision.missing)))
                if decision.digest in seen:
                    await work.decisions.add(decision_record(decision, at, None))
                else:
                    seen.add(decision.digest)
                    await keep_decision(work, policies, decision, at, None)
    finally:
        await store.close()
    return len(different)


def draft(regions: Path, folder: Path) -> Path:
    """Write a draft with three changes, and return its folder."""
    copytree(regions, folder)
    for file, (said, says) in CHANGES.items():
        text = (folder / file).read_text(encoding="utf-8")
        if said not in text:
            sys.exit(f"{file} no longer says {said!r}; change benchmarks/impact.py")
        (folder / file).write_text(text.replace(said, says, 1), encoding="utf-8")
    with (folder / "china/apply.yaml").open("a", encoding="utf-8") as opened:
        opened.write(
            "  draft_signature:\n    require: {proof: presence}\n    message: {zh: 请到场。, en: Come in person.}\n"
        )
    return folder


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=100_000)
    parser.add_argument("--processes", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--keep", type=Path, help="a folder to keep the database in")
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        variables = {"SERVICE_FOLDER": str(folder)}
        settings = Settings.from_environment(variables)
        if not (folder / "service.db").exists():
            start = perf_counter()
            different = asyncio.run(fill(settings, given.decisions))
            print(f"{given.decisions:,} decisions on record, {different:,} different; {perf_counter() - start:.0f} s")
        changed = draft(settings.regions, Path(name) / "draft")
        for more in ([], ["--against", str(settings.regions)]):
            for processes in given.processes:
                command = [sys.executable, "main.py", "policy", "impact", str(changed), "--json", *more]
                start = perf_counter()
                done = subprocess.run(
                    [*command, "--processes", str(processes)], capture_output=True, cwd=ROOT, env=variables
                )
                seconds = perf_counter() - start
                if done.returncode:
                    sys.exit(done.stderr.decode())
                total = json.loads(done.stdout)["total"]
                against = "policy files" if more else "the answers then"
                print(
                    f"against {against}, {processes} processes: {seconds:.1f} s, {total['decisions'] / seconds:,.0f}"
                    f" decisions a second; {total['flips']:,} flips, {total['unchanged']:,} unchanged"
                )


if __name__ == "__main__":
    main()
