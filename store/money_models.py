"""The tables of money: payments and refunds of operations, and the entries of medical personal accounts."""

from tortoise import fields
from tortoise.indexes import Index

from store.columns import Row, identifier, place, term
from store.fields import MomentField


class PaymentRow(Row):
    """Payments."""

    id = identifier(primary_key=True)
    province = place()
    operation_id = identifier(db_index=True)
    provider_reference = term(unique=True)
    amount = fields.BigIntField()
    status = term()
    created_at = MomentField()
    paid_at = MomentField(null=True)
    failed_at = MomentField(null=True)
    actor_id = term(null=True)
    relation = term(null=True)
    role = term(null=True)
    channel = term(null=True)
    office = term(null=True)

    class Meta:
        """Table and indexes."""

        table = "payments"


class RefundRow(Row):
    """Money that is given back, found by its status until the provider has answered."""

    id = identifier(primary_key=True)
    province = place()
    operation_id = identifier(db_index=True)
    payment_id = identifier()
    provider_reference = term()
    fee = term(null=True)
    amount = fields.BigIntField()
    status = term()
    asked_at = MomentField()
    done_at = MomentField(null=True)

    class Meta:
        """Table and indexes."""

        table = "refunds"
        indexes = (Index(fields=("status", "id")),)


class AccountBatchRow(Row):
    """Batches of account entries, as settlement systems posted them."""

    id = fields.BigIntField(primary_key=True)
    province = place()
    region = place()
    reference = term()
    fingerprint = identifier()
    posted_at = MomentField()
    entries = fields.IntField()

    class Meta:
        """Table and indexes."""

        table = "account_batches"
        unique_together = (("region", "reference"),)


class AccountEntryRow(Row):
    """Entries of medical personal accounts."""

    id = identifier(primary_key=True)
    province = place()
    region = place()
    holder_id = identifier()
    reference = term()
    kind = term()
    amount = fields.BigIntField()
    occurred_at = MomentField()
    posted_at = MomentField()
    sealed = fields.TextField(null=True)

    class Meta:
        """Table and indexes."""

        table = "account_entries"
        unique_together = (("region", "reference"),)
        indexes = (Index(fields=("holder_id", "occurred_at", "id")),)
