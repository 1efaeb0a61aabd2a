"""What is known of the keys: how far they are changed, and what is refused since."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from store.encoding import dump, load
from store.fields import MomentField


class Migration(migrations.Migration):
    """Add the table of marks."""

    dependencies = [("store", "0022_revocations")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.CreateModel(
            name="KeyMarkRow",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                ("value", fields.JSONField(encoder=dump, decoder=load)),
                ("at", MomentField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "key_marks",
                "app": "store",
                "pk_attr": "id",
                "table_description": "What is known of the keys, by name: which index keys were in use, how far everything is "
                "sealed anew. Of nobody.",
            },
            bases=["Model"],
        ),
    ]
