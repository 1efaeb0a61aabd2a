"""A fixed statement: SQL that is written once, as PostgreSQL takes it, and read by SQLite too."""

import re
from typing import Literal

Dialect = Literal["postgresql", "sqlite"]

_FOR_SQLITE = (
    # A list is one parameter on both, so that a statement has one text however many values are asked for.
    (re.compile(r"= ANY\((\$\d+)\)"), r"IN (SELECT value FROM json_each(\1))"),
    (re.compile(r"SELECT unnest\((\$\d+)::text\[\]\)"), r"SELECT value FROM json_each(\1)"),
    # One transaction writes at a time, so that nothing has to be told apart by their numbers.
    (re.compile(r"pg_current_xact_id\(\)"), "0"),
    (re.compile(r"::\w+(\[\])?"), ""),
    (re.compile(r"\$(\d+)"), r"?\1"),
    # SQLite has no row locks and needs none: a transaction holds the only write lock there is.
    (re.compile(r" FOR UPDATE( SKIP LOCKED)?"), ""),
)


class Statement:
    """The text of a statement for each database.

    Args:
        text: with parameters `$1`, `$2` …; a list is compared by `= ANY($1)`, or is rows by `SELECT unnest($1::text[])`.
    """

    __slots__ = ("changes", "parameters", "texts", "writes")

    def __init__(self, text: str) -> None:
        for_sqlite = text
        for pattern, instead in _FOR_SQLITE:
            for_sqlite = pattern.sub(instead, for_sqlite)
        self.texts: dict[Dialect, str] = {"postgresql": text, "sqlite": for_sqlite}
        self.parameters = max((int(number) for number in re.findall(r"\$(\d+)", text)), default=0)
        """How many it takes."""
        self.changes = not text.startswith("SELECT")
        """Whether it changes rows."""
        self.writes = self.changes or "FOR UPDATE" in text
        """Whether it changes or locks rows."""
