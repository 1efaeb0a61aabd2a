"""The same answers by strawberry as it comes, on tortoise's models, with a data loader for each kind of record of a request."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any

import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from tortoise import Tortoise

from benchmarks.peers.bare import NODES, actors, at_rest, due, global_id, masked, settings, upper
from benchmarks.peers.bare_changes import Changes
from store.card_models import CardRow
from store.models import DecisionRow, HolderRow, OperationRow, TimelineRow


def by_id(table: Any) -> DataLoader[str, Any]:
    """Return what loads rows by id."""

    async def load(ids: list[str]) -> list[Any]:
        found = {row.id: row for row in await table.filter(id__in=ids)}
        return [found.get(identifier) for identifier in ids]

    return DataLoader(load_fn=load)


def many(table: Any, column: str, *order: str) -> DataLoader[str, Any]:
    """Return what loads rows by what they are about."""

    async def load(ids: list[str]) -> list[Any]:
        groups: dict[str, list[Any]] = {identifier: [] for identifier in ids}
        for row in await table.filter(**{f"{column}__in": ids}).order_by(*order):
            groups[getattr(row, column)].append(row)
        return [groups[identifier] for identifier in ids]

    return DataLoader(load_fn=load)


@strawberry.type
class Text:
    """A text."""

    text: str


@strawberry.type
class TimelineEntry:
    """What happened."""

    at: datetime
    event: str
    from_state: str | None
    to_state: str
    role: str
    channel: str | None


@strawberry.type
class ProgressNode:
    """A node of the progress."""

    state: str
    at: datetime | None


@strawberry.type
class RecordedDecision:
    """A decision."""

    service: str
    allowed: bool


@strawberry.type
class Card:
    """A card."""

    id: strawberry.ID
    number: str
    state: str
    state_since: datetime
    bank: str
    region_code: str
    issued_on: date
    expires_on: date | None
    account_state: str


def card(row: CardRow) -> Card:
    """Return a card."""
    return Card(
        id=strawberry.ID(global_id("Card", row.id)),
        number=at_rest.opened("cards", row.id, row.sealed)["number"],
        state=upper(row.state),
        state_since=row.state_since,
        bank=row.bank,
        region_code=row.region,
        issued_on=row.issued_on,
        expires_on=row.expires_on,
        account_state=upper(row.account_state),
    )


@strawberry.type
class Holder:
    """A person."""

    id: strawberry.ID
    name: str
    identity_number: str
    born_on: str
    mobile: str | None

    @strawberry.field
    async def cards(self, info: strawberry.Info) -> list[Card]:
        """Load the cards."""
        return [card(row) for row in await info.context["cards_of"].load(Changes.local_id(self.id))]


def holder(row: HolderRow) -> Holder:
    """Return a person."""
    personal = at_rest.opened("holders", row.id, row.sealed)
    return Holder(
        id=strawberry.ID(global_id("Holder", row.id)),
        name=personal["name"],
        identity_number=masked(personal["identity_number"]),
        born_on=personal["born_on"]["$date"],
        mobile=personal["mobile"] and masked(personal["mobile"]),
    )


@strawberry.type
class Operation:
    """An operation."""

    row: strawberry.Private[Any]
    id: strawberry.ID
    service: str
    state: str
    due: int
    created_at: datetime
    region_name: Text

    @strawberry.field
    async def holder(self, info: strawberry.Info) -> Holder:
        """Load whom it is about."""
        return holder(await info.context["holders"].load(self.row.holder_id))

    @strawberry.field
    async def card(self, info: strawberry.Info) -> Card:
        """Load the card."""
        return card(await info.context["cards"].load(self.row.card_id))

    @strawberry.field
    async def timeline(self, info: strawberry.Info) -> list[TimelineEntry]:
        """Load what happened."""
        return [
            TimelineEntry(
                at=e.at,
                event=e.event,
                from_state=upper(e.from_state),
                to_state=upper(e.to_state),
                role=e.role,
                channel=e.channel,
            )
            for e in await info.context["timelines"].load(self.row.id)
        ]

    @strawberry.field
    async def progress(self, info: strawberry.Info) -> list[ProgressNode]:
        """Say what has been reached."""
        entries = await info.context["timelines"].load(self.row.id)
        reached = {e.to_state: e.at for e in entries if e.from_state != e.to_state}
        return [ProgressNode(state=upper(state), at=reached.get(state)) for state in NODES]

    @strawberry.field
    async def decisions(self, info: strawberry.Info) -> list[RecordedDecision]:
        """Load the decisions."""
        found = await info.context["decisions"].load(self.row.id)
        return [RecordedDecision(service=row.service, allowed=row.allowed) for row in found]


def operation(row: OperationRow) -> Operation:
    """Return an operation."""
    return Operation(
        row=row,
        id=strawberry.ID(global_id("Operation", row.id)),
        service=row.service,
        state=upper(row.state),
        due=due(row.fees),
        created_at=row.created_at,
        region_name=Text(text=settings["regions"][row.region]),
    )


@strawberry.type
class Edge:
    """An edge."""

    node: Operation


@strawberry.type
class Connection:
    """A page."""

    edges: list[Edge]


@strawberry.type
class Query:
    """The queries."""

    @strawberry.field
    async def holder(self, info: strawberry.Info, id: strawberry.ID) -> Holder:
        """Fetch a person."""
        if Changes.local_id(id) != info.context["actor"]["sub"]:
            raise PermissionError
        return holder(await info.context["holders"].load(Changes.local_id(id)))

    @strawberry.field
    async def operations(self, info: strawberry.Info, first: int) -> Connection:
        """List operations."""
        rows = OperationRow.filter(holder_id=info.context["actor"]["sub"]).order_by("-created_at", "-id")
        return Connection(edges=[Edge(node=operation(row)) for row in await rows.limit(first)])

    @strawberry.field
    async def operation(self, info: strawberry.Info, id: strawberry.ID) -> Operation:
        """Fetch an operation."""
        row = await OperationRow.get(id=Changes.local_id(id))
        if row.holder_id != info.context["actor"]["sub"]:
            raise PermissionError
        return operation(row)


class Endpoint(GraphQL[Any, Any]):
    """The endpoint, with the loaders of a request."""

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        """Return who asks, and the loaders."""
        header = request.headers.get("authorization")
        make: dict[str, Callable[[], DataLoader[str, Any]]] = {
            "holders": lambda: by_id(HolderRow),
            "cards": lambda: by_id(CardRow),
            "cards_of": lambda: many(CardRow, "holder_id", "issued_on", "id"),
            "timelines": lambda: many(TimelineRow, "operation_id", "at", "id"),
            "decisions": lambda: many(DecisionRow, "operation_id", "at", "id"),
        }
        loaders = {name: made() for name, made in make.items()}
        return {"actor": actors.of(header) if header else None, **loaders}


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Keep connections while serving."""
    where = {"host": settings["socket_folder"], "port": 5432, "database": settings["database"]}
    engine = {
        "engine": "tortoise.backends.asyncpg",
        "credentials": {**where, "user": "postgres", "password": "", "minsize": 10, "maxsize": 10},
    }
    await Tortoise.init(
        {
            "connections": {"default": engine},
            "apps": {"store": {"models": ["store.models", "store.card_models", "store.money_models"]}},
        },
        use_tz=True,
        _enable_global_fallback=True,
    )
    yield
    await Tortoise.close_connections()


app = Starlette(routes=[Route("/graphql", Endpoint(strawberry.Schema(Query), graphql_ide=None))], lifespan=lifespan)
