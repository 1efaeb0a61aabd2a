"""GraphQL documents that clients ask for by their hash, so that each process knows what another was told."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from store.fields import MomentField


class Migration(migrations.Migration):
    """Add the table of persisted documents."""

    dependencies = [("store", "0013_payments")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.CreateModel(
            name="PersistedDocumentRow",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("length", fields.IntField()),
                ("used_at", MomentField(db_index=True, auto_now=False, auto_now_add=False)),
                ("sealed", fields.TextField(unique=False)),
            ],
            options={
                "table": "persisted_documents",
                "app": "store",
                "pk_attr": "id",
                "table_description": "GraphQL documents that clients ask for by their hash. Of nobody, so without a province.",
            },
            bases=["Model"],
        ),
    ]
