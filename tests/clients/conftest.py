"""The clients that front-ends use, installed from their lock files, and the service that they speak to."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from composition.settings import LOCAL_ORIGINS
from store import Keys
from tests.browser import browser
from tests.graph.conftest import fresh_database, key_variables
from tests.graph.service import GraphService, serve_graph
from tests.node import alone, node, npm_ci
from tests.patience import PATIENCE

__all__ = ["browser"]

HERE = Path(__file__).parent
INSTALLED = HERE / "node_modules"
"""Ignored by version control."""


@pytest.fixture(scope="session")
def clients() -> Path:
    """The folder in which the clients of npm are installed."""
    npm_ci(HERE)
    return HERE


@pytest.fixture(scope="session")
def python_clients() -> Path:
    """The folder in which the clients of Python are installed; to be put in PYTHONPATH."""
    pins, folder = HERE / "requirements.txt", INSTALLED / ".python"
    done = folder / ".installed"
    npm_ci(HERE)  # Makes the folder around it, and empties it first.
    with alone(pins):
        if not done.exists() or done.read_text() != pins.read_text():
            shutil.rmtree(folder, ignore_errors=True)
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            command = [*pip, "--require-hashes", "--no-deps", "--target", str(folder), "-r", str(pins)]
            subprocess.run(command, check=True, timeout=PATIENCE)
            done.write_text(pins.read_text())
    return folder


@pytest.fixture(scope="session")
def page_script(clients: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """`page.mjs` with all that it imports, as one script for a browser."""
    target = tmp_path_factory.mktemp("page") / "page.js"
    run_node(
        clients, "node_modules/esbuild/bin/esbuild", "page.mjs", "--bundle", "--format=iife", f"--outfile={target}"
    )
    return target.read_bytes()


@contextmanager
def serve_for_clients(request: pytest.FixtureRequest, folder: Path, keys: Keys, **how: Any) -> Iterator[GraphService]:
    """Serve the graph on a new database, to scripts of this machine's other servers as in development."""
    how.setdefault("allowed_origins", LOCAL_ORIGINS)
    with (
        fresh_database("sqlite", request, folder) as url,
        serve_graph(folder, url, variables=key_variables(keys), **how) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, keys: Keys
) -> Iterator[GraphService]:
    """Serve the graph for the tests of a file."""
    with serve_for_clients(request, tmp_path_factory.mktemp("service"), keys) as running:
        yield running


def run_node(folder: Path, *command: str) -> str:
    """Run a script of the installed clients and return what it says.

    Raises:
        AssertionError: it failed; the message holds what it says of it.
    """
    done = subprocess.run([node(), *command], cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, f"{command[0]}:\n{done.stdout}{done.stderr}"
    return done.stdout
