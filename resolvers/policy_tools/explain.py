"""Why a region decides as it does, on suppositions alone, and what is announced to change."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time

from domain.duration import CHINA_TIME, day_in_china
from domain.evidence import DocumentEvidence, Evidence
from domain.history import History, HistoryRecord, RecordKind
from policies.engine.asking import Asked
from policies.engine.decide import Policies
from policies.explain.coming import Coming, coming_changes
from policies.language.history_counts import RECORD_KINDS, states_of, wrong_attribute
from policies.language.values import show_day
from policies.language.vocabulary import Lexicon
from resolvers.changing.declarations import impossible
from resolvers.dependencies import Dependencies
from resolvers.looking_up.requirements import supposed_facts, term_meant

MOST_EVIDENCE = 50
MOST_PAST = 200
NOON = time(12)
"""When something happened whose time of day nobody says."""
SUPPOSED_FILE = "supposed"


@dataclass(frozen=True, slots=True)
class Past:
    """Something that is supposed to have happened to the holder before.

    Args:
        name: a service that was asked for, or a state that a card entered.
        at: when: a day such as 2026-03-01 (its noon), or a moment with its zone.
        attributes: by name; those of `domain.history.ATTRIBUTES`. An operation without a `state` is done.
    """

    name: str
    at: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants explained; suppositions, never claims: nothing is granted on them.

    Args:
        region, service: where and what.
        facts: supposed, by name, as texts; evidence: names of proofs, documents and details supposed to be at hand.
        on: the day; today if None. known: by which it had to be published; `on` if None.
        born_on: the supposed date of birth of the holder, from which the age follows on every day.
        past: everything that happened before, from which counted facts follow on every day; None where nobody says.
    """

    region: str
    service: str
    facts: Mapping[str, str] = field(default_factory=dict)
    evidence: Sequence[str] = ()
    on: date | None = None
    known: date | None = None
    born_on: date | None = None
    past: Sequence[Past] | None = None


def asked(
    policies: Policies, question: Question, today: date, is_working_day: Callable[[date], bool] | None = None
) -> Asked:
    """Return a question as the policies take it.

    Args:
        today: the day in China; no way to be allowed lies before it.
        is_working_day: of the working calendar.

    Raises:
        NotFound: the region is unknown.
        InvalidInput: a supposed fact, piece of evidence or past is unknown or ill-typed.
    """
    words = policies.region(question.region).words
    if words.term("services", question.service) is None:
        shown = question.service[:80]
        raise impossible(
            "service", f"没有服务事项“{shown}”，请核对名称", f"there is no service {shown}; check its name"
        )
    day = question.on or today
    if question.born_on is not None and question.born_on > day:
        raise impossible(
            "bornOn",
            f"出生日期{show_day(question.born_on)}晚于{show_day(day)}，请核对",
            f"{question.born_on} is after {day}",
        )
    return Asked(
        service=question.service,
        region=question.region,
        on=day,
        known=question.known,
        facts=supposed_facts(words, question.facts),
        evidence=_evidence(words, question.evidence),
        history=_history(words, question, day),
        form=True,
        born_on=question.born_on,
        is_working_day=is_working_day,
        earliest=min(day, today),
    )


def _evidence(words: Lexicon, names: Sequence[str]) -> Evidence:
    if len(names) > MOST_EVIDENCE:
        raise impossible(
            "evidence", f"最多写{MOST_EVIDENCE}项，请减少", f"at most {MOST_EVIDENCE} things can be supposed"
        )
    kinds: dict[str, list[str]] = {"proofs": [], "documents": [], "details": []}
    for name in names:
        fitting = [(kind, meant) for kind in kinds if (meant := term_meant(words, kind, name)) is not None]
        if not fitting:
            known = [term for kind in kinds for term in words.vocabularies[kind].terms.values()]
            alike = [term for term in known if name and name in term.label.zh][:5]
            zh = (
                "，请写：" + "、".join(f"`{term.name}`（{term.label.zh}）" for term in alike)
                if alike
                else "，请核对名称"
            )
            raise impossible(
                "evidence", f"没有材料“{name[:80]}”{zh}", f"there is no proof, document or detail {name[:80]}"
            )
        for kind, meant in fitting:
            kinds[kind].append(meant)
    documents = tuple(DocumentEvidence(SUPPOSED_FILE, name) for name in kinds["documents"])
    return Evidence(frozenset(kinds["proofs"]), documents, dict.fromkeys(kinds["details"], SUPPOSED_FILE))


def _history(words: Lexicon, question: Question, day: date) -> History | None:
    if question.past is None:
        return None
    if len(question.past) > MOST_PAST:
        raise impossible("past", f"最多写{MOST_PAST}项，请减少", f"at most {MOST_PAST} things can have happened")
    return tuple(_record(words, past, question.region, day) for past in question.past)


def _record(words: Lexicon, past: Past, region: str, day: date) -> HistoryRecord:
    shown = past.name[:80]
    kind = next((kind for kind, of in RECORD_KINDS.items() if words.term(of, past.name) is not None), None)
    if kind is None:
        raise impossible(
            "past", f"没有服务事项或卡状态“{shown}”，请核对名称", f"there is no service or card state {shown}"
        )
    if (wrong := wrong_attribute(kind, past.name, past.attributes, words)) is not None:
        _, message, remedy = wrong
        raise impossible("past", f"{message.zh[:200]}；{remedy.zh}", f"{message.en[:200]}; {remedy.en}")
    at = _moment(past.at)
    if at is None:
        text = past.at[:80]
        raise impossible(
            "past",
            f"“{text}”不是日期（如 `2026-03-01`），也不是带时区的时点，请改正",
            f"{text!r} is neither a day such as 2026-03-01 nor a moment with its zone",
        )
    if at.date() > day:
        raise impossible(
            "past",
            f"“{shown}”的时间{show_day(at.date())}晚于{show_day(day)}，请核对",
            f"{shown} at {past.at} is after {day}",
        )
    return HistoryRecord(kind, past.name, at, region, {"region": region, **_done(kind, past, words), **past.attributes})


def _done(kind: RecordKind, past: Past, words: Lexicon) -> dict[str, str]:
    """Return the state of an operation of which nobody says more than that it was: it is done."""
    states = states_of((past.name,), words) if kind == "operation" else None
    return {"state": states[-1]} if states else {}


def _moment(text: str) -> datetime | None:
    """Read a day, of which it is noon, or a moment; None where it is neither."""
    try:
        return datetime.combine(date.fromisoformat(text), NOON, CHINA_TIME)
    except ValueError:
        with suppress(ValueError, OverflowError):
            at = datetime.fromisoformat(text)
            return at.astimezone(CHINA_TIME) if at.tzinfo is not None else None
    return None


def asked_today(dependencies: Dependencies, question: Question) -> Asked:
    """Return a question as the policies take it, on the service's clock and calendar.

    Raises:
        NotFound, InvalidInput: as for `asked`.
    """
    today = day_in_china(dependencies.clock.now())
    return asked(dependencies.policies(), question, today, lambda day: dependencies.calendar.day(day).working)


def coming(dependencies: Dependencies, region: str | None, until: date | None) -> list[Coming]:
    """Return what changes after today, by day.

    Raises:
        NotFound: the region is unknown.
    """
    policies = dependencies.policies()
    if region is not None:
        policies.region(region)
    return coming_changes(policies.tree, day_in_china(dependencies.clock.now()), until, region)
