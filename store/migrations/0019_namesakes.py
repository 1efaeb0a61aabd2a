"""People who share a name and a date of birth: `store/documenting.py` writes the keyed hashes of those on record after this."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Add the column by which namesakes are found, and its index."""

    dependencies = [("store", "0018_merges")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.AddField(model_name="HolderRow", name="namesake_index", field=fields.CharField(null=True, max_length=64)),
        ops.AddIndex(model_name="HolderRow", index=Index(fields=["namesake_index"])),
    ]
