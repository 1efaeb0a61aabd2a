"""What the repositories of one unit of work share: a connection, the keys, and the right to write."""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.exceptions import IntegrityError
from tortoise.models import Model
from tortoise.queryset import QuerySet

from domain.errors import Conflict, NotFound
from domain.message import Message
from store.models import OperationRow
from store.sealing import Sealer

Row = TypeVar("Row", bound=Model)

AT_ONCE = 500
"""How many values or rows one statement takes; databases bound how many they do."""


def _lock_key(name: str) -> int:
    """Return the 64-bit number that PostgreSQL locks for a name; two names with one number only wait needlessly."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)


class Session:
    """One unit of work's view of the database.

    Args:
        client: where queries go; a transaction's own client makes the unit of work able to write.
        sealer: the keys.
    """

    def __init__(self, client: BaseDBAsyncClient, sealer: Sealer) -> None:
        self._client = client
        self._open = True
        self._provinces: dict[str, str] = {}
        self.sealer = sealer

    def end(self) -> None:
        """Refuse every later query: after the commit it would run outside the transaction."""
        self._open = False

    @property
    def reader(self) -> BaseDBAsyncClient:
        """Where queries go.

        Raises:
            RuntimeError: the unit of work has ended.
        """
        if not self._open:
            raise RuntimeError("this unit of work has ended; open another with store.transaction() or store.reading()")
        return self._client

    @property
    def writer(self) -> TransactionalDBClient:
        """Where statements that write or lock go.

        Raises:
            RuntimeError: this unit of work only reads, or has ended.
        """
        client = self.reader
        if not isinstance(client, TransactionalDBClient):
            raise RuntimeError("this unit of work only reads; write and lock inside store.transaction()")
        return client

    @property
    def on_postgresql(self) -> bool:
        """Whether the database is PostgreSQL, and not SQLite."""
        return self.reader.capabilities.dialect == "postgres"

    def rows(self, table: type[Row]) -> QuerySet[Row]:
        """Return the rows of a table, to be read."""
        return table.all(using_db=self.reader)

    def writable_rows(self, table: type[Row]) -> QuerySet[Row]:
        """Return the rows of a table, to be written or locked."""
        return table.all(using_db=self.writer)

    async def insert(self, row: Model, taken: Conflict) -> None:
        """Insert a row that must be the only one of its kind; the transaction stays usable when it is not.

        Raises:
            Conflict: `taken`, when a unique constraint refuses the row.
        """
        if not await self.insert_if_new(row):
            raise taken

    async def insert_if_new(self, row: Model) -> bool:
        """Insert a row unless a unique constraint refuses it, and return whether it was inserted.

        Waits for whoever inserts such a row at the same moment. It is one statement; tortoise's own would need a savepoint
        around it, because PostgreSQL gives up a whole transaction after an error.
        """
        fields = [field for field in row._meta.fields_map.values() if not field.generated]
        columns = ", ".join(f'"{field.source_field or field.model_field_name}"' for field in fields)
        marks = ", ".join(f"${number}" if self.on_postgresql else "?" for number in range(1, len(fields) + 1))
        values = [field.to_db_value(getattr(row, field.model_field_name), row) for field in fields]
        into = f'INSERT INTO "{row._meta.db_table}" ({columns})'
        query = f"{into} VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING 1"
        inserted = await self.writer.execute_query_dict(query, values)
        return bool(inserted)

    async def insert_all(self, table: type[Row], rows: Sequence[Row]) -> bool:
        """Insert rows of a table, all of them or none; the transaction stays usable either way.

        Returns:
            Whether they are there now; False when a unique constraint refuses one of them.
        """
        try:
            async with self.writer._in_transaction():
                await table.bulk_create(rows, batch_size=AT_ONCE, using_db=self.writer)
        except IntegrityError:
            return False
        return True

    async def append(self, row: Model) -> None:
        """Insert a row that nothing can stand in the way of."""
        await row.save(using_db=self.writer, force_create=True)

    async def lock_names(self, *names: str) -> None:
        """Keep everybody else who locks one of these names waiting until the commit; no row needs to exist.

        Args:
            names: what is locked, with its kind in front, so that two kinds never share a name.
        """
        # SQLite needs no more: a transaction holds the only write lock there is.
        if not self.on_postgresql:
            return
        # In the order of the keys, so that two who want the same names never wait for each other.
        for key in sorted({_lock_key(name) for name in names}):
            await self.writer.execute_query("SELECT pg_advisory_xact_lock($1)", [key])

    def remember_province(self, operation_id: str, province: str) -> None:
        """Keep the province of an operation that was just read or written, to ask for it only once."""
        self._provinces[operation_id] = province

    async def province_of_operation(self, operation_id: str) -> str:
        """Return the province of an operation, which every row about it carries.

        Raises:
            NotFound: there is no such operation.
        """
        if operation_id not in self._provinces:
            row = await self.rows(OperationRow).filter(id=operation_id).only("id", "province").first()
            if row is None:
                raise NotFound(
                    Message("没有找到这个编号的申请，请核对编号。", "There is no operation with that id; check the id.")
                )
            self._provinces[operation_id] = row.province
        return self._provinces[operation_id]
