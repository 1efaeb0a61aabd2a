"""Installs the peers, pinned, into a folder that version control ignores."""

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.kit.processes import ROOT
from tests.node import node, npm_ci

PEERS = ROOT / "benchmarks" / ".peers"
_HERE = Path(__file__).parent
_PIP = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]


def yoga() -> list[str]:
    """Install graphql-yoga with what it needs, and return the command that serves it on a port."""
    folder = PEERS / "yoga"
    folder.mkdir(parents=True, exist_ok=True)
    for file in (_HERE / "yoga").iterdir():
        target = folder / file.name
        # npm goes by the time of the lock file.
        if not target.exists() or target.read_bytes() != file.read_bytes():
            shutil.copyfile(file, target)
    try:
        executable = node()
    except RuntimeError:
        subprocess.run([*_PIP, "-r", str(ROOT / "requirements-node.txt")], check=True)
        executable = node()
    npm_ci(folder)
    return [executable, str(folder / "server.mjs"), "{port}"]


def engines() -> Path:
    """Install cedarpy and zen-engine, and return the folder to import them from."""
    folder, pins = PEERS / "python", _HERE / "requirements.txt"
    done = folder / ".installed"
    if not done.exists() or done.read_text() != pins.read_text():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([*_PIP, "--no-deps", "--target", str(folder), "-r", str(pins)], check=True)
        done.write_text(pins.read_text())
    return folder
