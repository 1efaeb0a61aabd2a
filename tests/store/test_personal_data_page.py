"""What stays in clear in the database is listed and argued in docs/personal-data.md, column by column."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

import store.unit_of_work  # noqa: F401 - all tables
from store.columns import Row

PAGE = Path(__file__).parents[2] / "docs" / "personal-data.md"


def _patterns() -> list[str]:
    """Return the columns that the table of the page names, `*` for every table."""
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    return [pattern for row in rows for pattern in re.findall(r"`([a-z_*]+\.[a-z_0-9]+)`", row.split("|")[1])]


def _in_clear() -> set[str]:
    columns = {(model._meta.db_table, name) for model in Row.__subclasses__() for name in model._meta.db_fields}
    return {f"{table}.{name}" for table, name in columns if name != "sealed" and not name.endswith("_index")}


def test_each_column_in_clear_is_argued_once() -> None:
    patterns = _patterns()
    assert len(patterns) == len(set(patterns))
    argued = {column: [each for each in patterns if fnmatchcase(column, each)] for column in _in_clear()}
    assert {column: named for column, named in argued.items() if len(named) != 1} == {}


def test_nothing_is_argued_that_is_not_there() -> None:
    columns = _in_clear()
    assert [each for each in _patterns() if not any(fnmatchcase(column, each) for column in columns)] == []
