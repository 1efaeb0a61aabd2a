"""Policies of a folder with the calendar of the country, as the service itself has them."""

from pathlib import Path

from domain.errors import NotFound
from domain.message import Message
from gateways.working_calendar import ChineseWorkingCalendar
from policies.decide import Policies
from policies.diff import Wanted
from policies.tree import load_tree


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


def check_service(wanted: Wanted, *versions: Policies) -> None:
    """See to it that a service that is asked about is there, in a region that is asked about.

    Args:
        versions: of the policies, of which one must have it.

    Raises:
        NotFound: there is no such service; it says which there are.
    """
    if wanted.service is None:
        return
    places = [place for policies in versions for place in policies.tree.regions.values() if wanted.has_region(place)]
    there = {name for place in places for name in place.services}
    if wanted.service in there:
        return
    shown, listed = wanted.service[:80], ", ".join(sorted(there))
    if any(place.words.term("services", wanted.service) is not None for place in places):
        zh, en = f"没有服务事项“{shown}”的政策", f"There is no policy for {shown}"
    else:
        zh, en = f"没有服务事项“{shown}”", f"There is no service {shown}"
    if wanted.region is not None:
        zh, en = f"地区 {wanted.region} {zh}", f"{en} in the region {wanted.region}"
    raise NotFound(Message(f"{zh}；现有：{listed}。", f"{en}; there are: {listed}."))
