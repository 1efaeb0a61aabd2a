"""Every Chinese text in the code is written as people read it, and every refusal says what to do next."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.chinese_style import PROPER, other_names, says_what_to_do, slips, unfinished
from tests.policies.support import golden

ROOT = Path(__file__).parents[1]
PACKAGES = ("domain", "policies", "resolvers", "schema", "store", "gateways", "web", "composition")
HAN = re.compile("[一-鿿]")
NAMES = PROPER | {"YAML", "JSON", "UTF-8", "GBK", "KB", "HTTP", "GraphQL"}
"""Latin words that officers and developers know by that name."""
ELSEWHERE = re.compile(
    r"policies/edit/starting\.py|composition/(serving|commands/(arguments|commands|spoken|policy_\w+))\.py"
)
"""Files that write comments in both languages into policy files, and the help, to which tests/test_help.py holds."""
PIECES = {
    ("policies/source/faults.py", "{place}: "): "editors find the place by the colon",
    ("policies/source/faults.py", " 位于 "): "stands before a path in a line for editors",
    ("policies/source/faults.py", " 或 "): "stands between two words in backticks",
    ("policies/words/report.py", "警告 "): "stands before a path in a line for editors",
    ("policies/words/report.py", "错误 "): "stands before a path in a line for editors",
    ("policies/source/reader.py", "时:分"): "how a time is written",
    ("policies/source/reader.py", " `true` 或 `false`"): "stands behind 不是",
    ("policies/language/fact_definitions.py", "主体.名称"): "how a fact is named",
    ("gateways/identity_number.py", "数字或X"): "what stands on the card",
}
"""Texts that may have what a whole text may not, each with why."""
READ_BY_CITIZENS = {"domain", "resolvers", "store", "gateways"}
"""Packages whose texts people who apply or hold a card can read; those of the others go to officers and developers."""
TO_STAFF = re.compile("您所在(?:的)?机构|到场的人|政策人员|重新判定")
"""What only clerks and policy officers are told."""
REFUSALS = {
    "InvalidInput", "NotFound", "NotAuthenticated", "NotPermitted", "Conflict", "TransitionImpossible", "PolicyChanged",
    "RequestRefused",
}  # fmt: skip
LONGEST_LABEL = 12
"""In characters; a longer message is a sentence."""
WITH_LABELS = {"domain", "resolvers", "store", "gateways"}
"""Packages that keep the names of things too, such as providers, as messages under a name."""
NO_STEP = {
    "按当地规定不能办理，或者材料不齐，原因见下。": "the reasons below say it each",
    "图片为{filled}×{filled}像素（共{filled}），超过上限{filled}像素。{filled}后重新上传。": "what is filled in says it",
    "金额不符": "goes into the log only",
}
"""Refusals without a next step, each with why."""


@dataclass(frozen=True)
class Text:
    """A Chinese text of the code; what is filled in stands in braces."""

    file: str
    line: int
    text: str


@cache
def texts(package: str) -> tuple[Text, ...]:
    """Return the Chinese texts of a package, but for what is written for developers."""
    return tuple(_texts(package))


def _texts(package: str) -> Iterator[Text]:
    for path in sorted((ROOT / package).rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        inner |= {id(part.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) for part in [node]}
        for node in ast.walk(tree):
            if id(node) not in inner and (text := text_of(node)) is not None and HAN.search(text):
                yield Text(str(path.relative_to(ROOT)), node.lineno, text)  # type: ignore[attr-defined]


def text_of(node: ast.AST) -> str | None:
    """Return the text of a literal, with a name in braces for each place."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{filled}" for part in node.values)
    return None


def excused(text: Text) -> bool:
    """Say whether a text is one of those that may have more."""
    return ELSEWHERE.fullmatch(text.file) is not None or any(
        text.file == file and piece in text.text for file, piece in PIECES
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_chinese_has_no_code_no_half_width_marks_and_no_blanks(package: str) -> None:
    wrong = {}
    for text in texts(package):
        # Code that is filled in stands between blanks, as code does in backticks.
        bare = re.sub(r" ?\{filled\} ?", "{filled}", text.text)
        found = slips(bare.replace("{filled}", "{x}"), NAMES)
        found = [slip for slip in found if not slip.startswith(("a blank at an end", "quotes that"))]
        if found and not excused(text) and not re.fullmatch(r'".*"|.*such as 父亲.*', text.text, re.DOTALL):
            wrong[f"{text.file}:{text.line}"] = (text.text, found)
    assert wrong == {}


@pytest.mark.parametrize("package", sorted(READ_BY_CITIZENS))
def test_no_term_of_the_vocabularies_and_no_code_of_a_region_stands_in_what_citizens_read(package: str) -> None:
    found = [text for text in texts(package) if re.search(r"`[a-z]+(?:_[a-z]+)+`|(?<!\d)\d{6}(?!\d)", text.text)]
    assert [text for text in found if "邮政编码" not in text.text] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_things_have_one_name(package: str) -> None:
    citizens = package in READ_BY_CITIZENS
    found = {
        f"{text.file}:{text.line}": (text.text, names)
        for text in texts(package)
        if (names := other_names(text.text, citizens=citizens and not TO_STAFF.search(text.text)))
    }
    assert found == {}


def refusals(package: str) -> Iterator[Text]:
    """Yield the Chinese of the messages that are made where a refusal is made."""
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                for made in node.args[:1]:
                    zh = made.args[0] if isinstance(made, ast.Call) and made.args else None
                    text = text_of(zh) if zh is not None else None
                    if text and HAN.search(text):
                        yield Text(str(path.relative_to(ROOT)), node.lineno, text)


def constants(package: str) -> Iterator[Text]:
    """Yield the Chinese of the messages that a module keeps under a name, of whole sentences."""
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            made = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            if isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == "Message":
                text = text_of(made.args[0])
                label = text and package in WITH_LABELS and len(text) <= LONGEST_LABEL and not text.endswith("。")
                if text and HAN.search(text) and not label:
                    yield Text(str(path.relative_to(ROOT)), node.lineno, text)


@pytest.mark.parametrize("package", ["web", "schema", "resolvers", "store", "gateways", "domain"])
def test_every_message_kept_under_a_name_says_what_to_do_and_ends_as_a_sentence(package: str) -> None:
    found = list(constants(package))
    assert found or package not in ("web", "schema")
    # To developers, what must be is said with 应.
    assert [each for each in found if not (says_what_to_do(each.text) or "应" in each.text)] == []
    assert [each for each in found if unfinished(each.text)] == []


@pytest.mark.parametrize("package", ["domain", "resolvers", "store", "schema", "gateways"])
def test_every_refusal_says_what_to_do_next_and_ends_as_a_sentence(package: str) -> None:
    found = list(refusals(package))
    unsaid = {f"{each.file}:{each.line}": each.text for each in found if not says_what_to_do(each.text)}
    left = {place: text for place, text in unsaid.items() if text not in NO_STEP and not text.endswith("{filled}。")}
    assert left == {}
    assert {each.text for each in found if unfinished(each.text) and each.text not in NO_STEP} == set()


@pytest.mark.parametrize("kind", ["broken", "warned", "proven"])
def test_what_officers_are_told_of_every_example_is_well_written(kind: str) -> None:
    wrong = {}
    for name in golden.names_in(kind):
        for line in golden.expected_of(name, kind).splitlines():
            said = line.strip()
            if not HAN.search(said) or not re.match("[一-鿿`“第]", said) or "{" in said:
                continue
            bare = re.sub(r"[\w/.-]+\.(?:yaml|yml|YAML)(?::\d+)*", "`f`", said)
            found = [slip for slip in slips(bare, NAMES) if slip.startswith(("a quote", "half-width '；"))]
            if found:
                wrong[f"{name}: {said}"] = found
    assert wrong == {}


@pytest.mark.parametrize("package", ["policies", "composition"])
def test_officers_are_told_of_things_by_their_one_name(package: str) -> None:
    found = {f"{each.file}:{each.line}": other_names(each.text, citizens=False) for each in texts(package)}
    assert {place: names for place, names in found.items() if names} == {}


@pytest.mark.parametrize("pattern", ["README.zh.md", "docs/*.zh.md", "docs/errors/*.md"])
def test_what_officers_look_up_calls_things_by_their_one_name(pattern: str) -> None:
    # The title of a document stands as it was published.
    pages = [
        (path, path.read_text("utf-8").replace("社保卡通办", "").splitlines()) for path in sorted(ROOT.glob(pattern))
    ]
    assert pages
    found = {
        f"{path.name}:{at}": other_names(line, citizens=False)
        for path, page in pages
        for at, line in enumerate(page, 1)
    }
    assert {place: names for place, names in found.items() if names} == {}
