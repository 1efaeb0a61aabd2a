"""Indexes that answer every filter of every list, and no more of them than there were.

Operations: an office works through states, in its region, province or bank, of one service or of all. With the state
behind the place, the newest of a state are a range of the index; a list of several states puts such ranges together
(`Operations.page`), so that no index without the state is needed: five take the place of five. Service, bank and region
stand behind the id, where they cost some bytes but keep rows that another filter leaves out from being read. The index by
office goes, for no list asks for an office. What it costs: a change of state is written to the indexes too, some
six times in the life of an operation, each beside a decision that takes a hundred times as long.

Decisions: those of one service, or of a place, were looked for among all. They are only ever added, so two more indexes
are two more entries. A place is a province and a range of codes, so one index serves provinces, cities and counties.
"""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

_FORMER = (
    ["created_at", "id"],
    ["province", "created_at", "id"],
    ["region", "created_at", "id"],
    ["bank", "created_at", "id"],
    ["office", "created_at", "id"],
)
_OPERATIONS = (
    ["region", "state", "created_at", "id", "service", "bank"],
    ["province", "state", "created_at", "id", "service", "bank"],
    ["bank", "state", "created_at", "id", "region", "service"],
    ["service", "state", "created_at", "id", "region", "bank"],
    ["state", "created_at", "id"],
)
_DECISIONS = (["province", "at", "id", "region", "service"], ["service", "at", "id", "region"])


class Migration(migrations.Migration):
    """Replace the indexes of operations, and add two of decisions."""

    dependencies = [("store", "0006_one_number_one_person")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        *(ops.AddIndex(model_name="OperationRow", index=Index(fields=fields)) for fields in _OPERATIONS),
        *(ops.AddIndex(model_name="DecisionRow", index=Index(fields=fields)) for fields in _DECISIONS),
        *(ops.RemoveIndex(model_name="OperationRow", fields=fields) for fields in _FORMER),
    ]
