"""Records that are kept for a time are found by their age."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Add an index by age to each of their tables."""

    dependencies = [("store", "0024_closings")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = [  # noqa: RUF012 - the form that tortoise asks for
        ops.AddIndex(model_name="DocumentRow", index=Index(fields=["uploaded_at"])),
        ops.AddIndex(model_name="DisclosureRow", index=Index(fields=["at"])),
        ops.AddIndex(model_name="VerificationCodeRow", index=Index(fields=["sent_at"])),
        ops.AddIndex(model_name="FaceCheckRow", index=Index(fields=["at"])),
    ]
