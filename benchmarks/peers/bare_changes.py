"""Changes by hand: the statements that the service needs for each, in one transaction, with the decision written beforehand."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson

from benchmarks.peers.sealed import Sealed

OF_HOLDER = "SELECT id, sealed, full_capacity, insured_in, deceased_at, version FROM holders WHERE id = $1 FOR UPDATE"
OF_CARD = """SELECT id, sealed, full_capacity, insured_in, deceased_at, version FROM holders
    WHERE id IN (SELECT holder_id FROM cards WHERE id = $1) FOR UPDATE"""
CARDS = """SELECT id, sealed, province, region, state, state_until, ends_at, bank, version FROM cards
    WHERE holder_id = $1 ORDER BY issued_on, id FOR UPDATE"""
OPERATIONS = "SELECT id, service, state, province, card_id, state_until FROM operations WHERE holder_id = $1"
DOCUMENTS = """SELECT id, owner_id, type, format, width_px, height_px, dpi, colour, background, taken_on FROM documents
    WHERE id = ANY($1)"""
UPDATE_CARD = """UPDATE cards SET state = $3, state_since = $4, state_until = $5, state_then = $6, state_source = $7,
    version = version + 1 WHERE id = $1 AND version = $2"""
NEVER_IN = ("cancelled",)


class Written:
    """A row as the service wrote it once, to be written again under other ids and at another time.

    Args:
        table: of the row.
        row: by column: the value, or an object with one of the keys `id`, `seconds` or `days` (after now) and `seal`.
    """

    def __init__(self, table: str, row: Mapping[str, Any], at_rest: Sealed) -> None:
        self._table, self._row, self._at_rest = table, row, at_rest
        columns = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        self.insert = f"INSERT INTO {table} ({columns}) VALUES ({marks})"

    def values(self, ids: Mapping[str, str], now: datetime) -> dict[str, Any]:
        """Return the values of the row, by column."""
        values = {column: self._value(value, ids, now) for column, value in self._row.items()}
        if isinstance(seal := values.get("sealed"), dict):
            values["sealed"] = self._at_rest.sealed(self._table, values["id"], seal["seal"])
        return values

    def _value(self, value: Any, ids: Mapping[str, str], now: datetime) -> Any:
        if not isinstance(value, dict):
            return value
        if "id" in value:
            return ids[value["id"]] if value["id"] in ids else str(uuid4())
        if "seconds" in value:
            return now + timedelta(seconds=value["seconds"])
        if "days" in value:
            return date.fromordinal(now.toordinal() + value["days"])
        return value


class Changes:
    """The three changes."""

    def __init__(self, settings: Mapping[str, Any], at_rest: Sealed) -> None:
        self._at_rest = at_rest
        self._written = {
            name: {table: Written(table, row, at_rest) for table, row in rows.items()}
            for name, rows in settings["changes"].items()
        }

    @staticmethod
    def local_id(identifier: str) -> str:
        """Return the id that a global id holds."""
        return b64decode(identifier).decode().partition(":")[2]

    async def apply(self, pool: Any, actor: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """Write an application."""
        given = [self.local_id(name) for name in variables["input"]["evidence"]["documentIds"]]
        ids, now = {"operation": str(uuid4()), "holder": actor["sub"]}, datetime.now(UTC)
        ids["documents"] = orjson.dumps(given).decode()
        async with pool.acquire() as connection, connection.transaction():
            person = await connection.fetchrow(OF_HOLDER, actor["sub"])
            cards = await connection.fetch(CARDS, actor["sub"])
            documents = await connection.fetch(DOCUMENTS, given)
            operations = await connection.fetch(OPERATIONS, actor["sub"])
            self._personal(person)
            if cards or operations or any(document["owner_id"] != actor["sub"] for document in documents):
                raise PermissionError
            rows = await self._write(connection, "Apply", ids, now)
        operation = self._operation(rows)
        operation["due"] = sum(fee["amount"] for fee in orjson.loads(rows["operations"]["fees"]))
        operation["createdAt"] = operation.pop("createdAt")
        return {"applyForCard": {"operation": operation, **self._decided(rows)}}

    async def report_loss(self, pool: Any, actor: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """Write a report of a temporary loss."""
        given = variables["input"]
        async with pool.acquire() as connection, connection.transaction():
            person, card = await self._locked(connection, self.local_id(given["cardId"]))
            if self._personal(person)["identity_number"] != given["evidence"]["details"]["identityNumber"]:
                raise PermissionError
            rows = await self._write_card(connection, "Loss", person, card)
        written = rows["cards"]
        shown = {"stateUntil": written["state_until"], "stateThen": written["state_then"].upper()}
        return {"reportTemporaryLoss": self._card_changed(given, rows, shown)}

    async def activate(self, pool: Any, actor: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """Write an activation."""
        given = variables["input"]
        async with pool.acquire() as connection, connection.transaction():
            person, card = await self._locked(connection, self.local_id(given["cardId"]))
            operations = await connection.fetch(OPERATIONS, person["id"])
            self._personal(person)
            if not any(row["card_id"] == card["id"] and row["state"] == "received" for row in operations):
                raise PermissionError
            rows = await self._write_card(connection, "Activate", person, card)
        return {"activateCard": self._card_changed(given, rows, {"stateSince": rows["cards"]["state_since"]})}

    def _personal(self, person: Mapping[str, Any]) -> Any:
        return self._at_rest.opened("holders", person["id"], person["sealed"])

    async def _locked(self, connection: Any, card_id: str) -> tuple[Any, Any]:
        person = await connection.fetchrow(OF_CARD, card_id)
        cards = await connection.fetch(CARDS, person["id"])
        card = next(card for card in cards if card["id"] == card_id)
        if card["state"] in NEVER_IN:
            raise PermissionError
        self._at_rest.opened("cards", card["id"], card["sealed"])
        return person, card

    async def _write_card(self, connection: Any, name: str, person: Any, card: Any) -> dict[str, Any]:
        ids, now = {"operation": str(uuid4()), "holder": person["id"], "card": card["id"]}, datetime.now(UTC)
        after = self._written[name]["cards"].values(ids, now)
        told = [after[column] for column in ("state", "state_since", "state_until", "state_then", "state_source")]
        await connection.execute(UPDATE_CARD, card["id"], card["version"], *told)
        return {**await self._write(connection, name, ids, now), "cards": after}

    async def _write(self, connection: Any, name: str, ids: Mapping[str, str], now: datetime) -> dict[str, Any]:
        written = {}
        for table, row in self._written[name].items():
            if table != "cards":
                written[table] = row.values(ids, now)
                await connection.execute(row.insert, *written[table].values())
        return written

    def _operation(self, rows: Mapping[str, Any]) -> dict[str, Any]:
        row = rows["operations"]
        identifier = b64encode(f"Operation:{row['id']}".encode()).decode()
        return {"id": identifier, "state": row["state"].upper(), "createdAt": row["created_at"]}

    def _decided(self, rows: Mapping[str, Any]) -> dict[str, Any]:
        row = rows["decisions"]
        return {"decision": {"allowed": row["allowed"], "policyDigest": row["digest"]}, "errors": []}

    def _card_changed(self, given: Mapping[str, Any], rows: Mapping[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
        card = {"id": given["cardId"], "state": rows["cards"]["state"].upper(), **shown}
        return {"operation": self._operation(rows), "card": card, **self._decided(rows)}
