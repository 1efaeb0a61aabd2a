"""The tables of tokens: which count no more."""

from tortoise import fields

from store.columns import Row, term
from store.fields import MomentField


class RevocationRow(Row):
    """Tokens that are revoked, until the last of them would have expired. Of nobody's province."""

    id = fields.BigIntField(primary_key=True)
    issuer = fields.CharField(max_length=255)
    revokes = term()
    value = term()
    revoked_at = MomentField()
    until = MomentField(db_index=True)
    recorded_at = MomentField(db_index=True)

    class Meta:
        """Table and indexes."""

        table = "revocations"
        unique_together = (("issuer", "revokes", "value"),)
