"""The database as the rest of the service sees it: opened, migrated, checked, used in units of work, closed."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, cast
from weakref import WeakSet

from tortoise.apps import Apps

# Private, but the only way to make a context current for one block: entering a TortoiseContext twice at once breaks it.
from tortoise.context import TortoiseContext, _current_context

from domain.cause import current_cause, note_commit
from store import documenting, joining, key_standing, migrator
from store.address import Address
from store.asyncpg_backend import ServerClient
from store.audit.chain import Chain
from store.audit.entries import AuditEntry
from store.audit.keys import AuditKeys
from store.audit.looks import Looks
from store.audit.months import make_months
from store.audit.seals import KeptSeal
from store.errors import RecordBent, StoreError
from store.failures import told_in_words
from store.joining import Joined, join_people
from store.keys import Keys
from store.repositories.operation_changes import RENUMBER
from store.sealing import Sealer
from store.session import Session
from store.sqlite_backend import FileClient
from store.unit_of_work import UnitOfWork

_ENGINES = {"sqlite": "store.sqlite_backend", "postgresql": "store.asyncpg_backend"}
_READER = "reader"


class Store:
    """One database. Several may be open at once if all are SQLite or all are PostgreSQL: tortoise binds the models.

    Made by `open`.
    """

    def __init__(self, context: TortoiseContext, address: Address, keys: Keys) -> None:
        self._context = context
        self._address = address
        self.keys = keys
        self._sealer = Sealer(keys)
        self.audit_keys = AuditKeys.of(keys)
        self.chain = Chain(self.audit_keys)
        self._last_seal: KeptSeal | None = None
        self.looks = Looks(self.chain, self._write_looks)
        self._kept_texts: set[str] = set()
        self._closed = False
        self._busy_tasks: WeakSet[asyncio.Task[Any]] = WeakSet()

    @classmethod
    async def open(cls, url: str, keys: Keys) -> Self:
        """Connect to a database; an SQLite file and its folder are made when they are not there.

        Args:
            url: `sqlite:///relative.db`, `sqlite:////absolute.db`, `postgresql://user:password@host:port/name`, or
                `postgresql://user@/name?host=/folder/of/the/socket`; options of PostgreSQL: pool_size, sslmode,
                application_name, statement_cache_size, pooler=transaction where PgBouncer stands in front; of SQLite:
                busy_seconds, how long to wait for a lock.
            keys: what encrypts personal data.

        Raises:
            StoreError: the database cannot be used; the message says why in one line.
        """
        address = Address.parse(url)
        store = cls(TortoiseContext(), address, keys)
        _make_folder(address)
        try:
            with store._active():
                await store._context.init(config=_config(address))
                for client in store._context.connections.all():
                    await client.execute_query("SELECT 1")
                if isinstance(store._client, ServerClient):
                    await store._client.check_settings()
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """Write what waits for the audit record, and give every connection back; closing twice does nothing."""
        if not self._closed:
            self._closed = True
            await self.looks.finish()
        await self._context.close_connections()

    async def migrate(self) -> list[Joined]:
        """Bring the schema up to this code, all of it or nothing; several processes may do so at once.

        Returns:
            The records of people that were joined into one, because they have one citizen number.

        Raises:
            StoreError: the database is newer than this code, or cannot be used.
        """
        with self._active():
            connections = self._context.connections
            async with self._client.unit() as transaction:
                # Tortoise's migrations look for their connection where its own transactions put it.
                token = connections.set(self._address.engine, transaction)
                try:
                    applied = await migrator.migrate(transaction, self._address.label)
                    session = Session(transaction, self._sealer, self.chain)
                    if session.on_postgresql:
                        await transaction.execute_script(RENUMBER)
                    joined = await join_people(session) if joining.MIGRATION in applied else []
                    await documenting.write_down(session, applied)
                    await make_months(session, datetime.now(UTC))
                    return joined
                finally:
                    connections.reset(token)

    async def check(self) -> None:
        """Make sure that the schema is the one this code was written for.

        Raises:
            StoreError: migrations are missing, the schema is newer than this code, or a key by which rows are found is missing.
        """
        with self._active():
            found = await migrator.standing(self._client)
        migrator.refuse_newer(found, self._address.label)
        migrator.refuse_older(found, self._address.label)
        await self.follow_keys()

    def limit_name(self, what: str, who: str) -> str:
        """Return by what something limited is counted, so that the database does not say of whom: 40 hexadecimal digits."""
        return self._sealer.limit_index(what, who)[:40]

    async def adopt_keys(self) -> None:
        """Note that rows are written with the keys of this store from now on; who serves does so before the first request.

        Raises:
            StoreError: they would not find what is on record, or come too early.
        """
        async with self.transaction() as work:
            await key_standing.adopt(work, self.keys, self._sealer)

    async def follow_keys(self) -> None:
        """Hear what other processes noted of the keys: that earlier forms are refused from now on.

        Raises:
            StoreError: rows were written with a key that this store lacks.
        """
        async with self.reading() as work:
            await key_standing.follow(work, self.keys, self._sealer)

    async def all_renewed(self) -> None:
        """Note that everything is sealed and indexed with the newest keys."""
        async with self.transaction() as work:
            await key_standing.all_renewed(work, self.keys, self._sealer)

    async def begin_renewing(self) -> str:
        """Return the name of the keys that everything is to be sealed and indexed with.

        Raises:
            StoreError: nobody who serves writes with them, so that what is sealed with them might not be read.
        """
        async with self.reading() as work:
            await key_standing.refuse_unused(work, self.keys)
        return f"{self.keys.encryption_ids[0]} {self.keys.index_ids[0]}"

    async def is_new(self) -> bool:
        """Say whether no version of this code has ever used the database."""
        with self._active():
            return (await migrator.standing(self._client)).none_applied

    async def drift(self) -> list[str]:
        """Return the source of the migrations that the models need and nobody has written; empty when all is well."""
        with self._active():
            return await migrator.drift(cast(Apps, self._context.apps), self._address.engine)

    @asynccontextmanager
    async def transaction(self, *, unrecorded: bool = False) -> AsyncIterator[UnitOfWork]:
        """Open the transaction of one unit of work: committed at the end of the block, rolled back on any exception.

        Args:
            unrecorded: whether nothing changes in it that the audit record would have to tell. Otherwise it must be told who
                changes what, wherever a request, a sweep or a command does (`domain/cause.py`).

        Raises:
            RuntimeError: this task has a transaction open already; or it changes rows and the audit record is told nothing.
            StoreError: the database cannot be used, or was too busy for too long.
            Conflict: the database broke off this transaction in favour of another.
        """
        numbers: list[int] = []
        at_its_end = False
        try:
            with self._active(), self._only_one():
                async with self._client.unit() as client:
                    session = Session(client, self._sealer, self.chain)
                    numbers = session.numbers
                    work = UnitOfWork(session, self._kept_texts)
                    try:
                        yield work
                        if not unrecorded and current_cause() is not None:
                            session.require_told()
                        await session.send_waiting()
                    finally:
                        session.end()
                    at_its_end = True
                    note_commit()
                # Only now is it sure that they are kept.
                self._kept_texts |= work.policy_texts.keeping
        except BaseException:
            # What was rolled back is kept nowhere; of a commit that failed on its way nobody knows.
            (self.chain.doubt if at_its_end else self.chain.give_back)(numbers)
            raise

    async def _write_looks(self, entries: Sequence[tuple[int, AuditEntry]]) -> None:
        async with self.transaction(unrecorded=True) as work:
            work.audit.tell_numbered(entries)

    async def make_audit_months(self, now: datetime) -> list[str]:
        """Make the tables of this month and the next ones of the audit record, and return the names of the new ones.

        Raises:
            Conflict: somebody reads the record for long; it is to be tried again later.
        """
        async with self.transaction(unrecorded=True) as work:
            return await work.audit.make_months(now)

    async def seal_audit(self, now: datetime) -> list[KeptSeal]:
        """Seal what the audit record holds and no seal has yet, and return the seals.

        Raises:
            RecordBent: the last seal that this process made is not there any more, or says something else. The new ones are made
                all the same.
        """
        made: list[KeptSeal] = []
        bent = False
        async with self.transaction(unrecorded=True) as work:
            if (last := self._last_seal) is not None:
                found = await work.audit.seals(last.number - 1, 1)
                bent = [each.hash for each in found] != [last.hash]
            while (seal := await work.audit.seal(self.audit_keys, now)) is not None:
                made.append(seal)
        self._last_seal = made[-1] if made else None if bent else self._last_seal
        if bent and last is not None:
            raise RecordBent(
                f"The seal {last.number} of the audit record was {last.hash} when this process made it, and is not that any "
                "more: somebody has bent the record. Keep the database as it is, and run: main.py audit verify"
            )
        return made

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        """Open a unit of work that reads without a transaction: each query sees what is committed by then.

        On PostgreSQL it keeps one connection from its first statement on, so nothing that waits for another belongs in it.

        Raises:
            StoreError: the database cannot be used.
        """
        with self._active():
            alias = _READER if self._address.engine == "sqlite" else self._address.engine
            pool = cast(FileClient | ServerClient, self._context.connections.get(alias))
            async with pool.reading() as client:
                session = Session(client, self._sealer, self.chain)
                try:
                    yield UnitOfWork(session, self._kept_texts)
                finally:
                    session.end()

    @property
    def _client(self) -> FileClient | ServerClient:
        return cast(FileClient | ServerClient, self._context.connections.get(self._address.engine))

    @contextmanager
    def _active(self) -> Iterator[None]:
        """Make this the database that tortoise's models ask about, and tell its complaints in words."""
        before = _current_context.get()
        _current_context.set(self._context)
        try:
            with told_in_words(self._address.label):
                yield
        finally:
            _current_context.set(before)

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        """Refuse a transaction inside a transaction, which on SQLite would wait for itself."""
        task = asyncio.current_task()
        if task is None or task in self._busy_tasks:
            raise RuntimeError("this task has a transaction open already; pass its unit of work along")
        self._busy_tasks.add(task)
        try:
            yield
        finally:
            self._busy_tasks.discard(task)


def _config(address: Address) -> dict[str, Any]:
    engine = _ENGINES[address.engine]
    # Named after the engine: tortoise keeps the statements it has built by the name of the connection.
    connections = {address.engine: {"engine": engine, "credentials": address.credentials}}
    if address.engine == "sqlite":
        # A connection of its own, so that reading never waits for a transaction.
        connections[_READER] = {"engine": engine, "credentials": {**address.credentials, "query_only": "ON"}}
    return {"connections": connections, "apps": migrator.apps_on(address.engine), "use_tz": True, "timezone": "UTC"}


def _make_folder(address: Address) -> None:
    if address.engine != "sqlite":
        return
    folder = Path(address.label).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {folder} for the database cannot be made: {error.strerror}. Make it, or name another."
        ) from None
