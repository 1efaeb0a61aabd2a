"""Accounts to close: cards that have ended and whose accounts are open, and in which order they ended.

The column tells in which transaction a line was written (`store/repositories/operation_changes.py`); of lines on record nobody knows,
and they are in the order of their ids. It is added without writing the table anew; building the indexes, which have few rows in them,
reads each table once.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from store.indexes import FewIndex

_TO_CLOSE = "state = 'cancelled' AND account_state = 'open'"
_ENDED = "state = 'cancelled'"


class Migration(migrations.Migration):
    """Add the column and the indexes."""

    dependencies = [("store", "0023_key_marks")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.AddField(model_name="CardStateRow", name="changed_in", field=fields.BigIntField(db_default=0)),
        ops.AddIndex(model_name="CardStateRow", index=FewIndex(fields=["changed_in", "id", "card_id"], where=_ENDED)),
        ops.AddIndex(model_name="CardStateRow", index=FewIndex(fields=["since", "changed_in", "id"], where=_ENDED)),
        ops.AddIndex(
            model_name="CardRow",
            index=FewIndex(fields=["bank", "state_since", "id", "province"], where=_TO_CLOSE),
        ),
    ]
