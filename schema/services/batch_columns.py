"""The columns of a batch in a table, such as a CSV file: the fields of its rows, by the names that they have in the graph."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from typing import Any, get_type_hints

from strawberry.utils.str_converters import to_camel_case

from domain.errors import InvalidInput
from domain.message import Message
from schema.services.batches import Batch
from schema.types.inputs import OperationInput

_LEFT_OUT = frozenset({"idempotency_key", "policy_digest", "evidence"})
"""What rows of a table do not have: a key of their own, a quoted decision, and what is a structure itself."""


def columns_of(batch: Batch) -> dict[str, bool]:
    """Return the columns of a batch, each with whether it must be there."""
    return {
        to_camel_case(each.name): each.default is MISSING and each.default_factory is MISSING
        for each in fields(batch.row)
        if each.name not in _LEFT_OUT
    }


def row_of(batch: Batch, cells: Mapping[str, str]) -> OperationInput:
    """Return a row of a batch as its mutation takes it. An empty cell is one that is left out.

    Args:
        cells: texts by column.

    Raises:
        InvalidInput: a cell that must be filled is empty, or a day is none.
    """
    hints = get_type_hints(batch.row)
    given: dict[str, Any] = {}
    for each in fields(batch.row):
        column = to_camel_case(each.name)
        text = cells.get(column, "")
        if text and each.name not in _LEFT_OUT:
            given[each.name] = _day(text, column) if hints[each.name] == date | None else text
        elif each.default is MISSING and each.default_factory is MISSING:
            raise InvalidInput(
                Message(f"`{column}` 没有填写，请填写。", f"{column} is empty; fill it in."), field=f"input.{column}"
            )
    return batch.row(**given)


def _day(text: str, column: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise InvalidInput(
            Message(
                f"`{column}` 应写作2026-11-30这样的日期，请改正。",
                f"{column} is no day, such as 2026-11-30; correct it.",
            ),
            field=f"input.{column}",
        )
    return found
