"""What trees have that only tests have: small ones and random ones, which try the language and have no service behind them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from domain import facts, outcomes, services
from domain.services import Choice
from tests.policies.support.random_words import SERVICES

OWN_RECORDS = ("s", "o")
NOBODY_PROVIDES = "shoe."
"""How the facts begin that not even tests provide."""
_BROUGHT = frozenset({*OWN_RECORDS, services.CHOICE, "card", "password"})


class _Anything(frozenset[str]):
    """The facts that these trees provide: all but some."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and not name.startswith(NOBODY_PROVIDES)


@contextmanager
def own_services() -> Iterator[None]:
    """Let the services of random trees read, choose and state anything; all other services are as the software has them."""
    known = services.SERVICES
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "RECORDS", (*services.RECORDS, *OWN_RECORDS))
        own = {name: replace(known[name], brings=known[name].brings | _BROUGHT) for name in SERVICES}
        # The routes of random trees are over banks and outlets.
        own["activate"] = replace(own["activate"], takes=frozenset(Choice))
        patch.setattr(services, "SERVICES", {**known, **own})
        patch.setattr(facts, "PROVIDED", _Anything())
        left = {name: states for name, states in outcomes.CARRIED_OUT.items() if name not in SERVICES}
        patch.setattr(outcomes, "CARRIED_OUT", left)
        yield
