"""What all tests of policies share."""

from collections.abc import Iterator
from contextlib import nullcontext
from functools import lru_cache

import pytest

from policies.source import reader
from policies.source.nodes import compose
from tests.policies.support.own_services import own_services

OF_THE_SOFTWARE = ("test_language_page", "test_guangdong", "test_expressive")
"""Modules that show the services as the software has them."""
WITHOUT_MEMORY = ("test_reader", "test_live")
"""Modules about reading itself, and about how much memory it leaves."""

composed_once = lru_cache(4_000)(compose)
"""Most tests change a file or two of a tree and read all of it again; nodes hang on the text alone, and nothing changes them."""


@pytest.fixture(scope="module", autouse=True)
def services_of_the_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the trees of tests have services and facts of their own."""
    with nullcontext() if request.module.__name__.endswith(OF_THE_SOFTWARE) else own_services():
        yield


@pytest.fixture(scope="module", autouse=True)
def same_text_composed_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have each text parsed once for all tests, whichever tree it stands in."""
    with pytest.MonkeyPatch.context() as patched:
        if not request.module.__name__.endswith(WITHOUT_MEMORY):
            patched.setattr(reader, "compose", composed_once)
        yield
