"""Who had a tie to somebody and has it no more is answered as a stranger is: by every field, id and key of the time before."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
from graphql import GraphQLField, GraphQLScalarType, build_schema, get_named_type

from domain.card import CardState
from domain.holder import Holder
from resolvers.changing.deaths import record_death
from schema.build import build_schema as build_strawberry
from schema.kit.relay import global_id
from tests.graph.caller import Caller
from tests.graph.cards import CardOnRecord, add_card
from tests.graph.delegations import delegate_on_record
from tests.graph.guardians import ended
from tests.graph.journey import CHENGDU, card_picture, submitted
from tests.graph.service import GraphService, holder_id
from tests.graph.test_death import inputs
from tests.graph.test_merge_holders import merged
from tests.graph.test_who_may_act import INPUTS

APP = "unionpay_app"
LISTS = "{operations{totalCount edges{node{id}}} me{wards{id} delegatedBy{id} cards{id} guardianships{state}}}"
GIVEN = {"region": CHENGDU}
"""What the fields of the query want besides ids."""


@dataclass(frozen=True, slots=True)
class Tie:
    """Somebody who may act for another, and what is the other's."""

    holder: Holder
    bound: Holder
    card: CardOnRecord
    ids: dict[str, str]

    def given(self, mutation: str, known: dict[str, set[str]]) -> dict[str, Any]:
        """Return the input of a mutation that is about the holder in every way that its input allows."""
        more = {name: self.ids[name] for name in known[mutation] & self.ids.keys()}
        # A code goes to the number that is bound: a typed one is anybody's.
        asked = {name: value for name, value in INPUTS[mutation].items() if name != "mobile"}
        return {**asked, **more}


def tied(service: GraphService, guardian: bool) -> Tie:
    """Return a tie, with something of each kind that has an id."""
    fields: dict[str, Any] = {"insured_in": (CHENGDU,), "name": "委托人"}
    holder = service.person(date(2008, 12, 1) if guardian else date(1990, 3, 7), **fields)
    if guardian:
        bound = service.person()
        clerk = service.clerk(CHENGDU)
        given = {"guardianId": holder_id(bound), "wardId": holder_id(holder), "kinship": "母亲"}
        clerk.changed("recordGuardianship", **given, evidence={"sightedDocuments": ["birth_certificate"]})
    else:
        bound = delegate_on_record(service, holder, "apply", "status", "report_formal_loss")
    card = add_card(service, holder, CHENGDU, state=CardState.ACTIVE)
    operation = submitted(service.citizen(holder))["id"]
    document = service.citizen(bound, APP).document("photo", CHENGDU, card_picture(), holderId=holder_id(holder))
    [delegation] = service.work(lambda work: work.delegations.of_delegates([bound.id])).get(bound.id, (None,))
    ids = {
        "holderId": holder_id(holder),
        "wardId": holder_id(holder),
        "cardId": card.id,
        "operationId": operation,
        "documentId": document,
    }
    if delegation is not None:
        ids["delegationId"] = global_id("Delegation", delegation.id)
    return Tie(holder, bound, card, ids)


def _revoked(service: GraphService, tie: Tie) -> None:
    service.citizen(tie.holder, APP).changed("revokeDelegation", delegationId=tie.ids["delegationId"])


def _ran_out(service: GraphService, tie: Tie) -> None:
    service.clock.advance(timedelta(days=32))


def _ended(service: GraphService, tie: Tie) -> None:
    ended(service, CHENGDU, tie.holder, tie.bound)


def _came_of_age(service: GraphService, tie: Tie) -> None:
    service.clock.advance(timedelta(days=30))


def _bound_died(service: GraphService, tie: Tie) -> None:
    service.work(lambda work: record_death(work, tie.bound, service.clock.now()))


def _bound_became_one_with_somebody_dead(service: GraphService, tie: Tie) -> None:
    dead = service.person()
    service.work(lambda work: record_death(work, dead, service.clock.now()))
    merged(service, tie.bound, dead)


def _died(service: GraphService, tie: Tie) -> None:
    service.work(lambda work: record_death(work, tie.holder, service.clock.now()))


End = Callable[[GraphService, Tie], None]
ENDS: dict[str, tuple[bool, End]] = {
    "revoked": (False, _revoked),
    "ran-out": (False, _ran_out),
    "death-of-who-delegated": (False, _died),
    "guardianship-ended": (True, _ended),
    "ward-came-of-age": (True, _came_of_age),
    "death-of-the-ward": (True, _died),
    "death-of-the-delegate": (False, _bound_died),
    "death-of-the-guardian": (True, _bound_died),
    "delegate-became-one-with-somebody-dead": (False, _bound_became_one_with_somebody_dead),
    "guardian-became-one-with-somebody-dead": (True, _bound_became_one_with_somebody_dead),
}


@cache
def queries() -> tuple[tuple[str, str], ...]:
    """Return the fields of the query that take an id: the argument, and the document that asks for it."""
    kind = build_schema(build_strawberry().as_str()).query_type
    assert kind is not None
    return tuple(
        (argument, _document(name, field, argument))
        for name, field in kind.fields.items()
        for argument, given in field.args.items()
        if get_named_type(given.type).name == "ID"
    )


def _document(name: str, field: GraphQLField, argument: str) -> str:
    kind = get_named_type(field.type)
    shown = "" if isinstance(kind, GraphQLScalarType) else "{__typename}"
    more = "".join(f', {other}: "{GIVEN[other]}"' for other in field.args.keys() & GIVEN.keys())
    return f"query($id: ID!){{{name}({argument}: $id{more}){shown}}}"


def told(caller: Caller, document: str, variables: dict[str, Any]) -> Any:
    """Return what somebody is told, but for the ids of what went wrong."""
    answer = caller.answer(document, variables)
    errors = [(e["extensions"]["code"], e["message"]) for e in answer.get("errors", ())]
    return answer.get("data"), errors


def asked_for(payload: dict[str, Any]) -> tuple[Any, ...]:
    """Return what a mutation answered, as far as it tells anything."""
    errors = [(error["code"], error["field"], error["message"]["zh"]) for error in payload["errors"]]
    return errors, {name: value for name, value in payload.items() if name != "errors"}


@pytest.mark.parametrize("end", ENDS)
def test_who_has_no_tie_any_more_is_answered_as_a_stranger(service: GraphService, end: str) -> None:
    guardian, bring_about = ENDS[end]
    tie = tied(service, guardian)
    bound, key = service.citizen(tie.bound, APP), uuid4().hex
    upload = {"holderId": holder_id(tie.holder), "idempotencyKey": f"{key}-paper"}
    assert bound.upload("photo", CHENGDU, card_picture(), **upload)["errors"] == []
    seen = {"id": holder_id(tie.holder)}
    assert told(bound, "query($id: ID!){node(id: $id){id}}", seen)[0]["node"] == seen, "there was a tie"
    bring_about(service, tie)

    nobody = service.person()
    if service.work(lambda work: work.holders.get(tie.bound.id)).deceased_at is not None:
        service.work(lambda work: record_death(work, nobody, service.clock.now()))
    bound, stranger = service.citizen(tie.bound, APP), service.citizen(nobody, APP)
    assert bound.ask(LISTS) == stranger.ask(LISTS)
    for argument, document in queries():
        wanted = tie.ids.values() if argument == "id" else [tie.ids[argument]]
        for identifier in wanted:
            given = {"id": identifier}
            assert told(bound, document, given) == told(stranger, document, given), (document, identifier)
    filtered = "query($id: ID!){operations(filter: {holderId: $id}){totalCount}}"
    assert told(bound, filtered, seen) == told(stranger, filtered, seen)
    known = inputs(service)
    for mutation in sorted(known.keys() & INPUTS.keys()):
        if not known[mutation] & tie.ids.keys():
            continue
        given = tie.given(mutation, known)
        for more in ({}, {"idempotencyKey": key}) if "idempotencyKey" in known[mutation] else ({},):
            theirs, others = (asked_for(caller.change(mutation, **given | more)) for caller in (bound, stranger))
            assert theirs == others, (mutation, more)
    papers = [caller.upload("photo", CHENGDU, card_picture(), **upload)["errors"] for caller in (bound, stranger)]
    assert papers[0] == papers[1] != []
