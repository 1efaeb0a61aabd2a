"""Which region put a guardian on record."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Add the region of guardianships; those on record already have none."""

    dependencies = [("store", "0003_decisions_in_order")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.AddField(
            model_name="GuardianshipRow",
            name="region",
            field=fields.CharField(null=True, max_length=12),
        ),
    ]
