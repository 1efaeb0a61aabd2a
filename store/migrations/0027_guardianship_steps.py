"""Who put a guardian on record, by which operation, who confirmed it, and from when it holds; the same of its end.

What is on record already came without an operation and holds at once: nothing is written anew. When its ward comes of age the
sweep works out, for the date of birth is sealed.
"""

from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from store.encoding import dump, load
from store.fields import MomentField
from store.indexes import FewIndex


def _id() -> Any:
    return fields.CharField(null=True, max_length=64)


def _term() -> Any:
    return fields.CharField(null=True, max_length=128)


def _moment() -> MomentField:
    return MomentField(null=True, auto_now=False, auto_now_add=False)


def _papers() -> Any:
    return fields.JSONField(null=True, encoder=dump, decoder=load)


_COLUMNS = {
    "operation_id": _id,
    "recorded_by": _term,
    "office": _term,
    "papers": _papers,
    "confirmed_by": _term,
    "in_force_at": _moment,
    "grown_at": _moment,
    "end_operation_id": _id,
    "ended_by": _term,
    "end_office": _term,
    "end_papers": _papers,
    "end_confirmed_by": _term,
}
_INDEXES = (
    ("operation_id", "operation_id IS NOT NULL"),
    ("end_operation_id", "end_operation_id IS NOT NULL"),
    ("id", "grown_at IS NULL AND ended_at IS NULL"),
)


class Migration(migrations.Migration):
    """Add the columns and the indexes; each row has nothing in them."""

    dependencies = [("store", "0026_audit")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        *(ops.AddField(model_name="GuardianshipRow", name=name, field=made()) for name, made in _COLUMNS.items()),
        *(
            ops.AddIndex(model_name="GuardianshipRow", index=FewIndex(fields=[column], where=where))
            for column, where in _INDEXES
        ),
    ]
