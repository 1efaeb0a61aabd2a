"""Starting a region: its files load and pass at once, everywhere, and what does not do is refused in plain words."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from domain.message import Message
from policies.cases.cases import run_cases
from policies.checks.checking import check
from policies.edit.starting import NewRegion, RegionRefused, start_region
from policies.engine.decide import Policies
from policies.source.faults import PolicyFaults
from policies.tree.tree import load_tree
from tests.policies.edit.test_schemas import mistakes, real_schemas
from tests.policies.support.golden import files_of, write
from tests.policies.support.regions import REGIONS

TODAY = date(2026, 11, 21)
HANGZHOU = NewRegion(
    "china/zhejiang/hangzhou", "330100", Message("杭州市", "Hangzhou"), parent=Message("浙江省", "Zhejiang")
)


@pytest.fixture
def regions(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REGIONS, tmp_path / "regions"))


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_city_and_its_province_are_accepted_at_once(regions: Path) -> None:
    before = files_in(regions)
    written = start_region(regions, HANGZHOU, TODAY)
    assert written == [
        "china/zhejiang/hangzhou/apply.tests.yaml",
        "china/zhejiang/hangzhou/apply.yaml",
        "china/zhejiang/hangzhou/region.yaml",
        "china/zhejiang/hangzhou/settings.yaml",
        "china/zhejiang/region.yaml",
    ]
    after = files_in(regions)
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == set(written)
    report = check(regions, TODAY)
    assert (report.faults, report.warnings) == ((), ())
    policies = Policies(load_tree(regions))
    province, city = policies.region("330000").region, policies.region("330100").region
    assert (province.level, province.name, city.level, city.name) == (
        "province", Message("浙江省", "Zhejiang"), "city", Message("杭州市", "Hangzhou"),
    )  # fmt: skip
    results = run_cases(policies, regions / HANGZHOU.path)
    assert [result.passed for result in results] == [True]
    assert results[0].case.expected["denials"] == {"cross_province_closed", "cross_province_bank"}


def test_the_files_fit_the_schemas_that_they_name(regions: Path) -> None:
    for file in start_region(regions, HANGZHOU, TODAY):
        text = (regions / file).read_text()
        named = (regions / file).parent / text.split("\n", 1)[0].rpartition("=")[2]
        assert mistakes(text, real_schemas()[named.stem]) == []
        assert named.resolve().is_file()


def test_the_examples_in_the_comments_load_when_they_are_used(regions: Path) -> None:
    start_region(regions, HANGZHOU, TODAY)
    settings = regions / HANGZHOU.path / "settings.yaml"
    text = (
        settings.read_text()
        .replace("settings: {}", "")
        .replace("#   name_of_the_setting:", "settings:\n  acts_alone_from_age:")
    )
    settings.write_text(text.replace("#     replaces", "    replaces").replace("#     values", "    values"))
    service = regions / HANGZHOU.path / "apply.yaml"
    lines = service.read_text().replace("rules: {}", "").split("#   name_of_the_rule:")
    service.write_text(f"{lines[0]}rules:\n  name_of_the_rule:{lines[1].replace('#     ', '    ')}")
    tree = load_tree(regions)
    assert "name_of_the_rule" in tree.regions["330100"].services["apply"].rules
    assert tree.regions["330100"].shared_settings["acts_alone_from_age"].place.file.endswith("hangzhou/settings.yaml")


def test_a_region_begins_with_the_service_that_is_asked_for(regions: Path) -> None:
    written = start_region(regions, replace(HANGZHOU, service="transfer_in"), TODAY)
    assert "china/zhejiang/hangzhou/transfer_in.yaml" in written
    assert check(regions, TODAY).ok
    assert "title:" in (regions / HANGZHOU.path / "transfer_in.yaml").read_text()


@pytest.mark.parametrize(
    ("path", "code", "level"),
    [("china/hangzhou", "330100", "city"), ("china/sichuan/chengdu/jinjiang", "510104", "district"), ("china/zhejiang", "330000", "province")],
)  # fmt: skip
def test_any_level_can_be_started(regions: Path, path: str, code: str, level: str) -> None:
    start_region(regions, NewRegion(path, code, Message('“一” "二": {三}', "it's: # {x}")), TODAY)
    assert load_tree(regions).regions[code].region.level == level
    assert load_tree(regions).regions[code].region.name == Message('“一” "二": {三}', "it's: # {x}")


@pytest.mark.parametrize(
    ("path", "code", "above", "levels"),
    [
        ("china/zhejiang/yongkang", "330784", "330000", ("province", "district")),
        ("china/zhejiang/hangzhou", "330100", "330000", ("province", "city")),
        ("china/hubei/xiantao", "429004", "420000", ("province", "city")),
        ("china/hainan/wuzhishan", "469001", "460000", ("province", "city")),
        ("china/xinjiang/shihezi", "659001", "650000", ("province", "city")),
        ("china/beijing/chaoyang", "110105", "110000", ("province", "district")),
        ("china/chongqing/wanzhou", "500101", "500000", ("province", "district")),
        ("china/sichuan/aba/barkam", "513201", "513200", ("city", "district")),
    ],
)
def test_the_region_between_has_the_code_of_its_own_level(
    regions: Path, path: str, code: str, above: str, levels: tuple[str, str]
) -> None:
    start_region(regions, NewRegion(path, code, Message("下", "Below"), parent=Message("上", "Above")), TODAY)
    found = load_tree(regions).regions
    assert (found[above].region.level, found[code].region.level) == levels
    assert found[above].region.path == path.rpartition("/")[0]
    assert found[code].region.parent == above
    assert check(regions, TODAY).faults == ()


def test_a_nation_without_a_policy_gets_its_first(tmp_path: Path) -> None:
    base = {name: text for name, text in files_of("base").items() if name != "china/apply.yaml"}
    folder = write(tmp_path / "regions", base)
    start_region(folder, NewRegion("china/north/second", "110200", Message("二市", "Second")), TODAY)
    assert check(folder, TODAY).ok
    assert load_tree(folder).regions["110200"].services["apply"].title == Message("申领", "apply")


JIANGYOU = NewRegion("china/sichuan/jiangyou", "510781", Message("江油市", "Jiangyou"))
SECOND_SICHUAN = NewRegion("china/shu/barkam", "513201", Message("马尔康市", "Barkam"), parent=Message("蜀", "Shu"))
REFUSED: dict[str, tuple[NewRegion, str]] = {
    "a folder that is there": (NewRegion("china/sichuan/chengdu", "510100", Message("成", "C")), "is there already"),
    "a code that is taken": (NewRegion("china/sichuan/new", "510100", Message("成", "C")), "already the code of china/sichuan/chengdu"),
    "a code that is none": (replace(HANGZHOU, code="3301"), "write six digits"),
    "a code of letters": (replace(HANGZHOU, code="33o100"), "write six digits"),
    "a code of elsewhere": (NewRegion("china/sichuan/hangzhou", "330100", Message("杭", "H")), "does not lie in 510000"),
    "a province in a province": (NewRegion("china/sichuan/zhejiang", "330000", Message("浙", "Z")), "`province` does not fit here"),
    "a folder in capitals": (replace(HANGZHOU, path="china/zhejiang/Hangzhou"), "lower-case"),
    "a folder above the others": (replace(HANGZHOU, path="../hangzhou"), "is no folder for a region"),
    "a folder of the words": (replace(HANGZHOU, path="vocabulary/hangzhou"), "has no region.yaml"),
    "no nation": (replace(HANGZHOU, path="hangzhou"), "is no folder for a region"),
    "a province that nobody named": (replace(HANGZHOU, parent=None), "name it with --parent-name-zh"),
    "a province that is there": (NewRegion("china/sichuan/new", "510300", Message("一", "N"), parent=Message("四", "S")), "leave out the name"),
    "a place in a prefecture that has a folder": (JIANGYOU, "write the folder as china/sichuan/mianyang/jiangyou"),
    "a province whose code another folder has": (SECOND_SICHUAN, "510000 is already the code of china/sichuan"),
    "two levels that are missing": (replace(HANGZHOU, path="china/a/b/hangzhou"), "from the nation down"),
    "a service that is none": (replace(HANGZHOU, service="aply"), "is no service; there are: apply"),
    "an empty name": (replace(HANGZHOU, name=Message("杭州市", " ")), "the text is empty"),
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSED)
def test_what_does_not_do_is_refused_and_nothing_is_written(why: str, regions: Path) -> None:
    new, said = REFUSED[why]
    before = files_in(regions)
    with pytest.raises(RegionRefused) as caught:
        start_region(regions, new, TODAY)
    assert said in str(caught.value)
    assert files_in(regions) == before


def test_regions_with_faults_are_mended_first(regions: Path) -> None:
    (regions / "china/pay.yaml").write_text("nonsense: true\n")
    with pytest.raises(PolicyFaults):
        start_region(regions, HANGZHOU, TODAY)
    assert not (regions / "china/zhejiang").exists()
