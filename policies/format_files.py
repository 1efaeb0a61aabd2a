"""Bringing the files of a regions folder into form, each by itself; files with faults stay as they are."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from policies.case_files import read_cases
from policies.faults import FaultLog
from policies.formatting import FormatRefused, format_text
from policies.schemas import kind_of
from policies.tree import read_tree


@dataclass(frozen=True, slots=True)
class Formatted:
    """What became of the files, by name relative to the regions folder.

    Args:
        changed: those that were not in form; refused: those that could not be brought into it, with the reason.
        unchanged: how many were in form.
    """

    changed: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    unchanged: int


def format_tree(folder: Path, *, write: bool) -> Formatted:
    """Bring every policy file into form.

    Args:
        folder: the regions folder; write: False to say only which files are not in form.
    """
    log = FaultLog()
    read_cases(read_tree(folder, log), log)
    faulty = {fault.file for fault in log.faults}
    changed, refused, unchanged = [], [], 0
    for path in _files(folder):
        file = path.relative_to(folder).as_posix()
        try:
            if file in faulty:
                raise FormatRefused("it has faults, which `policy check` lists")
            if _format(path, file, write):
                changed.append(file)
            else:
                unchanged += 1
        except FormatRefused as error:
            refused.append((file, str(error)))
    return Formatted(tuple(changed), tuple(refused), unchanged)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.yaml")):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _format(path: Path, file: str, write: bool) -> bool:
    """Return whether a file was not in form; write it, if asked to, so that nobody ever reads half of it."""
    try:
        text = path.read_bytes().decode("utf-8")
        formed = format_text(text, kind_of(file))
        if write and formed != text:
            beside = path.with_name(f".{path.name}.new")
            beside.write_text(formed, encoding="utf-8", newline="\n")
            beside.chmod(path.stat().st_mode)
            os.replace(beside, path.resolve())
    except OSError as error:
        raise FormatRefused(f"it cannot be read or written: {error.strerror}") from None
    return formed != text
