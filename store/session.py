"""What the repositories of one unit of work share: a connection, the keys, and the right to write."""

import sqlite3
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

import asyncpg
from tortoise.exceptions import IntegrityError
from tortoise.models import Model
from tortoise.queryset import QuerySet

from domain.errors import Conflict, NotFound
from domain.message import Message
from store.asyncpg_backend import ServerReading, ServerTransaction
from store.audit.chain import Chain
from store.audit.entries import AuditEntry, Content
from store.audit.rows import ENTRIES, digest_of
from store.sealing import Sealer
from store.sqlite_backend import FileClient, FileTransaction
from store.statement import Statement
from store.table import Pairs, Select, Table, appending
from store.together import Asked, together

Transaction = ServerTransaction | FileTransaction
Client = ServerReading | FileClient | Transaction
Row = TypeVar("Row", bound=Model)
Value = TypeVar("Value")
Other = TypeVar("Other")

AT_ONCE = 500
"""How many values or rows one statement takes; databases bound how many they do."""

_LOCK_KEYS = Statement('SELECT pg_advisory_xact_lock("key") FROM unnest($1::bigint[]) AS "key"')
_PROVINCE = Statement('SELECT "province" FROM "operations" WHERE "id" = $1')


def _lock_key(name: str) -> int:
    """Return the 64-bit number that PostgreSQL locks for a name; two names with one number only wait needlessly."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)


def _overtaken() -> Conflict:
    return Conflict(
        Message(
            "别人刚刚登记了同样的内容，这次没有保存，请再试一次。",
            "Somebody else has just put the same on record, so nothing was saved; repeat it.",
        )
    )


@dataclass(frozen=True, slots=True)
class _PutOff:
    """A statement that waits to be sent with rows that are inserted, what it is sent with, and the fault if it finds no row."""

    statement: Statement
    values: Sequence[Any]
    fault: Conflict


class Session:
    """One unit of work's view of the database.

    Args:
        client: where statements go; a transaction's own client makes the unit of work able to write.
        sealer: the keys.
        chain: numbers and marks what the audit record is told of.
    """

    def __init__(self, client: Client, sealer: Sealer, chain: Chain) -> None:
        self._client = client
        self._open = True
        # What waits to be written together: rows to be inserted, by table, and one statement before them.
        self._waiting: dict[Table[Any], list[list[Any]]] = {}
        self._first: _PutOff | None = None
        self._provinces: dict[str, str] = {}
        self._reads_together = False
        # What the audit record is told with the rows that are sent next, and rows that it is to tell of.
        self._told: list[tuple[AuditEntry, list[Content], int | None]] = []
        self._content: list[Content] = []
        self._changes = self._is_told = False
        self._chain = chain
        self.numbers: list[int] = []
        """Those of the chain that entries of this transaction have."""
        self.sealer = sealer

    def end(self) -> None:
        """Refuse every later query: after the commit it would run outside the transaction."""
        self._open = False

    @property
    def reader(self) -> Client:
        """Where queries go.

        Raises:
            RuntimeError: the unit of work has ended.
        """
        if not self._open:
            raise RuntimeError("this unit of work has ended; open another with store.transaction() or store.reading()")
        return self._client

    @property
    def writer(self) -> Transaction:
        """Where statements that write or lock go.

        Raises:
            RuntimeError: this unit of work only reads, or has ended.
        """
        client = self.reader
        if not isinstance(client, Transaction):
            raise RuntimeError("this unit of work only reads; write and lock inside store.transaction()")
        return client

    @property
    def on_postgresql(self) -> bool:
        """Whether the database is PostgreSQL, and not SQLite."""
        return self._client.dialect == "postgresql"

    def rows(self, table: type[Row]) -> QuerySet[Row]:
        """Return the rows of a table, to be read."""
        return table.all(using_db=self.reader)

    def writable_rows(self, table: type[Row]) -> QuerySet[Row]:
        """Return the rows of a table, to be written."""
        self._changes = True
        return table.all(using_db=self.writer)

    async def run(self, statement: Statement, *values: Any) -> Sequence[Sequence[Any]]:
        """Run a fixed statement and return its rows.

        Args:
            values: of its parameters: texts, numbers, truth values, days, aware moments, or lists of texts.

        Raises:
            RuntimeError: the unit of work has ended, or only reads and the statement writes or locks.
        """
        client = self.writer if statement.writes else self.reader
        self._changes = self._changes or statement.changes
        return await self._fetch(client, statement.texts[client.dialect], values)

    async def look_up(self, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run a statement in the words of this database that is known to find its rows at once."""
        return await self._fetch(self.reader, text, values)

    async def _fetch(self, client: Client, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        if self._reads_together:
            return await Asked(text, values)
        await self.send_waiting()
        return await client.fetch(text, values)

    async def read_together(self, works: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Run coroutines that read here, side by side: on PostgreSQL, what they ask for at one moment is one trip.

        What fails is left undone, and so may be what was asked together with it.
        """
        self._reads_together = self.on_postgresql
        try:
            await together(works, self.reader.fetch)
        finally:
            self._reads_together = False

    async def search(self, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run a statement in the words of this database that may have to look for its rows."""
        await self.send_waiting()
        rows: Sequence[Sequence[Any]]
        _, rows = await self.reader.execute_query(text, list(values))
        return rows

    def read(self, table: Table[Value], rows: Sequence[Sequence[Any]]) -> list[Value]:
        """Return the values of rows whose columns are those that a table reads."""
        return table.read(rows, self._client.dialect, self.sealer)

    async def find(self, select: Select[Value], *values: Any) -> list[Value]:
        """Run a statement that finds rows of a table, and return the values that they hold."""
        return self.read(select.table, await self.run(select, *values))

    async def find_pairs(self, pairs: Pairs[Value, Other], *values: Any) -> list[tuple[Value, Other]]:
        """Run a statement that finds rows of two tables, and return the values that they hold."""
        rows, width = await self.run(pairs, *values), pairs.width
        ones = self.read(pairs.one, [row[:width] for row in rows])
        return list(zip(ones, self.read(pairs.other, [row[width:] for row in rows]), strict=True))

    async def first(self, select: Select[Value], *values: Any) -> Value | None:
        """Run a statement that finds rows of a table, and return the value of the first, if there is one."""
        found = await self.find(select, *values)
        return found[0] if found else None

    async def insert(self, table: Table[Value], value: Value, taken: Conflict, **given: Any) -> None:
        """Insert a row that must be the only one of its kind; the transaction stays usable when it is not.

        Args:
            given: what columns hold of which no attribute of the value says it, by column.

        Raises:
            Conflict: `taken`, when a unique constraint refuses the row.
        """
        if not await self.insert_if_new(table, value, **given):
            raise taken

    async def insert_if_new(self, table: Table[Value], value: Value, **given: Any) -> bool:
        """Insert a row unless a unique constraint refuses it, and return whether it was inserted.

        Waits for whoever inserts such a row at the same moment. It needs no savepoint, though PostgreSQL gives up a whole
        transaction after an error, for there is none.
        """
        if await self.is_taken(table, [value]):
            return False
        return bool(await self.run(table.insert, *table.write(value, table.columns, self.sealer, **given)))

    async def is_taken(self, table: Table[Value], values: Sequence[Value]) -> bool:
        """Say whether another row has by another index key what no two rows may have; nobody else takes it until the commit.

        A unique constraint compares what one key has made, so that it does not see that while the key is changed.
        """
        if not self.sealer.other_indexes:
            return False
        own = {table.key(value) for value in values}
        for column in table.unique_indexes:
            others = [index for value in values for index in table.other_indexes(value, column, self.sealer)]
            newest = [table.write(value, (column,), self.sealer)[0] for value in values]
            await self.lock_names(*(f"{table.name} {column} {index}" for index in (*newest, *others)))
            having = Statement(f'SELECT "id" FROM "{table.name}" WHERE "{column}" = ANY($1)')
            if any(found[0] not in own for found in await self.run(having, others)):
                return True
        return False

    async def append(self, table: Table[Value], value: Value, **given: Any) -> None:
        """Insert a row that nothing can stand in the way of: together with others, before the next statement or the commit.

        Queries of tortoise do not see it before.
        """
        self._append(table, value, given)

    async def append_for_good(self, table: Table[Value], value: Value, name: str, **given: Any) -> None:
        """Append a row that never changes: the audit record has its digest.

        Args:
            name: what the row is found by.
        """
        row = self._append(table, value, given)
        self._content.append((table.name, name, digest_of(table, row)))

    def _append(self, table: Table[Value], value: Value, given: dict[str, Any]) -> list[Any]:
        _ = self.writer  # which refuses where nothing may be written
        self._changes = True
        row = table.write(value, table.columns, self.sealer, **given)
        self._waiting.setdefault(table, []).append(row)
        return row

    def tell(self, entry: AuditEntry, number: int | None = None) -> None:
        """Have the audit record say something in this transaction, with the digests of what was appended for good since the last.

        Args:
            number: that was taken of the chain for it before.
        """
        _ = self.writer
        self._is_told = True
        content, self._content = self._content, []
        if number is not None:
            self.numbers.append(number)
        self._told.append((entry, content, number))

    def require_told(self) -> None:
        """Make sure that the audit record says who has changed what.

        Raises:
            RuntimeError: rows have changed, and it says nothing.
        """
        if (self._changes and not self._is_told) or (self._content and not self._told):
            raise RuntimeError(
                "this transaction changes rows and tells the audit record nothing; call work.audit.tell, "
                "or open it with unrecorded=True where nothing about a person or a decision changes"
            )

    async def put_off(self, statement: Statement, values: Sequence[Any], fault: Conflict) -> None:
        """Run a statement that writes one row, together with rows to be inserted, before the next statement or the commit.

        Args:
            statement: returns a row where it has written one. Neither does it hang on rows that wait to be inserted, nor they
                on what it writes.
            fault: what is raised then if it has written none; the transaction is to be given up.
        """
        _ = self.writer
        self._changes = True
        if self._first is not None:
            await self.send_waiting()
        self._first = _PutOff(statement, values, fault)

    async def send_waiting(self) -> None:
        """Write what waits for it, on PostgreSQL by one statement; rows of a table in the order they came in.

        Raises:
            Conflict: the statement that was put off has found nothing to write.
        """
        if self._told:
            self._append_told()
        if not self._waiting and self._first is None:
            return
        waiting, first, self._waiting, self._first = self._waiting, self._first, {}, None
        client = self.writer
        if client.dialect == "postgresql":
            text = appending(
                tuple((table, len(rows)) for table, rows in waiting.items()),
                first.statement if first is not None else None,
            )
            values = list(first.values) if first is not None else []
            values += [value for rows in waiting.values() for row in rows for value in row]
            found = await client.fetch(text, values)
            done = bool(found) and found[0][0] == 1
        else:
            done = first is not None and bool(await client.fetch(first.statement.texts[client.dialect], first.values))
            for table, rows in waiting.items():
                for row in rows:
                    await client.fetch(table.append.texts[client.dialect], row)
        if first is not None and not done:
            raise first.fault

    def _append_told(self) -> None:
        """Number and mark what the audit record is told, as the last thing before it is sent."""
        told, self._told = self._told, []
        if self._content:
            told[-1][1].extend(self._content)
            self._content = []
        for entry, content, number in told:
            marked = self._chain.marked(entry, content, number)
            if number is None:
                self.numbers.append(marked.number)
            self._waiting.setdefault(ENTRIES, []).append(ENTRIES.write(marked, ENTRIES.columns, self.sealer))

    async def insert_many(self, table: Table[Any], rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows, however many, as `Table.write` gives all columns of each: on PostgreSQL by COPY.

        Raises:
            Conflict: a unique constraint refuses one of them; the transaction is to be given up.
        """
        await self.send_waiting()
        self._changes = True
        client = self.writer
        try:
            if isinstance(client, ServerTransaction):
                columns = (*table.columns, *table.computed)
                more = await self._worked_out(client, table)
                await client.copy(table.name, columns, [(*row, *more) for row in rows] if more else rows)
            else:
                await client.run_many(table.append.texts[client.dialect], rows)
        except (asyncpg.UniqueViolationError, sqlite3.IntegrityError) as taken:
            raise _overtaken() from taken

    @staticmethod
    async def _worked_out(client: ServerTransaction, table: Table[Any]) -> Sequence[Any]:
        """Return what the database works out of columns when it inserts, for COPY takes values alone."""
        if not table.computed:
            return ()
        [found] = await client.fetch(f"SELECT {', '.join(table.computed.values())}", [])
        return found

    async def run_many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        """Run a fixed statement that writes, once for each row of values."""
        await self.send_waiting()
        self._changes = True
        client = self.writer
        await client.run_many(statement.texts[client.dialect], rows)

    async def insert_all(self, table: type[Row], rows: Sequence[Row]) -> bool:
        """Insert rows of a table, all of them or none; the transaction stays usable either way.

        Returns:
            Whether they are there now; False when a unique constraint refuses one of them.
        """
        self._changes = True
        try:
            async with self.writer._in_transaction():
                await table.bulk_create(rows, batch_size=AT_ONCE, using_db=self.writer)
        except IntegrityError:
            return False
        return True

    async def lock_names(self, *names: str) -> None:
        """Keep everybody else who locks one of these names waiting until the commit; no row needs to exist.

        Args:
            names: what is locked, with its kind in front, so that two kinds never share a name.
        """
        # SQLite needs no more: a transaction holds the only write lock there is.
        if not self.on_postgresql:
            return
        # In the order of the keys, so that two who want the same names never wait for each other.
        await self.run(_LOCK_KEYS, sorted({_lock_key(name) for name in names}))

    def remember_province(self, operation_id: str, province: str) -> None:
        """Keep the province of an operation that was just read or written, to ask for it only once."""
        self._provinces[operation_id] = province

    async def province_of_operation(self, operation_id: str) -> str:
        """Return the province of an operation, which every row about it carries.

        Raises:
            NotFound: there is no such operation.
        """
        if operation_id not in self._provinces:
            found = await self.run(_PROVINCE, operation_id)
            if not found:
                raise NotFound(
                    Message("没有找到这个编号的申请，请核对编号。", "There is no operation with that id; check the id.")
                )
            self._provinces[operation_id] = found[0][0]
        return self._provinces[operation_id]
