"""Reading a tree as far as it is about one region: that region is the same, and of the others nothing is read but names."""

import shutil
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.region import lies_within
from policies.source.faults import PolicyFaults
from policies.tree.contents import Contents
from policies.tree.tree import PolicyTree, load_tree
from tests.policies.support.region_trees import trees, write_tree
from tests.policies.support.regions import REGIONS


def assert_same_where_wanted(whole: PolicyTree, part: PolicyTree, code: str) -> None:
    assert part.days == whole.days
    assert list(part.regions) == list(whole.regions)
    for other, found in part.regions.items():
        expected = whole.regions[other]
        assert (found.region, found.place) == (expected.region, expected.place)
        if lies_within(code, other) or lies_within(other, code):
            assert found == expected
        else:
            assert (found.services, found.shared_settings) == ({}, {})


@pytest.mark.parametrize("code", [*load_tree(REGIONS).regions, "999999"])
def test_the_real_regions(code: str) -> None:
    assert_same_where_wanted(load_tree(REGIONS), load_tree(REGIONS, about=code), code)


@trees(4, 40)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_random_regions(tmp_path_factory: pytest.TempPathFactory, seed: int, chosen: int) -> None:
    folder = tmp_path_factory.mktemp("about") / "regions"
    write_tree(Random(seed), folder)
    whole = load_tree(folder)
    code = sorted(whole.regions)[chosen % len(whole.regions)]
    assert_same_where_wanted(whole, load_tree(folder, about=code), code)


def test_no_other_citys_rules_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    take = Contents.take

    def noted(contents: Contents, path: str) -> bytes | None:
        opened.append(path)
        return take(contents, path)

    monkeypatch.setattr(Contents, "take", noted)
    load_tree(REGIONS, about="510100")
    files = {Path(path).relative_to(REGIONS).as_posix() for path in opened}
    assert "china/sichuan/chengdu/apply.yaml" in files
    elsewhere = [file for file in files if file.startswith(("china/shandong/", "china/sichuan/mianyang/"))]
    assert elsewhere
    assert {Path(file).name for file in elsewhere} == {"region.yaml"}


def test_a_fault_of_another_city_keeps_nobody_from_looking(tmp_path: Path) -> None:
    folder = shutil.copytree(REGIONS, tmp_path / "regions")
    (folder / "china/shandong/jinan/settings.yaml").write_text("nonsense: true\n")
    assert "510100" in load_tree(folder, about="510100").regions
    for code in ("370100", "370000", "000000"):
        with pytest.raises(PolicyFaults):
            load_tree(folder, about=code)
