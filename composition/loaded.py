"""Policies of a folder with the calendar of the country, as the service itself has them."""

from pathlib import Path

from gateways.working_calendar import ChineseWorkingCalendar
from policies.decide import Policies
from policies.tree import load_tree


def load_policies(folder: Path, region: str | None = None) -> Policies:
    """Load the policies of a folder, ready to decide.

    Args:
        region: code of one that must be there, if any.

    Raises:
        PolicyFaults: the files have faults.
        NotFound: there is no such region.
    """
    tree = load_tree(folder)
    policies = Policies(tree, calendar=ChineseWorkingCalendar(tree.days.holidays, tree.days.workdays))
    if region is not None:
        policies.region(region)
    return policies
