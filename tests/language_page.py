"""The tables of docs/policy-language.md and .zh.md, written from the language itself by `make language`.

Which words there are, which kinds of facts a test fits, which keys an outcome has and what the limits are is read from
the code; only what a word means is said here, beside it, in both languages. A word of the code that nobody describes
here, or describes in one language only, stops the writing. `tests/policies/test_language_page.py` keeps the pages
current. Each table stands between `<!-- name: … -->` and `<!-- end -->`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from domain.message import Language, Message, joined
from domain.outcomes import CARRIED_OUT
from domain.services import SERVICES
from policies.edit.schemas import schemas
from policies.language import normal_form
from policies.language.conditions import TEST_WORDS, words_for
from policies.language.outcomes.charge import PAYERS
from policies.language.outcomes.needs import MAX_ALTERNATIVES, SPECIFICATION
from policies.language.outcomes.table import OUTCOMES
from policies.language.values import LISTS, ORDERED, Kind, ValueType
from policies.language.vocabulary import Origin
from policies.source import nodes, reader
from policies.tree import folders, policy_checks, tree
from policies.tree.tree import load_tree
from tests import service_tables
from tests.page_cells import Row, Rows, as_written, listed, words

ROOT = Path(__file__).parent.parent
PAGES: Mapping[Language, Path] = {"en": Path("docs/policy-language.md"), "zh": Path("docs/policy-language.zh.md")}
BLOCK = re.compile(r"(<!-- (\w+): [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)


def called(word: str, *, optional: bool = False) -> Message:
    """Return a word of the language, for readers of Chinese with what it is called, and whether it may be left out."""
    zh, en = ("，可不写", " (optional)") if optional else ("", "")
    return Message(f"`{word}`（{CALLED[word]}{zh}）", f"`{word}`{en}")


def filled(text: Message, *counts: int) -> Message:
    """Fill the `{}` places of a text with numbers, as each language writes them."""
    return Message(text.zh.format(*counts), text.en.format(*(f"{count:,}" for count in counts)))


NOTHING = as_written("")
_ONE = as_written("{}")

CALLED: Mapping[str, str] = {
    "boolean": "是否", "integer": "整数", "decimal": "小数", "money": "金额", "date": "日期", "time": "时刻",
    "moment": "时点", "duration": "时限", "text": "文字", "term": "一个词条", "terms": "若干词条",
    "region": "一个地区", "regions": "若干地区",
    "computed": "由记录得出", "claimed": "由令牌写明", "chosen": "选择", "declared": "申报", "counted": "计数",
    "deny": "不予办理", "require": "要求", "charge": "收费", "waive": "免收", "refund": "退费", "promise": "承诺", "lapse": "到期变更",
    "route": "可选值", "archive": "留存", "tell": "告知",
    "fee": "费用", "amount": "金额", "payer": "付费方", "due": "何时缴费", "refundable": "可否退还",
    "what": "承诺的内容", "within": "时限", "counted_from": "起算时点",
    "state": "状态", "after": "期限", "becomes": "变为何种状态",
    "choice": "选择", "open": "可选值", "where": "属性应等于", "required": "是否必选",
    "holder": "持卡人", "bank": "银行", "government": "财政",
    "width_px": "宽，像素", "height_px": "高，像素", "width_mm": "宽，毫米", "height_mm": "高，毫米",
    "tolerance_mm": "容差，毫米", "dpi": "分辨率", "min_dpi": "最低分辨率", "max_bytes": "最大字节数",
    "colour": "是否彩色", "background": "背景", "formats": "格式", "taken_within": "拍摄时限",
}  # fmt: skip
"""What readers of Chinese call the words that files are written in, which to readers of English say it themselves."""

WRITTEN: Mapping[Kind, tuple[Message, Message]] = {
    Kind.BOOLEAN: (words("true", "false"), NOTHING),
    Kind.INTEGER: (Message("数字，最多15位", "digits, at most 15"), NOTHING),
    Kind.DECIMAL: (
        Message("整数部分最多9位，小数部分最多6位", "up to 9 digits and 6 places"),
        Message("，精确比较", ", exactly"),
    ),
    Kind.MONEY: (
        Message("`10 yuan`、`10.50 yuan`（元）；以分为单位保存", "`10 yuan`, `10.50 yuan`; held in fen"),
        NOTHING,
    ),
    Kind.DATE: (words("2026-03-01"), NOTHING),
    Kind.TIME: (
        Message('`"17:00"`，加引号；一天中的时刻，按中国时间', '`"17:00"` quoted; of day, in China'),
        Message("，以整分钟计：17:00:59 即 17:00", ", by whole minutes: 17:00:59 is 17:00"),
    ),
    Kind.MOMENT: (
        Message(
            '`"2026-03-01T17:00+08:00"`，加引号，写明时区，年份在0002至9998之间',
            '`"2026-03-01T17:00+08:00"` quoted, with its zone, in the years 0002 to 9998',
        ),
        Message("，精确比较：同一个时点，不论怎样写都相同", ", exactly: one point in time, however it is written"),
    ),
    Kind.DURATION: (
        Message(
            "`7 natural days`（自然日）、`7 working days`（工作日）、`3 hours`（小时）、`30 minutes`（分钟）、"
            "`1 month`（月）、`2 years`（年）、`at once`（即时）；或到某日为止：`day 10 of the next month`（次月10日）、"
            "`day 25 of this or the next month`（当月25日，已过的，次月25日）、`the last day of the month`（当月最后一日）、"
            "`the last day of the next month`（次月）、`the last day of the year`（当年）、`the last day of the next year`（次年）",
            "`7 natural days`, `7 working days`, `3 hours`, `30 minutes`, `1 month`, `2 years`, `at once`; or until a day:"
            " `day 10 of the next month`, `day 25 of this or the next month`, `the last day of the month`,"
            " `the last day of the next month`, `the last day of the year`, `the last day of the next year`",
        ),
        Message("只用于参数、属性和结果", "settings, attributes and outcomes only"),
    ),
    Kind.TEXT: (Message("任意文字", "any"), NOTHING),
    Kind.TERM: (Message("`of:` 所指词表中的一个词条", "a word of the vocabulary that `of:` names"), NOTHING),
    Kind.TERMS: (Message("由这样的词条组成的列表", "a list of such words"), NOTHING),
    Kind.REGION: (Message('`"510100"`，加引号', '`"510100"` quoted'), Message("，或者位于其内", ", or lying within")),
    Kind.REGIONS: (Message("由这样的代码组成的列表", "a list of such codes"), NOTHING),
}
"""How a value of each type is written, and what is to be said of its comparison beside what the code says."""

TESTS: Mapping[tuple[str, ...], Message] = {
    ("is", "is_not"): Message("等于；不等于", "equals, does not equal"),
    ("below", "at_most", "above", "at_least"): Message(
        "小于（<）；不超过（<=）；大于（>）；不小于（>=）", "is <, <=, >, >="
    ),
    ("before", "on_or_before", "after", "on_or_after"): Message(
        "早于（<）；不晚于（<=）；晚于（>）；不早于（>=）", "is <, <=, >, >="
    ),
    ("between",): Message(
        "`between: [a, b]`：>= a 且 <= b（含两端），计为两项判断", "`between: [a, b]`: is >= a and is <= b, two tests"
    ),
    ("in", "not_in"): Message("是列表中的一个；不是其中任何一个", "is one of a list, is none of it"),
    ("includes", "excludes"): Message("含有所写的那一个值；不含有", "has the one value as an element, has not"),
    ("includes_any", "includes_none"): Message(
        "与列表有相同的元素；没有相同的元素", "shares an element with a list, shares none"
    ),
    ("includes_all",): Message(
        "含有列表的全部元素（列表为空的，一律成立）", "has every element of a list (of an empty list, always)"
    ),
    ("within", "not_within"): Message(
        "是列表中的一个地区，或者位于其中一个地区之内；既不是也不位于其中任何一个之内（所有地区都位于 `000000` 之内）",
        "lies in, or is, one of the regions of a list; lies in none (everything lies in `000000`)",
    ),
    ("present",): Message(
        "`present: true` 为有值，`present: false` 为无值", "`present: true` is not absent, `present: false` is absent"
    ),
}
"""Tests that go together, and when they hold of a fact."""

DONE: Mapping[str, tuple[Message, Message]] = {
    "deny": (
        words("true"),
        Message(
            "一条不予办理的理由，附规则的告知内容和依据；代码是规则名称的大写",
            "a denial with the rule's message and source; its code is the id in capitals",
        ),
    ),
    "require": (
        Message("一个所需项，或者所需项的列表", "a need or a list of needs"),
        Message("一项要求：若干方案，每个方案是一组所需项", "a requirement: alternatives, each a set of needs"),
    ),
    "charge": (
        Message(
            f"`payer` 为 {listed(map(called, PAYERS)).zh}之一；不写的，为持卡人；"
            "`due` 写 `before` 的，先缴费后办理，写 `after` 的，先办理后缴费；不写的，"
            "`apply`、`reissue`、`deliver` 为 `before`（缴费后受理），其他事项为 `after`",
            f"`payer` is one of {words(*PAYERS).en}; the holder if left out; `due` is `before` where the service "
            "waits for the payment, `after` where it is done first; if left out, `before` in `apply`, `reissue` and "
            "`deliver`, which are accepted once paid for, and `after` elsewhere",
        ),
        Message("一项收费；金额为负的，是错误", "a charge; a negative amount is a fault"),
    ),
    "waive": (
        Message("一种费用", "a fee"),
        Message(
            "该种费用由本规则免收（这样的规则有几条的，以最后一条为准）",
            "charges of that fee are waived by this rule (by the last, if several)",
        ),
    ),
    "refund": (
        Message("一种费用", "a fee"),
        Message(
            "已缴的该种费用退还给缴费人，但只限收费时写明 `refundable: true` 的",
            "what was paid of that fee is given back, if it was charged with `refundable: true`",
        ),
    ),
    "promise": (NOTHING, Message("一项承诺", "a promise")),
    "lapse": (NOTHING, Message("一个只因到期而终止的状态", "a state that ends by time alone")),
    "route": (
        Message(
            "`choice` 是 term 或 region 类型的事实；`open` 和 `where` 写其中一个；`required` 不写的，为 true",
            "`choice` is a term or region fact; one of `open` and `where`; `required` is true if left out",
        ),
        Message("一项选择的可选值", "the open values of a choice"),
    ),
    "archive": (
        Message("材料的列表", "a list of documents"),
        Message("每种材料各为一项留存", "each as an item to keep"),
    ),
    "tell": (
        Message("`true`，或者 `{contact: …}`（联系方式）", "`true`, or `{contact: …}`"),
        Message("一项告知", "advice"),
    ),
}
"""How each outcome is written, beside its keys, and what the decision gets."""

_EQUAL = Message("相等", "equal")
_AT_LEAST = Message("不低于", "at least")
_MEASURED = Message("像素 / dpi × 25.4 的精确值在容差之内", "pixels / dpi × 25.4, exactly, lies within the tolerance")
FITS: Mapping[str, Message] = {
    "width_px": _EQUAL,
    "height_px": _EQUAL,
    "width_mm": _MEASURED,
    "height_mm": _MEASURED,
    "tolerance_mm": Message("两者可以相差多少；不写的，为0", "how far the two may be off; 0 if left out"),
    "dpi": _EQUAL,
    "min_dpi": _AT_LEAST,
    "max_bytes": Message("不超过", "at most"),
    "colour": _EQUAL,
    "background": _EQUAL,
    "formats": Message("文件的格式是其中之一", "the file's format is one of them"),
    "taken_within": Message(
        "拍摄日期不早于所问日期往前推该时限的那一天",
        "taken on or after the day that lies that long before the day asked",
    ),
}
"""When a document fits a specification."""

_FAULT = Message("错误", "fault")
_REFUSED = Message("不接受该输入", "refused input")
ORIGINS: Mapping[str, tuple[Message, Message, Message]] = {
    "computed": (
        Message("记录", "the records"),
        Message("错误 `MISSING_FACT`", "fault `MISSING_FACT`"),
        Message("错误 `BAD_FACT`", "fault `BAD_FACT`"),
    ),
    "claimed": (Message("调用方的令牌", "the caller's token"), _FAULT, _FAULT),
    "chosen": (
        Message("申请人（或代办人）", "the applicant"),
        Message("错误（无值也要写明，不能不写）", "fault (absence is said, not left out)"),
        Message("不接受该输入 `VALUE_NOT_POSSIBLE`", "refused input `VALUE_NOT_POSSIBLE`"),
    ),
    "declared": (
        Message("申请人（或代办人）；名称为 `declared.…`", "the applicant; named `declared.…`"),
        Message("向申请人询问", "asked for"),
        _REFUSED,
    ),
    "counted": (
        Message("`count:`，对持卡人的历史记录计数", "`count:` over the holder's history"),
        Message("由计数得出；没有给出历史记录的，即为未提供", "computed; with no history it is missing"),
        _FAULT,
    ),
}
"""Who says a fact, what follows where it is missing, and where its value is not possible."""


class Undescribed(Exception):
    """A word of the language that this module does not describe (in both languages), or describes and is none."""


def described(names: Iterable[str], told: Iterable[str], what: str) -> None:
    """Check that exactly the words of the code are described.

    Raises:
        Undescribed: they are not.
    """
    there, said = set(names), set(told)
    missing, beyond = sorted(there - said), sorted(said - there)
    if missing or beyond:
        raise Undescribed(f"{what}: describe {missing}, take out {beyond}, in tests/language_page.py")


def types() -> Iterator[Row]:
    """Yield how values of each type are written and compared."""
    described(Kind, WRITTEN, "types")
    yield Message("类型", "type"), Message("写法", "written"), Message("怎样比较", "compared")
    as_a_set, in_order = Message("作为集合", "as a set"), Message("按大小或先后", "in order")
    for kind in Kind:
        written, more = WRITTEN[kind]
        compared = as_a_set if kind in LISTS else in_order if kind in ORDERED else Message("相等", "equal")
        parts = (compared, more) if words_for(ValueType(kind)) else (more,)
        yield called(kind), written, joined(parts, "", "")


def tests() -> Iterator[Row]:
    """Yield the tests with the kinds of facts that they fit."""
    described(TEST_WORDS, (word for names in TESTS for word in names), "tests")
    yield Message("判断", "test"), Message("适用于", "for"), Message("何时成立", "holds when the fact")
    for names, holds in TESTS.items():
        fitting = {_fitting(word) for word in names}
        if len(fitting) != 1:
            raise Undescribed(f"tests: {names} fit different kinds, and cannot share a row")
        yield words(*names), fitting.pop(), holds


def _fitting(word: str) -> Message:
    if word == "present":
        return Message("可以无值的事实，申报事项", "optional or declared facts")
    if word == "between":
        return listed(as_written(kind) for kind in Kind if kind in ORDERED)
    kinds = [kind for kind in Kind if word in words_for(ValueType(kind))]
    comparable = [kind for kind in Kind if words_for(ValueType(kind)) and kind not in LISTS]
    return (
        Message("列表以外的各种类型", "every type but lists") if kinds == comparable else listed(map(as_written, kinds))
    )


def outcome_words() -> Iterator[Row]:
    """Yield the outcomes with their keys."""
    described(OUTCOMES, DONE, "outcomes")
    properties = _rule_properties()
    yield (
        Message("结果", "outcome"),
        Message("键", "keys"),
        Message("判定得到什么", "what the decision gets"),
        Message("事项做什么", "what the service does"),
    )
    for word in OUTCOMES:
        written, done = DONE[word]
        keys = properties[word].get("properties", {})
        needed = properties[word].get("required", [])
        named = listed(called(key, optional=key not in needed) for key in keys)
        yield (
            called(word),
            joined((part for part in (named, written) if part != NOTHING), "；", "; "),
            done,
            OUTCOMES[word].done,
        )


def carried_out() -> Iterator[Row]:
    """Yield the services with the outcomes that they carry out."""
    label = load_tree(ROOT / "regions").regions["000000"].words.label
    described(SERVICES, CARRIED_OUT, "what services carry out")
    yield Message("事项", "service"), *(as_written(f"`{word}`") for word in OUTCOMES)
    for name, known in CARRIED_OUT.items():
        named = {"lapse": sorted(known.lapses), "promise": sorted(known.moments)}
        cells = {word: words(*named[word]) if named.get(word) else _DONE for word in known.outcomes}
        called_so = label("services", name)
        yield Message(f"{called_so.zh} `{name}`", f"`{name}`"), *(cells.get(word, _NOT_DONE) for word in OUTCOMES)


_DONE, _NOT_DONE = as_written("●"), as_written("–")


@cache
def _rule_properties() -> Mapping[str, Any]:
    service = schemas(load_tree(ROOT / "regions"))["service"]
    properties: Mapping[str, Any] = service["properties"]["rules"]["additionalProperties"]["else"]["properties"]
    return properties


def specification() -> Iterator[Row]:
    """Yield what a document can be asked to be."""
    described(SPECIFICATION, FITS, "specification")
    yield Message("键", "key"), Message("类型", "type"), Message("材料何时符合", "a document fits when")
    for key, of_type in SPECIFICATION.items():
        shown = Message(f"{of_type.kind}（{of_type.of}）" if of_type.of else str(of_type.kind), str(of_type))
        yield called(key), shown, FITS[key]


def origins() -> Iterator[Row]:
    """Yield who says a fact."""
    described(get_args(Origin), ORIGINS, "origins")
    yield (
        Message("来源", "origin"),
        Message("由谁给出", "who says it"),
        Message("未提供时", "when it is missing"),
        Message("值不合要求时", "when it is not possible"),
    )
    for origin in get_args(Origin):
        yield called(origin), *ORIGINS[origin]


def most() -> Iterator[Row]:
    """Yield the limits."""
    kib, mib = 1024, 1024 * 1024
    yield Message("内容", "what"), Message("上限", "most")
    yield (
        Message("一个文件", "file"),
        filled(
            Message("{} KiB，{}个值，{}层", "{} KiB, {} values, depth {}"),
            reader.MAX_FILE_BYTES // kib, nodes.MAX_NODES, nodes.MAX_DEPTH,
        ),
    )  # fmt: skip
    yield (
        Message("一段文字，以及一种语言的一条告知内容", "one text, and one message in one language"),
        filled(Message("{}个字符", "{} characters"), reader.MAX_TEXT),
    )
    yield (
        Message("全部地区的所有文件", "all files of the regions folder"),
        filled(
            Message("{} MiB，{}个文件和文件夹", "{} MiB, {} files and folders"),
            folders.MAX_TREE_BYTES // mib, folders.MAX_ENTRIES,
        ),
    )  # fmt: skip
    yield Message("地区", "regions"), filled(_ONE, tree.MAX_REGIONS)
    yield (
        Message(
            "一个地区一个服务事项的规则，包括继承的规则", "rules of one service in one region, inherited ones included"
        ),
        filled(_ONE, policy_checks.MAX_RULES),
    )
    yield (
        Message(
            "一条规则的情形（条件的析取范式中的合取项）；一个服务事项全部规则的情形",
            "alternatives (conjunctions of its normal form) of one rule; of all rules of a service",
        ),
        filled(Message("{}；{}", "{}; {}"), normal_form.MAX_CONJUNCTIONS, policy_checks.MAX_RULE_CONJUNCTIONS),
    )
    yield Message("一种情形中的判断", "tests in one alternative"), filled(_ONE, normal_form.MAX_TESTS)
    yield Message("一项要求的方案", "alternatives of a requirement"), filled(_ONE, MAX_ALTERNATIVES)


TABLES: Mapping[str, Callable[[], Rows]] = {
    "types": types,
    "tests": tests,
    "outcomes": outcome_words,
    "carried_out": carried_out,
    "specification": specification,
    "origins": origins,
    "known": service_tables.known,
    "choices": service_tables.choices,
    "limits": most,
}
"""Every table of the pages that is written from the code, by the name in its mark."""


def _named() -> Iterator[str]:
    """Yield the words whose Chinese names the tables give."""
    yield from (*Kind, *get_args(Origin), *OUTCOMES, *PAYERS, *SPECIFICATION)
    properties = _rule_properties()
    for word in OUTCOMES:
        yield from properties[word].get("properties", {})


def table(rows: Rows, language: Language) -> str:
    """Render rows in a language, the first of them the head.

    Raises:
        Undescribed: a cell says something in one language and nothing in the other.
    """
    lines = []
    for row in rows:
        for cell in row:
            if bool(cell.zh) != bool(cell.en):
                raise Undescribed(f"said in one language only: {cell}")
        lines.append(f"| {' | '.join(cell.text(language) for cell in row)} |\n")
        if len(lines) == 1:
            lines.append(f"{'|---' * len(row)}|\n")
    return "".join(lines)


def page(text: str, language: Language) -> str:
    """Return a page with every marked table written anew."""
    found = [name for _, name, _ in BLOCK.findall(text)]
    described(TABLES, found, "tables")
    described(_named(), CALLED, "Chinese names")
    return BLOCK.sub(lambda block: block[1] + table(TABLES[block[2]](), language) + block[3], text)


if __name__ == "__main__":
    for language, path in PAGES.items():
        (ROOT / path).write_text(page((ROOT / path).read_text("utf-8"), language), "utf-8")
