"""Decisions in the order of their time, to be replayed under other policies."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Add the index by which decisions are gone through."""

    dependencies = [("store", "0002_every_service")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.AddIndex(
            model_name="DecisionRow",
            index=Index(fields=["at", "id"]),
        ),
    ]
