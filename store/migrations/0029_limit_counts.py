"""How often something limited was asked for, so that limits hold across processes."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from store.fields import MomentField


class Migration(migrations.Migration):
    """Add the table of counts."""

    dependencies = [("store", "0028_uploads")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.CreateModel(
            name="LimitCountRow",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("count", fields.IntField()),
                ("most", fields.IntField(null=True)),
                ("ends_at", MomentField(db_index=True, auto_now=False, auto_now_add=False)),
                ("full_until", MomentField(null=True, db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "limit_counts",
                "app": "store",
                "pk_attr": "id",
                "table_description": "How often something limited was asked for, by keyed hashes of what it is and by whom. "
                "Of nobody's province.",
            },
            bases=["Model"],
        ),
    ]
