"""What PostgreSQL does for each statement: an index look-up, or something that has to be explained."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

_EXPLAINED = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
_CATALOGUE = "tortoise_migrations"


@dataclass(frozen=True, slots=True)
class Findings:
    """What plans tell.

    Args:
        count: of different statements; no_index: those that read a table whole because no index serves them.
        small: tables that are read whole although there is an index, because they have few rows, and how many.
    """

    count: int
    no_index: list[str]
    small: list[str]


async def explained(url: str, statements: Mapping[str, Sequence[Any]]) -> Findings:
    """Explain each statement, with the values that it was sent with and as PostgreSQL plans it for any values."""
    texts = {
        text: values for text, values in statements.items() if _EXPLAINED.match(text) and "pg_stat_activity" not in text
    }
    connection = await asyncpg.connect(url, server_settings={"jit": "off"})
    no_index, small = [], dict[str, int]()
    try:
        for text, values in texts.items():
            await connection.execute("SET enable_seqscan = on")
            whole = await _read_whole(connection, text, values)
            if not whole:
                continue
            await connection.execute("SET enable_seqscan = off")
            for table in await _read_whole(connection, text, values):
                no_index.append(f"{table}: `{text[:300]}`")
                whole.discard(table)
            for table in whole:
                small[table] = await connection.fetchval(f"SELECT count(*) FROM {table}")
    finally:
        await connection.close()
    return Findings(len(texts), sorted(no_index), [f"{table} ({count} rows)" for table, count in sorted(small.items())])


async def _read_whole(connection: asyncpg.Connection, text: str, values: Sequence[Any]) -> set[str]:
    plans = [json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {text}", *values))]
    # And as it is planned once a connection has sent it several times: without a look at the values.
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    await connection.execute(f"PREPARE looked_at AS {text}")
    count = max(map(int, re.findall(r"\$(\d+)", text)), default=0)
    given = f"({', '.join(['NULL'] * count)})" if count else ""
    plans.append(json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE looked_at{given}")))
    await connection.execute("DEALLOCATE looked_at; RESET plan_cache_mode")
    return {
        step["Relation Name"]
        for plan in plans
        for step in _steps(plan[0]["Plan"])
        if step["Node Type"] == "Seq Scan" and step["Relation Name"] != _CATALOGUE
    }


def _steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _steps(part)
