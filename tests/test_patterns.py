"""Every pattern of the program is fed what patterns stumble over, and takes no longer than its input is long.

The patterns are found in the source, so a new one is tested by itself. What each is fed is made from its own parts: what it repeats,
again and again, after what leads there, and before what it cannot take. Time counts only beside that of a pattern that reads each
character once; a pattern that reads the rest of its input at each character takes thousands of times as long.
"""

import ast
import re
import re._parser as parser  # type: ignore[import-not-found] # the parts of a pattern are told nowhere else
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from time import process_time
from typing import Any, Final

import phonenumbers
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES: Final = (
    "composition", "domain", "gateways", "policies", "rehearsal", "resolvers", "schema", "store", "web",
)  # fmt: skip
METHODS: Final = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
LONGEST: Final = 4_000
"""Characters; a pattern that reads all of them at each of them takes seconds."""
TIMES: Final = 60
"""How many times as long as reading each character once it may take; half of them again at each is thousands of times as long."""
NOTICED: Final = 0.002
"""Seconds; what takes less is no trouble to anybody."""
MADE: Final[Mapping[str, Mapping[str, Any]]] = {
    "gateways/mobile.py": {"known": phonenumbers.PhoneMetadata.metadata_for_region("CN")},
    "policies/tree/folders.py": {"lasts": ["apply.yaml", "reissue.yaml"]},
    "policies/tree/misspelt.py": {"name": "apply_for"},
}
"""What is known of the names in patterns that are made where they are used."""
PUMPED: Final = (*"a0A _.:-+=,'\"\\[{#$`\n\t，中", "a ", "a.", "a_", ": ", "a:", "''", '\\"', "- ")
ENDS: Final = ("", "\0", "!")
_REPEATS: Final = (parser.MAX_REPEAT, parser.MIN_REPEAT, parser.POSSESSIVE_REPEAT)


@dataclass(frozen=True)
class Use:
    """A pattern and how it is asked.

    Args:
        place: the file and line; method: of `re`.
    """

    place: str
    pattern: re.Pattern[Any]
    method: str


@cache
def sources() -> Mapping[Path, ast.Module]:
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}


@cache
def methods_by_name() -> Mapping[str, set[str]]:
    """Return how patterns are asked, by the name that they have anywhere in the program."""
    found: dict[str, set[str]] = defaultdict(set)
    for tree in sources().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in METHODS:
                name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
                found[name].add(node.attr)
    return found


def uses() -> Iterator[Use]:
    for file, tree in sources().items():
        named = {
            node.value: target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if getattr(node.func.value, "id", "") != "re" or node.func.attr not in (*METHODS, "compile"):
                continue
            pattern = compiled(file, node)
            place = f"{file.relative_to(ROOT)}:{node.lineno}"
            asked = {node.func.attr} & set(METHODS) or methods_by_name().get(named.get(node, ""), set()) or {"search"}
            for method in sorted(asked):
                yield Use(place, pattern, method)


def compiled(file: Path, node: ast.Call) -> re.Pattern[Any]:
    """Return the pattern of a call, as its module makes it.

    Raises:
        NameError: it is made of what is only known where it is used; `MADE` has to tell of it.
    """
    module = import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    names = {**vars(module), **MADE.get(str(file.relative_to(ROOT)), {})}
    assert isinstance(node.func, ast.Attribute)
    place = 1 if node.func.attr == "compile" else 4 if node.func.attr in ("sub", "subn") else 2
    flags = [*node.args[place : place + 1], *(each.value for each in node.keywords if each.arg == "flags")]
    given = [eval(ast.unparse(each), names) for each in (node.args[0], *flags)]
    return re.compile(*given)


def sample(tree: Any) -> str:
    """Return a short text that a part of a pattern takes, more or less."""
    return "".join(_sample(kind, of) for kind, of in tree)


def _sample(kind: Any, of: Any) -> str:
    if kind is parser.LITERAL:
        return chr(of)
    if kind is parser.NOT_LITERAL:
        return "b" if of == ord("a") else "a"
    if kind is parser.ANY:
        return "a"
    if kind is parser.IN:
        return _one_of(of)
    if kind in _REPEATS:
        return sample(of[2]) * int(max(of[0], 1))
    if kind is parser.SUBPATTERN:
        return sample(of[3])
    if kind is parser.ATOMIC_GROUP:
        return sample(of)
    return sample(of[1][0]) if kind is parser.BRANCH else ""


def _one_of(items: Any) -> str:
    """Return a character of a set; of one that says what it does not hold, some other."""
    first = items[0]
    held: set[str] = set()
    for kind, of in items:
        if kind is parser.LITERAL:
            held.add(chr(of))
        elif kind is parser.RANGE:
            held |= {chr(of[0]), chr(of[1])}
        elif kind is parser.CATEGORY:
            held |= set({"CATEGORY_DIGIT": "0", "CATEGORY_SPACE": " \n", "CATEGORY_WORD": "a0_"}.get(str(of), "-"))
    if first[0] is parser.NEGATE:
        return next(each for each in "ab0 -," if each not in held)
    return str(min(held))


def repeated(tree: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield what a pattern takes again and again without a near end, with what leads there."""
    for kind, of in tree:
        if kind in _REPEATS:
            if of[1] > 64:
                yield before, sample(of[2])
            yield from repeated(of[2], before)
        elif kind is parser.SUBPATTERN:
            yield from repeated(of[3], before)
        elif kind is parser.ATOMIC_GROUP:
            yield from repeated(of, before)
        elif kind in (parser.ASSERT, parser.ASSERT_NOT):
            yield from repeated(of[1], before)
        elif kind is parser.BRANCH:
            for branch in of[1]:
                yield from repeated(branch, before)
        before += _sample(kind, of)


def hostile(pattern: re.Pattern[Any], length: int) -> Iterator[str]:
    """Yield texts that keep a pattern busy if anything does."""
    source = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    tree = parser.parse(source, pattern.flags & ~re.UNICODE)
    pumps = {*repeated(tree), *(("", piece) for piece in PUMPED)}
    for start, piece in sorted(pumps):
        if piece:
            for end in ENDS:
                yield start + piece * (length // len(piece)) + end


def asked(use: Use, text: str) -> None:
    given = text.encode() if isinstance(use.pattern.pattern, bytes) else text
    method = getattr(use.pattern, use.method)
    found = method("", given) if use.method in ("sub", "subn") else method(given)
    if use.method == "finditer":
        list(found)


def seconds(use: Use, text: str) -> float:
    began = process_time()
    asked(use, text)
    return process_time() - began


READING = Use("each character once", re.compile("(?:(a)|[^a])*"), "match")


def bound(length: int) -> float:
    """Return for how long a text of a length may be looked at, here and now."""
    return TIMES * min(seconds(READING, "ab" * (length // 2)) for _ in range(3))


def slow(use: Use) -> str | None:
    """Return a text that a pattern looks at for too long, if there is one."""
    for length in (20, 24, 28, 300, LONGEST):
        for text in hostile(use.pattern, length):
            if seconds(use, text) < NOTICED:
                continue
            if all(seconds(use, text) > max(NOTICED, bound(length)) for _ in range(3)):
                return f"{text[:40]!r}… of {len(text)} characters"
    return None


@pytest.mark.parametrize("use", [pytest.param(use, id=f"{use.place} {use.method}") for use in uses()])
def test_no_pattern_takes_longer_than_its_input_is_long(use: Use) -> None:
    assert slow(use) is None


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        ("(a+)+b", "match"),
        ("a*b", "search"),
        (r"(\s*)*x", "fullmatch"),
        ("(a|a)*b", "match"),
        (".*.*=", "match"),
        (" +$", "sub"),
    ],
)
def test_patterns_that_do_are_found(pattern: str, method: str) -> None:
    assert slow(Use("here", re.compile(pattern), method)) is not None
