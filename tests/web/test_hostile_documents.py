"""Documents written to keep the standard rules busy are refused before those see them; steps are counted, not seconds."""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from graphql import GraphQLError, parse
from graphql.validation.rules import overlapping_fields_can_be_merged as merging

from benchmarks.kit import hostile
from benchmarks.kit.generated import Generated
from schema.build import build_schema
from schema.kit.comparisons import Comparing
from schema.kit.limits import Limits
from web.documents import MAX_ERRORS, DocumentCache, DocumentRefused

SCHEMA = build_schema()
LIMITS = Limits()
HOSTILE = {
    "one field often": "{" + "__typename " * 900 + "}",
    "one field often, with fields below": "{" + "regions{code}" * 480 + "}",
    "fewer fields with as many below each": "{" + ("me{" + "id " * 20 + "}") * 80 + "}",
    "in inline fragments": "{" + "...{__typename}" * 380 + "}",
    "in fragments": "{" + "".join(f"...F{i}" for i in range(200)) + "}"
    + "".join(f"fragment F{i} on Query{{__typename}}" for i in range(200)),
    "in fragments of fragments": "{...F0}"
    + "".join(f"fragment F{i} on Query{{__typename ...F{i + 1}}}" for i in range(150))
    + "fragment F150 on Query{__typename}",
    "many operations with the same fragments": "".join(f"query A{i}{{...F0}}" for i in range(140))
    + "".join(f"fragment F{i} on Query{{...F{i + 1}}}" for i in range(120))
    + "fragment F120 on Query{__typename}",
}  # fmt: skip
FRIENDLY = {
    "the same fragments at one place, as components bring them": "{" + "".join(f"...F{i}" for i in range(30)) + "}"
    + "".join(f"fragment F{i} on Query{{me{{id name}}}}" for i in range(30)),
    "many fields": "{me{" + " ".join(["id name bornOn mobile cards{id number} wards{id name}"] * 5) + "}}",
}  # fmt: skip


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with each pair of fields that graphql-core compares."""
    seen: list[str] = []
    compare = merging.find_conflict

    def noted(context: object, rule: object, exclusive: bool, name: str, *rest: object) -> object:
        seen.append(name)
        return compare(context, rule, exclusive, name, *rest)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(merging, "find_conflict", noted)
    return seen


def refusal(text: str) -> list[GraphQLError]:
    """Return the errors of a document that is refused."""
    with pytest.raises(DocumentRefused) as refused:
        DocumentCache(SCHEMA, LIMITS).get(text)
    return refused.value.errors


def code(error: GraphQLError) -> str | None:
    return getattr(error.original_error, "code", None)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_takes_too_many_comparisons_is_refused_before_the_first(name: str, compared: list[str]) -> None:
    assert [code(error) for error in refusal(HOSTILE[name])] == ["QUERY_TOO_COSTLY"]
    assert compared == []


@pytest.mark.parametrize("name", FRIENDLY)
def test_repetition_within_reason_is_accepted(name: str, compared: list[str]) -> None:
    DocumentCache(SCHEMA, LIMITS).get(FRIENDLY[name])
    assert 0 < len(compared) <= LIMITS.max_comparisons


def random_document(random: Random) -> str:
    """Return some document of fields below `me`, repeated and spread in fragments that spread each other."""

    def selections(depth: int, later: int) -> Iterator[str]:
        for _ in range(random.randint(1, 4)):
            kind = random.choice(("leaf", "below", "inline", "spread"))
            if kind == "below" and depth:
                alias = random.choice(("", "", "c:"))
                yield f"{alias}wards{{{' '.join(selections(depth - 1, later))}}}"
            elif kind == "inline" and depth:
                yield f"...{{{' '.join(selections(depth - 1, later))}}}"
            elif kind == "spread" and later < 4:
                yield f"...F{random.randint(later, 3)}"
            else:
                yield random.choice(("id", "name", "a:name", "b:mobile"))

    fragments = [f"fragment F{i} on Holder{{{' '.join(selections(2, i + 1))}}}" for i in range(4)]
    return "\n".join([f"{{me{{{' '.join(selections(3, 0))} ...F0 ...F1 ...F2 ...F3}}}}", *fragments])


@pytest.mark.parametrize("seed", range(40))
def test_no_document_takes_more_comparisons_than_were_counted(seed: int, compared: list[str]) -> None:
    text = random_document(Random(seed))
    most = Limits(max_cost=10**9, max_comparisons=10**9, max_aliases=10**9)
    DocumentCache(SCHEMA, most).get(text)
    assert 0 < len(compared) <= Comparing(parse(text), 10**9).count


@pytest.mark.parametrize("name", HOSTILE)
def test_counting_itself_stops_where_it_is_too_much(name: str) -> None:
    counted = Comparing(parse(HOSTILE[name]), 1_000)
    assert counted.exceeded
    # The last one adds no more than stand at its place, and each of those was counted.
    assert counted.count <= 2_000


def test_fragments_that_lead_nowhere_or_to_themselves_are_refused_before_they_are_spread_out() -> None:
    assert "Unknown fragment" in refusal("{me{...F}}")[0].message
    assert "within itself" in refusal("{me{...F}} fragment F on Holder{wards{...F ...F}}")[0].message
    assert "never used" in refusal("{me{id}} fragment F on Holder{" + "id " * 900 + "}")[0].message


def test_few_errors_are_told_since_each_takes_its_time() -> None:
    errors = refusal("{" + " ".join(f"checkEligibilita{i}" for i in range(500)) + "}")
    assert len(errors) == MAX_ERRORS + 1
    assert "Too many validation errors" in errors[-1].message


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_a_document_of_very_many_lines_is_refused_since_errors_count_them(line_end: str) -> None:
    [error] = refusal("{" + line_end * 2_000 + "nothing}")
    assert code(error) == "SYNTAX_ERROR"
    assert "leave out empty lines" in error.message
    assert code(refusal("{" + line_end * 900 + "nothing}")[0]) is None


ATTACKS = {
    "aliases": "TOO_MANY_ALIASES",
    "as many comparisons as may be": None,
    "fragments that double": "QUERY_TOO_COSTLY",
    "lists in inputs": "VALIDATION_FAILED",
    "nested deeply": "SYNTAX_ERROR",
    "objects in inputs": "INVALID_INPUT",
    "one field again and again": "QUERY_TOO_COSTLY",
    "operations beside each other": None,
}
"""What becomes of some of the documents that the service is attacked with when it is measured."""


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_measured_as_an_attack_is_one(name: str) -> None:
    text = hostile.texts()[name]
    if ATTACKS[name] is None:
        DocumentCache(SCHEMA, LIMITS).get(text)
        return
    with pytest.raises(DocumentRefused) as refused:
        DocumentCache(SCHEMA, LIMITS).get(text)
    assert (code(refused.value.errors[0]) or refused.value.code) == ATTACKS[name]


def test_generated_documents_are_right_wrong_and_broken_and_the_same_for_a_seed() -> None:
    made = list(Generated(SCHEMA._schema, 1).documents(120))
    assert made == list(Generated(SCHEMA._schema, 1).documents(120))
    outcomes = Counter[str]()
    for text in made:
        try:
            DocumentCache(SCHEMA, LIMITS).get(text)
        except DocumentRefused as refused:
            outcomes[refused.code] += 1
        else:
            outcomes["right"] += 1
    assert outcomes["right"] > 20
    assert outcomes["SYNTAX_ERROR"] > 20
    assert outcomes["VALIDATION_FAILED"] > 20
