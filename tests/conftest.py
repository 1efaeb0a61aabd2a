"""What every test can ask for."""

import gc
import os
from collections.abc import Generator
from typing import Final

import pytest
from hypothesis import settings

from composition.garbage import loading
from tests.patience import PATIENCE

pytest_plugins = ["tests.databases"]

# For the services that tests start as processes of their own.
os.environ["REQUEST_SECONDS"] = str(PATIENCE)

# No example has to be fast: the machine may be busy with something else.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

NEW_OBJECTS: Final = 20_000
"""After how many new objects Python looks for garbage; with its own 700, looks took three times as much of the processor."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among the modules and the ten thousand tests: they stay to the end of the run."""
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
    with loading():
        return (yield)
