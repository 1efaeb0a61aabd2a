"""What libyaml says of a text that is no YAML, in words for an officer."""

from collections.abc import Mapping

from domain.message import Message

_SAID: Mapping[str, Message] = {
    "could not find expected ':'": Message("这里缺少冒号", "a colon is missing here"),
    "mapping values are not allowed in this context": Message(
        "这里不应有冒号，或者缩进不对", "no colon belongs here, or the indentation is wrong"
    ),
    "mapping keys are not allowed in this context": Message("这里不应有问号", "no question mark belongs here"),
    "block sequence entries are not allowed in this context": Message(
        "这里不应有列表项“-”，或者缩进不对", "no list item `-` belongs here, or the indentation is wrong"
    ),
    "found character that cannot start any token": Message(
        "这里有不能用在开头的字符", "a character stands here that can start nothing"
    ),
    "found a tab character that violates indentation": Message("缩进用了制表符", "a tab is used for indentation"),
    "found a tab character where an indentation space is expected": Message(
        "缩进用了制表符", "a tab is used for indentation"
    ),
    "found unexpected end of stream": Message("文件到末尾，引号还没有成对", "the file ends before a quote is closed"),
    "found unexpected document indicator": Message("引号还没有成对就遇到 `---`", "a quote is not closed before `---`"),
    "found unknown escape character": Message("反斜杠后面的字符不对", "the character after a backslash means nothing"),
    "did not find expected hexdecimal number": Message("反斜杠后面的编码不对", "the code after a backslash is wrong"),
    "found invalid Unicode character escape code": Message(
        "反斜杠后面的编码不对", "the code after a backslash is wrong"
    ),
    "found unexpected ':'": Message("这里不应有冒号", "no colon belongs here"),
    "did not find expected key": Message(
        "这里应有一个键，或者缩进与上面各行不一致",
        "a key belongs here, or the indentation differs from the lines above",
    ),
    "did not find expected '-' indicator": Message(
        "这里应有列表项“-”，或者缩进与上面各行不一致",
        "a list item `-` belongs here, or the indentation differs from the lines above",
    ),
    "did not find expected ',' or ']'": Message(
        "列表里缺少英文逗号，或者少了 `]`", "a comma is missing in a list, or its `]`"
    ),
    "did not find expected ',' or '}'": Message(
        "花括号里缺少英文逗号，或者少了 `}`", "a comma is missing between braces, or the `}`"
    ),
    "did not find expected node content": Message("这里缺少内容", "something is missing here"),
    "did not find expected <document start>": Message(
        "前面的内容已经结束，这里多出了内容", "what stands here comes after the end of what stands above"
    ),
    "found undefined tag handle": Message("感叹号用得不对", "an exclamation mark is used wrongly"),
    "did not find expected whitespace or line break": Message(
        "感叹号后面的写法不对", "what follows an exclamation mark is wrong"
    ),
    "did not find expected alphabetic or numeric character": Message(
        "`&` 或 `*` 后面的写法不对", "what follows `&` or `*` is wrong"
    ),
    "did not find expected comment or line break": Message(
        "`|` 或 `>` 后面应当换行", "a new line must follow `|` or `>`"
    ),
    "found an indentation indicator equal to 0": Message(
        "`|` 或 `>` 后面的数字不能是0", "the number after `|` or `>` must not be 0"
    ),
}
_NOT_YAML = Message("这里的写法不对", "what stands here is written wrongly")


def in_words(problem: str | None) -> Message:
    """Say what libyaml found, in Chinese and plain English."""
    found = _SAID.get(problem or "", _NOT_YAML)
    return Message(f"不符合YAML格式：{found.zh}", f"not YAML: {found.en}")
