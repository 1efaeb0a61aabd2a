"""What people are told by SMS of changes about them, from the change until it is sent, and for a time after."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from store.fields import MomentField
from store.indexes import FewIndex


class Migration(migrations.Migration):
    """Add the table of notices."""

    dependencies = [("store", "0029_limit_counts")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.CreateModel(
            name="NoticeRow",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("province", fields.CharField(max_length=12)),
                ("region", fields.CharField(max_length=12)),
                ("holder_id", fields.CharField(max_length=64)),
                ("kind", fields.CharField(max_length=128)),
                ("created_at", MomentField(db_index=True, auto_now=False, auto_now_add=False)),
                ("due_at", MomentField(null=True, auto_now=False, auto_now_add=False)),
                ("operation_id", fields.CharField(null=True, max_length=64)),
                ("state", fields.CharField(max_length=128)),
                ("tries", fields.IntField()),
                ("done_at", MomentField(null=True, auto_now=False, auto_now_add=False)),
                ("sealed", fields.TextField()),
            ],
            options={
                "table": "notices",
                "app": "store",
                "indexes": [
                    Index(fields=["holder_id", "created_at", "id"]),
                    FewIndex(fields=["due_at", "id"], where="due_at IS NOT NULL"),
                ],
                "pk_attr": "id",
                "table_description": "What people are told by SMS of changes about them: put on record with the change, sent after it.",
            },
            bases=["Model"],
        ),
    ]
