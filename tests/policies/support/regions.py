"""The real policies, loaded once for the tests that ask them."""

from functools import cache
from pathlib import Path

from gateways.working_calendar import ChineseWorkingCalendar
from policies.engine.decide import Policies
from policies.tree.tree import load_tree

REGIONS = Path(__file__).parents[3] / "regions"


@cache
def real_policies() -> Policies:
    """Return the policies of `regions/`, ready to decide."""
    tree = load_tree(REGIONS)
    return Policies(tree, calendar=ChineseWorkingCalendar(tree.days.holidays, tree.days.workdays))
