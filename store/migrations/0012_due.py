"""What is due, in the order in which it was due, and nothing else: the sweep reads ranges of these indexes.

Few states end by themselves, and few operations wait for their payment. The indexes that these take the place of had an entry for
every row: 60 bytes of each operation were the one that told that nothing waits. With the moment alone, rows of one moment had no
order, so that each page of a sweep looked for its place among all that was due.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

from store.indexes import FewIndex


def _ends(column: str) -> FewIndex:
    return FewIndex(fields=[column, "id"], where=f"{column} IS NOT NULL")


class Migration(migrations.Migration):
    """Replace the indexes by which a sweep finds what it has to do."""

    dependencies = [("store", "0011_decisions_by_region")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.RemoveIndex(model_name="CardRow", fields=["state_until"]),
        ops.RemoveIndex(model_name="CardRow", fields=["ends_at"]),
        ops.RemoveIndex(model_name="OperationRow", fields=["state_until"]),
        ops.RemoveIndex(model_name="OperationRow", fields=["resumable", "id"]),
        ops.AddIndex(model_name="CardRow", index=_ends("state_until")),
        ops.AddIndex(model_name="CardRow", index=_ends("ends_at")),
        ops.AddIndex(model_name="OperationRow", index=_ends("state_until")),
        ops.AddIndex(model_name="OperationRow", index=FewIndex(fields=["id"], where="resumable")),
    ]
