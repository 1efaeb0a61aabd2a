"""Texts without the quotes that they need: the fault says so, and what it shows is the cure."""

import re
from contextlib import suppress

import pytest

from domain.message import Message
from policies.source.faults import FaultLog, Unreadable
from policies.source.reader import Value, read_text

WRITTEN = {
    "zh: {amount} 元": 'zh: "{amount}…"',
    "zh: {amount}，每年": 'zh: "{amount}…"',
    "zh: {province}{city}居民": 'zh: "{province}…"',
    "number: [2014]5号": 'number: "[2014]…"',
    "number: [2014]": 'number: "[2014]"',
    "zh: {amount}": 'zh: "{amount}"',
    "zh: *须本人办理": 'zh: "*…"',
    "zh: &须本人办理": 'zh: "&…"',
    "zh: %5": 'zh: "%…"',
    "zh: @人社": 'zh: "@…"',
    "zh: > 5岁": 'zh: ">…"',
    'zh: "人社部"发的文': "zh: '\"人社部\"…'",
    'zh: "人社部"，国务院': "zh: '\"人社部\"…'",
    "zh: '人社部'发的文": "zh: \"'人社部'…\"",
}
"""A key with its text as officers write it, and what the remedy shows."""
PLACES = ("first: x\n{}\nlast: y\n", "first: {{x: y, {}, last: y}}\n", "- x: y\n- {}\n")
"""A line of its own, between braces, in a list."""


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("written", WRITTEN)
def test_a_text_without_its_quotes_is_told_with_the_quotes(written: str, place: str) -> None:
    if written.startswith("zh: >") and "{{" in place:
        return  # between braces it is a bare text
    fault = refused(place.format(written))
    for remedy in (fault.zh, fault.en):
        assert f"`{WRITTEN[written]}`" in remedy
    assert "引号" in fault.zh
    assert "quotes" in fault.en


@pytest.mark.parametrize("written", WRITTEN)
def test_the_cure_that_is_shown_is_one(written: str) -> None:
    key, _, text = written.partition(": ")
    (quote,) = set(re.findall(r": ([\"'])|([\"'])$", WRITTEN[written])[0]) - {""}
    value = read_text(f"{key}: {quote}{text}{quote}\n", "file.yaml", FaultLog())
    assert value.entries()[key].text() == text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('a: {zh: "x"，en: "y"}', "wide `，`"),
        ("a: [{b: c}，{d: e}]", "wide `，`"),
        ('a: {zh: "x” en: "y"}', "has no counterpart"),
        ("a: {b: {c: 1}}}", "bracket `}`"),
        ("a: {b: {c: 1} d: 2}", "check the indentation"),
        ('a: {zh: "x" en: "y"}', "check the indentation"),
    ],
)
def test_what_needs_something_else_than_quotes_is_told_so(line: str, said: str) -> None:
    assert said in refused(f"{line}\n").en


@pytest.mark.parametrize("text", ["a: *name x", "a: !name x"])
def test_what_other_yaml_gives_a_meaning_may_be_a_text(text: str) -> None:
    remedy = refused(text)
    assert (remedy.zh[-7:], remedy.en[-20:]) == ("文字的，加引号", "put a text in quotes")


def refused(text: str) -> Message:
    """Return the remedy of the one fault of a text, each of whose values should be a text."""
    log = FaultLog()
    with suppress(Unreadable):
        _read(read_text(text, "file.yaml", log))
    (fault,) = log.faults
    return fault.remedy


def _read(value: Value) -> None:
    """Read the texts, as far down as a mapping holds another key than what is said to be a text."""
    if value.is_list:
        for item in value.items():
            _read(item)
    for key, below in value.entries().items() if value.is_mapping else ():
        if key in ("zh", "number"):
            below.text()
        else:
            _read(below)
