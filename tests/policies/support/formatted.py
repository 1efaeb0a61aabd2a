"""Formatting with a memory: it takes longer than all else that is done with files, and hangs on the text alone."""

from functools import cache

import pytest

from policies.edit import format_files
from policies.edit.formatting import format_text as format_anew

format_text = cache(format_anew)
"""Each text is formatted once for all tests, whichever of them comes to it first."""


def remember_what_is_formatted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the files of a folder formatted with that memory."""
    monkeypatch.setattr(format_files, "format_text", format_text)
