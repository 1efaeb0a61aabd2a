"""Policies of a folder with the calendar of the country, as the service itself has them."""

from pathlib import Path

from gateways.working_calendar import ChineseWorkingCalendar
from policies.engine.decide import Policies
from policies.tree.tree import load_tree


def load_policies(folder: Path, about: str | None = None) -> Policies:
    """Load the policies of a folder, ready to decide.

    Args:
        about: the code of the region that alone is looked at, with all below it; None for all regions.

    Raises:
        PolicyFaults: the files have faults.
    """
    tree = load_tree(folder, about=about)
    return Policies(tree, calendar=ChineseWorkingCalendar(tree.days.holidays, tree.days.workdays))


def load_region(folder: Path, code: str | None) -> Policies:
    """Load the policies of a folder, as far as they are about a region that must be there; all if None.

    Raises:
        PolicyFaults: the files have faults.
        NotFound: there is no such region.
    """
    policies = load_policies(folder, code)
    if code is not None:
        policies.region(code)
    return policies
