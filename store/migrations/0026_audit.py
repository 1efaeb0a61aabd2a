"""The audit record. What was shown of documents until now, and written down, becomes its first entries.

Who stood at whose window stays where it is: a clerk may read who that is for a while."""

from typing import Any

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from store.audit.before import entries_of_disclosures
from store.fields import MomentField
from store.indexes import FewIndex

_BY_MONTH = """
CREATE TABLE "audit_entries" (
    "id" BIGSERIAL NOT NULL,
    "chain" VARCHAR(64) NOT NULL,
    "number" BIGINT NOT NULL,
    "at" TIMESTAMPTZ NOT NULL,
    "kind" VARCHAR(128) NOT NULL,
    "holder_id" VARCHAR(64),
    "subject" VARCHAR(128),
    "text" TEXT NOT NULL,
    "mac" VARCHAR(64) NOT NULL,
    PRIMARY KEY ("id", "at")
) PARTITION BY RANGE ("at");
CREATE TABLE "audit_entries_other" PARTITION OF "audit_entries" DEFAULT;
CREATE INDEX "idx_audit_entri_holder" ON "audit_entries" ("holder_id", "id") WHERE holder_id IS NOT NULL;
CREATE INDEX "idx_audit_entri_subject" ON "audit_entries" ("subject", "id");
"""
"""On PostgreSQL a month is a table; what is of none that was made ahead goes to the last one here."""


class _CreateByMonth(ops.CreateModel):
    """Make the table; on PostgreSQL one that has a part for each month, which tortoise knows nothing of."""

    async def database_forward(self, app_label: str, old_state: Any, new_state: Any, state_editor: Any = None) -> None:
        """Make it."""
        if state_editor is not None and state_editor.client.capabilities.dialect == "postgres":
            await state_editor.client.execute_script(_BY_MONTH)
        else:
            await super().database_forward(app_label, old_state, new_state, state_editor)


async def _move_disclosures(_: Any, editor: Any) -> None:
    await entries_of_disclosures(editor.client)


class Migration(migrations.Migration):
    """Add entries and seals."""

    dependencies = [("store", "0025_kept_for_a_time")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        _CreateByMonth(
            name="AuditEntryRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("chain", fields.CharField(max_length=64)),
                ("number", fields.BigIntField()),
                ("at", MomentField(auto_now=False, auto_now_add=False)),
                ("kind", fields.CharField(max_length=128)),
                ("holder_id", fields.CharField(null=True, max_length=64)),
                ("subject", fields.CharField(null=True, max_length=128)),
                ("text", fields.TextField(unique=False)),
                ("mac", fields.CharField(max_length=64)),
            ],
            options={
                "table": "audit_entries",
                "app": "store",
                "indexes": [
                    FewIndex(fields=["holder_id", "id"], where="holder_id IS NOT NULL"),
                    Index(fields=["subject", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "Entries of the audit record, in the order of the ids. On PostgreSQL each month is a table of "
                "its own.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AuditSealRow",
            fields=[
                ("id", fields.BigIntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ("at", MomentField(auto_now=False, auto_now_add=False)),
                ("body", fields.TextField(unique=False)),
                ("signature", fields.TextField(unique=False)),
            ],
            options={
                "table": "audit_seals",
                "app": "store",
                "pk_attr": "id",
                "table_description": "Seals of the audit record: each over the entries since the one before, and over that. Of "
                "nobody, so without a province.",
            },
            bases=["Model"],
        ),
        ops.RunPython(_move_disclosures),
    ]
