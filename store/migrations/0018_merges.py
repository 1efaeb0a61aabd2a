"""Records of people that were put on record twice and become one."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from store.fields import MomentField
from store.indexes import FewIndex


class Migration(migrations.Migration):
    """Add the table of merges."""

    dependencies = [("store", "0017_identity_documents")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.CreateModel(
            name="MergeRow",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("province", fields.CharField(max_length=12)),
                ("region", fields.CharField(max_length=12)),
                ("kept_id", fields.CharField(db_index=True, max_length=64)),
                ("gone_id", fields.CharField(db_index=True, max_length=64)),
                ("proposed_by", fields.CharField(max_length=128)),
                ("proposed_at", MomentField(auto_now=False, auto_now_add=False)),
                ("office", fields.CharField(null=True, max_length=128)),
                ("confirmed_by", fields.CharField(null=True, max_length=128)),
                ("confirmed_at", MomentField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "merges",
                "app": "store",
                "indexes": [FewIndex(fields=["confirmed_at", "id"], where="confirmed_at IS NOT NULL")],
                "pk_attr": "id",
                "table_description": "Records of people that are to be one, or are: the one that is gone leads to the one that is kept.",
            },
            bases=["Model"],
        ),
    ]
