"""What was shown to whom of what is not for everybody: uploaded documents, and what a card maker prints."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from store.fields import MomentField


class Migration(migrations.Migration):
    """Add the table."""

    dependencies = [("store", "0015_work_lists")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.CreateModel(
            name="DisclosureRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("province", fields.CharField(max_length=12)),
                ("at", MomentField(auto_now=False, auto_now_add=False)),
                ("kind", fields.CharField(max_length=128)),
                ("record_id", fields.CharField(max_length=64)),
                ("operation_id", fields.CharField(null=True, max_length=64)),
                ("holder_id", fields.CharField(max_length=64)),
                ("actor_id", fields.CharField(max_length=128)),
                ("role", fields.CharField(max_length=128)),
                ("channel", fields.CharField(max_length=128)),
                ("office", fields.CharField(null=True, max_length=128)),
            ],
            options={
                "table": "disclosures",
                "app": "store",
                "indexes": [Index(fields=["holder_id", "at", "id"])],
                "pk_attr": "id",
                "table_description": "What was shown to whom of what is not for everybody, in the order of the ids.",
            },
            bases=["Model"],
        ),
    ]
