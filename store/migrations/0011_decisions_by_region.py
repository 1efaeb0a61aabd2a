"""Decisions of a region in the order of their time: a district has few, and may have none."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Add the index by which the decisions of one region are gone through."""

    dependencies = [("store", "0010_postponed")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.AddIndex(model_name="DecisionRow", index=Index(fields=["region", "at", "id", "service"])),
    ]
