"""Watching the folder of the policies: whatever changes there is put in force without a restart, if it is good.

Changes that belong together (an editor's several writes, a checkout of many files) are taken together, once the folder has
been still for a moment. What no event tells of, as on network drives, is found by looking at all files now and then.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from watchfiles import Change, watch

from policies.live import LivePolicies, PoliciesStatus, Reload

logger = logging.getLogger(__name__)
STILL_MS = 250
"""How long a folder must be still before it is read."""
PATIENCE_MS = 10_000
"""How long one that is never still is left alone; what changes under the reading is not put in force anyway."""
GLANCE_MS = 1_000
LOOK_SECONDS = 30.0
SUFFIXES = (".yaml", ".yml", "")
"""Of policy files, and of folders, which may be gone and cannot be asked what they were."""

Told = Callable[[Reload, PoliciesStatus], None]


@contextmanager
def watching(live: LivePolicies, tell: Told) -> Iterator[None]:
    """Keep policies up to date until the context is left.

    Args:
        tell: is told each time the files have been looked at, with what came of it.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_Watcher(live, tell, stop).run, name="policies", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=10)


class _Watcher:
    def __init__(self, live: LivePolicies, tell: Told, stop: threading.Event) -> None:
        self.live, self.tell, self.stop = live, tell, stop
        self.look_at = 0.0

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self._watch()
            except Exception as error:
                # The folder is gone for now, or the system has no watch left; looking now and then goes on.
                logger.debug("the folder of the policies cannot be watched: %s", error)
                self._reload_if(time.monotonic() >= self.look_at)
                self.stop.wait(GLANCE_MS / 1000)

    def _watch(self) -> None:
        """Follow one folder until another has taken its place."""
        # Held open, so that no other folder can be given its number while it is watched.
        held = os.open(self.live.folder, os.O_RDONLY)
        try:
            self._follow(os.fstat(held))
        finally:
            os.close(held)

    def _follow(self, folder: os.stat_result) -> None:
        changes = watch(
            self.live.folder,
            watch_filter=self._matters,
            debounce=PATIENCE_MS,
            step=STILL_MS,
            rust_timeout=GLANCE_MS,
            yield_on_timeout=True,
            stop_event=self.stop,
            raise_interrupt=False,
        )
        first = True  # What changed before the watch was set up is seen at the first glance.
        for found in changes:
            moved = not stands_at(self.live.folder, folder)
            self._reload_if(first or bool(found) or moved or time.monotonic() >= self.look_at)
            if moved:
                return
            first = False

    def _matters(self, _: Change, path: str) -> bool:
        return matters(path, str(self.live.folder))

    def _reload_if(self, due: bool) -> None:
        if not due:
            self.live.free_unused()
            return
        result = self.live.reload()
        # Files that were changed a moment ago are looked at once more, as are those that changed under the reading.
        self.look_at = time.monotonic() + (GLANCE_MS / 1000 if result is Reload.CHANGING else LOOK_SECONDS)
        if result is not Reload.CHANGING:
            self.tell(result, self.live.status)


def matters(path: str, folder: str) -> bool:
    """Say whether a change may be one of the policies: editors' own files and hidden folders are none."""
    inside = path[len(folder) :] if path.startswith(folder) else path
    names = inside.replace(os.sep, "/").split("/")
    return not any(name.startswith(".") for name in names) and Path(path).suffix in SUFFIXES


def stands_at(path: Path, folder: os.stat_result) -> bool:
    """Say whether a folder still stands under its name: a watch follows the folder, not the name."""
    try:
        return os.path.samestat(path.stat(), folder)
    except OSError:
        return False
