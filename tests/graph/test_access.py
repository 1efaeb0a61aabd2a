"""Each cell of docs/access.md over HTTP: who is told which field of what, and who may ask for which query or mutation."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import uuid4

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument

from domain.access import EVERYBODY, NONE, SIGNED_IN, Standing
from domain.card import CardState
from domain.evidence import DocumentEvidence
from domain.holder import Actor, Delegation, Guardianship, Holder, Merge
from domain.operation import Delivery, Operation, OperationState
from schema.build import build_schema
from schema.kit.access import WITH_IT, rule_of_field
from schema.kit.relay import global_id
from store import UnitOfWork
from store.audit.entries import AuditEntry, AuditKind
from store.records import StoredDocument
from tests.access_page import asked, told
from tests.graph.cards import add_card
from tests.graph.journey import CHENGDU, JINAN
from tests.graph.records import settle
from tests.graph.service import GraphService
from tests.graph.test_who_may_act import INPUTS, PERSONAL_QUERIES
from tests.store import samples

pytestmark = pytest.mark.parametrize("one_service", ["sqlite"], indirect=True)
"""What is shown does not hang on the database."""
SCHEMA = build_schema()._schema
_S = Standing
MIANYANG: Final = "510700"
SHENZHEN: Final = "440300"
APP: Final = "unionpay_app"
NO_VALUE: Final[tuple[Any, ...]] = (None, [], "****", {"totalCount": 0})
ALONE: Final = {
    "Operation.printData": "tests/graph/test_work_lists.py: to whose office has accepted the operation",
    "Document.address": "tests/graph/test_document_views.py: to offices by the way of the operation",
    "Document.thumbnail": "tests/graph/test_document_views.py: the same",
}
"""Fields that are told under further conditions, which are tested elsewhere; here only who is never told them."""
LEADS: Final = {
    "Holder.cards": "card",
    "Holder.cardsConnection": "card",
    "Holder.wards": "ward",
    "Holder.wardsConnection": "ward",
    "Card.holder": "card",
    "Operation.card": "card",
    "Operation.replacedCard": "card",
}
"""Fields that lead to something that has a rule of its own."""


@dataclass(frozen=True)
class Viewer:
    """Somebody who asks, and how they ought to stand to each thing.

    Args:
        actor: None for nobody; comes_as: of which a rule of a query or mutation must hold one.
    """

    actor: Actor | None
    comes_as: Standing
    person: Standing = NONE
    card: Standing = NONE
    own: Standing = NONE
    asked: Standing = NONE
    closed: Standing = NONE
    delegation: Standing = NONE
    document: Standing = NONE
    ward: Standing = NONE

    def to(self, thing: str) -> Standing:
        """Return how they stand to a thing."""
        found: Standing = getattr(self, thing)
        return found


@dataclass(frozen=True)
class World:
    """A person with everything that can be told of one, and all who may look.

    Args:
        ids: the global ids of the things; viewers: by what they are called.
    """

    ids: Mapping[str, str]
    viewers: Mapping[str, Viewer]


THINGS: Final = {
    "person": "Holder",
    "card": "Card",
    "own": "Operation",
    "asked": "Operation",
    "closed": "Operation",
    "delegation": "Delegation",
    "document": "Document",
}


def _all(standing: Standing, **other: Standing) -> dict[str, Standing]:
    return {**dict.fromkeys((*THINGS, "ward"), standing), **other}


def _clerk(region: str, channel: str = "service_window", kind: str | None = None) -> Actor:
    return Actor(f"clerk-{region}", "clerk", channel, f"window-{region}", region, office_kind=kind)


def _partner(role: str, office: str, region: str | None = None) -> Actor:
    return Actor(f"{role}-{office}", role, "partner_system", office, region)


@pytest.fixture(scope="module")
def world(one_service: GraphService) -> World:
    return _world(one_service)


def _recorded(service: GraphService) -> tuple[dict[str, str], dict[str, Holder]]:
    """Put on record what is looked at; return its ids, and who stands how to it."""
    now = service.clock.now()
    known: dict[str, Any] = {"name": "欧阳矩阵", "insured_in": (CHENGDU,)}
    person = service.person(mobile="13912345678", address="一环路1号", address_region=CHENGDU, **known)
    twin, child = service.person(**known), service.person(date(2015, 1, 1), insured_in=(CHENGDU,))
    guardian, past, delegate, revoked, stranger = (service.person() for _ in range(5))
    service.guardian(person, guardian)
    service.guardian(child, person)
    card = add_card(service, person, CHENGDU, "ccb", CardState.ACTIVE)
    add_card(service, person, JINAN, "ccb", CardState.ACTIVE)
    card_id, paper = card.id, str(uuid4())
    local = _local(card_id)
    services = ("apply", "status", "progress")
    given = Delegation(str(uuid4()), person.id, delegate.id, CHENGDU, services, now, date(2027, 3, 1), "long_away")
    over = replace(given, id=str(uuid4()), delegate_id=revoked.id, revoked_at=now)
    theirs = replace(given, id=str(uuid4()), holder_id=twin.id, delegate_id=person.id)
    document = StoredDocument(
        DocumentEvidence(type="photo", id=paper, format="jpeg"), person.id, delegate.id, "510000", now, "0" * 64, "x"
    )
    own = Operation(
        id=str(uuid4()), service="apply", region=CHENGDU, province="510000", holder_id=person.id, actor_id=person.id,
        relation="self", state=OperationState.ACCEPTED, channel=APP, office=None, created_at=now, updated_at=now,
        policy_digest="sha256:0", bank="ccb", card_id=local, replaced_card_id=local, details={"landline": "02812345678"},
        documents=(paper,), delivery=Delivery("post", None, CHENGDU, "欧阳", "13912345678", "一环路1号", "610000"),
    )  # fmt: skip
    by_delegate = replace(own, id=str(uuid4()), actor_id=delegate.id, relation="delegate")
    closed = replace(own, id=str(uuid4()), state=OperationState.RECEIVED)

    async def add(work: UnitOfWork) -> None:
        look: dict[str, Any] = {"role": "clerk", "office": "window", "subject": "clerk", "holder_id": person.id}
        work.audit.tell(AuditEntry(now, AuditKind.LOOK, "holder", **look))
        await work.guardianships.add(Guardianship(past.id, person.id, "父亲", now - timedelta(days=9)))
        await work.guardianships.end(past.id, person.id, now - timedelta(days=1))
        for each in (given, over, theirs):
            await work.delegations.add(each)
        await work.documents.add(document)
        await work.notices.add(samples.notice(str(uuid4()), holder_id=person.id, due_at=None))
        for operation in (own, by_delegate, closed):
            await work.operations.add(operation)
        await work.merges.propose(Merge(str(uuid4()), person.id, twin.id, CHENGDU, "clerk-x", now, "window-x"))

    service.work(add)
    service.stands_before(SHENZHEN, person)
    ids = {
        "person": global_id("Holder", person.id),
        "card": card_id,
        "own": global_id("Operation", own.id),
        "asked": global_id("Operation", by_delegate.id),
        "closed": global_id("Operation", closed.id),
        "delegation": global_id("Delegation", given.id),
        "document": global_id("Document", paper),
    }
    people = {
        "self": person, "guardian": guardian, "delegate": delegate, "past guardian": past, "revoked delegate": revoked, "stranger": stranger,
    }  # fmt: skip
    return ids, people


def _world(service: GraphService) -> World:
    ids, on_record = _recorded(service)

    def one(who: str) -> Actor:
        return Actor(on_record[who].id, "citizen", APP)

    people = _S.SELF | _S.GUARDIAN | _S.DELEGATE | _S.ASKED
    near = {"own": NONE, "asked": NONE, "closed": NONE, "document": NONE}
    at_work = {"person": NONE, "delegation": NONE, "document": NONE}
    seen = {"delegation": NONE}
    return World(
        ids,
        {
            "self": Viewer(one("self"), people, **_all(_S.SELF)),
            "guardian": Viewer(one("guardian"), people, **_all(_S.GUARDIAN)),
            "delegate": Viewer(one("delegate"), people, **_all(_S.DELEGATE, asked=_S.DELEGATE | _S.ASKED)),
            "past guardian": Viewer(one("past guardian"), people),
            "revoked delegate": Viewer(one("revoked delegate"), people),
            "stranger": Viewer(one("stranger"), people),
            "window": Viewer(_clerk(CHENGDU), _S.WINDOW, **_all(_S.WINDOW)),
            "outlet": Viewer(_clerk(CHENGDU, "service_window", "bank_outlet"), _S.OUTLET, **_all(_S.OUTLET, **seen)),
            "hotline": Viewer(_clerk(CHENGDU, "hotline_12333"), _S.HOTLINE, **_all(_S.HOTLINE, **seen)),
            "window near": Viewer(_clerk(MIANYANG), _S.WINDOW, **_all(_S.WINDOW_NEAR, **near, **seen)),
            "outlet near": Viewer(
                _clerk(MIANYANG, "service_window", "bank_outlet"),
                _S.OUTLET,
                **_all(_S.OUTLET_NEAR, **near, **seen),
            ),
            "hotline near": Viewer(
                _clerk(MIANYANG, "hotline_12333"), _S.HOTLINE, **_all(_S.HOTLINE_NEAR, **near, **seen)
            ),
            "elsewhere": Viewer(replace(_clerk(SHENZHEN), person_id="another"), _S.WINDOW),
            "elsewhere, shown": Viewer(
                _clerk(SHENZHEN), _S.WINDOW, person=_S.WINDOW, delegation=_S.WINDOW, document=_S.WINDOW
            ),
            "card maker": Viewer(
                _partner("card_maker", "maker", CHENGDU),
                _S.MAKER,
                **{**_all(_S.MAKER, closed=_S.MAKER_AFTER), **at_work},
            ),
            "bank": Viewer(
                _partner("bank", "ccb", CHENGDU), _S.BANK, **{**_all(_S.BANK, closed=_S.BANK_AFTER), **at_work}
            ),
            "another bank": Viewer(_partner("bank", "icbc", CHENGDU), _S.BANK),
            "card maker elsewhere": Viewer(_partner("card_maker", "maker", SHENZHEN), _S.MAKER),
            "institution": Viewer(_partner("medical_institution", "hospital"), _S.INSTITUTION),
            "settlement": Viewer(_partner("settlement_system", "settlement", CHENGDU), _S.SETTLEMENT),
            "officer": Viewer(Actor("officer", "policy_officer", "partner_system"), _S.OFFICER),
            "nobody": Viewer(None, _S.NOBODY),
        },
    )


def _local(identifier: str) -> str:
    from schema.kit.relay import local_id

    return local_id(identifier, "Card", "id")


def _object(name: str) -> GraphQLObjectType:
    kind = SCHEMA.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return kind


def _fields(name: str) -> Iterator[tuple[str, str]]:
    """Yield every field of a type, with what selects it."""
    for field, definition in _object(name).fields.items():
        kind: Any = get_named_type(definition.type)
        if any(is_required_argument(each) for each in definition.args.values()):
            continue
        if is_leaf_type(kind):
            yield field, field
        elif "totalCount" in kind.fields:
            yield field, f"{field}{{totalCount}}"
        else:
            yield field, f"{field}{{__typename}}"


def _expected(viewer: Viewer, thing: str, field: str) -> bool:
    kind = THINGS[thing]
    leads = LEADS.get(f"{kind}.{field}")
    return told(_object(kind), field, viewer.to(thing)) and (leads is None or bool(viewer.to(leads)))


def _whole(kind: str) -> str:
    return " ".join(selected for _, selected in _fields(kind))


def _shown(service: GraphService, viewer: Viewer, world: World) -> dict[str, dict[str, Any] | None]:
    """Return all that somebody is told of each thing."""
    parts = (
        f'{thing}: node(id: "{world.ids[thing]}"){{...on {kind}{{{_whole(kind)}}}}}' for thing, kind in THINGS.items()
    )
    answer: dict[str, Any] = {}
    for part in parts:
        answer |= service.caller(viewer.actor).answer(f"{{{part}}}")["data"]
    return answer


def _is_told(field: str, value: Any) -> bool:
    """Say whether a value tells anything; of a card's number the end is told to whoever is shown the card."""
    return value not in NO_VALUE and not (field == "number" and str(value).startswith("****"))


def test_each_field_is_told_to_those_of_its_rule_and_to_nobody_else(one_service: GraphService, world: World) -> None:
    _shown(one_service, world.viewers["window"], world)
    settle(one_service)  # so that somebody has looked at the person, which they are told
    seen = {name: _shown(one_service, viewer, world) for name, viewer in world.viewers.items()}
    wrong: list[str] = []
    for thing, kind in THINGS.items():
        for field, definition in _object(kind).fields.items():
            told_to = {n for n in world.viewers if _is_told(field, (seen[n][thing] or {}).get(field))}
            ought = {n for n, viewer in world.viewers.items() if _expected(viewer, thing, field)}
            wrong += [f"{name} is told {thing}.{field}" for name in told_to - ought]
            if f"{kind}.{field}" in ALONE:
                continue
            # Of what the person has nothing, such as a day of death, nobody is told anything.
            if told_to or rule_of_field(definition) not in (None, WITH_IT):
                wrong += [f"{name} is not told {thing}.{field}" for name in ought - told_to]
    assert wrong == []


def _one_of_each(world: World) -> Iterator[tuple[str, Viewer]]:
    """Yield one of the viewers for each way in which somebody may come."""
    yield from {viewer.comes_as: (name, viewer) for name, viewer in world.viewers.items()}.values()


def _queries() -> dict[str, str]:
    """Return a document for each field of the query that is not for everybody, by its name."""
    further = {"policies": "{policies{digest}}", "policyDraft": "{policyDraft(files: []){digest: __typename}}"}
    further["audit"] = "{audit{edges{node{number}}}}"
    return {re.findall(r"\w+", each)[0]: each for each in PERSONAL_QUERIES} | further


def test_each_query_is_answered_to_whom_its_rule_lets_and_to_nobody_else(
    one_service: GraphService, world: World
) -> None:
    rules, queries = asked(SCHEMA, "Query"), _queries()
    assert {name for name, rule in rules.items() if rule != EVERYBODY} == set(queries) - {"node"}
    rules["node"] = SIGNED_IN  # of things that are somebody's, which it is asked for here
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for viewer_name, viewer in _one_of_each(world):
        caller = one_service.caller(viewer.actor)
        for name, query in queries.items():
            errors = caller.answer(query).get("errors")
            told = (errors[0]["extensions"]["code"], errors[0]["message"]) if errors else ("", "")
            found.setdefault(name, {})[viewer_name] = told
    assert sorted(_wrong(world, rules, found)) == []


def test_each_mutation_may_be_asked_for_by_whom_its_rule_lets_and_by_nobody_else(
    one_service: GraphService, world: World
) -> None:
    rules = asked(SCHEMA, "Mutation")
    found: dict[str, dict[str, tuple[str, str]]] = {name: {} for name in rules}
    for viewer_name, viewer in _one_of_each(world):
        if viewer.actor is not None:  # who has no token: test_who_may_act.py
            for name, told in _asked_for(one_service, viewer.actor):
                found[name][viewer_name] = told
    assert sorted(_wrong(world, rules, found)) == []


def _asked_for(service: GraphService, actor: Actor) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield what came of each mutation, asked for about what there is not: the code and the message of its first error."""
    caller, names = service.caller(actor), sorted(INPUTS)
    for some in (names[place : place + 10] for place in range(0, len(names), 10)):
        given = ", ".join(f"${name}: {name[0].upper()}{name[1:]}Input!" for name in some)
        asked_for = " ".join(f"{name}(input: ${name}){{errors{{code message{{en}}}}}}" for name in some)
        answer = caller.ask(f"mutation({given}){{{asked_for}}}", {name: INPUTS[name] for name in some})
        for name in some:
            errors = answer[name]["errors"]
            yield name, (errors[0]["code"], errors[0]["message"]["en"]) if errors else ("", "")
    payload = caller.upload("photo", CHENGDU, b"x", holderId=global_id("Holder", "nobody"))
    yield "uploadDocument", (payload["errors"][0]["code"], payload["errors"][0]["message"]["en"])


def _wrong(
    world: World, rules: Mapping[str, Standing], found: Mapping[str, Mapping[str, tuple[str, str]]]
) -> list[str]:
    """Return which answers are not as the rules have it: whoever may not ask is told so in the same words, whoever may in others."""
    wrong = []
    for name, answers in found.items():
        refused = {n for n in answers if not world.viewers[n].comes_as & rules[name]}
        refusals = {answers[n] for n in refused if world.viewers[n].actor is not None}
        codes = {answers[n][0] for n in refused} - {"NOT_PERMITTED", "NOT_AUTHENTICATED"}
        wrong += [f"{name}: {n} was not refused" for n in refused if answers[n][0] in codes]
        wrong += [f"{name}: several refusals" for _ in refusals if len(refusals) > 1]
        wrong += [f"{name}: {n} was refused" for n in answers.keys() - refused if answers[n] in refusals]
    return wrong
