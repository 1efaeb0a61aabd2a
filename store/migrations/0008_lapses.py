"""Operations whose state ends by time alone, cards that a new one ends, and who says so.

Offices list operations by state, and what has lapsed is not written down at once: the index by the moment finds the few that
are to be taken from one state and put to another.
"""

from typing import Any

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from store.encoding import dump, load
from store.fields import MomentField


def _moment() -> MomentField:
    return MomentField(null=True, auto_now=False, auto_now_add=False)


def _term() -> Any:
    return fields.CharField(null=True, max_length=128)


def _structure() -> Any:
    return fields.JSONField(null=True, encoder=dump, decoder=load)


class Migration(migrations.Migration):
    """Add the columns, and an index for each moment that is looked for."""

    dependencies = [("store", "0007_lists_by_state")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.AddField(model_name="OperationRow", name="state_until", field=_moment()),
        ops.AddField(model_name="OperationRow", name="state_then", field=_term()),
        ops.AddField(model_name="OperationRow", name="state_source", field=_structure()),
        ops.AddIndex(model_name="OperationRow", index=Index(fields=["state_until"])),
        ops.AddField(model_name="TimelineRow", name="until", field=_moment()),
        ops.AddField(model_name="TimelineRow", name="then", field=_term()),
        ops.AddField(model_name="CardRow", name="state_source", field=_structure()),
        ops.AddField(model_name="CardRow", name="ends_at", field=_moment()),
        ops.AddField(model_name="CardRow", name="ends_source", field=_structure()),
        ops.AddIndex(model_name="CardRow", index=Index(fields=["ends_at"])),
        ops.AddField(model_name="CardStateRow", name="ends_at", field=_moment()),
    ]
