"""Files that somebody proposes, laid over the folder in force, so that a draft can be tried before it stands anywhere."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from domain.errors import InvalidInput
from domain.message import Message

MAX_FILES = 200
MAX_NAME = 240
_PART = re.compile(r"[a-z0-9][a-z0-9_]*")
_FILE = re.compile(r"[a-z0-9][a-z0-9_]*(\.tests)?\.yaml")


def lay_over(folder: Path, files: Mapping[str, str | None], into: Path) -> None:
    """Write a copy of a regions folder in which some files are others.

    Args:
        folder: the one in force, which is not touched; into: must not exist yet.
        files: by their path below the folder; None takes a file away.

    Raises:
        InvalidInput: there are too many files, or a path is none of a policy file.
    """
    if not 1 <= len(files) <= MAX_FILES:
        raise _impossible(f"应为1至{MAX_FILES}个文件", f"give 1 to {MAX_FILES} files, not {len(files)}")
    for name in files:
        _check(name)
    shutil.copytree(folder, into, copy_function=_link, ignore=shutil.ignore_patterns(".*"))
    for name, text in files.items():
        target = into / name
        target.unlink(missing_ok=True)
        if text is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


def _link(source: str, target: str) -> None:
    """Share a file with the folder in force, which costs nothing, or copy it where that is not possible."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _check(name: str) -> None:
    *folders, file = name.split("/")
    if len(name) > MAX_NAME or not _FILE.fullmatch(file) or not all(map(_PART.fullmatch, folders)):
        shown = name[:80]
        raise _impossible(
            f"“{shown}”不是政策文件的路径，例如 `nation/province/city/apply.yaml`",
            f"{shown!r} is no path of a policy file, such as nation/province/city/apply.yaml",
        )


def _impossible(zh: str, en: str) -> InvalidInput:
    return InvalidInput(Message(f"{zh}。", f"{en}."), field="files", code="VALUE_NOT_POSSIBLE")
