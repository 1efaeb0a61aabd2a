"""`require`: something must be there, or nothing is done."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from domain.decision import Decision, Need, Requirement
from domain.message import Message, joined
from domain.outcomes import COMPARED, CarriedOut, can_be_filled_in
from domain.services import Choice, services_taking
from policies.language.conditions import Operand, Scope
from policies.language.json_schema import Definitions, Schema
from policies.language.outcomes.needs import NeedSpec, needs_schema, read_needs
from policies.language.outcomes.outcome import Key, Outcome, Phrasing, names_listed
from policies.language.values import as_json
from policies.source.reader import Value

PRESENCE = "presence"
"""The proof that somebody is there, which a clerk at a window gives."""
_HERE = Message("已有", "there")
_MISSING = Message("还没有", "missing")


@dataclass(frozen=True, slots=True)
class Require(Outcome):
    """Any one of the alternatives must be there; each is a set of needs."""

    alternatives: tuple[tuple[NeedSpec, ...], ...]

    word = "require"
    does = Message("要求", "asks for")
    done = Message("没有提供的，不予办理", "without it, nothing is changed")
    speaks = True
    asks = True
    restricts = True
    absent = Message("没有这项要求", "does not ask for it")

    @classmethod
    def read(cls, value: Value, scope: Scope) -> Self:
        """Read a tree of needs."""
        return cls(tuple(read_needs(value, scope)))

    @classmethod
    def schema(cls, known: Definitions) -> Schema:
        """Return the JSON Schema of a tree of needs."""
        return needs_schema(known)

    def check_carried_out(self, service: str, value: Value, known: CarriedOut) -> None:
        """Record a fault where something is asked for that nobody can hand in with the service."""
        for need in self.needs() if known.only_seen else ():
            seen = need.name == PRESENCE if need.kind == "proof" else need.kind == "document" and not need.specification
            if not seen:
                message = Message(
                    f"办理事项 `{service}` 时只能到场、出示原件，交不了 `{need.name}`",
                    f"with the service `{service}` people come and show originals; `{need.name}` cannot be handed in",
                )
                remedy = Message(
                    f"只要求 `{PRESENCE}` 和没有规格的材料",
                    f"ask for `{PRESENCE}` and for documents without a specification",
                )
                value.fault("OUTCOME_NOT_CARRIED_OUT", message, remedy)
                return
        details = (need.name for need in self.needs() if need.kind == "detail")
        lacking = next((name for name in details if not can_be_filled_in(name, service)), None)
        if lacking is not None:
            value.fault("OUTCOME_NOT_CARRIED_OUT", *_not_filled_in(lacking, service))

    def needs(self) -> Iterator[NeedSpec]:
        """Yield every need of every alternative."""
        for alternative in self.alternatives:
            yield from alternative

    def stated(self, wording: Phrasing) -> Message:
        """Say what is asked for."""
        return _either((need.stated(wording) for need in needs) for needs in self.alternatives)

    def operands(self) -> Iterator[Operand]:
        """Yield what documents must be."""
        for need in self.needs():
            yield from need.specification.values()

    def shared(self, rule: str) -> frozenset[Key]:
        """Return the needs."""
        return frozenset(("need", need.kind, need.name) for need in self.needs())

    def effect(self, rule: str, decision: Decision, wording: Phrasing) -> Message:
        """Say what is asked for, and whether it is there."""
        done = [r for r in decision.requirements if r.rule == rule and r.alternatives[0][0].kind != "declaration"]
        if done:
            return _either((_met(need) for need in needs) for needs in done[0].alternatives)
        return _either((need.label(wording) for need in needs) for needs in self.alternatives)

    @classmethod
    def shown(cls, decision: Decision) -> Mapping[Key, Any]:
        """Return what is asked for, choices and declarations too."""
        return {requirement_key(asked): True for asked in decision.requirements if not asked.conditional}

    @classmethod
    def answer(cls, key: Key, decision: Decision, wording: Phrasing) -> Message:
        """Say what is asked for."""
        asked = next(r for r in decision.requirements if not r.conditional and requirement_key(r) == key)
        needs = _either((need.label for need in needs) for needs in asked.alternatives)
        return Message(f"要求：{needs.zh}", f"asks for: {needs.en}")


def _not_filled_in(detail: str, service: str) -> tuple[Message, Message]:
    """Say why nobody can fill in a detail with a service, and what to ask for instead."""
    if detail in COMPARED:
        return Message(
            f"`{detail}` 只用来与记录核对，不作为填写信息留下，这条要求永远满足不了",
            f"`{detail}` is compared with the record and kept as no detail, so that nobody could ever meet this",
        ), Message(f"改用 `{{proof: {detail}}}`", f"ask for it as `{{proof: {detail}}}`")
    taking = names_listed(services_taking(Choice.DELIVERY))
    return Message(
        f"`{detail}` 只在选择领卡方式时填写，办理事项 `{service}` 时填不了",
        f"`{detail}` is filled in with a way of delivery, which nobody chooses with the service `{service}`",
    ), Message(f"写到可以选择领卡方式的事项里：{taking.zh}", f"state it where one is chosen: {taking.en}")


def _either(alternatives: Iterable[Iterable[Message]]) -> Message:
    return joined((joined(needs, "、", " and ") for needs in alternatives), "；或者", ", or ")


def _met(need: Need) -> Message:
    state = _HERE if need.satisfied else _MISSING
    if need.problem is not None:
        state = Message(need.problem.zh.rstrip("。"), need.problem.en.rstrip("."))
    return Message(f"{need.label.zh}（{state.zh}）", f"{need.label.en} ({state.en})")


def requirement_key(requirement: Requirement) -> Key:
    """Return the key of what is asked for: alternatives that are the same share it, whichever rules ask."""
    first = requirement.alternatives[0][0]
    if first.kind in ("choice", "declaration"):
        return ("require", first.kind, first.name)
    return needs_key([_plain_need(need) for need in needs] for needs in requirement.alternatives)


def needs_key(alternatives: Iterable[Iterable[Any]]) -> Key:
    """Return the key of alternatives, each a set of needs as JSON."""
    written = sorted(sorted(json.dumps(need, sort_keys=True) for need in needs) for needs in alternatives)
    return ("require", "any", json.dumps(written))


def _plain_need(need: Need) -> Any:
    return [need.kind, need.name, {key: as_json(value) for key, value in need.specification.items()}]
