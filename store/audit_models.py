"""The tables of the audit record."""

from tortoise import fields
from tortoise.indexes import Index

from store.columns import Row, identifier, term
from store.fields import MomentField
from store.indexes import FewIndex


class AuditEntryRow(Row):
    """Entries of the audit record, in the order of the ids. On PostgreSQL each month is a table of its own.

    Kept by time, so without a province.
    """

    id = fields.BigIntField(primary_key=True)
    chain = identifier()
    number = fields.BigIntField()
    at = MomentField()
    kind = term()
    holder_id = identifier(null=True)
    subject = term(null=True)
    text = fields.TextField()
    mac = identifier()

    class Meta:
        """Table and indexes."""

        table = "audit_entries"
        indexes = (
            FewIndex(fields=("holder_id", "id"), where="holder_id IS NOT NULL"),
            Index(fields=("subject", "id")),
        )


class AuditSealRow(Row):
    """Seals of the audit record: each over the entries since the one before, and over that. Of nobody, so without a province."""

    id = fields.BigIntField(primary_key=True, generated=False)
    at = MomentField()
    body = fields.TextField()
    signature = fields.TextField()

    class Meta:
        """Table and indexes."""

        table = "audit_seals"
