"""Deaths of holders, put on record."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from store.fields import MomentField


class Migration(migrations.Migration):
    """Add when a holder's death was put on record; nobody on record already is taken for dead."""

    dependencies = [("store", "0004_guardianships_by_region")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.AddField(
            model_name="HolderRow",
            name="deceased_at",
            field=MomentField(null=True, auto_now=False, auto_now_add=False),
        ),
    ]
