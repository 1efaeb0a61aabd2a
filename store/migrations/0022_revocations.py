"""Tokens that are revoked, so that each process knows what another was told."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from store.fields import MomentField


class Migration(migrations.Migration):
    """Add the table of revocations."""

    dependencies = [("store", "0021_mobile_bound_at")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.CreateModel(
            name="RevocationRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("issuer", fields.CharField(max_length=255)),
                ("revokes", fields.CharField(max_length=128)),
                ("value", fields.CharField(max_length=128)),
                ("revoked_at", MomentField(auto_now=False, auto_now_add=False)),
                ("until", MomentField(db_index=True, auto_now=False, auto_now_add=False)),
                ("recorded_at", MomentField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "revocations",
                "app": "store",
                "unique_together": (("issuer", "revokes", "value"),),
                "pk_attr": "id",
                "table_description": "Tokens that are revoked, until the last of them would have expired. Of nobody's province.",
            },
            bases=["Model"],
        ),
    ]
