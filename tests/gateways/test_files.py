import hashlib
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from cryptography.fernet import Fernet

from domain.errors import GatewayUnavailable, NotFound
from gateways.errors import GatewayConfigurationError
from gateways.files import FolderFiles

pytestmark = pytest.mark.anyio

CONTENT = b"\xff\xd8\xff a photograph of somebody" * 100
OLD_KEY, NEW_KEY = Fernet.generate_key(), Fernet.generate_key()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "files"


def listing(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_a_file_comes_back_as_it_was(folder: Path) -> None:
    stored = await FolderFiles(folder, [NEW_KEY]).save(CONTENT)
    assert stored.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert stored.size_bytes == len(CONTENT)
    assert await FolderFiles(folder, [NEW_KEY]).read(stored.name) == CONTENT
    empty = await FolderFiles(folder, [NEW_KEY]).save(b"")
    assert await FolderFiles(folder, [NEW_KEY]).read(empty.name) == b""


async def test_what_is_on_the_disk_is_encrypted_and_private(folder: Path) -> None:
    os.makedirs(folder)
    os.chmod(folder, 0o777)
    stored = await FolderFiles(folder, [NEW_KEY]).save(CONTENT)
    (path,) = listing(folder)
    assert path.name == stored.name
    assert mode(path) == 0o600
    assert mode(folder) == 0o700
    assert b"photograph" not in path.read_bytes()


async def test_the_same_content_is_kept_under_different_names(folder: Path) -> None:
    files = FolderFiles(folder, [NEW_KEY])
    first, second = await files.save(CONTENT), await files.save(CONTENT)
    assert first.name != second.name
    await files.delete(first.name)
    assert await files.read(second.name) == CONTENT


async def test_keys_can_be_changed(folder: Path) -> None:
    old = await FolderFiles(folder, [OLD_KEY]).save(CONTENT)
    both = FolderFiles(folder, [NEW_KEY, OLD_KEY])
    assert await both.read(old.name) == CONTENT
    new = await both.save(CONTENT)
    only_new = FolderFiles(folder, [NEW_KEY])
    assert await only_new.read(new.name) == CONTENT
    with pytest.raises(GatewayUnavailable, match="its key is not among"):
        await only_new.read(old.name)


async def test_a_file_opens_under_its_own_name_alone(folder: Path) -> None:
    files = FolderFiles(folder, [NEW_KEY])
    one, other = await files.save(CONTENT), await files.save(b"another")
    (folder / one.name).write_bytes((folder / other.name).read_bytes())
    assert await files.read(other.name) == b"another"
    with pytest.raises(GatewayUnavailable):
        await files.read(one.name)


async def test_files_are_sealed_anew_and_then_what_earlier_versions_sealed_is_refused(folder: Path) -> None:
    by_old = await FolderFiles(folder, [OLD_KEY]).save(CONTENT)
    earlier = folder / ("e" * 32)
    earlier.write_bytes(Fernet(OLD_KEY).encrypt(b"from an earlier version"))
    stolen = earlier.read_bytes()
    files = FolderFiles(folder, [NEW_KEY, OLD_KEY])
    newest, old = files.key_ids
    assert await files.read(earlier.name) == b"from an earlier version"
    assert await files.names() == sorted([by_old.name, earlier.name])
    assert [await files.sealed_with(name) for name in (by_old.name, earlier.name)] == [old, None]
    assert [await files.renew(name) for name in (by_old.name, earlier.name)] == [True, True]
    assert not await files.renew(by_old.name)
    await files.refuse_earlier()
    only_new = FolderFiles(folder, [NEW_KEY])
    assert await only_new.read(by_old.name) == CONTENT
    assert await only_new.read(earlier.name) == b"from an earlier version"
    assert {await only_new.sealed_with(name) for name in await only_new.names()} == {newest}
    (folder / by_old.name).write_bytes(stolen)
    with pytest.raises(GatewayUnavailable):
        await files.read(by_old.name)


async def test_a_file_that_is_removed_while_it_is_sealed_anew_stays_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = await FolderFiles(folder, [OLD_KEY]).save(CONTENT)
    files = FolderFiles(folder, [NEW_KEY, OLD_KEY])
    seal = files._cipher.seal

    def removed_meanwhile(name: str, content: bytes) -> bytes:
        (folder / name).unlink()
        return seal(name, content)

    monkeypatch.setattr(files._cipher, "seal", removed_meanwhile)
    with pytest.raises(NotFound):
        await files.renew(stored.name)
    assert await files.names() == []


async def test_a_file_changed_on_the_disk_is_not_returned(folder: Path) -> None:
    files = FolderFiles(folder, [NEW_KEY])
    stored = await files.save(CONTENT)
    path = folder / stored.name
    path.write_bytes(path.read_bytes()[:-9] + b"AAAAAAAAA")
    with pytest.raises(GatewayUnavailable) as caught:
        await files.read(stored.name)
    assert "已损坏" in caught.value.message.zh


async def test_a_deleted_file_is_gone(folder: Path) -> None:
    files = FolderFiles(folder, [NEW_KEY])
    stored = await files.save(CONTENT)
    for _ in range(2):
        await files.delete(stored.name)
    with pytest.raises(NotFound) as caught:
        await files.read(stored.name)
    assert caught.value.code == "FILE_NOT_FOUND"


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../outside",
        "/etc/passwd",
        "a" * 31,
        "a" * 33,
        "A" * 32,
        "a" * 31 + "/",
        "a" * 32 + "\n",
        "a" * 31 + "\0",
    ],
)
async def test_no_name_leads_out_of_the_folder(folder: Path, name: str) -> None:
    files = FolderFiles(folder, [NEW_KEY])
    outside = folder.parent / "outside"
    outside.write_bytes(Fernet(NEW_KEY).encrypt(b"secret"))
    with pytest.raises(NotFound):
        await files.read(name)
    with pytest.raises(NotFound):
        await files.delete(name)
    assert outside.exists()


async def test_no_link_leads_out_of_the_folder(folder: Path) -> None:
    files = FolderFiles(folder, [NEW_KEY])
    outside = folder.parent / "outside"
    outside.write_bytes(Fernet(NEW_KEY).encrypt(b"secret"))
    (folder / ("a" * 32)).symlink_to(outside)
    with pytest.raises(GatewayUnavailable):
        await files.read("a" * 32)


@contextmanager
def no_file_longer_than(size_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_write_that_fails_leaves_nothing_behind(folder: Path) -> None:
    files = FolderFiles(folder, [NEW_KEY])
    with no_file_longer_than(100), pytest.raises(GatewayUnavailable) as caught:
        await files.save(CONTENT)
    assert "File too large" in caught.value.message.en
    assert listing(folder) == []


async def test_what_was_broken_off_goes_and_what_is_being_written_stays(folder: Path) -> None:
    files, moment = FolderFiles(folder, [NEW_KEY]), datetime(2026, 11, 20, tzinfo=UTC)
    for name, seconds in ((".part-before", -1), (".part-now", 0)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (0, moment.timestamp() + seconds))
    assert await files.delete_unfinished(moment) == 1
    assert [path.name for path in listing(folder)] == [".part-now"]


async def test_a_folder_that_is_gone_does_not_mean_that_files_were_removed(folder: Path) -> None:
    files = FolderFiles(folder, [NEW_KEY])
    stored = await files.save(CONTENT)
    os.rename(folder, folder.with_name("unmounted"))
    for work in (files.save(CONTENT), files.read(stored.name)):
        with pytest.raises(GatewayUnavailable, match="No such file or directory"):
            await work


async def test_the_disk_is_never_waited_for_in_the_event_loop(folder: Path) -> None:
    files = FolderFiles(folder, [NEW_KEY])
    os.mkfifo(folder / ("a" * 32))  # reading it waits until somebody writes
    written = Fernet(NEW_KEY).encrypt(CONTENT)
    disk = threading.Timer(0.5, (folder / ("a" * 32)).write_bytes, [written])
    disk.start()
    waited: list[bool] = []

    async def read() -> None:
        assert await files.read("a" * 32) == CONTENT
        waited.append(True)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await anyio.sleep(0.05)
        assert not waited
        assert disk.is_alive()  # the loop went on while the disk was still busy


@pytest.mark.parametrize("keys", [[], [b""], [b"short"], [NEW_KEY, b"!" * 44]])
def test_keys_that_cannot_encrypt_are_refused(folder: Path, keys: list[bytes]) -> None:
    with pytest.raises(GatewayConfigurationError, match="32 random bytes"):
        FolderFiles(folder, keys)


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(GatewayConfigurationError, match="cannot use the folder"):
        FolderFiles(tmp_path / "file" / "files", [NEW_KEY])
