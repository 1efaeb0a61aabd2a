"""The tables of cards; `store/models.py` says what holds of all of them."""

from tortoise import fields

from store.columns import Row, identifier, place, structure, term
from store.fields import MomentField
from store.indexes import FewIndex


class CardRow(Row):
    """Cards."""

    id = identifier(primary_key=True)
    province = place()
    region = place()
    holder_id = identifier(db_index=True)
    number_index = identifier(unique=True)
    sealed = fields.TextField()
    bank = term()
    generation = term()
    state = term()
    issued_on = fields.DateField()
    expires_on = fields.DateField(null=True)
    state_since = MomentField()
    state_until = MomentField(null=True)
    state_then = term(null=True)
    state_source = structure(null=True)
    ends_at = MomentField(null=True)
    ends_source = structure(null=True)
    password_locked = fields.BooleanField(db_default=False)
    replaces_id = identifier(null=True)
    account_state = term(db_default="open")
    account_closed_at = MomentField(null=True)
    version = fields.IntField()

    class Meta:
        """Table and indexes."""

        table = "cards"
        # For what looks for states whose time has run out.
        indexes = (
            FewIndex(fields=("state_until", "id"), where="state_until IS NOT NULL"),
            FewIndex(fields=("ends_at", "id"), where="ends_at IS NOT NULL"),
            # For banks: accounts that are still to be closed.
            FewIndex(
                fields=("bank", "state_since", "id", "province"),
                where="state = 'cancelled' AND account_state = 'open'",
            ),
        )


class CardStateRow(Row):
    """States that cards entered, in the order of their ids."""

    id = fields.BigIntField(primary_key=True)
    province = place()
    region = place()
    card_id = identifier(db_index=True)
    state = term()
    since = MomentField()
    until = MomentField(null=True)
    then = term(null=True)
    ends_at = MomentField(null=True)
    operation_id = identifier(null=True)
    reason = term(null=True)
    import_id = identifier(null=True)
    changed_in = fields.BigIntField(db_default=0)

    class Meta:
        """Table and indexes."""

        table = "card_states"
        # For who looks again at which cards have ended: on from where they were, or from a moment.
        indexes = (
            FewIndex(fields=("changed_in", "id", "card_id"), where="state = 'cancelled'"),
            FewIndex(fields=("since", "changed_in", "id"), where="state = 'cancelled'"),
        )


class CardImportRow(Row):
    """Files and batches from which cards came that were issued before this service. Of many regions, so without a province."""

    id = identifier(primary_key=True)
    actor_id = term()
    office = term(null=True)
    begun_at = MomentField()
    at = MomentField()
    rows = fields.IntField()
    cards = fields.IntField()
    people = fields.IntField()
    known = fields.IntField()
    refused = fields.IntField()

    class Meta:
        """Table and indexes."""

        table = "card_imports"
