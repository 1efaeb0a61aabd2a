"""Loss, replacement, passwords, delegates, the medical account, and first answers."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from store.encoding import dump, load
from store.fields import MomentField


class Migration(migrations.Migration):
    """Add the tables and columns of every service but the first."""

    dependencies = [("store", "0001_initial")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.CreateModel(
            name="AccountBatchRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("province", fields.CharField(max_length=12)),
                ("region", fields.CharField(max_length=12)),
                ("reference", fields.CharField(max_length=128)),
                ("fingerprint", fields.CharField(max_length=64)),
                ("posted_at", MomentField(auto_now=False, auto_now_add=False)),
                ("entries", fields.IntField()),
            ],
            options={
                "table": "account_batches",
                "app": "store",
                "unique_together": (("region", "reference"),),
                "pk_attr": "id",
                "table_description": "Batches of account entries, as settlement systems posted them.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AccountEntryRow",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("province", fields.CharField(max_length=12)),
                ("region", fields.CharField(max_length=12)),
                ("holder_id", fields.CharField(max_length=64)),
                ("reference", fields.CharField(max_length=128)),
                ("kind", fields.CharField(max_length=128)),
                ("amount", fields.BigIntField()),
                ("occurred_at", MomentField(auto_now=False, auto_now_add=False)),
                ("posted_at", MomentField(auto_now=False, auto_now_add=False)),
                ("sealed", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "account_entries",
                "app": "store",
                "unique_together": (("region", "reference"),),
                "indexes": [Index(fields=["holder_id", "occurred_at", "id"])],
                "pk_attr": "id",
                "table_description": "Entries of medical personal accounts.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AnswerRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("person_id", fields.CharField(max_length=128)),
                ("key_hash", fields.CharField(max_length=64)),
                ("fingerprint", fields.CharField(max_length=64)),
                ("answered_at", MomentField(db_index=True, auto_now=False, auto_now_add=False)),
                ("sealed", fields.TextField(unique=False)),
            ],
            options={
                "table": "answers",
                "app": "store",
                "unique_together": (("person_id", "key_hash"),),
                "pk_attr": "id",
                "table_description": "First answers to changes that were asked for under an idempotency key.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DelegationRow",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("province", fields.CharField(max_length=12)),
                ("region", fields.CharField(max_length=12)),
                ("holder_id", fields.CharField(db_index=True, max_length=64)),
                ("delegate_id", fields.CharField(max_length=64)),
                ("services", fields.JSONField(encoder=dump, decoder=load)),
                ("reason", fields.CharField(null=True, max_length=128)),
                ("granted_at", MomentField(auto_now=False, auto_now_add=False)),
                ("until", fields.DateField()),
                ("revoked_at", MomentField(null=True, auto_now=False, auto_now_add=False)),
                ("version", fields.IntField()),
            ],
            options={
                "table": "delegations",
                "app": "store",
                "indexes": [Index(fields=["delegate_id", "holder_id"])],
                "pk_attr": "id",
                "table_description": "Who may act for whom, where and until when.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PasswordRow",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("province", fields.CharField(max_length=12)),
                ("sealed", fields.TextField(unique=False)),
                ("errors", fields.IntField()),
                ("changed_at", MomentField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "passwords",
                "app": "store",
                "pk_attr": "id",
                "table_description": "Service passwords of cards, hashed and sealed.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="CardRow",
            name="account_closed_at",
            field=MomentField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="CardRow",
            name="account_state",
            field=fields.CharField(db_default="open", max_length=128),
        ),
        ops.AddField(
            model_name="CardRow",
            name="password_locked",
            field=fields.BooleanField(db_default=False),
        ),
        ops.AddField(
            model_name="CardRow",
            name="replaces_id",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddIndex(
            model_name="CardRow",
            index=Index(fields=["state_until"]),
        ),
        ops.AddField(
            model_name="OperationRow",
            name="reason",
            field=fields.CharField(null=True, max_length=128),
        ),
        ops.AddField(
            model_name="OperationRow",
            name="replaced_card_id",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddIndex(
            model_name="OperationRow",
            index=Index(fields=["replaced_card_id"]),
        ),
        ops.AddField(
            model_name="TimelineRow",
            name="card_from",
            field=fields.CharField(null=True, max_length=128),
        ),
        ops.AddField(
            model_name="TimelineRow",
            name="card_to",
            field=fields.CharField(null=True, max_length=128),
        ),
    ]
