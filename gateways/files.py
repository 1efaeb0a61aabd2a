"""Uploaded files at rest: encrypted, under random names, written whole or not at all."""

import fcntl
import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

import anyio.to_thread

from domain.errors import NotFound
from domain.message import Message
from gateways.errors import GatewayConfigurationError, unavailable
from gateways.file_cipher import HEAD_BYTES, FileCipher, Unopened, sealed_with

FILE_STORE = Message("文件存储", "file store")

_RENEWED = ".everything-sealed-anew"
"""The file whose presence says that what earlier versions sealed is refused."""
_PART = ".part-"
"""What the names of files begin with that are not whole yet."""
_NAME = re.compile(r"[0-9a-f]{32}")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that has been kept.

    Args:
        name: 32 hexadecimal digits that say nothing about it.
        sha256: of the content as it came in, 64 hexadecimal digits.
        size_bytes: of the content as it came in.
    """

    name: str
    sha256: str
    size_bytes: int


def new_name() -> str:
    """Return a name that no file has."""
    return secrets.token_hex(16)


class FileStore(Protocol):
    """Keeps files."""

    async def save(self, content: bytes, name: str | None = None) -> StoredFile:
        """Keep a file.

        Args:
            name: of `new_name`, where it is to be known before the file is there; None for a new one.

        Raises:
            GatewayUnavailable: it cannot be written.
        """
        ...

    async def read(self, name: str) -> bytes:
        """Return a file's content as it came in.

        Raises:
            NotFound: FILE_NOT_FOUND, there is no such file.
            GatewayUnavailable: it cannot be read, or has been changed on the disk.
        """
        ...

    async def delete(self, name: str) -> None:
        """Remove a file; one that is gone already is no error.

        Raises:
            NotFound: FILE_NOT_FOUND, no file could ever have that name.
            GatewayUnavailable: it cannot be removed.
        """
        ...

    async def delete_unfinished(self, before: datetime) -> int:
        """Remove what was left of files whose writing was broken off before a moment, and return how many there were.

        Raises:
            GatewayUnavailable: it cannot be removed.
        """
        ...


class FolderFiles:
    """Keeps files in one folder that only the service may enter.

    Args:
        folder: made if it is missing.
        keys: 32 random bytes each in URL-safe base64; the first encrypts, all decrypt, so that keys can be changed one after
            the other.

    Raises:
        GatewayConfigurationError: a key is malformed or the folder cannot be used.
    """

    def __init__(self, folder: Path, keys: Sequence[bytes]) -> None:
        try:
            self._cipher = FileCipher(keys)
        except ValueError as error:
            raise GatewayConfigurationError(
                "The file store needs one or more keys: 32 random bytes each, in URL-safe base64."
            ) from error
        self._folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)  # also if it was there, and whatever the umask
        except OSError as error:
            raise GatewayConfigurationError(
                f"The file store cannot use the folder {folder}: {error.strerror}."
            ) from error

    async def save(self, content: bytes, name: str | None = None) -> StoredFile:
        """Keep a file; see `FileStore.save`."""
        path = self._path(name or new_name())
        return await _in_thread(lambda: self._save(path, content))

    async def read(self, name: str) -> bytes:
        """Return a file's content; see `FileStore.read`."""
        path = self._path(name)
        return await _in_thread(lambda: self._opened(path))

    async def delete(self, name: str) -> None:
        """Remove a file; see `FileStore.delete`."""
        path = self._path(name)
        await _in_thread(lambda: self._unlink(path))

    async def delete_unfinished(self, before: datetime) -> int:
        """Remove what was left of files; see `FileStore.delete_unfinished`."""
        return await _in_thread(lambda: self._unlink_parts(before.timestamp()))

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the keys, that of the one in use first."""
        return self._cipher.key_ids

    async def names(self) -> list[str]:
        """Return the names of all files, in order."""
        return await _in_thread(
            lambda: sorted(path.name for path in self._folder.iterdir() if _NAME.fullmatch(path.name))
        )

    async def sealed_with(self, name: str) -> str | None:
        """Return the id of the key that a file is sealed with; None for an earlier form, which names none.

        Raises:
            NotFound: FILE_NOT_FOUND, it has been removed meanwhile.
        """
        path = self._path(name)
        return await _in_thread(lambda: sealed_with(_read_whole(path, HEAD_BYTES)))

    async def renew(self, name: str) -> bool:
        """Seal a file with the newest key where it is not, and return whether it was not.

        Raises:
            NotFound: FILE_NOT_FOUND, it has been removed meanwhile.
            GatewayUnavailable: it cannot be opened, or not be written.
        """
        path = self._path(name)
        return await _in_thread(lambda: self._renew(path))

    async def refuse_earlier(self) -> None:
        """Refuse from now on what earlier versions sealed: everything is sealed anew."""
        await _in_thread(lambda: (self._folder / _RENEWED).touch(mode=0o600))

    def _opened(self, path: Path) -> bytes:
        kept = _read_whole(path)
        earlier = sealed_with(kept) is None and (self._folder / _RENEWED).exists()
        return self._cipher.open(path.name, kept, refuse_earlier=earlier)

    def _renew(self, path: Path) -> bool:
        if self._cipher.is_newest(_read_whole(path, HEAD_BYTES)):
            return False
        sealed = self._cipher.seal(path.name, self._opened(path))
        # Whoever removes the file meanwhile must not find it there again.
        with _alone_in(self._folder):
            if not path.exists():
                raise _not_found()
            _write_whole(path, sealed)
        return True

    def _unlink(self, path: Path) -> None:
        with _alone_in(self._folder):
            path.unlink(missing_ok=True)

    def _unlink_parts(self, before: float) -> int:
        gone = 0
        for path in list(self._folder.glob(f"{_PART}*")):
            # Whoever writes one just now has it become whole meanwhile.
            with suppress(FileNotFoundError):
                if path.lstat().st_mtime < before:
                    path.unlink()
                    gone += 1
        return gone

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise _not_found()
        return self._folder / name

    def _save(self, path: Path, content: bytes) -> StoredFile:
        _write_whole(path, self._cipher.seal(path.name, content))
        return StoredFile(path.name, hashlib.sha256(content).hexdigest(), len(content))


async def _in_thread(work: Callable[[], _Result]) -> _Result:
    with _failures():
        return await anyio.to_thread.run_sync(work)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except Unopened as error:
        problem = Message(
            "文件已损坏，或者缺少解密的密钥", "a file is damaged, or its key is not among the configured ones"
        )
        raise unavailable(FILE_STORE, problem) from error
    except OSError as error:
        problem = Message("读写失败", f"reading or writing failed ({error.strerror})")
        raise unavailable(FILE_STORE, problem) from error


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep every other process that removes or replaces files of a folder waiting."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read_whole(path: Path, most: int = -1) -> bytes:
    """Return what is in a file, or the beginning of it.

    Args:
        most: bytes; -1 for all.
    """
    try:
        # A link put into the folder must not lead out of it.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        # A folder that is gone (a disk that is not mounted) does not mean that the file was removed.
        if path.parent.is_dir():
            raise _not_found() from None
        raise
    with os.fdopen(handle, "rb") as file:
        return file.read(most)


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file so that, whatever happens, it is there whole or not at all."""
    handle, part = tempfile.mkstemp(prefix=_PART, dir=path.parent)  # readable by its owner only (0600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(part).unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _not_found() -> NotFound:
    return NotFound(
        Message(
            "没有这个文件，可能已经删除，请重新上传。",
            "There is no such file; it may have been removed. Upload it again.",
        ),
        code="FILE_NOT_FOUND",
    )
