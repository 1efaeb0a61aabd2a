"""Changes over HTTP: an application, a loss report and an activation, against a route that runs the same statements by hand."""

import asyncio
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from benchmarks.kit import asks
from benchmarks.kit.contenders import BARE, ON_SQLITE, SERVICE, at_rest_key, contenders
from benchmarks.kit.driver import Ask, answer_to
from benchmarks.kit.installation import POSTGRESQL, SQLITE, Installation, installation
from benchmarks.kit.options import Options
from benchmarks.kit.people import APPLICANT, OWNER, RECEIVER, Somebody, rows_of
from benchmarks.kit.processes import Server
from benchmarks.kit.turns import each_once
from benchmarks.peers.sealed import Sealed

NAMES = (SERVICE, ON_SQLITE, BARE)
A_SECOND = 100
"""How many changes a round has for each second that it may take."""
CHANGES: Mapping[str, tuple[str, str, asks.Asking]] = {
    "applyForCard": ("Apply", APPLICANT, asks.apply),
    "reportTemporaryLoss": ("Loss", OWNER, asks.report_loss),
    "activateCard": ("Activate", RECEIVER, asks.activate),
}
"""What is asked by mutation: the name of the document, and of whom."""
_WRITTEN = ("slots", "operations", "cards", "card_states", "timeline", "decisions")
_STATE = ("state", "state_since", "state_until", "state_then", "state_source")
_VARYING = re.compile(rb'"(id|createdAt|stateSince|stateUntil)":"[^"]*"')


def run(options: Options) -> dict[str, Any]:
    """Measure, once the route writes the rows that the service writes, and answers likewise."""
    names = options.chosen(NAMES)
    count = round(A_SECOND * options.seconds)
    each = (options.rounds + 1) * count
    wanted = {POSTGRESQL: 2 + each * len({*names} - {ON_SQLITE}), SQLITE: 1 + each}
    kinds = [kind for _, kind, _ in CHANGES.values()]
    with installation({engine: dict.fromkeys(kinds, number) for engine, number in wanted.items()}) as made:
        with contenders(made, (SERVICE,)) as servers:
            written = {name: _written(made, servers[SERVICE], kind, asking) for name, kind, asking in CHANGES.values()}
        with contenders(made, names, {name: rows for name, (rows, _) in written.items()}) as servers:
            measured = {}
            for mutation, (name, kind, asking) in CHANGES.items():
                people = {engine: iter(made.people[engine][kind][1:]) for engine in (POSTGRESQL, SQLITE)}
                if BARE in servers:
                    asyncio.run(_compare(made, servers[BARE], next(people[POSTGRESQL]), asking, written[name][1]))
                asked = {
                    server: [
                        asking(made.tokens, next(people[SQLITE if server == ON_SQLITE else POSTGRESQL]))
                        for _ in range(each)
                    ]
                    for server in names
                }
                figures = each_once(servers, asked, made.server.pid, options.rounds, count)
                measured[mutation] = {server: of.plain() for server, of in figures.items()}
            return measured


def _written(made: Installation, server: Server, kind: str, asking: asks.Asking) -> tuple[dict[str, Any], "Answer"]:
    """Have the service make one change; return the rows that it wrote, to be written again, and how it answered."""
    who = made.people[POSTGRESQL][kind][0]
    answer = _answer(server, asking(made.tokens, who))
    rows = asyncio.run(_newest(made, who))
    operation = rows["operations"]
    names = {operation["id"]: "operation", who.person.id: "holder", who.card_id or "no card": "card"}
    template = _Template(Sealed(at_rest_key(made)), names, operation["created_at"])
    return {table: template.row(table, row) for table, row in rows.items()}, (answer, sorted(rows))


Answer = tuple[bytes, list[str]]
"""What was answered but for ids and moments, and the tables that were written."""


def _answer(server: Server, ask: Ask) -> bytes:
    answer = answer_to(server.port, ask)
    if ask.expected not in answer:
        raise RuntimeError(f"not done: {answer.decode()}")
    return _VARYING.sub(rb'"\1":""', answer)


async def _compare(made: Installation, server: Server, who: Somebody, asking: asks.Asking, expected: Answer) -> None:
    """Have the route make one change.

    Raises:
        RuntimeError: it answers otherwise than the service, or writes in other tables.
    """
    answer = await asyncio.to_thread(_answer, server, asking(made.tokens, who))
    if (answer, sorted(await _newest(made, who))) != expected:
        raise RuntimeError(f"the route does not change what the service changes:\n{answer.decode()}\n{expected}")


async def _newest(made: Installation, who: Somebody) -> dict[str, dict[str, Any]]:
    """Return what the newest operation of somebody wrote, by table, in the order in which it is to be written."""
    rows = rows_of(made.url(POSTGRESQL))
    newest = max(await rows.of("operations", "holder_id", [who.person.id]), key=lambda row: row["created_at"])
    found = {"operations": [newest]}
    for table in ("slots", "card_states", "timeline", "decisions"):
        found[table] = await rows.of(table, "operation_id", [newest["id"]])
    found["cards"] = await rows.of("cards", "id", [who.card_id]) if who.card_id else []
    return {table: found[table][-1] for table in _WRITTEN if found[table]}


class _Template:
    """Turns rows into what `Written` of the route writes again.

    Args:
        at_rest: opens what is encrypted; names: what ids stand for; now: when the rows were written.
    """

    def __init__(self, at_rest: Sealed, names: Mapping[str, str], now: datetime) -> None:
        self._at_rest, self._names, self._now = at_rest, names, now

    def row(self, table: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row by column, without a number that the database gives."""
        if table == "cards":
            return {column: self._value(column, row[column]) for column in _STATE}
        kept = {column: value for column, value in row.items() if not (column == "id" and isinstance(value, int))}
        seal = row.get("sealed")
        values = {column: self._value(column, value) for column, value in kept.items()}
        return values if seal is None else {**values, "sealed": {"seal": self._at_rest.opened(table, row["id"], seal)}}

    def _value(self, column: str, value: Any) -> Any:
        if value in self._names:
            return {"id": self._names[value]}
        if column == "id":
            return {"id": "new"}
        if column == "documents" and value != "[]":
            return {"id": "documents"}
        if isinstance(value, datetime):
            return {"seconds": (value - self._now).total_seconds()}
        return {"days": value.toordinal() - self._now.toordinal()} if isinstance(value, date) else value
