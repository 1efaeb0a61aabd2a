"""Each way in which a number of somebody's is typed, by who may, and what a wrong one is answered."""

from collections.abc import Callable
from itertools import count
from typing import Any, Final

from domain.holder import Actor
from tests.graph.caller import Caller, codes
from tests.graph.cards import add_active_card
from tests.graph.journey import CHENGDU, QINGDAO
from tests.graph.limited import someone, window_clerk
from tests.graph.service import NOW, GraphService

FIND_HOLDER: Final = (
    'query($a: String!, $b: String!){findHolder(name: $a, identityType: "passport", identityNumber: $b){reason}}'
)
_USABLE: Final = "query($number: String!){cardUsable(cardNumber: $number){usable}}"
_numbers = count(1)


def passport() -> str:
    """Return the number of a passport that nobody else has."""
    return f"E7{next(_numbers):06}"


def nobodys() -> str:
    """Return a card number that is on no record."""
    return f"ZZ{next(_numbers):09}"


def _named(name: str, number: str) -> dict[str, str]:
    return {"name": name, "identityType": "resident_identity_card", "identityNumber": number}


def _wrong_identity_number(service: GraphService) -> str:
    return service.person().identity_number


def _find_holder(service: GraphService, caller: Caller) -> str:
    answer = caller.answer(FIND_HOLDER, {"a": "测试乙", "b": passport()})
    refused = "errors" in answer
    return str(answer["errors"][0]["extensions"]["code"] if refused else answer["data"]["findHolder"]["reason"])


def _card_usable(service: GraphService, caller: Caller) -> str:
    return caller.failure(_USABLE, {"number": nobodys()})


def only_code(payload: dict[str, Any]) -> str:
    [code] = codes(payload)
    return code


def _typed(service: GraphService, caller: Caller) -> str:
    card = add_active_card(service, service.person(), CHENGDU)
    evidence = {"details": {"identityNumber": "110105199003070000"}}
    return only_code(caller.change("reportTemporaryLoss", cardId=card.id, evidence=evidence))


def _delegate(service: GraphService, caller: Caller, *, tried: bool = False) -> str:
    given = {
        "regionCode": CHENGDU,
        "delegate": _named("测试乙", _wrong_identity_number(service)),
        "services": ["status"],
        "until": "2026-12-01",
    }
    ask = caller.try_out if tried else caller.change
    return only_code(ask("grantDelegation", **given))


def _death(service: GraphService, caller: Caller) -> str:
    person = _named("测试乙", _wrong_identity_number(service))
    return only_code(caller.change("recordDeath", person=person, diedOn="2026-11-01"))


def _register(service: GraphService, caller: Caller) -> str:
    return only_code(caller.change("registerHolder", **_named("测试乙", "110105194912310038")))


def _entries(service: GraphService, caller: Caller) -> str:
    entry = {
        "cardNumber": nobodys(),
        "reference": "x",
        "kind": "SPENDING",
        "amount": 1,
        "occurredAt": NOW.isoformat(),
    }
    given = {"regionCode": QINGDAO, "reference": nobodys(), "entries": [entry]}
    return only_code(caller.change("postAccountEntries", **given))


TYPED: dict[str, tuple[Callable[[], Actor], Callable[[GraphService, Caller], str], str]] = {
    "findHolder": (window_clerk, _find_holder, "NOT_ON_RECORD"),
    "cardUsable": (
        lambda: someone("medical_institution", "partner_system", office="hospital"),
        _card_usable,
        "NOT_FOUND",
    ),
    "the evidence of a change": (
        lambda: someone("clerk", "hotline_12333", office="hotline", region="510000"),
        _typed,
        "IDENTITY_NUMBER_WRONG",
    ),
    "grantDelegation": (someone, _delegate, "DELEGATE_NOT_FOUND"),
    "grantDelegation, tried out": (
        someone,
        lambda service, caller: _delegate(service, caller, tried=True),
        "DELEGATE_NOT_FOUND",
    ),
    "recordDeath": (
        lambda: someone("medical_institution", "partner_system", office="hospital"),
        _death,
        "NOT_FOUND",
    ),
    "registerHolder": (window_clerk, _register, "IDENTITY_NOT_CONFIRMED"),
    "postAccountEntries": (
        lambda: someone("settlement_system", "partner_system", office="settlement", region=QINGDAO),
        _entries,
        "NOT_FOUND",
    ),
}
