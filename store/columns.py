"""The kinds of columns that tables are made of, and what all tables have in common."""

from typing import Any

from tortoise import fields
from tortoise.models import Model, ModelMeta

from store.encoding import dump, load


def identifier(**options: Any) -> Any:
    """Return the column of an id."""
    return fields.CharField(max_length=64, **options)


def term(**options: Any) -> Any:
    """Return the column of a word."""
    return fields.CharField(max_length=128, **options)


def place(**options: Any) -> Any:
    """Return the column of a region's code."""
    return fields.CharField(max_length=12, **options)


def structure(**options: Any) -> Any:
    """Return the column of a structure of plain values."""
    return fields.JSONField[Any](encoder=dump, decoder=load, **options)


class Uncommented(ModelMeta):
    """Makes a table without looking into the source for comments on its columns.

    Tortoise would parse this whole module once for each table, a tenth of what it takes to start the service.
    """

    def __new__(cls, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> ModelMeta:
        """Make the table."""
        return super().__new__(cls, name, bases, {**attributes, "_no_comments": True})


class Row(Model, metaclass=Uncommented):
    """A table."""

    class Meta:
        """No table by itself."""

        abstract = True
