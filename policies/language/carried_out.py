"""Outcomes that a service does not carry out: a rule that promises what nobody does is a fault where it stands."""

from collections.abc import Iterable

from domain.fee import Due
from domain.lapses import LAPSES
from domain.message import Message
from domain.outcomes import CarriedOut, carried_out_by, services_ending
from domain.services import can_wait
from policies.language.outcomes import ChargeSpec, LapseSpec, Outcome, PromiseSpec, Require
from policies.source.faults import use_one_of
from policies.source.reader import Value

PRESENCE = "presence"
"""The proof that somebody is there, which a clerk at a window gives."""


def check_carried_out(service: str | None, word: str, value: Value, outcome: Outcome) -> None:
    """Record a fault where a service does not carry out what a rule says.

    Args:
        service: whose rule it is; of one that the software does not have, nothing is said here.
        word: the outcome's word; value: what stands there; outcome: as it was read.
    """
    known = carried_out_by(service) if service is not None else None
    if service is None or known is None:
        return
    if word not in known.outcomes:
        _not_carried_out(service, word, value, known)
    elif isinstance(outcome, LapseSpec):
        _check_lapse(service, outcome, value, known)
    elif isinstance(outcome, ChargeSpec):
        _check_charge(service, outcome, value)
    elif isinstance(outcome, Require) and known.only_seen:
        _check_seen(service, outcome, value)
    elif isinstance(outcome, PromiseSpec) and outcome.counted_from not in known.moments:
        message = Message(
            f"办件在事项 `{service}` 之后不会经过 `{outcome.counted_from}`，这项承诺不能起算",
            f"after the service `{service}` no operation reaches `{outcome.counted_from}`, so that nothing is counted",
        )
        value.entries()["counted_from"].fault("OUTCOME_NOT_CARRIED_OUT", message, use_one_of(sorted(known.moments)))


def _check_charge(service: str, charge: ChargeSpec, value: Value) -> None:
    if charge.due is not Due.BEFORE or can_wait(service):
        return
    message = Message(
        f"事项 `{service}` 不能先缴费后办理，不会等待这项费用",
        f"the service `{service}` cannot wait for a payment, so that it would be done without",
    )
    remedy = Message("写成 `due: after`，办理后再缴费", "write `due: after`, and the fee is paid afterwards")
    value.entries()["due"].fault("OUTCOME_NOT_CARRIED_OUT", message, remedy)


def _not_carried_out(service: str, word: str, value: Value, known: CarriedOut) -> None:
    here = sorted(known.outcomes)
    message = Message(
        f"事项 `{service}` 不执行 `{word}`，写了也不会发生任何事",
        f"the service `{service}` does not carry out `{word}`, so that nothing would come of it",
    )
    remedy = Message(
        f"本事项执行的结果：{_zh(here)}。改用其中一个，或者把规则写到执行 `{word}` 的事项里",
        f"this service carries out: {_en(here)}. Use one of them, or state the rule in a service that carries out `{word}`",
    )
    value.fault("OUTCOME_NOT_CARRIED_OUT", message, remedy)


def _check_seen(service: str, required: Require, value: Value) -> None:
    for need in (need for way in required.alternatives for need in way):
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


def _check_lapse(service: str, lapse: LapseSpec, value: Value, known: CarriedOut) -> None:
    entries = value.entries()
    if lapse.state not in LAPSES:
        message = Message(
            f"状态 `{lapse.state}` 不会只因到期而终止", f"the state `{lapse.state}` never ends by time alone"
        )
        entries["state"].fault("LAPSE_IMPOSSIBLE", message, use_one_of(sorted(LAPSES)))
    elif lapse.becomes not in LAPSES[lapse.state]:
        message = Message(
            f"`{lapse.state}` 到期后不能变为 `{lapse.becomes}`",
            f"`{lapse.state}` cannot become `{lapse.becomes}` by time alone",
        )
        entries["becomes"].fault("LAPSE_IMPOSSIBLE", message, use_one_of(sorted(LAPSES[lapse.state])))
    elif lapse.state not in known.lapses:
        message = Message(
            f"办完事项 `{service}` 后，没有卡或办件处于 `{lapse.state}` 状态，这条到期规则不会执行",
            f"after the service `{service}` no card or operation is `{lapse.state}`, so that nothing would come of it",
        )
        stating = services_ending(lapse.state)
        remedy = Message(
            f"本事项可写的状态：{_zh(sorted(known.lapses))}。`{lapse.state}` 的到期应写在：{_zh(stating)}",
            f"this service ends: {_en(sorted(known.lapses))}. State the end of `{lapse.state}` in: {_en(stating)}",
        )
        entries["state"].fault("OUTCOME_NOT_CARRIED_OUT", message, remedy)
    elif lapse.state in known.at_once and not lapse.at_once:
        message = Message(
            f"事项 `{service}` 办完时，`{lapse.state}` 即时终止，不会再延续",
            f"`{lapse.state}` ends at once with the service `{service}`, and lasts no longer",
        )
        entries["after"].fault("OUTCOME_NOT_CARRIED_OUT", message, Message("写成 `at once`", "write `at once`"))


def _zh(names: Iterable[str]) -> str:
    return "、".join(f"`{name}`" for name in names) or "无"


def _en(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
