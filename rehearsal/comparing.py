"""Comparing what the service was asked and decided with what the case states and expects, and with the policies alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from domain.decision import Decision
from domain.errors import DecisionFault, InvalidInput
from domain.evidence import Evidence
from domain.message import Message
from policies.cases.cases import asked_of
from policies.cases.expectation_kinds import ANSWERED
from policies.cases.expectations import differences
from policies.engine.decide import Policies
from rehearsal.observed import Asked
from rehearsal.scene import Scene
from rehearsal.stage import INVALID_VARIABLES, GraphAnswer

_SAID_OF_BOTH: Final = ("facts", "digest", "special_days", "requirements")
"""Parts of a decision that are compared by themselves, or hang on numbers of records."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which the service does not do what a case says.

    Args:
        kind: `unreachable`, `fact`, `evidence`, `decision`, `refused` or `records`.
        message: what is so.
    """

    kind: str
    message: Message


def decided(answer: GraphAnswer, service: str) -> Decision | None:
    """Return what the policies answered the service about itself, if it asked them."""
    return next((asked.decision for asked in answer.asked if asked.service == service), None)


def compare(policies: Policies, scene: Scene, answer: GraphAnswer) -> tuple[Finding, ...]:
    """Return every way in which the service asked otherwise than the case, or decided otherwise."""
    case = scene.case
    served = next((asked for asked in answer.asked if asked.service == case.service), None)
    wanted = case.expected.get(ANSWERED)
    if served is None:
        return _unreachable(answer, wanted)
    if wanted is not None:
        text = Message(
            f"应直接答复 {wanted}，服务却询问了政策", f"{wanted} is to be answered, but the service asks the policies"
        )
        return (Finding("unreachable", text),)
    try:
        arguments, more = asked_of(case)
        alone = policies.decide(*arguments, **more)
    except (DecisionFault, InvalidInput) as fault:
        if served.fault == fault.code == case.expected.get("fault"):
            return ()
        text = Message(
            f"政策单独得出 {fault.code}，在服务中得出 {served.fault}",
            f"the policies alone fail with {fault.code}, in the service with {served.fault}",
        )
        return (Finding("decision", text),)
    if served.decision is None:
        text = Message(
            f"服务中无法判定：{served.fault}", f"in the service the policies could not be evaluated: {served.fault}"
        )
        return (Finding("decision", text),)
    found = [*_facts(scene, alone, served), *_evidence(case.evidence, alone, served)]
    if served.region != case.region:
        text = Message(
            f"由 `{served.region}` 判定，不是 `{case.region}`", f"{served.region} decided, not {case.region}"
        )
        found.append(Finding("fact", text))
    found += [Finding("decision", each.message) for each in differences(case.expected, served.decision)]
    if not found:
        found += _otherwise(alone, served.decision)
    if found:
        found += _unstated(scene, alone, served)
    if served.decision.allowed and answer.errors:
        code, message = answer.errors[0]
        text = Message(f"准予之后又被拒绝：{code} {message.zh}", f"allowed, and then refused: {code} {message.en}")
        found.append(Finding("refused", text))
    return tuple(found)


def _unreachable(answer: GraphAnswer, wanted: str | None) -> tuple[Finding, ...]:
    """Return what is wrong where the service does not ask the policies."""
    if not answer.errors:
        return (Finding("unreachable", Message("服务没有询问政策", "the service does not ask the policies at all")),)
    code, message = answer.errors[0]
    if code == wanted:
        return ()
    zh, en = (
        f"服务没有询问政策，就答复 {code}：{message.zh}",
        f"the service answers {code} before it asks the policies: {message.en}",
    )
    if code != INVALID_VARIABLES:
        zh += f"如果应当这样，请写明 `answered: {code}`"
        en += f" If so it should be, write `answered: {code}`"
    return (Finding("unreachable", Message(zh, en)),)


def _facts(scene: Scene, alone: Decision, served: Asked) -> Iterator[Finding]:
    """Yield the facts that the service supplies otherwise than the case states them.

    What a case leaves open is as the service supplies it, as long as the decision is the same.
    """
    decided: Mapping[str, Any] = served.decision.facts if served.decision is not None else {}
    missing = object()
    for name, stated in {**scene.case.facts, **alone.facts}.items():
        given = served.facts.get(name, decided.get(name, missing))
        if stated is not None and given is not missing and _plain(given) != _plain(stated):
            yield Finding(
                "fact",
                Message(
                    f"用例写明 `{name}` 为 {_shown(stated)}，服务提供的是 {_shown(given)}",
                    f"the case states {name}: {_shown(stated)}, and the service supplies {_shown(given)}",
                ),
            )
    for name in alone.facts.keys() - decided.keys():
        if alone.facts[name] is not None:
            text = Message(f"服务不提供事实 `{name}`", f"the service does not supply {name}")
            yield Finding("fact", text)


def _unstated(scene: Scene, alone: Decision, served: Asked) -> Iterator[Finding]:
    """Yield the facts that the case leaves open and the service supplies, which may be why it decides otherwise."""
    for name in sorted(alone.facts):
        given = served.facts.get(name)
        if alone.facts[name] is None and given is not None:
            yield Finding(
                "fact",
                Message(
                    f"用例没有写明 `{name}`，服务提供的是 {_shown(given)}",
                    f"the case leaves {name} open, and the service supplies {_shown(given)}",
                ),
            )


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list | frozenset):
        return frozenset(value)
    return value.timestamp() if isinstance(value, datetime) else value


def _shown(value: Any) -> str:
    if isinstance(value, tuple | frozenset | list):
        return f"[{', '.join(sorted(map(str, value)))}]"
    return "absent" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _evidence(stated: Evidence, alone: Decision, served: Asked) -> Iterator[Finding]:
    """Yield what was brought along otherwise than the case states, of what a requirement asks for."""
    brought = served.evidence or Evidence()
    needs = [need for each in alone.requirements for needs in each.alternatives for need in needs]
    wanted = {kind: {need.name for need in needs if need.kind == kind} for kind in ("proof", "document", "detail")}
    pairs = (
        ("proof", stated.proofs, brought.proofs),
        ("document", _papers(stated), _papers(brought)),
        ("detail", frozenset(stated.details), frozenset(brought.details)),
    )
    for kind, said, given in pairs:
        for name in sorted((said ^ given) & wanted[kind] if kind != "document" else said ^ given):
            has, lacks = ("服务", "用例") if name in given else ("用例", "服务")
            en = (
                "the service has it and the case has not"
                if name in given
                else "the case has it and the service has not"
            )
            yield Finding("evidence", Message(f"{kind} `{name}`：{has}有，{lacks}没有", f"{kind} {name}: {en}"))


def _papers(evidence: Evidence) -> frozenset[str]:
    return frozenset(f"{found.type}{' (sighted)' if found.sighted else ''}" for found in evidence.documents)


def _otherwise(alone: Decision, served: Decision) -> Iterator[Finding]:
    """Yield the parts of a decision that are otherwise in the service than by the policies alone."""
    for part in fields(Decision):
        if part.name in _SAID_OF_BOTH:
            continue
        if getattr(alone, part.name) != getattr(served, part.name):
            text = Message(
                f"服务判定的 {part.name} 与政策单独判定的不同",
                f"{part.name} is otherwise in the service than by the policies alone",
            )
            yield Finding("decision", text)
