"""A version of the policy files: a folder, or what a git revision holds of the folder of the regions."""

import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from composition.settings import ConfigurationError
from domain.message import Message

SECONDS = 60


@contextmanager
def version_folder(named: str, regions: Path) -> Iterator[Path]:
    """Give the folder of a version, for as long as the context lasts.

    Args:
        named: a folder, or a git revision (a branch, a tag, a commit); regions: the folder of the files in force, whose
            repository a revision belongs to.

    Raises:
        ConfigurationError: it is neither.
    """
    if Path(named).is_dir():
        yield Path(named)
        return
    if not regions.is_dir():
        message = Message(
            f"没有文件夹 `{regions}`，因此无法取得修订 `{named}`。",
            f"There is no folder {regions} whose revision {named!r} could be.",
        )
        raise ConfigurationError(message)
    with TemporaryDirectory(prefix="policies-") as name:
        yield _unpacked(named, regions, Path(name))


def _unpacked(revision: str, regions: Path, into: Path) -> Path:
    inside = _git(regions, "rev-parse", "--show-prefix").decode().strip()
    if not inside:
        message = Message(
            f"`{regions}` 本身就是整个仓库；请写仓库内的地区文件夹。",
            f"{regions} is a whole repository; name a folder of regions within one.",
        )
        raise ConfigurationError(message)
    commit = _commit(revision, regions)
    _check_holds(commit, inside.rstrip("/"), revision, regions)
    top = Path(_git(regions, "rev-parse", "--show-toplevel").decode().strip())
    packed = _git(top, "archive", "--format=tar", f"{commit}:{inside.rstrip('/')}")
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(into, filter="data")
    return into


def _commit(revision: str, regions: Path) -> str:
    try:
        found = _git(regions, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except ConfigurationError:
        message = Message(
            f"`{revision}` 既不是文件夹，也不是 `{regions}` 所在仓库的修订；请写已有的文件夹、分支、标签或提交。",
            f"{revision!r} is neither a folder nor a revision of the repository that {regions} stands in;"
            " name an existing folder, a branch, a tag or a commit.",
        )
        raise ConfigurationError(message) from None
    return found.decode().strip()


def _check_holds(commit: str, inside: str, revision: str, regions: Path) -> None:
    """Refuse a revision that does not have the folder, such as a copy in which an officer practises."""
    try:
        _git(regions, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}:{inside}")
    except ConfigurationError:
        message = Message(
            f"修订 `{revision}` 里没有文件夹 `{inside}`；请写明与哪个文件夹或修订比较，例如 `policy diff regions`。",
            f"The revision {revision!r} has no folder {inside}; name what to compare with, such as `policy diff regions`.",
        )
        raise ConfigurationError(message) from None


def _git(folder: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=True, stdin=subprocess.DEVNULL)  # noqa: S603
    except FileNotFoundError:
        message = Message(
            "修订要用 `git` 读取，而本机没有安装；请改写文件夹。",
            "A revision needs git, which is not installed; name a folder instead.",
        )
        raise ConfigurationError(message) from None
    except subprocess.TimeoutExpired:
        message = Message(
            f"`git {arguments[0]}` 用时超过{SECONDS}秒。", f"git {arguments[0]} took more than {SECONDS} seconds."
        )
        raise ConfigurationError(message) from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip().splitlines()
        said = reason[0] if reason else "no reason"
        message = Message(
            f"`git {arguments[0]}` 在 `{folder}` 中失败：`{said}`", f"git {arguments[0]} failed in {folder}: {said}"
        )
        raise ConfigurationError(message) from None
    return done.stdout
