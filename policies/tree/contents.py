"""What the files of a regions folder hold, asked of the disk as seldom as is safe.

A file is known by its stamp: times of change, size and inode. One whose stamp is that of the load before holds what it
held then, unless it was changed so shortly before it was read that a second change could bear the same times; such a
file is read again (git treats its index alike).
"""

import marshal
import os
import re
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from policies.source.reader import MAX_FILE_BYTES

SETTLED_NS = 2_000_000_000
"""A file changed less than this before it was read may have been changed again under the same times."""
DEEPEST = 8
"""Folders within folders that are looked into; regions need five, and a link could lead back up for ever."""
MISSING = b""
"""Stands for what cannot be read; reading it as YAML says why."""

Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Known:
    """What a file held: its digest, and its stamp as bytes; no stamp where it has to be read again whatever it bears."""

    digest: bytes
    stamp: bytes


@dataclass(frozen=True, slots=True)
class Listings:
    """What folders looked like when they were listed.

    Args:
        entries: of each folder; stamps: of all files, by path.
    """

    entries: dict[str, dict[str, bool]] = field(default_factory=dict)
    stamps: dict[str, Stamp] = field(default_factory=dict)


@dataclass(slots=True)
class Contents:
    """The listings, stamps and digests of one load.

    Args:
        before: those of the load before, whose digests are taken over.
        now: nanoseconds since 1970, by the clock that stamps files.
        listings: what has been listed for this load already.
    """

    before: "Contents | None" = None
    now: Callable[[], int] = time.time_ns
    listings: Listings = field(default_factory=Listings)
    _known: dict[str, _Known] = field(default_factory=dict)
    _fresh: dict[str, bytes] = field(default_factory=dict)
    _digests: dict[bytes, bytes] = field(default_factory=dict)
    _mentions: "dict[tuple[bytes, re.Pattern[bytes]], bool]" = field(default_factory=dict)

    def listing(self, folder: str) -> dict[str, bool]:
        """Return what is in a folder by name, in order, with whether it is a folder itself; hidden names are left out.

        Raises:
            OSError: the folder cannot be listed.
        """
        known = self.listings.entries.get(folder)
        if known is None:
            with os.scandir(folder) as found:
                entries = {entry.name: self._stamped(entry) for entry in found if not entry.name.startswith(".")}
            known = self.listings.entries[folder] = dict(sorted(entries.items()))
        return known

    def _stamped(self, entry: "os.DirEntry[str]") -> bool:
        if entry.is_dir():
            return True
        try:
            status = entry.stat()
        except OSError:  # a link that leads nowhere
            return False
        if stat.S_ISREG(status.st_mode):
            self.listings.stamps[entry.path] = _stamp(status)
        return False

    def digest(self, path: str) -> bytes:
        """Return the SHA-256 of a listed file's content; `MISSING` where it cannot be read."""
        stamp = self.listings.stamps.get(path)
        if stamp is None:
            return MISSING
        known = self.before._known.get(path) if self.before else None
        if known is None or known.stamp != _packed(stamp):
            known = self._read(path, stamp)
        self._known[path] = known
        return known.digest

    def _read(self, path: str, stamp: Stamp) -> _Known:
        settled = max(stamp[0], stamp[1]) + SETTLED_NS < self.now()
        try:
            content = _content(path)
        except OSError:
            return _Known(MISSING, b"")
        self._fresh[path] = content
        digest = sha256(content).digest()
        return _Known(self._digests.setdefault(digest, digest), _packed(stamp) if settled else b"")

    def size(self, path: str) -> int:
        """Return the bytes of a listed file; of a folder, or a link that leads nowhere, none."""
        stamp = self.listings.stamps.get(path)
        return stamp[2] if stamp is not None else 0

    def mentions(self, path: str, names: "re.Pattern[bytes]") -> bool:
        """Say whether some names stand in a listed file; contents that are the same are looked into once."""
        known = self.digest(path), names
        if known not in self._mentions:
            try:
                self._mentions[known] = names.search(_content(path)) is not None
            except OSError:
                return True  # reading it says why
        return self._mentions[known]

    def take(self, path: str) -> bytes | None:
        """Return what `digest` has just read of a file, once; None where it did not have to."""
        return self._fresh.pop(path, None)

    def drop(self) -> None:
        """Let go what was read of files that nobody has taken: they say what others said."""
        self._fresh.clear()

    def of_all(self) -> Mapping[str, bytes]:
        """Return the digests of all files that were asked for, by path."""
        return {path: known.digest for path, known in self._known.items()}

    def close(self) -> None:
        """Forget what only the load itself needed."""
        self.before = None
        self.listings = Listings()
        self._fresh.clear()
        self._digests.clear()
        self._mentions.clear()


@dataclass(frozen=True, slots=True)
class Survey:
    """What a folder looked like at a moment.

    Args:
        fingerprint: of all YAML files' names and stamps.
        settled: whether all had been at rest for long enough that an equal fingerprint later means equal contents.
        listings: of all folders.
    """

    fingerprint: bytes
    settled: bool
    listings: Listings = field(compare=False, repr=False)


def survey(folder: Path, now: Callable[[], int] = time.time_ns) -> Survey:
    """Look at the stamps of all YAML files below a folder."""
    before = now()
    contents = Contents()
    waiting = [(str(folder), 0)]
    while waiting:
        path, depth = waiting.pop()
        try:
            entries = contents.listing(path)
        except OSError:
            continue
        if depth < DEEPEST:
            waiting += [(os.path.join(path, name), depth + 1) for name, is_folder in entries.items() if is_folder]
    stamps = contents.listings.stamps
    found = sorted((path, stamp) for path, stamp in stamps.items() if path.endswith((".yaml", ".yml")))
    latest = max((max(stamp[0], stamp[1]) for _, stamp in found), default=0)
    fingerprint = sha256(marshal.dumps(found, 2)).digest()  # version 2 writes equal things alike
    return Survey(fingerprint, latest + SETTLED_NS < before, contents.listings)


def _content(path: str) -> bytes:
    """Return what a file holds, as far as it may be large; `open` takes twice as long for small files."""
    parts, left = [], MAX_FILE_BYTES + 1
    handle = os.open(path, os.O_RDONLY)
    try:
        while left > 0 and (part := os.read(handle, left)):
            parts.append(part)
            left -= len(part)
    finally:
        os.close(handle)
    return b"".join(parts)


def _packed(stamp: Stamp) -> bytes:
    return marshal.dumps(stamp, 2)


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
