"""The examples of the officers' guide, run as they stand: each shown line comes out, in its order."""

import re
import shlex
from pathlib import Path

import pytest

import main

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs").glob("policy-guide.*.md"))
LEFT_OUT = "…"
EXAMPLES = [
    pytest.param(example, id=f"{guide.name}-{number}")
    for guide in GUIDES
    for number, example in enumerate(re.findall(r"```console\n\$ (.*?)```", guide.read_text("utf-8"), re.DOTALL), 1)
]


def shown(example: str) -> tuple[list[str], list[str]]:
    """Return the arguments of an example and the lines that must come out."""
    command, _, output = example.partition("\n")
    python, script, *arguments = shlex.split(command)
    assert (python, script) == ("python", "main.py")
    return arguments, [line for line in output.splitlines() if line != LEFT_OUT]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_comes_out_as_it_is_shown(example: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, lines = shown(example)
    assert main.run(arguments, {"REGIONS_FOLDER": str(ROOT / "regions")}) == 0
    said = iter(capsys.readouterr().out.splitlines())
    for line in lines:
        pattern = re.compile(".*".join(map(re.escape, line.split(LEFT_OUT))))
        assert any(pattern.fullmatch(found) for found in said), f"{line!r} does not come out where it is shown"


def test_both_guides_show_the_same_examples() -> None:
    assert [guide.name for guide in GUIDES] == ["policy-guide.en.md", "policy-guide.zh.md"]
    commands = [
        re.findall(r"^\$ (.*)$", guide.read_text("utf-8").replace("--lang en ", "").replace(" --lang en", ""), re.M)
        for guide in GUIDES
    ]
    assert len(commands[0]) >= 4
    assert commands[0] == commands[1]


def test_the_guides_link_to_what_is_there() -> None:
    for guide in GUIDES:
        for link in re.findall(r"\]\(([^)]+)\)", guide.read_text("utf-8")):
            assert (guide.parent / link).is_file()
