"""The help of the command line, and what is said of a wrong argument, in Chinese and English."""

import re

import pytest

import main
from composition.commands.commands import COMMANDS
from tests.chinese_style import slips

ENGLISH = re.compile(r"\b(the|and|of|if|is|or|left out|usage|error|options|positional|argument|required)\b")
WRITTEN = {"apply", "holder", "age", "nation", "province", "city", "none", "git", "demo", "png", "svg", "zh", "en"}
"""What is typed as it stands, beside options and names in capitals."""


def said(given: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main.run(given, {})
    captured = capsys.readouterr()
    return captured.out + captured.err


@pytest.mark.parametrize("command", ["", "policy", *COMMANDS])
def test_help_is_chinese_and_english_only_where_it_is_asked_for(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    chinese = said([*command.split(), "--help"], capsys)
    assert ENGLISH.findall(chinese) == [], chinese
    assert chinese.startswith("用法：main.py")
    told = [line.strip() for line in chinese.partition("\n\n")[2].splitlines() if re.search("[一-鿿]", line)]
    for line in told:
        text = re.split(r" {2,}", line)[-1] if re.match(r"[-a-z]", line) else line
        found = [
            slip
            for slip in slips(
                re.sub(r"--?\w[\w-]*|\.\w+|[A-Z]{3,}\S*|\b[a-z_]+(\.[a-z]+)*=\S+|[\w/]+/\w+", "0", text),
                WRITTEN | {"JSON", "GraphQL"},
            )
            if "no Chinese" in slip
        ]
        assert found == [], line
    if command.startswith("policy ") and command not in ("policy schema", "policy format", "policy new"):
        english = said([*command.split(), "--lang", "en", "--help"], capsys)
        assert english.startswith("usage: main.py")
        assert not re.search("[一-鿿]", english)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            ["policy", "show", "510100", "apply", "--on", "2026/12/01"],
            "参数 --on：日期 '2026/12/01' 的写法不对，请写 2026-12-01",
        ),
        (["policy", "show", "510100", "apply", "--on", "soon"], "请写 2026-12-01"),
        (["policy", "show", "510100", "apply", "--on", "2026-13-01", "--lang=en"], "is no date; write 2026-12-01"),
        (["policy", "show", "510100"], "缺少参数：service"),
        (["policy", "show", "510100", "apply", "--no"], "没有这样的参数：--no"),
        (["policy", "shew"], "没有 'shew' 这一项，可选：'check'"),
        (["policy", "explain", "510100", "apply", "--fact", "16"], "'16' 的写法不对，请写 名称=值"),
        (["policy", "show", "510100", "--lang", "en"], "the following arguments are required: service"),
    ],
)
def test_what_is_wrong_with_an_argument_is_said_in_the_language(
    given: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in said(given, capsys)
