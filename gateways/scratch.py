"""Temporary folders that go with the process that has them: by itself where it ends in order, by the next start where it was killed."""

import os
import shutil
import tempfile
import time
from contextlib import suppress
from typing import Final

try:
    import fcntl
except ImportError:  # a system that locks no folder, such as Windows
    fcntl = None  # type: ignore[assignment]

PREFIX: Final = "social-security-card-"
YOUNG_SECONDS: Final = 60.0
"""How old a folder has to be before it is looked at: one that is made just now may not be held yet."""


class Scratch:
    """A folder of this process and those that it forks, held for as long as one of them lives."""

    def __init__(self, name: str) -> None:
        self.path = tempfile.mkdtemp(prefix=f"{PREFIX}{name}-")
        self._held = _hold(self.path)

    def close(self) -> None:
        """Take it away with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._held is not None:
            os.close(self._held)
            self._held = None


def clear() -> list[str]:
    """Take away the folders whose processes are gone, and return them."""
    gone: list[str] = []
    if fcntl is None:
        return gone
    with os.scandir(tempfile.gettempdir()) as entries:
        old = [entry.path for entry in entries if entry.name.startswith(PREFIX) and _is_old(entry)]
    for path in old:
        if (held := _hold(path)) is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(held)
            gone.append(path)
    return gone


def _is_old(entry: "os.DirEntry[str]") -> bool:
    with suppress(OSError):
        return entry.is_dir(follow_symlinks=False) and time.time() - entry.stat().st_mtime > YOUNG_SECONDS
    return False


def _hold(path: str) -> int | None:
    """Hold a folder until what is returned is closed; None where somebody else holds it, or it is not ours."""
    if fcntl is None:
        return None
    try:
        held = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return None
    return held
