"""Refunds: what the provider is asked to give back, until it has answered."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from store.fields import MomentField


class Migration(migrations.Migration):
    """Add the table of refunds. What became of each line of a bill is told in the bill itself, which needs no column."""

    dependencies = [("store", "0008_lapses")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.CreateModel(
            name="RefundRow",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("province", fields.CharField(max_length=12)),
                ("operation_id", fields.CharField(db_index=True, max_length=64)),
                ("payment_id", fields.CharField(max_length=64)),
                ("provider_reference", fields.CharField(max_length=128)),
                ("fee", fields.CharField(null=True, max_length=128)),
                ("amount", fields.BigIntField()),
                ("status", fields.CharField(max_length=128)),
                ("asked_at", MomentField(auto_now=False, auto_now_add=False)),
                ("done_at", MomentField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "refunds",
                "app": "store",
                "indexes": [Index(fields=["status", "id"])],
                "pk_attr": "id",
                "table_description": "Money that is given back, found by its status until the provider has answered.",
            },
            bases=["Model"],
        ),
    ]
