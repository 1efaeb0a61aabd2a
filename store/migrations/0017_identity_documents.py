"""Identity documents of people: `store/documenting.py` puts the one that each record names into the table after this."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from store.fields import MomentField


class Migration(migrations.Migration):
    """Add the table of identity documents. What is in it is encrypted and found by keyed hashes, which takes the keys."""

    dependencies = [("store", "0016_disclosures")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.CreateModel(
            name="IdentityDocumentRow",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("holder_id", fields.CharField(db_index=True, max_length=64)),
                ("identity_index", fields.CharField(db_index=True, max_length=64)),
                ("document_index", fields.CharField(unique=True, max_length=64)),
                ("sealed", fields.TextField(unique=False)),
                ("issued_on", fields.DateField(null=True)),
                ("expires_on", fields.DateField(null=True)),
                ("replaced_at", MomentField(null=True, auto_now=False, auto_now_add=False)),
                ("version", fields.IntField()),
            ],
            options={
                "table": "identity_documents",
                "app": "store",
                "pk_attr": "id",
                "table_description": "Identity documents of people, replaced and expired ones too.",
            },
            bases=["Model"],
        ),
    ]
