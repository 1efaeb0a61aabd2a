"""Uploads, until it is known what became of them.

Those of earlier versions are not put in: a step of an operation may have taken a document that the operation does not name.
"""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from store.fields import MomentField


class Migration(migrations.Migration):
    """Add the table of uploads."""

    dependencies = [("store", "0027_guardianship_steps")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.CreateModel(
            name="UploadRow",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("province", fields.CharField(max_length=12)),
                ("uploaded_by", fields.CharField(max_length=128)),
                ("at", MomentField(auto_now=False, auto_now_add=False)),
                ("name", fields.CharField(max_length=128)),
                ("size_bytes", fields.BigIntField()),
            ],
            options={
                "table": "uploads",
                "app": "store",
                "indexes": [Index(fields=["uploaded_by", "at"]), Index(fields=["at", "id"])],
                "pk_attr": "id",
                "table_description": "Uploads of which it is not known yet whether anything uses them: under the ids of their "
                "documents, since before these are there.",
            },
            bases=["Model"],
        ),
    ]
