"""The tables of docs/policy-language.md, written from the language itself by `make language`.

Which words there are, which kinds of facts a test fits, which keys an outcome has and what the limits are is read from
the code; only what a word means is said here, beside it. A word of the code that nobody describes here stops the writing.
`tests/policies/test_language_page.py` keeps the page current. Each table stands between `<!-- name: … -->` and `<!-- end -->`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from policies import folders, limits, nodes, outcomes, program, reader, tree
from policies.conditions import TEST_WORDS, words_for
from policies.outcomes import OUTCOMES, SPECIFICATION
from policies.schemas import schemas
from policies.tree import load_tree
from policies.values import LISTS, ORDERED, Kind, ValueType
from policies.vocabulary import Origin

ROOT = Path(__file__).parent.parent
PAGE = Path("docs/policy-language.md")
BLOCK = re.compile(r"(<!-- (\w+): [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)

Rows = Iterable[tuple[str, ...]]

WRITTEN: Mapping[Kind, tuple[str, str]] = {
    Kind.BOOLEAN: ("`true`, `false`", ""),
    Kind.INTEGER: ("digits, at most 15", ""),
    Kind.DECIMAL: ("up to 9 digits and 6 places", ", exactly"),
    Kind.MONEY: ("`10 yuan`, `10.50 yuan`; held in fen", ""),
    Kind.DATE: ("`2026-03-01`", ""),
    Kind.TIME: ('`"17:00"` quoted; of day, in China', ", by whole minutes: 17:00:59 is 17:00"),
    Kind.MOMENT: (
        '`"2026-03-01T17:00+08:00"` quoted, with its zone, in the years 0002 to 9998',
        ", exactly: one point in time, however it is written",
    ),
    Kind.DURATION: (
        "`7 natural days`, `7 working days`, `3 hours`, `30 minutes`, `1 month`, `2 years`, `at once`",
        "settings, attributes and outcomes only",
    ),
    Kind.TEXT: ("any", ""),
    Kind.TERM: ("a word of the vocabulary that `of:` names", ""),
    Kind.TERMS: ("a list of such words", ""),
    Kind.REGION: ('`"510100"` quoted', ", or lying within"),
    Kind.REGIONS: ("a list of such codes", ""),
}
"""How a value of each type is written, and what is to be said of its comparison beside what the code says."""

TESTS: Mapping[tuple[str, ...], str] = {
    ("is", "is_not"): "equals, does not equal",
    ("below", "at_most", "above", "at_least"): "is <, <=, >, >=",
    ("before", "on_or_before", "after", "on_or_after"): "is <, <=, >, >=",
    ("between",): "`between: [a, b]`: is >= a and is <= b, two tests",
    ("in", "not_in"): "is one of a list, is none of it",
    ("includes", "excludes"): "has the one value as an element, has not",
    ("includes_any", "includes_none"): "shares an element with a list, shares none",
    ("includes_all",): "has every element of a list (of an empty list, always)",
    (
        "within",
        "not_within",
    ): "lies in, or is, one of the regions of a list; lies in none (everything lies in `000000`)",
    ("present",): "`present: true` is not absent, `present: false` is absent",
}
"""Tests that go together, and when they hold of a fact."""

DONE: Mapping[str, tuple[str, str]] = {
    "deny": ("`true`", "a denial with the rule's message and source; its code is the id in capitals"),
    "require": ("a need or a list of needs", "a requirement: alternatives, each a set of needs"),
    "charge": ("`payer` is one of PAYERS; the holder if left out", "a charge; a negative amount is a fault"),
    "waive": ("a fee", "charges of that fee are waived by this rule (by the last, if several)"),
    "promise": ("", "a promise"),
    "lapse": ("", "a state that ends by time alone"),
    "route": (
        "`choice` is a term or region fact; one of `open` and `where`; `required` is true if left out",
        "the open values of a choice",
    ),
    "archive": ("a list of documents", "each as an item to keep"),
    "tell": ("`true`, or `{contact: …}`", "advice"),
}
"""How each outcome is written, beside its keys, and what the decision gets."""

FITS: Mapping[str, str] = {
    "width_px": "equal",
    "height_px": "equal",
    "width_mm": "pixels / dpi × 25.4 lies within the tolerance",
    "height_mm": "pixels / dpi × 25.4 lies within the tolerance",
    "tolerance_mm": "how far the two may be off; 0 if left out",
    "dpi": "equal",
    "min_dpi": "at least",
    "max_bytes": "at most",
    "colour": "equal",
    "background": "equal",
    "formats": "the file's format is one of them",
    "taken_within": "taken on or after the day that lies that long before the day asked",
}
"""When a document fits a specification."""

ORIGINS: Mapping[str, tuple[str, str, str]] = {
    "computed": ("the records", "fault `MISSING_FACT`", "fault `BAD_FACT`"),
    "claimed": ("the caller's token", "fault", "fault"),
    "chosen": (
        "the applicant",
        "fault (absence is said, not left out)",
        "refused input `VALUE_NOT_POSSIBLE`",
    ),
    "declared": ("the applicant; named `declared.…`", "asked for", "refused input"),
    "counted": ("`count:` over the holder's history", "computed; with no history it is missing", "fault"),
}
"""Who says a fact, what follows where it is missing, and where its value is not possible."""


class Undescribed(Exception):
    """A word of the language that this module does not describe, or describes and is none."""


def described(words: Iterable[str], told: Iterable[str], what: str) -> None:
    """Check that exactly the words of the code are described.

    Raises:
        Undescribed: they are not.
    """
    missing, beyond = sorted(set(words) - set(told)), sorted(set(told) - set(words))
    if missing or beyond:
        raise Undescribed(f"{what}: describe {missing}, take out {beyond}, in tests/language_page.py")


def types() -> Iterator[tuple[str, ...]]:
    """Yield how values of each type are written and compared."""
    described(Kind, WRITTEN, "types")
    yield "type", "written", "compared"
    for kind in Kind:
        written, more = WRITTEN[kind]
        compared = "as a set" if kind in LISTS else "in order" if kind in ORDERED else "equal"
        yield f"`{kind}`", written, more if not words_for(ValueType(kind)) else compared + more


def tests() -> Iterator[tuple[str, ...]]:
    """Yield the tests with the kinds of facts that they fit."""
    described(TEST_WORDS, (word for words in TESTS for word in words), "tests")
    yield "test", "for", "holds when the fact"
    for words, holds in TESTS.items():
        fitting = {_fitting(word) for word in words}
        if len(fitting) != 1:
            raise Undescribed(f"tests: {words} fit different kinds, and cannot share a row")
        yield _code(words), fitting.pop(), holds


def _fitting(word: str) -> str:
    if word == "present":
        return "optional or declared facts"
    if word == "between":
        return ", ".join(kind for kind in Kind if kind in ORDERED)
    kinds = [kind for kind in Kind if word in words_for(ValueType(kind))]
    comparable = [kind for kind in Kind if words_for(ValueType(kind)) and kind not in LISTS]
    return "every type but lists" if kinds == comparable else ", ".join(kinds)


def outcome_words() -> Iterator[tuple[str, ...]]:
    """Yield the outcomes with their keys."""
    described(OUTCOMES, DONE, "outcomes")
    properties = _rule_properties()
    yield "outcome", "keys", "what the decision gets"
    for word in OUTCOMES:
        written, done = DONE[word]
        keys = properties[word].get("properties", {})
        needed = properties[word].get("required", [])
        named = ", ".join(f"`{key}`" + ("" if key in needed else " (optional)") for key in keys)
        yield f"`{word}`", "; ".join(filter(None, (named, written.replace("PAYERS", _code(outcomes.PAYERS))))), done


def _rule_properties() -> Mapping[str, Any]:
    service = schemas(load_tree(ROOT / "regions"))["service"]
    properties: Mapping[str, Any] = service["properties"]["rules"]["additionalProperties"]["else"]["properties"]
    return properties


def specification() -> Iterator[tuple[str, ...]]:
    """Yield what a document can be asked to be."""
    described(SPECIFICATION, FITS, "specification")
    yield "key", "type", "a document fits when"
    for key, of_type in SPECIFICATION.items():
        yield f"`{key}`", str(of_type), FITS[key]


def origins() -> Iterator[tuple[str, ...]]:
    """Yield who says a fact."""
    described(get_args(Origin), ORIGINS, "origins")
    yield "origin", "who says it", "when it is missing", "when it is not possible"
    for origin in get_args(Origin):
        yield (f"`{origin}`", *ORIGINS[origin])


def most() -> Iterator[tuple[str, ...]]:
    """Yield the limits."""
    kib, mib = 1024, 1024 * 1024
    yield "what", "most"
    yield "file", f"{reader.MAX_FILE_BYTES // kib} KiB, {nodes.MAX_NODES:,} values, depth {nodes.MAX_DEPTH}"
    yield "one text, and one message in one language", f"{reader.MAX_TEXT:,} characters"
    yield (
        "all files of the regions folder",
        f"{folders.MAX_TREE_BYTES // mib} MiB, {folders.MAX_ENTRIES:,} files and folders",
    )
    yield "regions", f"{tree.MAX_REGIONS:,}"
    yield "rules of one service in one region, inherited ones included", f"{limits.MAX_RULES}"
    yield (
        "alternatives (conjunctions of its normal form) of one rule; of all rules of a service",
        f"{program.MAX_CONJUNCTIONS}; {limits.MAX_RULE_CONJUNCTIONS:,}",
    )
    yield "tests in one alternative", f"{program.MAX_TESTS}"
    yield "alternatives of a requirement", f"{outcomes.MAX_ALTERNATIVES}"


TABLES: Mapping[str, Callable[[], Rows]] = {
    "types": types,
    "tests": tests,
    "outcomes": outcome_words,
    "specification": specification,
    "origins": origins,
    "limits": most,
}
"""Every table of the page that is written from the code, by the name in its mark."""


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def table(rows: Rows) -> str:
    """Render rows, the first of them the head."""
    head, *body = rows
    lines = [f"| {' | '.join(row)} |\n" for row in body]
    return f"| {' | '.join(head)} |\n{'|---' * len(head)}|\n" + "".join(lines)


def page(text: str) -> str:
    """Return the page with every marked table written anew."""
    found = [name for _, name, _ in BLOCK.findall(text)]
    described(TABLES, found, "tables")
    return BLOCK.sub(lambda block: block[1] + table(TABLES[block[2]]()) + block[3], text)


if __name__ == "__main__":
    (ROOT / PAGE).write_text(page((ROOT / PAGE).read_text("utf-8")), "utf-8")
