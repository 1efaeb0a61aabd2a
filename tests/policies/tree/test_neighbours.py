"""Files that say what those of a folder beside them say: told of each folder with its own places, faults too."""

import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest

from policies.tree import neighbours
from policies.tree.tree import PolicyTree
from tests.policies.support.region_trees import write_tree
from tests.policies.support.regions import REGIONS
from tests.policies.tree.test_reading_again import Officer, loaded


def alone(folder: Path) -> PolicyTree | tuple[Any, ...]:
    """Load a folder, each region of it read as if there were no other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours.Neighbours, "like", lambda *_: None)
        return loaded(folder)


def assert_alike(folder: Path) -> bool:
    """Compare both ways to load a folder; say whether it had no faults."""
    found, expected = loaded(folder), alone(folder)
    if not isinstance(found, PolicyTree) or not isinstance(expected, PolicyTree):
        assert found == expected
        return False
    assert found.regions == expected.regions
    assert repr(found.regions) == repr(expected.regions)  # in every order too
    assert found.digest == expected.digest
    return True


def test_a_city_that_copies_shares_what_is_said_and_keeps_its_own_places(tmp_path: Path) -> None:
    folder = tmp_path / "regions"
    shutil.copytree(REGIONS, folder)
    copy = folder / "china/sichuan/zigong"
    shutil.copytree(folder / "china/sichuan/chengdu", copy)
    file = copy / "region.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("510100", "510300"), encoding="utf-8")
    assert assert_alike(folder)
    tree = loaded(folder)
    assert isinstance(tree, PolicyTree)
    services = {code: tree.regions[code].services for code in ("510100", "510300")}
    copied = 0
    for service, policy in services["510100"].items():
        for name, rule in policy.rules.items():
            other = services["510300"][service].rules[name]
            if rule.policy_file.level == "city":
                assert (other.condition, other.outcome, other.message) == (rule.condition, rule.outcome, rule.message)
                assert other.outcome is rule.outcome
                assert other.stated is rule.stated
                assert other.place.file == other.citation.file == f"china/sichuan/zigong/{Path(rule.place.file).name}"
                copied += 1
    assert copied


@pytest.mark.parametrize("seed", range(3))
def test_copied_and_edited_files_read_as_if_nobody_had_copied(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    before, folder = tmp_path / "before", tmp_path / "regions"
    write_tree(random, before)
    good = 0
    for _ in range(8):
        shutil.copytree(before, folder)
        _copy_beside(random, folder)
        for _ in range(random.randrange(3)):
            Officer(random, folder).edit()
        good += assert_alike(folder)
        shutil.rmtree(folder)
    assert good


def _copy_beside(random: Random, folder: Path) -> None:
    """Let a folder say what one beside it says, in most of its files."""
    regions = sorted(path.parent for path in folder.rglob("region.yaml"))
    target, source = random.choice([(o, r) for r in regions for o in regions if o.parent == r.parent and o != r])
    for file in target.glob("*.yaml"):
        if file.name != "region.yaml":
            file.unlink()
    for file in source.glob("*.yaml"):
        if file.name != "region.yaml" and random.random() < 0.9:
            shutil.copyfile(file, target / file.name)
