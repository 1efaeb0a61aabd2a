"""What the servers are asked: the documents, and the requests of the people on record."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from benchmarks.kit.driver import Ask, post
from benchmarks.kit.people import Somebody
from domain.holder import Actor
from gateways.tokens import TokenSigner
from schema.kit.relay import global_id
from tests.resolvers.world import CHENGDU, DETAILS, clerk

HOLDER: Final = """query Holder($id: ID!) {
  holder(id: $id) {
    id name identityNumber bornOn mobile
    cards { id number state stateSince bank regionCode issuedOn expiresOn accountState }
  }
  operations(first: 20) {
    edges { node { id service state due createdAt timeline { at event fromState toState role } } }
  }
}"""
"""113 leaves: a person with two cards and five operations."""

OPERATION: Final = """query Operation($id: ID!) {
  operation(id: $id) {
    id state due createdAt regionName { text }
    holder { name identityNumber }
    card { number state }
    timeline { at event fromState toState role channel }
    progress { state at }
    decisions { service allowed }
  }
}"""
"""57 leaves: an application that has come to its end."""

APPLY: Final = """mutation Apply($input: ApplyForCardInput!) {
  applyForCard(input: $input) {
    operation { id state due createdAt } decision { allowed policyDigest } errors { code }
  }
}"""
LOSS: Final = """mutation Loss($input: ReportTemporaryLossInput!) {
  reportTemporaryLoss(input: $input) {
    operation { id state createdAt } card { id state stateUntil stateThen }
    decision { allowed policyDigest } errors { code }
  }
}"""
ACTIVATE: Final = """mutation Activate($input: ActivateCardInput!) {
  activateCard(input: $input) {
    operation { id state createdAt } card { id state stateSince }
    decision { allowed policyDigest } errors { code }
  }
}"""

LEAVES: Final = {"Holder": 113, "Operation": 57}
CLERK, HOTLINE = clerk(CHENGDU), clerk(CHENGDU, "hotline_12333")
_LIFETIME = timedelta(hours=6)

Asking = Callable[["Tokens", Somebody], Ask]


class Tokens:
    """Tokens of whoever asks, each made once."""

    def __init__(self, signer: TokenSigner) -> None:
        self._signer, self._made = signer, dict[Actor, str]()

    def of(self, actor: Actor) -> str:
        """Return a token of somebody."""
        if actor not in self._made:
            self._made[actor] = self._signer.sign(actor, datetime.now(UTC), _LIFETIME)
        return self._made[actor]


def _ask(token: str, document: str, name: str, expected: bytes, variables: Mapping[str, Any]) -> Ask:
    body = orjson.dumps({"query": document, "operationName": name, "variables": variables})
    return Ask(post(body, token), expected)


def holder(tokens: Tokens, who: Somebody) -> Ask:
    """Ask for a person with everything about them."""
    variables = {"id": global_id("Holder", who.person.id)}
    return _ask(tokens.of(who.person.citizen(CHENGDU)), HOLDER, "Holder", b"", variables)


def operation(tokens: Tokens, who: Somebody) -> Ask:
    """Ask for an operation."""
    variables = {"id": global_id("Operation", who.operation_id)}
    return _ask(tokens.of(who.person.citizen(CHENGDU)), OPERATION, "Operation", b"", variables)


def apply(tokens: Tokens, who: Somebody) -> Ask:
    """Apply for a first card."""
    details = {"mobile": DETAILS["mobile"], "residenceAddress": DETAILS["residence_address"]}
    documents = [global_id("Document", name) for name in who.person.papers(CHENGDU)]
    evidence = {
        "details": details,
        "declarations": [{"name": "declared.agreement_accepted", "value": "true"}],
        "documentIds": documents,
    }
    given = {"regionCode": CHENGDU, "evidence": evidence}
    return _ask(tokens.of(who.person.citizen(CHENGDU)), APPLY, "Apply", b'"SUBMITTED"', {"input": given})


def report_loss(tokens: Tokens, who: Somebody) -> Ask:
    """Report a card lost by telephone."""
    evidence = {"details": {"identityNumber": who.person.holder.identity_number}}
    given = {"cardId": global_id("Card", who.card_id), "evidence": evidence}
    return _ask(tokens.of(HOTLINE), LOSS, "Loss", b'"TEMPORARILY_LOST"', {"input": given})


def activate(tokens: Tokens, who: Somebody) -> Ask:
    """Activate a card at a window."""
    evidence = {"sightedDocuments": ["social_security_card", "identity_card_front", "identity_card_back"]}
    given = {"cardId": global_id("Card", who.card_id), "evidence": evidence}
    return _ask(tokens.of(CLERK), ACTIVATE, "Activate", b'"ACTIVE"', {"input": given})
