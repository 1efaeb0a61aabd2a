"""Bringing files into form: every comment stays, nothing that is loaded changes, and a second time changes nothing."""

import re
import shutil
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import DecisionFault
from policies.cases.case_files import load_cases
from policies.edit import format_files
from policies.edit.format_files import format_tree
from policies.edit.formatting import FormatRefused
from policies.edit.schemas import kind_of
from policies.engine.decide import Policies
from policies.tree.tree import load_tree
from tests.policies.support.formatted import format_text, remember_what_is_formatted
from tests.policies.support.golden import files_of, write
from tests.policies.support.region_trees import write_tree
from tests.policies.support.regions import REGIONS, real_policies

DAYS = (date(2016, 1, 1), date(2021, 12, 1), date(2026, 3, 2), date(2031, 1, 1))
FILES = sorted(path.relative_to(REGIONS).as_posix() for path in REGIONS.rglob("*.yaml"))
GUANGDONG = Path(__file__).parents[1] / "guangdong"
SETTINGS = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(autouse=True)
def formatted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    remember_what_is_formatted(monkeypatch)


def digests(policies: Policies) -> dict[tuple[str, str, date], str]:
    """Return the digest of what holds for every service in every region on several days."""
    found = {}
    for code, place in policies.tree.regions.items():
        for service in place.services:
            for day in DAYS:
                try:
                    effective = policies.effective(service, code, day)
                    found[code, service, day] = effective.digest if effective else "nothing"
                except DecisionFault as fault:
                    found[code, service, day] = fault.code
    return found


def untidy(text: str, random: Random) -> tuple[str, list[str]]:
    """Return a text with comments, blanks and quotes put in at random, which mean nothing, and the comments."""
    lines: list[str] = []
    comments: list[str] = []
    for line in text.split("\n"):
        key = re.match(r"( *)[\w.]+:( |$)", line)
        if key and lines and random.random() < 0.3:
            comments.append(f"# comment {len(comments)}")
            lines.append(f"{key[1]}{comments[-1]}")
        if key and line.endswith(":") and random.random() < 0.3:
            comments.append(f"# comment {len(comments)}")
            line = f"{line}   {comments[-1]}"
        if "'" not in line and "\\" not in line and random.random() < 0.3:
            line = line.replace('"', "'")
        if random.random() < 0.3:
            line = re.sub(r"\{(?=\w+: )", "{  ", line) if '"' not in line and "'" not in line else line
        lines.append(line + " " * random.choice([0, 0, 2]) if line and "#" not in line else line)
    return "\n".join(lines), comments


@pytest.mark.parametrize("file", FILES)
def test_the_files_of_the_regions_are_in_form(file: str) -> None:
    text = (REGIONS / file).read_text()
    assert format_text(text, kind_of(file)) == text, "run `python main.py policy format`"


@given(st.sampled_from(FILES), st.integers(0, 10_000))
@SETTINGS
def test_an_untidy_file_is_tidied_and_keeps_its_comments(file: str, seed: int) -> None:
    text = (REGIONS / file).read_text()
    spoilt, comments = untidy(text, Random(seed))
    formed = format_text(spoilt, kind_of(file))
    assert format_text(formed, kind_of(file)) == formed
    assert re.findall(r"# comment \d+", formed) == comments
    bare = "\n".join(re.sub(r" *# comment \d+$", "\0", line) for line in formed.split("\n"))
    assert re.sub("^\0\n|\0", "", bare, flags=re.MULTILINE) == text


def test_untidy_regions_decide_the_same_once_in_form(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(REGIONS, tmp_path / "regions"))
    for number, file in enumerate(FILES):
        (folder / file).write_text(untidy((REGIONS / file).read_text(), Random(number))[0])
    done = format_tree(folder, write=True)
    assert len(done.changed) > 100
    assert done.refused == ()
    tree = load_tree(folder)
    assert digests(Policies(tree)) == digests(real_policies())
    assert len(load_cases(tree)) == len(load_cases(real_policies().tree))
    assert format_tree(folder, write=True).changed == ()
    assert not list(folder.rglob(".*.new"))


@given(st.integers(0, 10_000))
@settings(SETTINGS, max_examples=4)
def test_random_trees_decide_the_same_once_in_form(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("regions")
    write_tree(Random(seed), folder)
    before = digests(Policies(load_tree(folder)))
    done = format_tree(folder, write=True)
    assert done.refused == ()
    assert digests(Policies(load_tree(folder))) == before
    assert format_tree(folder, write=True).changed == ()


def test_another_tree_decides_the_same_once_in_form(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(GUANGDONG, tmp_path / "regions"))
    assert format_tree(folder, write=True).refused == ()
    assert digests(Policies(load_tree(folder))) == digests(Policies(load_tree(GUANGDONG)))


UNTIDY = """\
# head

rules: # of the service
  # what follows is about b
  b:
    message: {en: "Two words", zh: '二'}
    # why it denies
    deny: true
    when: { holder.age: {is: 3} }   # three

  a:
    source: {note: "it's", document: guide}
    require:
    - document: photo
    - one_of: [{document: photo}, {document: student_card}]
    message: {zh: 一, en: "10"}
    # at the end of a
# before the title
title: {en: Apply, zh: 申领}
source: guide
"""
TIDY = """\
# head

# before the title
title: {zh: 申领, en: Apply}
source: guide
rules: # of the service
  # what follows is about b
  b:
    when: {holder.age: {is: 3}}     # three
    # why it denies
    deny: true
    message: {zh: 二, en: Two words}

  a:
    require:
      - document: photo
      - one_of: [{document: photo}, {document: student_card}]
    message: {zh: 一, en: "10"}
    source: {document: guide, note: "it's"}
    # at the end of a
"""


def test_keys_are_put_in_order_with_the_comments_above_them() -> None:
    assert format_text(UNTIDY, "service") == TIDY
    assert format_text(TIDY, "service") == TIDY


def test_what_an_officer_orders_stays_in_order() -> None:
    text = "rules:\n  z: {archive: [photo]}\n  a: {archive: [photo], when: {b.c: {is: 1}, a.b: {is: 1}}}\n"
    formed = format_text(text, "service")
    assert formed == "rules:\n  z: {archive: [photo]}\n  a: {when: {b.c: {is: 1}, a.b: {is: 1}}, archive: [photo]}\n"


@pytest.mark.parametrize(
    "word",
    ['"510100"', '"NO"', '"17:00"', '"2026-03-01"', '"a: b"', '"a #b"', '"- a"', '"[a"', '"null"', '" a"', '"1e3"'],
)
def test_quotes_that_mean_something_stay(word: str) -> None:
    assert format_text(f"a: {word}\n", "facts") == f"a: {word}\n"
    assert format_text(f"a: {word.replace(chr(34), chr(39))}\n", "facts") == f"a: {word}\n"


def test_a_file_with_faults_stays_as_it_is(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {**files_of("base"), "china/north/apply.yaml": "rules:   {odd: {}}\n", "china/north/status.yaml": "a: [\n"},
    )
    done = format_tree(folder, write=True)
    assert tuple((file, reason.en) for file, reason in done.refused) == (
        ("china/north/apply.yaml", "it has faults, which `policy check` lists"),
        ("china/north/status.yaml", "it has faults, which `policy check` lists"),
    )
    assert (folder / "china/north/apply.yaml").read_text() == "rules:   {odd: {}}\n"


def test_the_first_line_names_the_schema_where_there_are_schemas(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(REGIONS, tmp_path / "regions"))
    lost, moved = folder / "china/pay.yaml", folder / "china/sichuan/apply.yaml"
    texts = lost.read_text(), moved.read_text()
    lost.write_text(texts[0].partition("\n")[2])
    moved.write_text(f"# yaml-language-server: $schema=../.schema/service.json\n{texts[1].partition(chr(10))[2]}")
    assert format_tree(folder, write=True).changed == ("china/pay.yaml", "china/sichuan/apply.yaml")
    assert (lost.read_text(), moved.read_text()) == texts
    shutil.rmtree(folder / ".schema")
    lost.write_text(texts[0].partition("\n")[2])
    assert format_tree(folder, write=True).changed == ()


def test_text_that_is_no_yaml_is_refused() -> None:
    with pytest.raises(FormatRefused, match="line 2"):
        format_text("a: [\n", "service")


@pytest.mark.parametrize("write", [False, True])
def test_several_processes_format_as_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: bool) -> None:
    done = []
    for at_once in (1, 3):
        folder = tmp_path / f"{at_once}/regions"
        shutil.copytree(REGIONS, folder)
        settings = folder / "china/settings.yaml"
        settings.write_text(
            settings.read_text(encoding="utf-8").replace("label: {zh:", "label:   {zh:"), encoding="utf-8"
        )
        (folder / "china/sichuan/chengdu/apply.yaml").write_text("rules: 3\n", encoding="utf-8")
        with monkeypatch.context() as patched:
            patched.setattr(format_files, "processors", lambda at_once=at_once: at_once)
            formatted = format_tree(folder, write=write)
        texts = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.yaml")}
        done.append((formatted, texts))
    assert done[0] == done[1]
    formatted, texts = done[0]
    assert formatted.changed == ("china/settings.yaml",)
    assert "china/sichuan/chengdu/apply.yaml" in {file for file, _ in formatted.refused}
    assert (b"label:   {zh:" in texts["china/settings.yaml"]) is not write
