"""What the Chinese of `regions/` keeps to: the rules of style, one name for one thing, and a next step in every refusal."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chinese_style import other_names, says_what_to_do, slips, terms, unfinished


@pytest.mark.parametrize(
    "text",
    [
        "请拨打028-12333咨询。",
        "请下载“青岛人社”APP（宽{width}像素）。",
        "密码为8至12位，费用为10.5元。",
        "请运行 `policy check --lang en` 后再试。",
        "他说：“请选‘遗失’。”",
    ],
)
def test_a_text_in_good_form_passes(text: str) -> None:
    assert slips(text) == []


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("色彩为False。", "'False'"),
        ("渠道chengdu_wechat不可用。", "'chengdu_wechat'"),
        ("高度为105.8mm。", "'mm'"),
        ("未满 18周岁", "a blank"),
        ("请改用 APP 办理。", "a blank"),
        ("至少{years} 年。", "a blank"),
        ("可选：甲, 乙。", "','"),
        ("规则: 甲", "':'"),
        ("一句.", "'.'"),
        ("“值‘甲’”与'乙'", '"\'"'),
        ("““青岛人社”APP”不可选。", "a quote in a quote"),
        ("“青岛人社APP", "quotes that do not match"),
        ("请重试。 ", "a blank at an end"),
    ],
)
def test_a_slip_is_noticed(text: str, slip: str) -> None:
    assert any(slip in found for found in slips(text)), slips(text)


def test_a_message_ends_as_a_sentence_does() -> None:
    assert not unfinished("请重试。")
    assert not unfinished("请写“遗失。”")
    assert unfinished("请重试")
    assert unfinished("第一行。\n第二行")


@pytest.mark.parametrize("text", ["请重新申领。", "不用再申请。", "可以改用窗口。", "拨打12333咨询。"])
def test_a_next_step_is_recognised(text: str) -> None:
    assert says_what_to_do(text)


@pytest.mark.parametrize(
    "text", ["该卡已注销。", "只有本人能办理。", "这里不可以办理。", "这笔申请不能撤销。", "请求不能处理。"]
)
def test_a_refusal_that_leaves_one_alone_is_noticed(text: str) -> None:
    assert not says_what_to_do(text)


def test_the_list_of_terms_contradicts_itself_nowhere() -> None:
    assert len(terms()) > 20
    for term in terms():
        assert term.names, term.english
        for name in term.names:
            assert not [found for found in other_names(name, citizens=False) if found.startswith(f"{name}:")], name


@pytest.mark.parametrize(
    ("text", "name", "citizens"),
    [
        ("请填写手机号。", "手机号", False),
        ("请带出生证。", "出生证", False),
        ("死亡的，请提供死亡证明。", "死亡", False),
        ("面向中国公民。", "中国公民", False),
        ("请到经办机构办理。", "经办机构", True),
    ],
)
def test_another_name_is_noticed(text: str, name: str, citizens: bool) -> None:
    assert [found.split(":")[0] for found in other_names(text, citizens=citizens)] == [name]


@pytest.mark.parametrize("text", ["请填写手机号码。", "请带出生医学证明。", "请提供死亡证明。", "请到经办机构办理。"])
def test_a_right_name_passes(text: str) -> None:
    assert other_names(text, citizens=False) == []


REGIONS = Path(__file__).parents[1] / "regions"
STAFF_ONLY = frozenset(
    {"accept", "request_correction", "produce", "ship", "close_account", "lock", "post_account_entries"}
)
"""Services that no citizen asks for: their messages are read by clerks, card makers, banks and systems."""

LONGEST_FIRST_SENTENCE = 45
"""In characters; a setting that is filled in counts as one."""


@dataclass(frozen=True, slots=True)
class Text:
    """A Chinese text of a file: where it stands, what it is (`message`, `label`, `title`, `name`), and whether it refuses."""

    where: str
    kind: str
    text: str
    refuses: bool

    @property
    def for_citizens(self) -> bool:
        return self.kind == "message" and Path(self.where.partition(":")[0]).stem not in STAFF_ONLY


def _texts(where: str, value: Any, kind: str = "", refuses: bool = False) -> Iterator[Text]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(where, item)
    elif isinstance(value, dict) and value.keys() == {"zh", "en"}:
        # Notes and names of cases have a test of their own.
        if kind != "note":
            yield Text(where, kind, value["zh"], refuses)
    elif isinstance(value, dict):
        for key, item in value.items():
            place = where if key in ("message", "label", "title", "name") else f"{where}:{key}"
            yield from _texts(place, item, str(key), refuses=value.get("deny") is True)


@cache
def texts() -> tuple[Text, ...]:
    """Return the Chinese of all files of `regions/` but the tests."""
    files = [file for file in sorted(REGIONS.rglob("*.yaml")) if not file.name.endswith(".tests.yaml")]
    return tuple(
        text
        for file in files
        for text in _texts(
            file.relative_to(REGIONS).as_posix(), yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
        )
    )


def test_there_are_texts_of_each_kind() -> None:
    found = Counter(text.kind for text in texts())
    assert found["message"] > 200
    assert found["label"] > 300
    assert found["title"] > 30
    assert sum(text.refuses for text in texts()) > 100


@pytest.mark.parametrize("kind", ["message", "label", "title", "name"])
def test_the_chinese_of_the_regions_is_in_good_form(kind: str) -> None:
    assert [(text.where, text.text, found) for text in texts() if text.kind == kind for found in slips(text.text)] == []


def test_no_text_of_the_regions_names_code_or_the_code_of_a_region() -> None:
    assert [text for text in texts() if "`" in text.text or re.search(r"(?<!\d)\d{6}(?!\d)", text.text)] == []


def test_every_message_ends_as_a_sentence_does_and_no_label_or_title_does() -> None:
    assert [text for text in texts() if unfinished(text.text) is (text.kind == "message")] == []


def test_every_refusal_says_what_to_do() -> None:
    assert [text for text in texts() if text.refuses and not says_what_to_do(text.text)] == []


def test_things_have_one_name() -> None:
    found = [(text.where, text.text, other_names(text.text, citizens=text.for_citizens)) for text in texts()]
    assert [each for each in found if each[-1]] == []


def test_a_label_is_one_item_of_a_list() -> None:
    assert [text for text in texts() if text.kind == "label" and re.search("[、，；]", text.text)] == []


def test_what_is_wrong_is_said_in_a_short_first_sentence() -> None:
    first = [
        (text.where, text.text, re.sub(r"\{\w+\}", "0", text.text).index("。")) for text in texts() if text.for_citizens
    ]
    assert [each for each in first if each[-1] > LONGEST_FIRST_SENTENCE] == []


def test_no_region_that_says_jihuo_writes_qiyong_in_its_own_texts_and_the_nation_leaves_the_word_to_its_regions() -> (
    None
):
    for text in texts():
        if text.kind not in ("message", "title") or not text.where.startswith("china/"):
            continue
        own = text.where.startswith(("china/sichuan/", "china/shandong/qingdao/"))
        assert not (own and "启用" in text.text), text
        assert not (not own and "激活" in text.text), text
        assert text.kind == "title" or "启用" not in text.text, f"{text}: write {{activation_word}}"


def test_the_readme_says_the_same_in_both_languages() -> None:
    english, chinese = (Path(name).read_text("utf-8") for name in ("README.md", "README.zh.md"))
    for pattern in (
        r"\]\(((?!README)[^)]+)\)",
        r"`([^`\n]+)`",
        r"(?ms)^    \$ .*?^$",
        r"(?ms)^```yaml$.*?^```$",
        r"(?m)^    make \w+",
    ):
        assert sorted(set(re.findall(pattern, chinese))) == sorted(set(re.findall(pattern, english))), pattern
    assert len(re.findall(r"(?m)^## ", chinese)) == len(re.findall(r"(?m)^## ", english))
