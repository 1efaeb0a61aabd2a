"""Since when a mobile number is bound that took the place of another, or was the first."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from store.fields import MomentField


class Migration(migrations.Migration):
    """Add when the bound mobile number was changed; of nobody on record already is it known that it was."""

    dependencies = [("store", "0020_card_imports")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.AddField(
            model_name="HolderRow",
            name="mobile_bound_at",
            field=MomentField(null=True, auto_now=False, auto_now_add=False),
        ),
    ]
