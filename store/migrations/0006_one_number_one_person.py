"""One citizen number is one person: `store/joining.py` brings the records of earlier versions together after this."""

from tortoise import migrations


class Migration(migrations.Migration):
    """Change no table; only the blind indexes in one are made anew, which takes the keys."""

    dependencies = [("store", "0005_deaths")]  # noqa: RUF012 - the form that tortoise asks for

    initial = False

    operations = []  # noqa: RUF012 - the form that tortoise asks for
