"""Bringing a database to the schema of this code, and saying how far it is from it."""

from dataclasses import dataclass, replace
from typing import Any

from tortoise.apps import Apps
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.schema_generator.state import State
from tortoise.migrations.schema_generator.state_apps import StateApps

from store.errors import StoreError

APP = "store"
_LOCK = 0x50C1A1
"""Any number that nobody else uses for an advisory lock in this database."""


def apps_on(connection: str) -> dict[str, dict[str, Any]]:
    """Return what tortoise wants to know of our models: where they and their migrations are, on which connection."""
    names = (
        "models", "card_models", "money_models", "token_models", "key_models", "limit_models", "audit_models", "notice_models",
    )  # fmt: skip
    models = [f"store.{tables}" for tables in names]
    return {APP: {"models": models, "migrations": "store.migrations", "default_connection": connection}}


class _Models(StateApps):
    """The models as they are between two steps of a migration, where tortoise makes all of them anew for each step.

    A step makes those anew that it changes, and shares the others: none of ours points at another, and nobody queries them.
    """

    def clone(self, model_states: Any = None) -> StateApps:
        """Return what a step can change without changing this."""
        shared = _Models(self._default_connections, self._connections)
        shared.apps = {label: dict(models) for label, models in self.apps.items()}
        return shared

    def unregister_model(self, app_label: str, model_name: str) -> None:
        """Leave a model out, which the step before may still have."""
        self.apps.get(app_label, {}).pop(model_name, None)

    def _build_initial_querysets(self) -> None:
        """Prepare no queries."""


class _Executor(MigrationExecutor):
    """Applies migrations, each step of which pays for what it changes."""

    async def _project_state(self, applied: set[MigrationKey], *, upto: MigrationKey | None = None) -> State:
        state = await super()._project_state(applied, upto=upto)
        models = _Models(state.apps._default_connections, state.apps._connections)
        models.apps = state.apps.apps
        return replace(state, apps=models)


@dataclass(frozen=True, slots=True)
class SchemaStanding:
    """How a database stands to the code.

    Args:
        missing: migrations that it lacks; unknown: migrations that this code does not know.
        none_applied: it has none at all.
    """

    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    none_applied: bool


async def standing(client: BaseDBAsyncClient) -> SchemaStanding:
    """Return how a database stands to the code."""
    executor = MigrationExecutor(client, apps_on(client.connection_name))
    executor.loader.load_disk()
    known = {key.name for key in executor.loader.disk_migrations}
    applied = await _applied(client)
    return SchemaStanding(tuple(sorted(known - applied)), tuple(sorted(applied - known)), not applied)


async def _applied(client: BaseDBAsyncClient) -> set[str]:
    """Return the migrations that a database has; tortoise would say of one that is gone that it has none."""
    on_postgresql = client.capabilities.dialect == "postgres"
    tables = (
        "pg_tables WHERE schemaname = ANY (current_schemas(false)) AND tablename"
        if on_postgresql
        else "sqlite_master WHERE name"
    )
    _, made = await client.execute_query(f"SELECT 1 FROM {tables} = 'tortoise_migrations'")
    if not made:
        return set()
    _, rows = await client.execute_query(f"SELECT name FROM tortoise_migrations WHERE app = '{APP}'")
    return {row["name"] for row in rows}


def refuse_newer(found: SchemaStanding, label: str) -> None:
    """Refuse a database that a newer version of this code has migrated.

    Raises:
        StoreError: it has.
    """
    if found.unknown:
        raise StoreError(
            f"The database {label} is newer than this code: it has the migrations {', '.join(found.unknown)}. "
            "Run the version of the service that made them, or a later one."
        )


def refuse_older(found: SchemaStanding, label: str) -> None:
    """Refuse a database that lacks migrations.

    Raises:
        StoreError: it does.
    """
    if found.missing:
        names = found.missing if len(found.missing) < 4 else (found.missing[0], "…", found.missing[-1])
        raise StoreError(
            f"The database {label} lacks the migrations {', '.join(names)}. Migrate it first: python main.py migrate."
        )


async def migrate(client: BaseDBAsyncClient, label: str) -> tuple[str, ...]:
    """Apply the migrations that are missing, inside the transaction of `client`: all of them or none.

    Returns:
        The names of those that were.

    Raises:
        StoreError: the database is newer than the code.
    """
    if client.capabilities.dialect == "postgres":
        await _take_turn(client)
    executor = _Executor(client, apps_on(client.connection_name))
    await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))
    found = await standing(client)
    refuse_newer(found, label)
    await executor.migrate(direction="forward")
    return found.missing


async def _take_turn(client: BaseDBAsyncClient) -> None:
    """Wait until no other process migrates, however long that and the migration itself take."""
    await client.execute_script("SET LOCAL lock_timeout = 0")
    await client.execute_script("SET LOCAL statement_timeout = 0")
    await client.execute_script(f"SELECT pg_advisory_xact_lock({_LOCK})")


async def drift(apps: Apps, connection: str) -> list[str]:
    """Return what the migrations lack to describe the models, as the source of a new migration each."""
    return [writer.as_string() for writer in await MigrationAutodetector(apps, apps_on(connection)).changes()]
