"""Services and records of trees that only tests have: small ones, random ones, and a province that nobody serves yet."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pytest

from domain import facts, outcomes, services
from domain.services import About, Choice, Service

OWN_RECORDS = ("s", "o", "employer")
NOBODY_PROVIDES = "shoe."
"""How the facts begin that not even tests provide."""
_MORE: Mapping[str, tuple[str, ...]] = {
    "apply": ("card", "s", "o", "employer"),
    "activate": ("s", "o", "choice", "password"),
    "cancel_loss": ("choice",),
    "report_loss": ("choice",),
    "renew": ("choice",),
    "change_bank": ("choice", "declared"),
    "collect": ("choice", "delivery"),
    "apply_newborn": ("declared",),
    "apply_electronic": ("choice",),
    "prove_entitlement": (),
    "submit_photo": (),
    "sign_bank": ("choice", "employer"),
}
"""What services bring besides, by service."""


class _Anything(frozenset[str]):
    """The facts that these trees provide: all but some."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and not name.startswith(NOBODY_PROVIDES)


def _services() -> dict[str, Service]:
    found = dict(services.SERVICES)
    for name, more in _MORE.items():
        known = found.get(name, Service(About.CARD))
        # Whoever chooses something there chooses anything.
        takes = frozenset(Choice) if services.CHOICE in more else known.takes
        found[name] = replace(known, brings=known.brings.union(more), takes=takes)
    return found


@contextmanager
def own_services() -> Iterator[None]:
    """Let the software have the services, records and facts of the trees of tests, beside its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "RECORDS", (*services.RECORDS, *OWN_RECORDS))
        patch.setattr(services, "SERVICES", _services())
        patch.setattr(facts, "PROVIDED", _Anything())
        # Trees of tests state any outcome, and states of their own, in these.
        own_states = {*_MORE, "reissue", "cancel", "transfer_in"}
        carried_out = {name: known for name, known in outcomes.CARRIED_OUT.items() if name not in own_states}
        patch.setattr(outcomes, "CARRIED_OUT", carried_out)
        yield
