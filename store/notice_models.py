"""The table of what people are told."""

from tortoise import fields
from tortoise.indexes import Index

from store.columns import Row, identifier, place, term
from store.fields import MomentField
from store.indexes import FewIndex


class NoticeRow(Row):
    """What people are told by SMS of changes about them: put on record with the change, sent after it."""

    id = identifier(primary_key=True)
    province = place()
    region = place()
    holder_id = identifier()
    kind = term()
    created_at = MomentField(db_index=True)
    due_at = MomentField(null=True)
    operation_id = identifier(null=True)
    state = term()
    tries = fields.IntField()
    done_at = MomentField(null=True)
    sealed = fields.TextField()

    class Meta:
        """Table and indexes."""

        table = "notices"
        indexes = (
            Index(fields=("holder_id", "created_at", "id")),
            FewIndex(fields=("due_at", "id"), where="due_at IS NOT NULL"),
        )
