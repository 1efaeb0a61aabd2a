import pytest

from domain.message import Language
from web.language import preferred_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("EN", "en"),
        ("fr", "zh"),
        ("fr, en;q=0.1", "en"),
        ("*", "zh"),
        ("zh;q=0, *", "en"),
        ("en;q=0, *", "zh"),
        ("en;q=high", "zh"),
        ("en;q=nan", "zh"),
        ("en;q=7", "zh"),
        ("zh-Hant;q=0.4, en;q=0.5", "en"),
        (",;,=;q", "zh"),
    ],
)
def test_the_language_with_the_higher_weight_wins_and_chinese_is_the_default(
    header: str | None, language: Language
) -> None:
    assert preferred_language(header) == language
