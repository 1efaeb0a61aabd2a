"""Cards that were issued before this service: the files and batches that they came from."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from store.fields import MomentField


def _moment() -> MomentField:
    return MomentField(auto_now=False, auto_now_add=False)


class Migration(migrations.Migration):
    """Add the table of imports, and the column that leads to them."""

    dependencies = [("store", "0019_namesakes")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.AddField(model_name="CardStateRow", name="import_id", field=fields.CharField(null=True, max_length=64)),
        ops.CreateModel(
            name="CardImportRow",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("actor_id", fields.CharField(max_length=128)),
                ("office", fields.CharField(null=True, max_length=128)),
                ("begun_at", _moment()),
                ("at", _moment()),
                *((name, fields.IntField()) for name in ("rows", "cards", "people", "known", "refused")),
            ],
            options={
                "table": "card_imports",
                "app": "store",
                "pk_attr": "id",
                "table_description": "Files and batches from which cards came that were issued before this service. "
                "Of many regions, so without a province.",
            },
            bases=["Model"],
        ),
    ]
