"""What other clients notice while somebody attacks: `python -m benchmarks.attacks` (all), or those whose names hold a word:

    python -m benchmarks.attacks fragments aliases
    python -m benchmarks.attacks --documents 1000 --seconds 2
    python -m benchmarks.attacks --write              the table of docs/security.md

One worker on PostgreSQL is attacked by a process of its own, over one connection and over eight, from one address, and where it takes a
token, with one. Meanwhile somebody else asks for people with everything about them, fifty times a second, each time measured beside how
it was just before the attack. Attackers run at low priority, for they share two cores with everybody else.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.kit import asks
from benchmarks.kit.attacker import Attack, Outcome, attacking, outcome
from benchmarks.kit.bystander import Seen, seen, standing_by
from benchmarks.kit.contenders import SERVICE, contenders
from benchmarks.kit.driver import Ask, answer_to, drive
from benchmarks.kit.hostile import attacks
from benchmarks.kit.installation import POSTGRESQL, Installation, installation
from benchmarks.kit.people import READER
from benchmarks.kit.processes import Server, cpu_seconds
from benchmarks.kit.tables import table
from benchmarks.report import fill, machine, markdown, measured
from domain.holder import Actor
from schema.build import build_schema
from tests.resolvers.world import CHENGDU

READERS = 50
CONNECTIONS = (1, 8)
PAGE = Path("docs/security.md")
HEADS = (
    "attack",
    "connections",
    "sent",
    "answers",
    "longest ms",
    "others alone ms",
    "others meanwhile ms",
    "ratio",
    "slowest 5 % ms",
    "nothing for ms",
)


@dataclass(frozen=True, slots=True)
class Result:
    """What an attack did.

    Args:
        attack: its name; connections: how many it had; worker: the share of a core that the worker used meanwhile.
        outcome: what attackers got; alone, meanwhile: what somebody else saw before it and during it.
    """

    attack: str
    connections: int
    worker: float
    outcome: Outcome
    alone: Seen
    meanwhile: Seen

    @property
    def ratio(self) -> float:
        """How many times as long somebody else's median answer took."""
        return self.meanwhile.middle / self.alone.middle

    def row(self) -> tuple[str, ...]:
        """Return the row of the table."""
        statuses = {**self.outcome.statuses}
        answers = ", ".join(f"{number:,} × {status}" for status, number in sorted(statuses.items()))
        seen_meanwhile = (self.meanwhile.middle, self.ratio, self.meanwhile.slow, self.meanwhile.held)
        figures = (self.outcome.longest, self.alone.middle, *seen_meanwhile)
        shown = [f"{figure:,.{0 if figure >= 100 else 1}f}" for figure in figures]
        return (self.attack, str(self.connections), f"{self.outcome.sent:,}", answers, *shown)


def measure(made: Installation, server: Server, chosen: Mapping[str, Attack], seconds: float) -> Iterator[Result]:
    """Attack in each way in turn, over one connection and over several."""
    ordinary = _ordinary(made, server)
    drive(server.port, ordinary, seconds)
    for name, attack in chosen.items():
        for connections in CONNECTIONS:
            alone = seen(standing_by(server.port, ordinary, seconds))
            process = attacking(server.port, attack, seconds + 2, connections)
            time.sleep(1)  # it has to start, and what is let through at first is over
            began, before = time.perf_counter(), cpu_seconds(server.pid)
            watching = standing_by(server.port, ordinary, 0 if attack.is_once else seconds)
            done = outcome(process) if attack.is_once else None
            meanwhile = seen(watching)
            share = (cpu_seconds(server.pid) - before) / (time.perf_counter() - began)
            yield Result(name, connections, share, done or outcome(process), alone, meanwhile)


def _ordinary(made: Installation, server: Server) -> Sequence[Ask]:
    """Return what somebody asks for who attacks nobody, with the answers that are right."""
    given = [asks.holder(made.tokens, who) for who in made.people[POSTGRESQL][READER][1:]]
    return [Ask(ask.content, answer_to(server.port, ask)) for ask in given]


def _chosen(made: Installation, documents: int, words: Sequence[str]) -> Mapping[str, Attack]:
    token = made.tokens.of(made.people[POSTGRESQL][READER][0].person.citizen(CHENGDU))
    officer = made.tokens.of(Actor("officer", "policy_officer", "partner_system", "policies"))
    every = attacks(build_schema()._schema, documents, token, made.tokens.of(asks.CLERK), officer)
    return {name: attack for name, attack in every.items() if not words or any(word in name for word in words)}


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.attacks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "words", nargs="*", metavar="word", help="of the names of attacks; all of them if none is given"
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="for which each is watched")
    parser.add_argument("--documents", type=int, default=10_000, help="that are generated")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--write", action="store_true", help="write the table of docs/security.md")
    given = parser.parse_args()
    if given.write and given.words:
        parser.error("the page tells of all attacks; leave the words out")
    results: list[Result] = []
    with installation({POSTGRESQL: {READER: READERS}}) as made, contenders(made, [SERVICE]) as servers:
        for result in measure(made, servers[SERVICE], _chosen(made, given.documents, given.words), given.seconds):
            results.append(result)
            print(" | ".join(result.row()), dict(result.outcome.codes), f"worker {result.worker:.2f}", flush=True)
    table(HEADS, [result.row() for result in results])
    if given.json:
        figures: list[dict[str, Any]] = [asdict(result) for result in results]
        given.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if given.write:
        fill(PAGE, {"attacks": lambda: _page(results)})


def _page(results: Sequence[Result]) -> Iterator[str]:
    """Yield the lines of the page's table."""
    yield measured("Measured", machine())
    yield ""
    yield from markdown(HEADS, (result.row() for result in results))


if __name__ == "__main__":
    main()
