"""A service has one name in a region: the title that its policy has there is what the region's words call it."""

import shutil
from pathlib import Path

from policies.tree.tree import PolicyTree, load_tree
from tests.policies.support.regions import REGIONS

ACTIVATE = Path("china/sichuan/activate.yaml")


def names(tree: PolicyTree) -> dict[tuple[str, str], tuple[str, str, str, str]]:
    """Return what every service is called in every region: by its policy and by the region's words."""
    return {
        (code, name): (policy.title.zh, policy.title.en, label.zh, label.en)
        for code, place in tree.regions.items()
        for name, policy in place.services.items()
        for label in (place.words.label("services", name),)
    }


def test_every_service_is_called_the_same_by_its_policy_and_by_the_words_of_its_region() -> None:
    found = names(load_tree(REGIONS))
    assert {place: called for place, called in found.items() if called[:2] != called[2:]} == {}
    assert {found[place, "activate"][2] for place in ("510000", "510100", "370200")} == {"激活社会保障卡"}
    assert {found[place, "activate"][2] for place in ("000000", "370100")} == {"启用社会保障卡"}
    assert found["370200", "report_temporary_loss"][2] == "口头挂失"


def test_a_title_that_comes_or_goes_is_followed_and_nothing_else_is_read_anew(tmp_path: Path) -> None:
    shutil.copytree(REGIONS, tmp_path / "regions")
    folder = tmp_path / "regions"
    first = load_tree(folder)
    same = load_tree(folder, first)
    assert all(same.regions[code].words is place.words for code, place in first.regions.items())
    text = (folder / ACTIVATE).read_text(encoding="utf-8")
    title = next(line for line in text.splitlines() if line.startswith("title:"))
    for changed, called in (
        (title.replace("激活社", "激活新社"), "激活新社会保障卡"),
        ("", "启用社会保障卡"),
        (title, "激活社会保障卡"),
    ):
        (folder / ACTIVATE).write_text(text.replace(title + "\n", changed and changed + "\n"), encoding="utf-8")
        same = load_tree(folder, same)
        assert {names(same)[place, "activate"][2] for place in ("510000", "510100", "510700")} == {called}
        assert names(same) == names(load_tree(folder))
        assert all(one[:2] == one[2:] for one in names(same).values())
