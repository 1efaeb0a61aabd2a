"""The table of what is limited: how often it was asked for."""

from tortoise import fields

from store.columns import Row, identifier
from store.fields import MomentField


class LimitCountRow(Row):
    """How often something limited was asked for, by keyed hashes of what it is and by whom. Of nobody's province."""

    id = identifier(primary_key=True)
    count = fields.IntField()
    most = fields.IntField(null=True)
    ends_at = MomentField(db_index=True)
    full_until = MomentField(null=True, db_index=True)

    class Meta:
        """Table and indexes."""

        table = "limit_counts"
