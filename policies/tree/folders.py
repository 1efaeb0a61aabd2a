"""The folders and files of a regions folder, as loading asks for them: each once, and never more than a tree may have.

Paths are relative to the regions folder, with `/` between the parts; the regions folder itself is `""`.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from domain.message import Message
from policies.source.faults import FaultLog, Remedy, SourceLocation, Unreadable
from policies.source.reader import MAX_FILE_BYTES, Value, read_file
from policies.source.system_words import in_words
from policies.tree.contents import Contents

MAX_ENTRIES = 100_000
"""Files and folders of one tree: twenty for each region."""
MAX_TREE_BYTES = 64 * 1024 * 1024
TESTS = ".tests.yaml"
VOCABULARY = "vocabulary"

FolderText = tuple[tuple[str, bytes], ...]
"""The names and digests of the policy files of one folder: all that the folder itself says."""


class Folders:
    """What is in a regions folder; what is wrong with folders and files goes to the log."""

    def __init__(self, root: Path, log: FaultLog, contents: Contents) -> None:
        """Take the regions folder, the log, and what is known of the files' contents."""
        self.root = root
        self.log = log
        self.contents = contents
        self._root = str(root)
        self._listed: dict[str, dict[str, bool]] = {}
        self._alike: dict[tuple[str, bytes], tuple[str, bytes]] = {}
        self._entries = 0
        self._bytes = 0

    def full(self, path: str) -> str:
        """Return where a file or folder is."""
        return os.path.join(self._root, path) if path else self._root

    def fault(
        self,
        path: str,
        code: str,
        message: Message,
        remedy: Remedy,
        *about: str,
        lost: frozenset[str] = frozenset(),
    ) -> None:
        """Record what is wrong with a whole file or folder."""
        self.log.add(SourceLocation(path or self.root.name, 1, 1, ""), code, message, remedy, *about, lost=lost)

    def entries(self, folder: str) -> dict[str, bool]:
        """Return what is in a folder by name, in order, with whether it is a folder itself. Asks the disk once."""
        if folder not in self._listed:
            self._listed[folder] = {}
            full = self.full(folder)
            try:
                listing = self.contents.listing(full)
                start = full + os.sep
                self._listed[folder] = {name: below for name, below in listing.items() if self._counts(start + name)}
            except OSError as error:
                why = in_words(error)
                message = Message(f"无法列出其内容：{why.zh}", f"cannot be listed: {why.en}")
                remedy = Message("检查文件夹及其权限", "check the folder and its permissions")
                self.fault(folder, "FILE_UNREADABLE", message, remedy)
        return self._listed[folder]

    def _counts(self, entry: str) -> bool:
        """Say whether what stands in a folder is part of the tree; beyond the limits of the tree nothing more is."""
        if self.is_full:
            return False
        self._entries += 1
        if entry.endswith(".yaml"):
            self._bytes += self.contents.size(entry)
        if not self.is_full:
            return True
        if self._entries > MAX_ENTRIES:
            message = Message(f"文件和文件夹超过{MAX_ENTRIES:,}个", f"more than {MAX_ENTRIES:,} files and folders")
        else:
            message = Message(f"YAML文件超过{MAX_TREE_BYTES:,}字节", f"more than {MAX_TREE_BYTES:,} bytes of YAML")
        remedy = Message("把各地区分到几个服务中提供", "serve the regions from several graphs")
        self.fault("", "TREE_TOO_LARGE", message, remedy)
        return False

    @property
    def is_full(self) -> bool:
        """Whether the tree has more than it may; what is missing then is so because nobody looked."""
        return self._entries > MAX_ENTRIES or self._bytes > MAX_TREE_BYTES

    @property
    def counted(self) -> tuple[int, int]:
        """How many entries, and bytes of YAML, have been counted so far."""
        return self._entries, self._bytes

    def below(self, folder: str) -> list[str]:
        """Return the folders in a folder."""
        start = f"{folder}/" if folder else ""
        found = [start + name for name, is_folder in self.entries(folder).items() if is_folder]
        return [path for path in found if not self._leads_back(path)]

    def _leads_back(self, path: str) -> bool:
        """Say whether a link leads to a folder that it lies in, which would never end."""
        full = self.full(path)
        if not os.path.islink(full) or not Path(full).parent.resolve().is_relative_to(Path(full).resolve()):
            return False
        message = Message("链接指向自己的上层文件夹", "it links to a folder above itself")
        self.fault(path, "FILE_UNREADABLE", message, Message("删去链接", "remove the link"))
        return True

    def files(self, folder: str) -> list[str]:
        """Return the names of YAML files, links that lead nowhere included, so that reading them is a fault."""
        only_files = folder != VOCABULARY
        return [
            name
            for name, is_folder in self.entries(folder).items()
            if name.lower().endswith((".yaml", ".yml")) and not (is_folder and only_files)
        ]

    def text(self, folder: str, names: Iterable[str]) -> FolderText:
        """Return what files of a folder hold; of tests, only that they are there."""
        start, digest, alike = self.full(folder) + os.sep, self.contents.digest, self._alike.setdefault
        found = ((name, b"" if name.endswith(TESTS) else digest(start + name)) for name in names)
        return tuple([alike(entry, entry) for entry in found])

    def mentions(self, file: str, words: frozenset[str]) -> bool:
        """Say whether some words could stand in a file, whole or as parts of others; never in one that is not there."""
        folder, _, name = file.rpartition("/")
        return name in self.entries(folder) and self.contents.mentions(self.full(file), _pattern(words))

    def words(self, file: str) -> str | None:
        """Return what a file holds that is not read, as far as it can be told; None where it cannot be opened."""
        with suppress(OSError), open(self.full(file), "rb") as stream:
            return stream.read(MAX_FILE_BYTES).decode("utf-8", "replace")
        return None

    def read(self, file: str) -> Value | None:
        """Read a file; None where it cannot be read, which is recorded."""
        full = self.full(file)
        with suppress(Unreadable):
            return read_file(Path(full), file, self.log, self.contents.take(full))
        return None

    def read_named(self, folder: str, name: str) -> Value | None:
        """Read a file of a folder that may be missing."""
        return self.read(f"{folder}/{name}" if folder else name) if name in self.entries(folder) else None


@lru_cache(maxsize=16)
def _pattern(names: frozenset[str]) -> re.Pattern[bytes]:
    r"""Return what finds names by their last parts, or a `\` by which YAML could write any of their letters."""
    lasts = {name.rpartition(".")[2] for name in names}
    return re.compile("|".join(map(re.escape, (*sorted(lasts), "\\"))).encode())
