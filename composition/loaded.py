"""Policies of a folder with the calendar of the country, as the service itself has them."""

from pathlib import Path

from gateways.working_calendar import ChineseWorkingCalendar
from policies.decide import Policies
from policies.tree import load_tree


def load_policies(folder: Path) -> Policies:
    """Load the policies of a folder, ready to decide.

    Raises:
        PolicyFaults: the files have faults.
    """
    tree = load_tree(folder)
    return Policies(tree, calendar=ChineseWorkingCalendar(tree.days.holidays, tree.days.workdays))
