"""Settings whose values pass: found anew only where policies are new, and just as if all were looked through."""

from datetime import date
from pathlib import Path

import pytest

from policies.language.service import Setting
from policies.tree import passing
from policies.tree.passing import PassingSettings
from policies.tree.tree import PolicyTree, load_tree
from tests.policies.support.golden import files_of, write

TODAY = date(2026, 5, 1)
PROVINCE, CITY = "china/north/settings.yaml", "china/north/first/settings.yaml"
TEXT = "source: guide\nsettings:\n  limit: {{type: integer, label: {{zh: 限, en: limit}}, values: [{}]}}\n"
OWN = "source: guide\nsettings: {{limit: {{replaces: true, values: [{}]}}}}\n"
STAYS, ENDS = "{value: 1, from: 2021-01-01}", "{value: 1, from: 2021-01-01, until: 2026-06-01}"
BEGINS, UNPUBLISHED = "{value: 1, from: 2026-06-01}", "{value: 1, from: 2021-01-01, published: 2026-06-01}"
SECOND = {"china/north/second/region.yaml": 'code: "110200"\nlevel: city\nname: {zh: 二市, en: Second}\n'}


def found(settings: PassingSettings, tree: PolicyTree, on: date = TODAY) -> list[tuple[str, str]]:
    """Return the regions and names of the settings that pass."""
    return [(place.region.code, setting.name) for place, setting in settings.of(tree.regions, on)]


@pytest.mark.parametrize("value", [ENDS, BEGINS, UNPUBLISHED])
def test_each_region_passes_that_has_or_inherits_it(value: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "regions", {**files_of("base"), **SECOND, PROVINCE: TEXT.format(value)})
    tree = load_tree(folder)
    assert {code for code, name in found(PassingSettings(), tree) if name == "limit"} >= {"110100", "110200"}
    write(folder, {CITY: OWN.format(STAYS)})
    cities = {code for code, name in found(PassingSettings(), load_tree(folder)) if name == "limit"}
    assert "110200" in cities
    assert "110100" not in cities


def test_what_is_remembered_is_what_would_be_found_anew(tmp_path: Path) -> None:
    folder = write(tmp_path / "regions", {**files_of("base"), **SECOND, PROVINCE: TEXT.format(STAYS)})
    kept, tree = PassingSettings(), load_tree(folder)
    assert found(kept, tree) == []
    for file, text in (
        (PROVINCE, TEXT.format(ENDS)),
        (CITY, OWN.format(STAYS)),
        (PROVINCE, TEXT.format(STAYS)),
        (CITY, OWN.format(ENDS)),
        (PROVINCE, TEXT.format(BEGINS)),
        (CITY, OWN.format(STAYS)),
    ):
        write(folder, {file: text})
        tree = load_tree(folder, tree)
        assert found(kept, tree) == found(PassingSettings(), tree)
    later = date(2026, 6, 1)
    assert found(kept, tree) != []
    assert found(kept, tree, later) == found(PassingSettings(), tree, later) == []


def test_only_what_is_new_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    stays = passing._stays

    def counted(setting: Setting, on: date) -> bool:
        looked.append(setting.name)
        return stays(setting, on)

    monkeypatch.setattr(passing, "_stays", counted)
    folder = write(tmp_path / "regions", {**files_of("base"), **SECOND, PROVINCE: TEXT.format(STAYS)})
    kept, tree = PassingSettings(), load_tree(folder)
    found(kept, tree)
    assert "limit" in looked
    looked.clear()
    write(folder, {CITY: OWN.format(STAYS)})
    tree = load_tree(folder, tree)
    found(kept, tree)
    assert looked.count("limit") == 1
    looked.clear()
    found(kept, tree)
    assert looked == []
