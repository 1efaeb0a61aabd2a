"""Outcomes that a service does not carry out: a rule that promises what nobody does is a fault where it stands."""

from domain.message import Message
from domain.outcomes import CarriedOut, carried_out_by
from policies.language.outcomes.outcome import Outcome, names_listed
from policies.source.reader import Value


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
    else:
        outcome.check_carried_out(service, value, known)


def _not_carried_out(service: str, word: str, value: Value, known: CarriedOut) -> None:
    here = names_listed(sorted(known.outcomes))
    message = Message(
        f"事项 `{service}` 不执行 `{word}`，写了也不会发生任何事",
        f"the service `{service}` does not carry out `{word}`, so that nothing would come of it",
    )
    remedy = Message(
        f"本事项执行的结果：{here.zh}。改用其中一个，或者把规则写到执行 `{word}` 的事项里",
        f"this service carries out: {here.en}. Use one of them, or state the rule in a service that carries out `{word}`",
    )
    value.fault("OUTCOME_NOT_CARRIED_OUT", message, remedy)
