"""What the Chinese of `regions/` keeps to: the rules of style, one name for one thing, and a next step in every refusal."""

import pytest

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


@pytest.mark.parametrize("text", ["该卡已注销。", "只有本人能办理。", "这里不可以办理。"])
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
