"""Whether somebody is told is said by the regions, but for what nobody may be kept from knowing."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateways.working_calendar import ChineseWorkingCalendar
from policies.engine.decide import Policies
from policies.source.faults import PolicyFaults
from policies.tree.tree import load_tree
from resolvers.changing.service_request import ServiceRequest
from resolvers.services.delegate import Delegate, grant_delegation
from tests.resolvers.world import CHENGDU, REGIONS, World, clerk, settle

pytestmark = pytest.mark.anyio

SILENT = "  {setting}:\n    replaces: true\n    values:\n      - {{value: false, from: 2020-01-01}}\n"


def _with(folder: Path, *settings: str) -> Policies:
    """Return the policies of the real regions, where Sichuan has switched something off."""
    regions = shutil.copytree(REGIONS, folder / "regions")
    file = regions / "china" / "sichuan" / "settings.yaml"
    said = "".join(SILENT.format(setting=setting) for setting in settings)
    file.write_text(file.read_text(encoding="utf-8") + said, encoding="utf-8")
    tree = load_tree(regions)
    return Policies(tree, calendar=ChineseWorkingCalendar(tree.days.holidays, tree.days.workdays))


async def test_a_region_that_tells_nobody_of_delegations_tells_nobody(country: World, tmp_path: Path) -> None:
    silent = _with(tmp_path, "notify_of_delegations")
    told = []
    for dependencies in (country.dependencies, replace(country.dependencies, policies=lambda: silent)):
        person, other = await settle(country.store), (await settle(country.store)).holder
        asked = ServiceRequest(
            "delegate",
            region=CHENGDU,
            holder_id=person.id,
            declarations={"declared.delegation_reason": "long_away"},
            sighted=("identity_card_front", "identity_card_back"),
        )
        named = Delegate(other.name, other.identity_type, other.identity_number)
        await grant_delegation(dependencies, clerk(CHENGDU), asked, named, ("activate",), date(2026, 12, 20))
        async with country.store.reading() as work:
            told.append(len(await work.notices.of_holder(person.id, 9)))
    assert told == [1, 0]


def test_no_region_switches_off_what_tells_of_guardians_and_of_a_number_that_was_changed(tmp_path: Path) -> None:
    with pytest.raises(PolicyFaults) as caught:
        _with(tmp_path, "notify_of_guardianships", "notify_of_changed_number")
    said = "\n".join(map(str, caught.value.faults))
    assert said.count("children_may: nothing") == 2, said
