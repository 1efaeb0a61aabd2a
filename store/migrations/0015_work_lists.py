"""Work lists: what has changed since somebody looked, in the order of the commits, and whose promise is over.

The column tells in which transaction a line was written (`store/repositories/operation_changes.py`); of lines on record nobody knows,
and they are in the order of their ids. It is added without writing the table anew; building the indexes reads it once.
"""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from store.indexes import FewIndex

_WAITING = "promised_at IS NOT NULL AND state IN ('submitted', 'paid', 'accepted', 'correction_requested')"


class Migration(migrations.Migration):
    """Add the column and the indexes."""

    dependencies = [("store", "0014_persisted_documents")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.AddField(model_name="TimelineRow", name="changed_in", field=fields.BigIntField(db_default=0)),
        ops.AddIndex(model_name="TimelineRow", index=Index(fields=["changed_in", "id", "operation_id"])),
        ops.AddIndex(model_name="TimelineRow", index=Index(fields=["at", "changed_in", "id"])),
        ops.AddIndex(model_name="OperationRow", index=FewIndex(fields=["promised_at", "id"], where=_WAITING)),
    ]
