"""Operations that are paid for and on which a service waits for that: found by an index until they are gone on with."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Add the column and its index; nothing on record already waits for a payment in that way."""

    dependencies = [("store", "0009_refunds")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.AddField(model_name="OperationRow", name="resumable", field=fields.BooleanField(db_default=False)),
        ops.AddIndex(model_name="OperationRow", index=Index(fields=["resumable", "id"])),
    ]
