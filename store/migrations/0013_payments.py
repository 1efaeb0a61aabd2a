"""Payments that failed, and who asked for a payment."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from store.fields import MomentField

_WHO = ("actor_id", "relation", "role", "channel", "office")


class Migration(migrations.Migration):
    """Add the columns; of payments on record nobody wrote down who asked for them."""

    dependencies = [("store", "0012_due")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.AddField(model_name="PaymentRow", name="failed_at", field=MomentField(null=True)),
        *(
            ops.AddField(model_name="PaymentRow", name=name, field=fields.CharField(null=True, max_length=128))
            for name in _WHO
        ),
    ]
