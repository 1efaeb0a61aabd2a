"""What all tests of policies share."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from tests.policies.support.own_services import own_services

OF_THE_SOFTWARE = ("test_language_page", "test_guangdong", "test_expressive")
"""Modules that show the services as the software has them."""


@pytest.fixture(scope="module", autouse=True)
def services_of_the_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the trees of tests have services and facts of their own."""
    with nullcontext() if request.module.__name__.endswith(OF_THE_SOFTWARE) else own_services():
        yield
