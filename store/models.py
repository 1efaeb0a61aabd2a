"""The tables. What is personal lives encrypted in `sealed`; an `…_index` column is a keyed hash to find it by.

No foreign keys: rows are never deleted, one layer writes them, and a province's rows can move to another server.
"""

from tortoise import fields
from tortoise.indexes import Index

from store.columns import Row, identifier, place, structure, term
from store.fields import MomentField
from store.indexes import FewIndex


class HolderRow(Row):
    """People.

    The province is where they live, else where they are insured or employed; empty when none is known.
    """

    id = identifier(primary_key=True)
    province = place()
    identity_index = identifier(unique=True)
    holder_type = term()
    sealed = fields.TextField()
    address_region = place(null=True)
    insured_in = structure()
    employed_in = structure()
    full_capacity = fields.BooleanField()
    photo_on_file = fields.BooleanField()
    photo_taken_on = fields.DateField(null=True)
    deceased_at = MomentField(null=True)
    mobile_bound_at = MomentField(null=True)
    namesake_index = identifier(null=True)
    version = fields.IntField()

    class Meta:
        """Table and indexes."""

        table = "holders"
        indexes = (Index(fields=("namesake_index",)),)


class IdentityDocumentRow(Row):
    """Identity documents of people, replaced and expired ones too.

    By `identity_index` all with the same citizen number lead to one person; `document_index` is of one document. Kept by
    person, so without a province.
    """

    id = identifier(primary_key=True)
    holder_id = identifier(db_index=True)
    identity_index = identifier(db_index=True)
    document_index = identifier(unique=True)
    sealed = fields.TextField()
    issued_on = fields.DateField(null=True)
    expires_on = fields.DateField(null=True)
    replaced_at = MomentField(null=True)
    version = fields.IntField()

    class Meta:
        """Table and indexes."""

        table = "identity_documents"


class MergeRow(Row):
    """Records of people that are to be one, or are: the one that is gone leads to the one that is kept."""

    id = identifier(primary_key=True)
    province = place()
    region = place()
    kept_id = identifier(db_index=True)
    gone_id = identifier(db_index=True)
    proposed_by = term()
    proposed_at = MomentField()
    office = term(null=True)
    confirmed_by = term(null=True)
    confirmed_at = MomentField(null=True)

    class Meta:
        """Table and indexes."""

        table = "merges"
        indexes = (FewIndex(fields=("confirmed_at", "id"), where="confirmed_at IS NOT NULL"),)


class GuardianshipRow(Row):
    """Who is guardian of whom."""

    id = fields.BigIntField(primary_key=True)
    guardian_id = identifier()
    ward_id = identifier()
    kinship = term()
    recorded_at = MomentField()
    ended_at = MomentField(null=True)
    region = place(null=True)
    operation_id = identifier(null=True)
    recorded_by = term(null=True)
    office = term(null=True)
    papers = structure(null=True)
    confirmed_by = term(null=True)
    in_force_at = MomentField(null=True)
    grown_at = MomentField(null=True)
    end_operation_id = identifier(null=True)
    ended_by = term(null=True)
    end_office = term(null=True)
    end_papers = structure(null=True)
    end_confirmed_by = term(null=True)

    class Meta:
        """Table and indexes."""

        table = "guardianships"
        indexes = (
            Index(fields=("guardian_id",)),
            Index(fields=("ward_id", "guardian_id")),
            FewIndex(fields=("operation_id",), where="operation_id IS NOT NULL"),
            FewIndex(fields=("end_operation_id",), where="end_operation_id IS NOT NULL"),
            FewIndex(fields=("id",), where="grown_at IS NULL AND ended_at IS NULL"),
        )


class DelegationRow(Row):
    """Who may act for whom, where and until when."""

    id = identifier(primary_key=True)
    province = place()
    region = place()
    holder_id = identifier(db_index=True)
    delegate_id = identifier()
    services = structure()
    reason = term(null=True)
    granted_at = MomentField()
    until = fields.DateField()
    revoked_at = MomentField(null=True)
    version = fields.IntField()

    class Meta:
        """Table and indexes."""

        table = "delegations"
        indexes = (Index(fields=("delegate_id", "holder_id")),)


class OperationRow(Row):
    """Operations.

    Offices list by state, so each of their lists is one range of an index for each state: of a region, a province, a bank,
    a service, or of everybody. What comes after the id is compared without a look at the row.
    """

    id = identifier(primary_key=True)
    province = place()
    region = place()
    service = term()
    holder_id = identifier()
    actor_id = term()
    relation = term()
    state = term()
    channel = term()
    office = term(null=True)
    created_at = MomentField()
    updated_at = MomentField()
    policy_digest = term()
    bank = term(null=True)
    outlet = term(null=True)
    card_id = identifier(null=True)
    replaced_card_id = identifier(null=True)
    reason = term(null=True)
    sealed = fields.TextField()
    documents = structure()
    fees = structure()
    paid_at = MomentField(null=True)
    resumable = fields.BooleanField(db_default=False)
    promised_at = MomentField(null=True)
    promise_estimated = fields.BooleanField()
    archive = structure()
    state_until = MomentField(null=True)
    state_then = term(null=True)
    state_source = structure(null=True)
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
            # For lists of what is late.
            FewIndex(
                fields=("promised_at", "id"),
                where="promised_at IS NOT NULL AND state IN ('submitted', 'paid', 'accepted', 'correction_requested')",
            ),
        )


class SlotRow(Row):
    """One person, one card in a province (SC-1).

    The unique pair makes a second one impossible; tortoise knows no primary key of two columns. What holds it is an operation
    or, of a card that was issued before this service, the card itself.
    """

    id = fields.BigIntField(primary_key=True)
    province = place()
    holder_id = identifier()
    operation_id = identifier()

    class Meta:
        """Table and indexes."""

        table = "slots"
        unique_together = (("province", "holder_id"),)


class TimelineRow(Row):
    """What happened to operations, in the order of the ids."""

    id = fields.BigIntField(primary_key=True)
    province = place()
    operation_id = identifier(db_index=True)
    at = MomentField()
    event = term()
    from_state = term(null=True)
    to_state = term()
    actor_id = term(null=True)
    role = term()
    channel = term(null=True)
    office = term(null=True)
    policy_digest = term(null=True)
    card_from = term(null=True)
    card_to = term(null=True)
    until = MomentField(null=True)
    then = term(null=True)
    sealed = fields.TextField(null=True)
    changed_in = fields.BigIntField(db_default=0)

    class Meta:
        """Table and indexes."""

        table = "timeline"
        # For who looks again at what has changed: on from where they were, or from a moment.
        indexes = (Index(fields=("changed_in", "id", "operation_id")), Index(fields=("at", "changed_in", "id")))


class DecisionRow(Row):
    """Decisions."""

    id = identifier(primary_key=True)
    province = place()
    region = place()
    operation_id = identifier(null=True, db_index=True)
    service = term()
    at = MomentField()
    on = fields.DateField()
    known = fields.DateField()
    digest = term()
    allowed = fields.BooleanField()
    facts = structure()
    outcome = structure()

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


class PolicyTextRow(Row):
    """What the policies of a digest said."""

    digest = term(primary_key=True)
    text = fields.TextField()

    class Meta:
        """Table and indexes."""

        table = "policy_texts"


class DocumentRow(Row):
    """Uploaded documents, whose bytes are elsewhere."""

    id = identifier(primary_key=True)
    province = place()
    owner_id = identifier(db_index=True)
    uploaded_by = term()
    uploaded_at = MomentField()
    sha256 = identifier()
    name = term()
    type = term()
    format = term(null=True)
    size_bytes = fields.BigIntField(null=True)
    width_px = fields.IntField(null=True)
    height_px = fields.IntField(null=True)
    dpi = fields.IntField(null=True)
    colour = fields.BooleanField(null=True)
    background = term(null=True)
    taken_on = fields.DateField(null=True)
    sighted = fields.BooleanField()

    class Meta:
        """Table and indexes."""

        table = "documents"
        indexes = (Index(fields=("uploaded_at",)),)


class UploadRow(Row):
    """Uploads of which it is not known yet whether anything uses them: under the ids of their documents, since before these are there."""

    id = identifier(primary_key=True)
    province = place()
    uploaded_by = term()
    at = MomentField()
    name = term()
    size_bytes = fields.BigIntField()

    class Meta:
        """Table and indexes."""

        table = "uploads"
        indexes = (Index(fields=("uploaded_by", "at")), Index(fields=("at", "id")))


class DisclosureRow(Row):
    """What was shown to whom of what is not for everybody, in the order of the ids."""

    id = fields.BigIntField(primary_key=True)
    province = place()
    at = MomentField()
    kind = term()
    record_id = identifier()
    operation_id = identifier(null=True)
    holder_id = identifier()
    actor_id = term()
    role = term()
    channel = term()
    office = term(null=True)

    class Meta:
        """Table and indexes."""

        table = "disclosures"
        indexes = (Index(fields=("holder_id", "at", "id")), Index(fields=("at",)))


class VerificationCodeRow(Row):
    """SMS verification codes.

    Short-lived and kept by person, so without a province.
    """

    id = identifier(primary_key=True)
    person_id = term()
    purpose = term()
    mobile_index = identifier()
    sealed = fields.TextField()
    code_hash = fields.CharField(max_length=256)
    sent_at = MomentField()
    expires_at = MomentField()
    tries = fields.IntField()
    consumed_at = MomentField(null=True)

    class Meta:
        """Table and indexes."""

        table = "verification_codes"
        indexes = (
            Index(fields=("person_id", "sent_at")),
            Index(fields=("mobile_index", "sent_at")),
            Index(fields=("sent_at",)),
        )


class FaceCheckRow(Row):
    """Face check assertions that have been used.

    Short-lived and kept by person, so without a province.
    """

    id = identifier(primary_key=True)
    assertion_id = term(unique=True)
    person_id = term()
    purpose = term()
    at = MomentField()

    class Meta:
        """Table and indexes."""

        table = "face_checks"
        indexes = (Index(fields=("at",)),)


class PasswordRow(Row):
    """Service passwords of cards, hashed and sealed."""

    id = identifier(primary_key=True)
    province = place()
    sealed = fields.TextField()
    errors = fields.IntField()
    changed_at = MomentField()

    class Meta:
        """Table and indexes."""

        table = "passwords"


class AnswerRow(Row):
    """First answers to changes that were asked for under an idempotency key.

    Short-lived and kept by person, so without a province.
    """

    id = fields.BigIntField(primary_key=True)
    person_id = term()
    key_hash = identifier()
    fingerprint = identifier()
    answered_at = MomentField(db_index=True)
    sealed = fields.TextField()

    class Meta:
        """Table and indexes."""

        table = "answers"
        unique_together = (("person_id", "key_hash"),)


class PersistedDocumentRow(Row):
    """GraphQL documents that clients ask for by their hash. Of nobody, so without a province."""

    id = identifier(primary_key=True)
    length = fields.IntField()
    used_at = MomentField(db_index=True)
    sealed = fields.TextField()

    class Meta:
        """Table and indexes."""

        table = "persisted_documents"
