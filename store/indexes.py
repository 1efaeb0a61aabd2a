"""The one kind of index of ours: of the few rows that a condition holds for."""

from typing import Any

from tortoise.indexes import Index


class FewIndex(Index):
    """An index that only has the rows that a condition holds for; tortoise's own compares for equality only.

    Both databases use it for a query whose conditions imply that one.

    Args:
        fields: the columns, in order; where: the condition, in SQL.
    """

    def __init__(self, *, fields: tuple[str, ...] | list[str], where: str, name: str | None = None) -> None:
        super().__init__(fields=fields, name=name)
        self.where = where
        self.extra = f" WHERE {where}"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return what a migration is written from."""
        path, arguments, options = super().deconstruct()
        return path, arguments, {**options, "where": self.where}
