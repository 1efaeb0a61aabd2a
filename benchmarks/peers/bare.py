"""The same answers by hand: a Starlette route, asyncpg, fixed statements, orjson. No GraphQL, no rules, no checks but the token's.

`PEER_SETTINGS` names a file with the address of the database, the keys, the names of regions, and the rows of each change as the
service wrote them once, which are written again under other ids.
"""

import os
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import jwt
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.peers.bare_changes import Changes
from benchmarks.peers.sealed import Sealed

settings = orjson.loads(Path(os.environ["PEER_SETTINGS"]).read_bytes())
at_rest = Sealed(settings["cipher"])
NODES = ("accepted", "produced", "shipped", "received")

HOLDER = "SELECT id, sealed FROM holders WHERE id = $1"
CARDS = """SELECT id, sealed, state, state_since, bank, region, issued_on, expires_on, account_state
    FROM cards WHERE holder_id = $1 ORDER BY issued_on, id"""
OPERATIONS = """SELECT id, service, state, fees, created_at FROM operations WHERE holder_id = $1
    ORDER BY created_at DESC, id DESC LIMIT 21"""
TIMELINES = """SELECT operation_id, at, event, from_state, to_state, role FROM timeline WHERE operation_id = ANY($1)
    ORDER BY at, id"""
OPERATION = "SELECT id, state, fees, created_at, region, holder_id, card_id FROM operations WHERE id = $1"
CARD = "SELECT id, sealed, state FROM cards WHERE id = $1"
TIMELINE = """SELECT at, event, from_state, to_state, role, channel FROM timeline WHERE operation_id = $1
    ORDER BY at, id"""
DECISIONS = "SELECT service, allowed FROM decisions WHERE operation_id = $1 ORDER BY at, id"


class Plain(asyncpg.Connection):  # type: ignore[misc]
    """A connection that keeps no state, so that nothing needs to be reset."""

    def get_reset_query(self) -> str:
        """Return nothing to run."""
        return ""


class Actors:
    """Who asks, by the header; a signature is checked once."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Any]] = {}

    def of(self, header: str) -> dict[str, Any]:
        """Return the claims of a token."""
        if header not in self._known:
            token = header.partition(" ")[2]
            self._known[header] = jwt.decode(
                token, settings["token_key"], algorithms=["EdDSA"], audience=settings["audience"]
            )
        return self._known[header]


actors, changes = Actors(), Changes(settings, at_rest)


def global_id(kind: str, identifier: str) -> str:
    """Return an id of the graph."""
    return b64encode(f"{kind}:{identifier}".encode()).decode()


def masked(number: str) -> str:
    """Return the end of a number."""
    return f"****{number[-4:]}"


def due(fees: list[dict[str, Any]]) -> int:
    """Return what is still to be paid of a bill."""
    return sum(
        fee["amount"]
        for fee in fees
        if fee["payer"] == "holder" and fee["waived_by"] is None and fee["paid_at"] is None
    )


def upper(state: str | None) -> Any:
    """Return a state as the graph writes it."""
    return None if state is None else state.upper()


async def holder(pool: Any, actor: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
    """Return a person with cards, operations and timelines."""
    async with pool.acquire() as connection:
        person = await connection.fetchrow(HOLDER, actor["sub"])
        cards = await connection.fetch(CARDS, actor["sub"])
        operations = await connection.fetch(OPERATIONS, actor["sub"])
        entries = await connection.fetch(TIMELINES, [row["id"] for row in operations])
    timelines: dict[str, list[Any]] = {}
    for entry in entries:
        timelines.setdefault(entry["operation_id"], []).append(
            {
                "at": entry["at"],
                "event": entry["event"],
                "fromState": upper(entry["from_state"]),
                "toState": upper(entry["to_state"]),
                "role": entry["role"],
            }
        )
    personal = at_rest.opened("holders", person["id"], person["sealed"])
    return {
        "holder": {
            "id": variables["id"],
            "name": personal["name"],
            "identityNumber": masked(personal["identity_number"]),
            "bornOn": personal["born_on"]["$date"],
            "mobile": personal["mobile"] and masked(personal["mobile"]),
            "cards": [
                {
                    "id": global_id("Card", card["id"]),
                    "number": at_rest.opened("cards", card["id"], card["sealed"])["number"],
                    "state": upper(card["state"]),
                    "stateSince": card["state_since"],
                    "bank": card["bank"],
                    "regionCode": card["region"],
                    "issuedOn": card["issued_on"],
                    "expiresOn": card["expires_on"],
                    "accountState": upper(card["account_state"]),
                }
                for card in cards
            ],
        },
        "operations": {
            "edges": [
                {
                    "node": {
                        "id": global_id("Operation", row["id"]),
                        "service": row["service"],
                        "state": upper(row["state"]),
                        "due": due(orjson.loads(row["fees"])),
                        "createdAt": row["created_at"],
                        "timeline": timelines.get(row["id"], []),
                    }
                }
                for row in operations[:20]
            ]
        },
    }


async def operation(pool: Any, actor: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
    """Return an operation with what belongs to it."""
    identifier = changes.local_id(variables["id"])
    async with pool.acquire() as connection:
        row = await connection.fetchrow(OPERATION, identifier)
        if row["holder_id"] != actor["sub"]:
            raise PermissionError
        person = await connection.fetchrow(HOLDER, row["holder_id"])
        card = await connection.fetchrow(CARD, row["card_id"])
        entries = await connection.fetch(TIMELINE, identifier)
        decisions = await connection.fetch(DECISIONS, identifier)
    personal = at_rest.opened("holders", person["id"], person["sealed"])
    reached = {e["to_state"]: e["at"] for e in entries if e["from_state"] != e["to_state"]}
    return {
        "operation": {
            "id": variables["id"],
            "state": upper(row["state"]),
            "due": due(orjson.loads(row["fees"])),
            "createdAt": row["created_at"],
            "regionName": {"text": settings["regions"][row["region"]]},
            "holder": {"name": personal["name"], "identityNumber": masked(personal["identity_number"])},
            "card": {
                "number": at_rest.opened("cards", card["id"], card["sealed"])["number"],
                "state": upper(card["state"]),
            },
            "timeline": [
                {
                    "at": e["at"],
                    "event": e["event"],
                    "fromState": upper(e["from_state"]),
                    "toState": upper(e["to_state"]),
                    "role": e["role"],
                    "channel": e["channel"],
                }
                for e in entries
            ],
            "progress": [{"state": upper(state), "at": reached.get(state)} for state in NODES],
            "decisions": [dict(row) for row in decisions],
        }
    }


Handler = Callable[[Any, dict[str, Any], dict[str, Any]], Awaitable[dict[str, Any]]]
HANDLERS: dict[str, Handler] = {
    "Holder": holder,
    "Operation": operation,
    "Apply": changes.apply,
    "Loss": changes.report_loss,
    "Activate": changes.activate,
}


async def graphql(request: Request) -> Response:
    """Answer the one document that an operation's name stands for."""
    body = orjson.loads(await request.body())
    name = body.get("operationName")
    if name is None:
        return Response(b'{"data":{}}', media_type="application/json")
    actor = actors.of(request.headers["authorization"])
    data = await HANDLERS[name](request.app.state.pool, actor, body["variables"])
    return Response(orjson.dumps({"data": data}), media_type="application/json")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Keep connections while serving."""
    pool = asyncpg.create_pool(settings["database_url"], min_size=10, max_size=10, connection_class=Plain)
    async with pool as app.state.pool:
        yield


app = Starlette(routes=[Route("/graphql", graphql, methods=["POST"])], lifespan=lifespan)
