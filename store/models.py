"""The tables. What is personal lives encrypted in `sealed`; an `…_index` column is a keyed hash to find it by.

No foreign keys: rows are never deleted, one layer writes them, and a province's rows can move to another server.
"""

from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model, ModelMeta

from store.encoding import dump, load
from store.fields import MomentField
from store.indexes import FewIndex


def _identifier(**options: Any) -> Any:
    return fields.CharField(max_length=64, **options)


def _term(**options: Any) -> Any:
    return fields.CharField(max_length=128, **options)


def _place(**options: Any) -> Any:
    return fields.CharField(max_length=12, **options)


def _structure(**options: Any) -> Any:
    return fields.JSONField[Any](encoder=dump, decoder=load, **options)


class _Uncommented(ModelMeta):
    """Makes a table without looking into the source for comments on its columns.

    Tortoise would parse this whole module once for each table, a tenth of what it takes to start the service.
    """

    def __new__(cls, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> ModelMeta:
        return super().__new__(cls, name, bases, {**attributes, "_no_comments": True})


class _Row(Model, metaclass=_Uncommented):
    """A table."""

    class Meta:
        """No table by itself."""

        abstract = True


class HolderRow(_Row):
    """People.

    The province is where they live, else where they are insured or employed; empty when none is known.
    """

    id = _identifier(primary_key=True)
    province = _place()
    identity_index = _identifier(unique=True)
    holder_type = _term()
    sealed = fields.TextField()
    address_region = _place(null=True)
    insured_in = _structure()
    employed_in = _structure()
    full_capacity = fields.BooleanField()
    photo_on_file = fields.BooleanField()
    photo_taken_on = fields.DateField(null=True)
    deceased_at = MomentField(null=True)
    version = fields.IntField()

    class Meta:
        """Table and indexes."""

        table = "holders"


class GuardianshipRow(_Row):
    """Who is guardian of whom."""

    id = fields.BigIntField(primary_key=True)
    guardian_id = _identifier()
    ward_id = _identifier()
    kinship = _term()
    recorded_at = MomentField()
    ended_at = MomentField(null=True)
    region = _place(null=True)

    class Meta:
        """Table and indexes."""

        table = "guardianships"
        indexes = (Index(fields=("guardian_id",)), Index(fields=("ward_id", "guardian_id")))


class DelegationRow(_Row):
    """Who may act for whom, where and until when."""

    id = _identifier(primary_key=True)
    province = _place()
    region = _place()
    holder_id = _identifier(db_index=True)
    delegate_id = _identifier()
    services = _structure()
    reason = _term(null=True)
    granted_at = MomentField()
    until = fields.DateField()
    revoked_at = MomentField(null=True)
    version = fields.IntField()

    class Meta:
        """Table and indexes."""

        table = "delegations"
        indexes = (Index(fields=("delegate_id", "holder_id")),)


class CardRow(_Row):
    """Cards."""

    id = _identifier(primary_key=True)
    province = _place()
    region = _place()
    holder_id = _identifier(db_index=True)
    number_index = _identifier(unique=True)
    sealed = fields.TextField()
    bank = _term()
    generation = _term()
    state = _term()
    issued_on = fields.DateField()
    expires_on = fields.DateField(null=True)
    state_since = MomentField()
    state_until = MomentField(null=True)
    state_then = _term(null=True)
    state_source = _structure(null=True)
    ends_at = MomentField(null=True)
    ends_source = _structure(null=True)
    password_locked = fields.BooleanField(db_default=False)
    replaces_id = _identifier(null=True)
    account_state = _term(db_default="open")
    account_closed_at = MomentField(null=True)
    version = fields.IntField()

    class Meta:
        """Table and indexes."""

        table = "cards"
        # For what looks for states whose time has run out.
        indexes = (
            FewIndex(fields=("state_until", "id"), where="state_until IS NOT NULL"),
            FewIndex(fields=("ends_at", "id"), where="ends_at IS NOT NULL"),
        )


class CardStateRow(_Row):
    """States that cards entered, in the order of their ids."""

    id = fields.BigIntField(primary_key=True)
    province = _place()
    region = _place()
    card_id = _identifier(db_index=True)
    state = _term()
    since = MomentField()
    until = MomentField(null=True)
    then = _term(null=True)
    ends_at = MomentField(null=True)
    operation_id = _identifier(null=True)
    reason = _term(null=True)

    class Meta:
        """Table and indexes."""

        table = "card_states"


class OperationRow(_Row):
    """Operations.

    Offices list by state, so each of their lists is one range of an index for each state: of a region, a province, a bank,
    a service, or of everybody. What comes after the id is compared without a look at the row.
    """

    id = _identifier(primary_key=True)
    province = _place()
    region = _place()
    service = _term()
    holder_id = _identifier()
    actor_id = _term()
    relation = _term()
    state = _term()
    channel = _term()
    office = _term(null=True)
    created_at = MomentField()
    updated_at = MomentField()
    policy_digest = _term()
    bank = _term(null=True)
    outlet = _term(null=True)
    card_id = _identifier(null=True)
    replaced_card_id = _identifier(null=True)
    reason = _term(null=True)
    sealed = fields.TextField()
    documents = _structure()
    fees = _structure()
    paid_at = MomentField(null=True)
    resumable = fields.BooleanField(db_default=False)
    promised_at = MomentField(null=True)
    promise_estimated = fields.BooleanField()
    archive = _structure()
    state_until = MomentField(null=True)
    state_then = _term(null=True)
    state_source = _structure(null=True)
    version = fields.IntField()

    class Meta:
        """Table and indexes."""

        table = "operations"
        indexes = (
            Index(fields=("holder_id", "created_at", "id")),
            Index(fields=("replaced_card_id",)),
            Index(fields=("region", "state", "created_at", "id", "service", "bank")),
            Index(fields=("province", "state", "created_at", "id", "service", "bank")),
            Index(fields=("bank", "state", "created_at", "id", "region", "service")),
            Index(fields=("service", "state", "created_at", "id", "region", "bank")),
            Index(fields=("state", "created_at", "id")),
            # For the sweep: what is paid for and waits, and states whose time has run out.
            FewIndex(fields=("id",), where="resumable"),
            FewIndex(fields=("state_until", "id"), where="state_until IS NOT NULL"),
        )


class SlotRow(_Row):
    """One person, one card in a province (SC-1).

    The unique pair makes a second one impossible; tortoise knows no primary key of two columns.
    """

    id = fields.BigIntField(primary_key=True)
    province = _place()
    holder_id = _identifier()
    operation_id = _identifier()

    class Meta:
        """Table and indexes."""

        table = "slots"
        unique_together = (("province", "holder_id"),)


class TimelineRow(_Row):
    """What happened to operations, in the order of the ids."""

    id = fields.BigIntField(primary_key=True)
    province = _place()
    operation_id = _identifier(db_index=True)
    at = MomentField()
    event = _term()
    from_state = _term(null=True)
    to_state = _term()
    actor_id = _term(null=True)
    role = _term()
    channel = _term(null=True)
    office = _term(null=True)
    policy_digest = _term(null=True)
    card_from = _term(null=True)
    card_to = _term(null=True)
    until = MomentField(null=True)
    then = _term(null=True)
    sealed = fields.TextField(null=True)

    class Meta:
        """Table and indexes."""

        table = "timeline"


class DecisionRow(_Row):
    """Decisions."""

    id = _identifier(primary_key=True)
    province = _place()
    region = _place()
    operation_id = _identifier(null=True, db_index=True)
    service = _term()
    at = MomentField()
    on = fields.DateField()
    known = fields.DateField()
    digest = _term()
    allowed = fields.BooleanField()
    facts = _structure()
    outcome = _structure()

    class Meta:
        """Table and indexes."""

        table = "decisions"
        # For going through all of them, those of a province, of a region and about a service, the newest first.
        indexes = (
            Index(fields=("at", "id")),
            Index(fields=("province", "at", "id", "region", "service")),
            Index(fields=("region", "at", "id", "service")),
            Index(fields=("service", "at", "id", "region")),
        )


class PolicyTextRow(_Row):
    """What the policies of a digest said."""

    digest = _term(primary_key=True)
    text = fields.TextField()

    class Meta:
        """Table and indexes."""

        table = "policy_texts"


class DocumentRow(_Row):
    """Uploaded documents, whose bytes are elsewhere."""

    id = _identifier(primary_key=True)
    province = _place()
    owner_id = _identifier(db_index=True)
    uploaded_by = _term()
    uploaded_at = MomentField()
    sha256 = _identifier()
    name = _term()
    type = _term()
    format = _term(null=True)
    size_bytes = fields.BigIntField(null=True)
    width_px = fields.IntField(null=True)
    height_px = fields.IntField(null=True)
    dpi = fields.IntField(null=True)
    colour = fields.BooleanField(null=True)
    background = _term(null=True)
    taken_on = fields.DateField(null=True)
    sighted = fields.BooleanField()

    class Meta:
        """Table and indexes."""

        table = "documents"


class VerificationCodeRow(_Row):
    """SMS verification codes.

    Short-lived and kept by person, so without a province.
    """

    id = _identifier(primary_key=True)
    person_id = _term()
    purpose = _term()
    mobile_index = _identifier()
    sealed = fields.TextField()
    code_hash = fields.CharField(max_length=256)
    sent_at = MomentField()
    expires_at = MomentField()
    tries = fields.IntField()
    consumed_at = MomentField(null=True)

    class Meta:
        """Table and indexes."""

        table = "verification_codes"
        indexes = (Index(fields=("person_id", "sent_at")), Index(fields=("mobile_index", "sent_at")))


class FaceCheckRow(_Row):
    """Face check assertions that have been used.

    Short-lived and kept by person, so without a province.
    """

    id = _identifier(primary_key=True)
    assertion_id = _term(unique=True)
    person_id = _term()
    purpose = _term()
    at = MomentField()

    class Meta:
        """Table and indexes."""

        table = "face_checks"


class PaymentRow(_Row):
    """Payments."""

    id = _identifier(primary_key=True)
    province = _place()
    operation_id = _identifier(db_index=True)
    provider_reference = _term(unique=True)
    amount = fields.BigIntField()
    status = _term()
    created_at = MomentField()
    paid_at = MomentField(null=True)
    failed_at = MomentField(null=True)
    actor_id = _term(null=True)
    relation = _term(null=True)
    role = _term(null=True)
    channel = _term(null=True)
    office = _term(null=True)

    class Meta:
        """Table and indexes."""

        table = "payments"


class RefundRow(_Row):
    """Money that is given back, found by its status until the provider has answered."""

    id = _identifier(primary_key=True)
    province = _place()
    operation_id = _identifier(db_index=True)
    payment_id = _identifier()
    provider_reference = _term()
    fee = _term(null=True)
    amount = fields.BigIntField()
    status = _term()
    asked_at = MomentField()
    done_at = MomentField(null=True)

    class Meta:
        """Table and indexes."""

        table = "refunds"
        indexes = (Index(fields=("status", "id")),)


class PasswordRow(_Row):
    """Service passwords of cards, hashed and sealed."""

    id = _identifier(primary_key=True)
    province = _place()
    sealed = fields.TextField()
    errors = fields.IntField()
    changed_at = MomentField()

    class Meta:
        """Table and indexes."""

        table = "passwords"


class AccountBatchRow(_Row):
    """Batches of account entries, as settlement systems posted them."""

    id = fields.BigIntField(primary_key=True)
    province = _place()
    region = _place()
    reference = _term()
    fingerprint = _identifier()
    posted_at = MomentField()
    entries = fields.IntField()

    class Meta:
        """Table and indexes."""

        table = "account_batches"
        unique_together = (("region", "reference"),)


class AccountEntryRow(_Row):
    """Entries of medical personal accounts."""

    id = _identifier(primary_key=True)
    province = _place()
    region = _place()
    holder_id = _identifier()
    reference = _term()
    kind = _term()
    amount = fields.BigIntField()
    occurred_at = MomentField()
    posted_at = MomentField()
    sealed = fields.TextField(null=True)

    class Meta:
        """Table and indexes."""

        table = "account_entries"
        unique_together = (("region", "reference"),)
        indexes = (Index(fields=("holder_id", "occurred_at", "id")),)


class AnswerRow(_Row):
    """First answers to changes that were asked for under an idempotency key.

    Short-lived and kept by person, so without a province.
    """

    id = fields.BigIntField(primary_key=True)
    person_id = _term()
    key_hash = _identifier()
    fingerprint = _identifier()
    answered_at = MomentField(db_index=True)
    sealed = fields.TextField()

    class Meta:
        """Table and indexes."""

        table = "answers"
        unique_together = (("person_id", "key_hash"),)
