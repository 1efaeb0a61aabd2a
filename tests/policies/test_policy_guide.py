"""The examples of the officers' guides, carried out as they stand, one after another in one copy of `regions/`."""

import json
import re
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

import httpx
import pytest

import main
from composition.commands import arguments
from demo.running import running_service
from policies.edit import format_files
from tests.patience import PATIENCE
from tests.policies.support.formatted import remember_what_is_formatted
from tests.policies.support.guide_examples import GUIDES, LEFT_OUT, ROOT, Command, Edit, Example, Query, examples

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
"""The day on which the guides are read; what ends soon and what is due hangs on it."""


class _ReadingDay:
    def now(self) -> datetime:
        return NOW


class Reader:
    """Somebody who follows a guide in a copy of the policies."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch
        self.capsys = capsys
        shutil.copytree(ROOT / "regions", folder / "regions")
        monkeypatch.setenv("REGIONS_FOLDER", str(folder / "regions"))
        monkeypatch.setattr(arguments, "SystemClock", _ReadingDay)
        # Other processes would remember for themselves alone.
        monkeypatch.setattr(format_files, "processors", lambda: 1)
        remember_what_is_formatted(monkeypatch)

    def follow(self, example: Example) -> None:
        if isinstance(example, Edit):
            example.carry_out(self.folder)
        elif isinstance(example, Command):
            self._run(example)
        else:
            self._ask(example)

    def _run(self, command: Command) -> None:
        self.monkeypatch.setattr(sys, "argv", ["main.py", *command.arguments])
        self.capsys.readouterr()
        code = main.main()
        said = self.capsys.readouterr()
        output = said.out + said.err
        assert (code != 0) is command.fails, f"{command.place}: {command.text} returns {code}\n{output}"
        missing = command.missing_from(output)
        assert missing is None, (
            f"{command.place}: {command.text}\nwhere shown, {missing!r} does not come out of\n{output}"
        )

    def _ask(self, query: Query) -> None:
        with running_service(self.folder) as running:
            # The guides say of the query `policies` that it is for officers, and of the others that they need no token.
            token = {"Authorization": f"Bearer {running.token('policy_officer')}"} if "policies" in query.text else {}
            with httpx.Client(headers=token, timeout=PATIENCE, trust_env=False) as http:
                asked = http.post(f"{running.url}/graphql", json={"query": query.text})
        assert _comes_out(json.loads(query.answer), asked.json()), f"{query.place}: {asked.text}"


def _comes_out(shown: Any, found: Any) -> bool:
    """Say whether an answer is what is shown, whose `…` stands for anything."""
    if isinstance(shown, Mapping):
        return isinstance(found, Mapping) and all(_comes_out(shown[key], found.get(key)) for key in shown)
    if isinstance(shown, list):
        listed = isinstance(found, list) and len(shown) == len(found)
        return listed and all(_comes_out(*pair) for pair in zip(shown, found, strict=True))
    return shown in (LEFT_OUT, found)


@pytest.mark.parametrize("language", sorted(GUIDES))
def test_whoever_follows_the_guide_sees_what_it_shows(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = Reader(tmp_path, monkeypatch, capsys)
    for example in examples(GUIDES[language]):
        reader.follow(example)


def told_apart(example: Example) -> tuple[str, ...]:
    """Return what must be the same of an example in both guides: all but the language, names of cases and notes."""
    if isinstance(example, Command):
        return ("command", example.text.replace(" --lang en", ""))
    if isinstance(example, Query):
        return ("query", example.text)
    text = re.sub(r"^( *- name: ).*$", r"\1", re.sub(r"note: [^,}\n]*", "note", example.text), flags=re.MULTILINE)
    return ("edit", example.file, example.how, example.line, text)


def test_both_guides_show_the_same_examples() -> None:
    english, chinese = ([(told_apart(found), found.place) for found in examples(guide)] for guide in GUIDES.values())
    for one, other in zip_longest(english, chinese, fillvalue=(("nothing",), "the end")):
        assert one[0] == other[0], f"{one[1]} is not {other[1]}"
    kinds = [kind for (kind, *_), _ in english]
    assert min(kinds.count("command"), kinds.count("edit")) >= 10
    assert "query" in kinds


def test_the_guides_show_every_command_of_the_officers() -> None:
    shown = {found.arguments[1] for found in examples(GUIDES["en"]) if isinstance(found, Command)}
    assert {"new", "check", "format", "schema", "test", "show", "explain", "calendar"} <= shown


@pytest.mark.parametrize("language", sorted(GUIDES))
def test_the_guides_say_what_to_do_of_every_warning_and_link_to_what_is_there(language: str) -> None:
    text = GUIDES[language].read_text("utf-8")
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text)} - {""}
    assert [link for link in links if not (ROOT / "docs" / link).is_file()] == []
    headings = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings
    section = (ROOT / "docs/errors/README.md").read_text("utf-8").split("## Warnings")[1].split("## ")[0]
    warnings = re.findall(r"\((\w+\.md)\)", section)
    assert len(warnings) >= 8
    assert {f"errors/{page}" for page in warnings} <= links


@pytest.mark.parametrize(
    ("output", "missing"),
    [
        ("one\ntwo\nthree", None),
        ("one\nthree", None),
        ("zero\none\nthree", "one"),
        ("one\ntwo", "three"),
        ("one\nthree\nfour", "four"),
    ],
)
def test_an_example_that_does_not_come_out_is_noticed(output: str, missing: str | None) -> None:
    assert Command("here", "", ("one", LEFT_OUT, "three")).missing_from(output) == missing


def test_what_a_reader_changes_must_stand_there_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("x:\n  y: 1\n  z: 1\n", "utf-8")
    Edit("here", "a.yaml", "replace", "y: 1", "  y: 2\n").carry_out(tmp_path)
    Edit("here", "a.yaml", "after", "y: 2", "  v: 3\n").carry_out(tmp_path)
    Edit("here", "a.yaml", "append", "", "w: 4\n").carry_out(tmp_path)
    assert (tmp_path / "a.yaml").read_text("utf-8") == "x:\n  y: 2\n  v: 3\n  z: 1\nw: 4\n"
    with pytest.raises(AssertionError, match="stands 0 times"):
        Edit("here", "a.yaml", "replace", "y: 1", "").carry_out(tmp_path)
