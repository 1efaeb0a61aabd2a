"""Input that is made to take long: what a file, a header or a body may hold, in the forms that patterns stumble over.

No clock decides. The largest input of each form is read in a process that may use minutes of its processor, where reading
that grows with the square of the length would use hours; and where it would only use seconds, steps are counted.
"""

import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from domain.errors import DomainError
from domain.names import comparable_name, normal_name
from gateways.identity_number import normalise_identity_number
from gateways.mobile import normalise_mobile
from policies.compare.diff_written import changed_lines
from policies.edit import formatting
from policies.edit.formatting import FormatRefused, format_text
from policies.source.faults import FaultLog, Unreadable
from policies.source.nodes import compose
from policies.source.reader import MAX_FILE_BYTES, MAX_PATH, Value, read_text
from store.blind_index import normal_mobile, normal_text
from tests.steps import steps
from web.accept_header import choices
from web.json_body import parse_json

ROOT = Path(__file__).parents[1]
SECONDS = 600
"""Of the processor, for all forms together; together they take ten."""


def read(text: str) -> list[Value]:
    """Read a policy file down to its last text, and return its values."""
    with suppress(Unreadable):
        return _values(read_text(text[:MAX_FILE_BYTES], "file.yaml", FaultLog()))
    return []


def _values(value: Value) -> list[Value]:
    below: Sequence[Value] = ()
    if value.is_mapping:
        below = tuple(value.entries().values())
    elif value.is_list:
        below = value.items()
    else:
        with suppress(Unreadable):
            value.text()
    return [value, *(each for part in below for each in _values(part))]


def filled(start: str, piece: str, end: str) -> str:
    """Return the longest file that is made of a piece again and again."""
    return start + piece * ((MAX_FILE_BYTES - len(start) - len(end)) // len(piece)) + end


def formatted(text: str) -> None:
    with suppress(FormatRefused):
        format_text(text[:MAX_FILE_BYTES], "service")


def parsed(text: str) -> None:
    with suppress(DomainError):
        parse_json(text[:1_000_000].encode())


def header(text: str) -> None:
    choices(text[:64_000])


def compared(piece: str) -> None:
    old, new = (f"{piece}{other}" * 10_000 for other in "xy")
    assert list(changed_lines(old, new))


def typed(spelling: Callable[[str], object]) -> None:
    # Accents in the wrong order; they are put in the right one when widths are made one.
    with suppress(DomainError):
        spelling("a" + "\u0315" * (MANY // 2) + "\u0300" * (MANY // 2))


MANY = 1_000_000
TYPED: dict[str, Callable[[str], object]] = {
    "name": normal_name,
    "name to compare": comparable_name,
    "number to look up": normal_text,
    "mobile number to look up": normal_mobile,
    "mobile number": normalise_mobile,
    "citizen number": partial(normalise_identity_number, "resident_identity_card"),
    "passport number": partial(normalise_identity_number, "passport"),
}
FORMS: dict[str, Callable[[], object]] = {
    **{
        f"file {start!r} and {piece!r}, again and again, {end!r}": partial(read, filled(start, piece, end))
        for start, piece, end in (
            ('a: "', '\\"', ""), ('a: "', '\\"', "\\"), ("a: b: '", " '", ""), ('a: "', '"', ""), ("a: '", "'", ""),
            ("a: ", "{", ""), ("a: ", "[", ""), ("", "[", "]"), ("a: ", "b: ", ""), ("a: x", ":x", ": y"), ("", "- ", ""),
            ("", "? ", ""), ("a: b\n", "#", "\n c: d: e"), ("a: b\n", "# x\n", " c: d: e"), ("a: b\n", "\n", " c: d: e"),
            ("a:", " ", "@"), ("{", " ", "@"), ("a", "a", ": b"), ("a: |\n", " x\n", ""), ("a: >\n", " x\n\n", ""),
            ("a: x\n", " x\n", ""), ('a: "x\n', " x\n", '"'), ("a: ", "，", ""), ("a: ［", "，", ""), ("a: &", "b", ""),
            ("a: !", "b", ""), ("%TAG ! ", "b", ""), ("a: ", "1_", ""), ("a: ", "1:", ""), ("a: 2020-01-01 ", " ", "x"),
            ("a: [", "b,", ""), ("a: {", "b: c,", ""), ('"\\"', '\\"' * 990 + "\n", ""), ("a: ", "`", ""), ("a:\n", " ", "\t"),
            ("a: ", " #", ""), ("a: ", "{b", ":c"), ("a: b\n", 'c: "\\"\\"\n', " d: e: f"),
            ("", "{a: [b] c" * 200 + "\n", ""), ("a:\n", " " * 1_900 + "x\n", " *"), ("", '- "b" c' * 250 + "\n", ""),
        )
    },
    **{
        f"form {name}": partial(formatted, text)
        for name, text in {
            "of blocks": "rules:\n" + "".join(f"  r{number}:\n    source: a\n    when: b\n" for number in range(3_000)),
            "of quotes": f'a: "{"x. " * 80_000}"\n', "of words": f"a: {'b ' * 100_000}\n",
            "of comments": "# x\n" * 60_000 + "a: b\n", "of comments at the end": "a: b\n" + "# x\n" * 60_000,
            "of items": "a:\n" + "  - b\n" * 9_000, "of blanks": "a: b\n" + "\n" * 200_000 + "c: d\n",
        }.items()
    },
    **{
        f"body {start!r} and {piece!r}": partial(parsed, start + piece * (MANY // len(piece)))
        for start, piece in (
            ("", "["), ("", '{"a":'), ("", "1"), ("0.", "1"), ("1e", "1"), ('"', "\\u0041"), ('"', "\\ud800"), ('"', '\\"'),
            ("", " "), ("[", '"a",'), ("{", '"a":1,'),
        )
    },
    **{
        f"header {piece!r}": partial(header, piece * 64_000)
        for piece in (",", ";", "zh;q=1,", "a;q=0.1;", "q=", ";q=1" , '"', " ,")
    },
    **{f"typed {name}": partial(typed, spelling) for name, spelling in TYPED.items()},
    "lines that repeat": partial(compared, "a"),
}  # fmt: skip


def _read_all() -> None:
    """Read every form; run in a process of its own, which says what it is at."""
    for name, read_it in FORMS.items():
        print(name, flush=True)
        read_it()
    print("all", flush=True)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of processor time there")
def test_no_form_of_input_takes_longer_than_its_length() -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    code = "from tests.test_hostile_sizes import _read_all; _read_all()"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, preexec_fn=limited, capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1:] == ["all"], ran.stderr[-2_000:]


def unknown_keys(number: int) -> None:
    text = "".join(f"nime_{key}: x\n" for key in range(number))
    known = tuple(f"name_{key}" for key in range(number))
    read_text(text, "file.yaml", FaultLog()).fields((), known)


def repeated_keys(number: int) -> None:
    text = "".join(f"key_{key}: x\n" for key in range(number)) + f"key_{number - 1}: x\n" * number
    read_text(text, "file.yaml", FaultLog()).entries()


@pytest.mark.parametrize(("work", "number"), [(unknown_keys, 200), (repeated_keys, 1_000)])
def test_twice_as_much_takes_twice_the_steps(work: Callable[[int], None], number: int) -> None:
    work(3)  # whatever is made once
    assert steps(lambda: work(2 * number)) < 2.6 * steps(lambda: work(number))


def test_however_many_blocks_are_out_of_order_the_file_is_read_once_for_each_level(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = []

    def counted(text: str) -> Any:
        read.append(len(text))
        return compose(text)

    monkeypatch.setattr(formatting, "compose", counted)
    text = "rules:\n" + "".join(f"  r{rule}:\n    source: a\n    when: b\n" for rule in range(200))
    assert format_text(text, "service").count("    when: b\n    source: a\n") == 200
    assert len(read) <= 6


def test_a_long_key_is_not_repeated_in_the_paths_of_all_that_stands_below_it() -> None:
    children = "".join(f"  a{number}: b\n" for number in range(5_000))
    levels = "".join(f"{' ' * depth}{'k' * 1_000}:\n" for depth in range(1, 30))
    for text in (f"? {'k' * 100_000}\n:\n{children}", f"a:\n{levels}{' ' * 30}z: z\n"):
        found = read(text)
        assert len(found) > 29
        assert max(len(value.path) for value in found) < 3 * MAX_PATH
        assert found[-1].place.path.endswith("…")
