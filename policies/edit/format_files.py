"""Bringing the files of a regions folder into form, each by itself; files with faults stay as they are.

Where the folder has schemas for editors, the first line of each file names its own.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from domain.message import Message
from policies.cases.case_files import read_cases
from policies.checks.forks import in_forks, processors
from policies.edit.formatting import FormatRefused, format_text
from policies.edit.schemas import FOLDER as SCHEMA_FOLDER
from policies.edit.schemas import SCHEMA_MARK, kind_of, schema_line
from policies.source.faults import FaultLog
from policies.source.system_words import in_words
from policies.tree.tree import read_tree

MANY = 50
"""Files from which on a second process is worth its start."""
_FAULTY = Message("文件有错误，`policy check` 会列出", "it has faults, which `policy check` lists")


@dataclass(frozen=True, slots=True)
class Formatted:
    """What became of the files, by name relative to the regions folder.

    Args:
        changed: those that were not in form; refused: those that could not be brought into it, with the reason.
        unchanged: how many were in form.
    """

    changed: tuple[str, ...]
    refused: tuple[tuple[str, Message], ...]
    unchanged: int


def format_tree(folder: Path, *, write: bool) -> Formatted:
    """Bring every policy file into form.

    Args:
        folder: the regions folder; write: False to say only which files are not in form.
    """
    log = FaultLog()
    read_cases(read_tree(folder, log), log)
    faulty = frozenset(fault.file for fault in log.faults)
    files, at_once = list(_files(folder)), processors()
    if len(files) >= MANY and at_once > 1:
        shares = [files[start::at_once] for start in range(at_once)]
        # A share that came to nothing is done again here: what is in form already stays as it is.
        done = in_forks([partial(_format_all, share, folder, faulty, write) for share in shares])
        if done is not None:
            return _joined(done)
    return _format_all(files, folder, faulty, write)


def _joined(parts: Sequence[Formatted]) -> Formatted:
    changed, refused = ([found for part in parts for found in getattr(part, name)] for name in ("changed", "refused"))
    return Formatted(tuple(sorted(changed)), tuple(sorted(refused)), sum(part.unchanged for part in parts))


def _format_all(files: Iterable[Path], folder: Path, faulty: Collection[str], write: bool) -> Formatted:
    changed, refused, unchanged = [], [], 0
    for path in files:
        file = path.relative_to(folder).as_posix()
        try:
            if file in faulty:
                raise FormatRefused(_FAULTY)
            if _format(path, folder, write):
                changed.append(file)
            else:
                unchanged += 1
        except FormatRefused as error:
            refused.append((file, error.message))
    return Formatted(tuple(changed), tuple(refused), unchanged)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.yaml")):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _with_schema(text: str, file: str) -> str:
    """Return a text whose first line names the schema of its kind of file."""
    first, _, rest = text.partition("\n")
    return f"{schema_line(file)}\n{rest if first.startswith(SCHEMA_MARK) else text}"


def _format(path: Path, folder: Path, write: bool) -> bool:
    """Return whether a file was not in form; write it, if asked to, so that nobody ever reads half of it."""
    file = path.relative_to(folder).as_posix()
    try:
        text = path.read_bytes().decode("utf-8")
        has_schemas = (folder / SCHEMA_FOLDER).is_dir()
        formed = format_text(_with_schema(text, file) if has_schemas else text, kind_of(file))
        if write and formed != text:
            beside = path.with_name(f".{path.name}.new")
            beside.write_text(formed, encoding="utf-8", newline="\n")
            beside.chmod(path.stat().st_mode)
            os.replace(beside, path.resolve())
    except OSError as error:
        why = in_words(error)
        raise FormatRefused(Message(f"无法读取或写入：{why.zh}", f"it cannot be read or written: {why.en}")) from None
    return formed != text
