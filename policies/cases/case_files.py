"""Reading the officers' tests: `<service>.tests.yaml` beside the policies.

    defaults:                      # every case starts from these, and from those of the same file in the folders above
      date: 2026-03-02
      facts: {request.channel: service_window, holder.age: 30}
      evidence: {documents: [photo], details: {mobile: "13800000000"}}
    cases:
      - name: {zh: SC-12 六岁儿童不需要照片, en: SC-12 a child of six needs no photo}   # or one text
        facts: {holder.age: 6}
        without: [choice.outlet]   # facts of the defaults that this case does not have
        absent: [declared.permit]  # facts that are known not to be there
        evidence: {documents: []}
        expect: {allowed: true, missing: []}

A fact that can be absent and that nobody states is absent; in a form (`form: true`) it is not known yet.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from domain.duration import CHINA_TIME
from domain.evidence import DocumentEvidence, Evidence
from domain.history import History, HistoryRecord
from domain.message import Message, in_both
from policies.cases.expectations import read_expectations
from policies.engine.asking import NOW, of_the_clock, of_the_day
from policies.language.conditions import Scope
from policies.language.history_counts import RECORD_KINDS, wrong_attribute
from policies.language.known_facts import can_be_absent
from policies.language.values import Kind, ValueType, moment_part
from policies.language.vocabulary import Lexicon, did_you_mean
from policies.source.faults import ANOTHER_NAME, FaultLog, PolicyFaults, SourceLocation, Unreadable, use_one_of
from policies.source.reader import Value, read_all, read_each, read_entries, read_file, read_items
from policies.tree.folders import TESTS
from policies.tree.tree import PolicyTree, RegionPolicies

DOCUMENT_TYPES: Mapping[str, ValueType] = {
    "type": ValueType(Kind.TERM, "documents"),
    "format": ValueType(Kind.TERM, "file_formats"),
    "size_bytes": ValueType(Kind.INTEGER),
    "width_px": ValueType(Kind.INTEGER),
    "height_px": ValueType(Kind.INTEGER),
    "dpi": ValueType(Kind.INTEGER),
    "colour": ValueType(Kind.BOOLEAN),
    "background": ValueType(Kind.TEXT),
    "taken_on": ValueType(Kind.DATE),
    "sighted": ValueType(Kind.BOOLEAN),
}
_SCALARS = ("region", "date", "known", "form", "history")
_DETAILS = ValueType(Kind.TERM, "details")


@dataclass(frozen=True, slots=True)
class Case:
    """One test of a policy.

    Args:
        name: what must be so; where it is written in one language only, the same in both.
        service, region, on, known: what is asked, of whom, on which day, by what was published when.
        facts, evidence, history, form: as `Policies.decide` takes them.
        expected: by kind of expectation; what is left out is not checked.
        place: where the case stands.
    """

    name: Message
    service: str
    region: str
    on: date
    known: date | None
    facts: Mapping[str, Any]
    evidence: Evidence
    history: History | None
    form: bool
    expected: Mapping[str, Any]
    place: SourceLocation


@dataclass(frozen=True, slots=True)
class _Stated:
    """What a case or its defaults state, not read yet, since it is the case's region that says what words mean."""

    values: Mapping[str, Value]
    facts: Mapping[str, Value]
    evidence: Mapping[str, Value]

    def under(self, own: "_Stated", without: frozenset[str]) -> "_Stated":
        """Return this with another's statements on top, some facts taken away."""
        facts = {name: value for name, value in self.facts.items() if name not in without} | dict(own.facts)
        return _Stated({**self.values, **own.values}, facts, {**self.evidence, **own.evidence})


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a tests file stands: in the folder of a region, beside a service.

    Args:
        unstated: by region that a case is about, the facts that are absent there if nobody states them; filled here.
    """

    tree: PolicyTree
    place: RegionPolicies
    service: str
    unstated: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def absent(self, place: RegionPolicies) -> tuple[str, ...]:
        """Return the facts that are absent in a region if nobody states them."""
        code = place.region.code
        if code not in self.unstated:
            self.unstated[code] = tuple(
                name
                for name, definition in place.words.facts.items()
                if can_be_absent(definition, self.service) and definition.origin not in ("declared", "counted")
            )
        return self.unstated[code]


def load_cases(tree: PolicyTree) -> tuple[Case, ...]:
    """Read every tests file of a tree.

    Raises:
        PolicyFaults: something is wrong; it lists every fault of every file.
    """
    log = FaultLog()
    cases = read_cases(tree, log)
    if log.faults:
        raise PolicyFaults(log.faults)
    return cases


def read_cases(tree: PolicyTree, log: FaultLog) -> tuple[Case, ...]:
    """Read every tests file of a tree, leaving out cases with faults, which are recorded."""
    return CaseReader(tree).read(tree.regions.values(), log)


class CaseReader:
    """Reads the tests files of regions, those of a folder before those of the folders in it, which have their defaults."""

    def __init__(self, tree: PolicyTree) -> None:
        """Take the tree that the files stand in."""
        self._tree = tree
        self._defaults: dict[tuple[str, str], _Stated] = {}

    def read(self, places: Iterable[RegionPolicies], log: FaultLog) -> tuple[Case, ...]:
        """Read the tests files in the folders of some regions, leaving out cases with faults, which are recorded."""
        cases: list[Case] = []
        for place in sorted(places, key=lambda found: found.region.path):
            for path in case_paths(self._tree, place):
                origin = _Origin(self._tree, place, path.name.removesuffix(TESTS))
                if place.words.term("services", origin.service) is None:
                    continue  # loading has recorded it
                with suppress(Unreadable):
                    value = read_file(path, path.relative_to(self._tree.folder).as_posix(), log)
                    cases.extend(_read_file(value, origin, self._defaults))
        return tuple(cases)


def case_paths(tree: PolicyTree, place: RegionPolicies) -> list[Path]:
    """Return the tests files in a region's own folder."""
    return sorted((tree.folder / place.region.path).glob(f"*{TESTS}"))


def _read_file(value: Value, origin: _Origin, defaults: dict[tuple[str, str], _Stated]) -> list[Case]:
    fields = value.fields(("cases",), ("defaults",))
    inherited = _inherited(origin, defaults)
    if "defaults" in fields:
        own = fields["defaults"]
        known = own.fields((), (*_SCALARS, "facts", "evidence"))
        inherited = inherited.under(_stated(known), frozenset())
    # A region that a file names is for its own cases: those of the folders below are about themselves.
    below = {key: spec for key, spec in inherited.values.items() if key != "region"}
    defaults[origin.place.region.code, origin.service] = _Stated(below, inherited.facts, inherited.evidence)
    if "cases" not in fields:
        return []
    found = read_items(fields["cases"], lambda item: _read_case(item, origin, inherited))
    if not fields["cases"].items():
        message = Message("用例文件里没有用例", "a tests file without a case")
        remedy = Message("增加用例，或删去该文件", "add a case or delete the file")
        fields["cases"].fault("EXPECTS_NOTHING", message, remedy)
    _check_names(found, value)
    return found


def _inherited(origin: _Origin, defaults: Mapping[tuple[str, str], _Stated]) -> _Stated:
    code = origin.place.region.parent
    while code is not None:
        if (code, origin.service) in defaults:
            return defaults[code, origin.service]
        # A parent whose own region file is faulty is not in the tree; its fault is told by itself.
        above = origin.tree.regions.get(code)
        code = above.region.parent if above else None
    return _Stated({}, {}, {})


def _check_names(found: list[Case], value: Value) -> None:
    """Record cases that readers of one of the languages could not tell apart."""
    seen: dict[str, SourceLocation] = {}
    for case in found:
        names = (case.name.zh, case.name.en)
        first = next((seen[name] for name in names if name in seen), None)
        if first is not None:
            zh, en = names
            message = Message(f"已有名为“{zh}”的用例（{first}）", f'a case is already named "{en}" at {first}')
            value.log.add(case.place, "DUPLICATE_DEFINITION", message, ANOTHER_NAME)
        for name in names:
            seen.setdefault(name, case.place)


def _stated(fields: dict[str, Value]) -> _Stated:
    evidence: dict[str, Value] = {}
    if "evidence" in fields:
        with suppress(Unreadable):
            evidence = fields["evidence"].fields((), ("proofs", "documents", "details"))
    values = {key: fields[key] for key in _SCALARS if key in fields}
    return _Stated(values, dict(read_entries(fields.get("facts"))), evidence)


def _read_case(value: Value, origin: _Origin, defaults: _Stated) -> Case:
    before = len(value.log.faults)
    fields = value.fields(("name", "expect"), (*_SCALARS, "facts", "evidence", "without", "absent"))
    own = read_each(fields, {"name": Value.remark, "without": _texts})
    stated = defaults.under(_stated(fields), frozenset(own.get("without", ())))
    _check_without(fields, own.get("without", ()), defaults)
    place = _region(stated.values.get("region"), origin)
    read = read_each(dict(stated.values), {"date": Value.date, "known": Value.date, "form": Value.boolean})
    if "date" not in stated.values:
        remedy = Message("在用例或 `defaults` 中写明 `date:`", "add `date:` to the case or to the defaults")
        value.fault("MISSING_KEY", Message("缺少 `date`", "`date` is missing"), remedy, "default date")
    form = read.get("form", False)
    history = read_each(dict(stated.values), {"history": lambda item: _read_history(item, place)})
    on = read.get("date", date.min)
    facts = _read_facts(stated.facts, place, origin, on, form)
    if "absent" in fields:
        facts |= _read_absent(fields["absent"], place.words, origin.service)
    evidence = _read_evidence(stated.evidence, place.words)
    expect = read_each(fields, {"expect": lambda item: read_expectations(item, place, origin.service)})
    if len(value.log.faults) > before or "name" not in own or "expect" not in expect:
        raise Unreadable
    return Case(
        name=in_both(own["name"]),
        service=origin.service,
        region=place.region.code,
        on=on,
        known=read.get("known"),
        facts=facts,
        evidence=evidence,
        history=history.get("history", None if form else ()),
        form=form,
        expected=expect["expect"],
        place=value.place,
    )


def _check_without(fields: Mapping[str, Value], names: tuple[str, ...], defaults: _Stated) -> None:
    for name in names:
        if name not in defaults.facts:
            message = Message(f"`defaults` 中没有写事实 `{name}`", f"the defaults state no fact `{name}`")
            fields["without"].fault("UNKNOWN_FACT", message, did_you_mean(name, defaults.facts), f"default {name}")


def _read_absent(value: Value, words: Lexicon, service: str) -> dict[str, None]:
    """Read the facts that a case says are not there; of a declared one, so the applicant has said."""
    found: dict[str, None] = {}
    for item in value.items():
        name = item.text()
        definition = words.fact(name)
        if definition is None:
            message = Message(f"没有事实 `{name}`", f"there is no fact `{name}`")
            item.fault("UNKNOWN_FACT", message, did_you_mean(name, words.facts), *words.missed(name))
        elif not can_be_absent(definition, service) or definition.count is not None:
            message = Message(f"`{name}` 不能没有值", f"`{name}` cannot be absent")
            item.fault("ALWAYS_PRESENT", message, Message("在 `facts:` 中写明其值", "state its value under `facts:`"))
        else:
            found[name] = None
    return found


def _region(value: Value | None, origin: _Origin) -> RegionPolicies:
    """Return the region that a case is about: the folder's own, or one inside it that the case names."""
    if value is None:
        return origin.place
    code = value.text()
    found = origin.tree.regions.get(code)
    own = origin.place.region
    if found is None or not f"{found.region.path}/".startswith(f"{own.path}/"):
        message = Message(f"`{code}` 不是 `{own.code}` 范围内的地区", f"{code} is no region in {own.code}")
        remedy = Message("改写为本文件夹内的地区", "name a region in this folder")
        raise value.fault("UNKNOWN_REGION", message, remedy, f"region {code}")
    return found


def _texts(value: Value) -> tuple[str, ...]:
    return tuple(read_items(value, Value.text))


def _read_facts(
    stated: Mapping[str, Value], place: RegionPolicies, origin: _Origin, on: date, form: bool
) -> dict[str, Any]:
    words, service = place.words, origin.service
    facts = _known(of_the_day(service, on), words)
    for name, value in stated.items():
        with suppress(Unreadable):
            facts[name] = _read_fact(name, value, Scope(words, {}, service))
    facts |= _known(of_the_clock(on, facts), words)
    _check_now(facts, stated, on)
    if not form:
        for name in origin.absent(place):
            facts.setdefault(name, None)
    return facts


def _read_fact(name: str, value: Value, scope: Scope) -> Any:
    definition = scope.fact(value, name)
    if definition.parent is not None:
        parent = definition.parent
        message = Message(f"`{name}` 由 `{parent}` 得出", f"`{name}` follows from `{parent}`")
        raise value.fault("BAD_CASE", message, Message(f"写明 `{parent}`", f"state `{parent}`"))
    if definition.origin == "counted":
        message = Message(f"`{name}` 由历史记录计数得出", f"`{name}` is counted over the history")
        raise value.fault("BAD_CASE", message, Message("写明 `history:`", "state the `history:`"))
    return scope.words.read(value, definition.type)


def _known(facts: Mapping[str, Any], words: Lexicon) -> dict[str, Any]:
    """Return those of the facts that follow from the day and the clock which the words know; a case may state others."""
    return {name: value for name, value in facts.items() if name in words.facts}


def _check_now(facts: Mapping[str, Any], stated: Mapping[str, Value], on: date) -> None:
    now = facts.get(NOW)
    if NOW in stated and isinstance(now, datetime) and moment_part(now, "day") != on:
        message = Message(
            f"`{NOW}` 不在用例的日期（`date`）{on}当天", f"`{NOW}` is not on {on}, the `date` of the case"
        )
        stated[NOW].fault("BAD_CASE", message, Message("改写为该日的时刻", "state a moment of that day"))


def _read_evidence(stated: Mapping[str, Value], words: Lexicon) -> Evidence:
    proofs = ValueType(Kind.TERMS, "proofs")
    readers: dict[str, Callable[[Value], Any]] = {
        "proofs": lambda value: frozenset(words.read(value, proofs)),
        "documents": lambda value: tuple(read_items(value, lambda item: _read_document(item, words))),
        "details": lambda value: _read_details(value, words),
    }
    return Evidence(**read_each(dict(stated), readers))


def _read_document(value: Value, words: Lexicon) -> DocumentEvidence:
    if not value.is_mapping:
        return DocumentEvidence(id="uploaded", type=words.read(value, DOCUMENT_TYPES["type"]))
    fields = value.fields(("type",), tuple(DOCUMENT_TYPES))
    readers = {key: _typed(of_type, words) for key, of_type in DOCUMENT_TYPES.items() if key in fields}
    read = read_all(fields, readers)
    if "type" not in read:
        raise Unreadable
    return DocumentEvidence(id=None if read.get("sighted") else "uploaded", **read)


def _typed(of_type: ValueType, words: Lexicon) -> Callable[[Value], Any]:
    return lambda value: words.read(value, of_type)


def _read_details(value: Value, words: Lexicon) -> dict[str, str]:
    details: dict[str, str] = {}
    for name, spec in value.entries().items():
        with suppress(Unreadable):
            words.check_term(spec, "details", name)
            details[name] = spec.text()
    return details


def _read_history(value: Value, place: RegionPolicies) -> History:
    return tuple(read_items(value, lambda item: _read_record(item, place)))


def _read_record(value: Value, place: RegionPolicies) -> HistoryRecord:
    fields = value.fields(("kind", "name", "date"), ("time", "region", "attributes"))
    read = read_all(fields, {"kind": Value.text, "name": Value.text, "date": Value.date})
    clock = read_each(fields, {"time": Value.time}).get("time", time(12))
    kind = read["kind"]
    if kind not in RECORD_KINDS:
        message = Message(f"没有 `{kind}` 这种记录", f"`{kind}` is no kind of record")
        raise fields["kind"].fault("BAD_CASE", message, use_one_of(RECORD_KINDS))
    place.words.check_term(fields["name"], RECORD_KINDS[kind], read["name"])
    attributes = fields["attributes"].entries() if "attributes" in fields else {}
    stated = {key: spec.text() for key, spec in attributes.items()}
    if (wrong := wrong_attribute(kind, read["name"], stated, place.words)) is not None:
        attributes[wrong[0]].fault("BAD_CASE", *wrong[1:])
    return HistoryRecord(
        kind=kind,
        name=read["name"],
        at=datetime.combine(read["date"], clock, CHINA_TIME),
        region=fields["region"].text() if "region" in fields else place.region.code,
        attributes=stated,
    )
