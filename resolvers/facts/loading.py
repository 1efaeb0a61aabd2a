"""Loads what the facts that are read need: each kind of record once, for however many decisions."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from domain.history import History, RecordKind
from domain.services import Reach, records_of
from policies.engine.decide import Policies
from policies.engine.effective import EffectivePolicy
from resolvers.facts import actor, brought, card, holder, operation, request
from resolvers.facts.fact import UNKNOWN, Fact, Facts
from resolvers.facts.history import history_of
from resolvers.facts.situation import DecisionSubject
from store import UnitOfWork

TABLE: Facts = {
    **request.FACTS,
    **actor.FACTS,
    **holder.FACTS,
    **card.FACTS,
    **operation.FACTS,
    **brought.FACTS,
}
"""Every fact that the software itself knows, by name."""

Load = Callable[[UnitOfWork, Sequence[DecisionSubject]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known for one decision.

    Args:
        facts: those that a rule in force reads, and whatever came with the request; by name.
        history: of the holder; empty where no rule counts anything in it.
        whole: False where a rule reads what the request leaves out and its service works on, such as the new password.
    """

    facts: Mapping[str, Any]
    history: History = ()
    whole: bool = True


async def _person(work: UnitOfWork, situations: Sequence[DecisionSubject]) -> None:
    found = await work.holders.get_many({s.person_id for s in situations})
    for situation in situations:
        situation.loaded.person = found.get(situation.person_id)


async def _guardians(work: UnitOfWork, situations: Sequence[DecisionSubject]) -> None:
    found = await work.guardianships.of_wards(_holders(situations))
    for situation in situations:
        guardianships = found.get(_holder(situation), ())
        situation.loaded.guardians = frozenset(g.guardian_id for g in guardianships if g.holds(situation.now))


async def _merges(work: UnitOfWork, situations: Sequence[DecisionSubject]) -> None:
    found = await work.merges.proposed_with(_holders(situations))
    for situation in situations:
        situation.loaded.duplicates = found.get(_holder(situation), frozenset())


async def _cards(work: UnitOfWork, situations: Sequence[DecisionSubject]) -> None:
    found = await work.cards.of_holders(_holders(situations))
    for situation in situations:
        situation.loaded.cards = found.get(_holder(situation), ())


async def _operations(work: UnitOfWork, situations: Sequence[DecisionSubject]) -> None:
    found = await work.operations.of_holders(_holders(situations))
    for situation in situations:
        situation.loaded.operations = found.get(_holder(situation), ())


async def _states(work: UnitOfWork, situations: Sequence[DecisionSubject]) -> None:
    ids = {c.id for s in situations for c in (*s.loaded.cards, *((s.card,) if s.card else ()))}
    found = await work.cards.states_of_cards(ids, max(s.now for s in situations)) if ids else {}
    for situation in situations:
        situation.loaded.states = found


async def _password(work: UnitOfWork, situations: Sequence[DecisionSubject]) -> None:
    ids = {s.card.id for s in situations if s.card is not None}
    found = await work.passwords.of_cards(ids) if ids else {}
    for situation in situations:
        situation.loaded.password = found.get(situation.card.id) if situation.card is not None else None


async def _timeline(work: UnitOfWork, situations: Sequence[DecisionSubject]) -> None:
    ids = {s.operation.id for s in situations if s.operation is not None}
    found = await work.timeline.of_operations(ids, max(s.now for s in situations)) if ids else {}
    for situation in situations:
        situation.loaded.timeline = found.get(situation.operation.id, ()) if situation.operation is not None else ()


async def _papers(work: UnitOfWork, situations: Sequence[DecisionSubject]) -> None:
    ids = {each for s in situations if s.operation is not None for each in s.operation.documents}
    found = await work.documents.get_many(ids) if ids else {}
    for situation in situations:
        handed_in = situation.operation.documents if situation.operation is not None else ()
        situation.loaded.papers = tuple(found[each].evidence.type for each in handed_in if each in found)


def _holder(situation: DecisionSubject) -> str:
    return situation.holder.id if situation.holder is not None else ""


def _holders(situations: Iterable[DecisionSubject]) -> set[str]:
    return {s.holder.id for s in situations if s.holder is not None}


QUERIES: Mapping[str, Load] = {
    "person": _person,
    "guardians": _guardians,
    "merges": _merges,
    "cards": _cards,
    "operations": _operations,
    "states": _states,
    "password": _password,
    "timeline": _timeline,
    "papers": _papers,
}
"""What can be loaded, each by one query for all decisions; in their order, for some build on those before."""
_BUILDING_ON: Mapping[str, tuple[str, ...]] = {
    "states": ("card",),
    "password": ("card",),
    "timeline": ("operation",),
    "papers": ("operation",),
    "history.operation": ("operations",),
    "history.card_state": ("cards", "states"),
}
"""What a query, or a record of the history of each kind, is put together from besides."""


def queries_for(situation: DecisionSubject, needs: Iterable[str]) -> frozenset[str]:
    """Return which queries a decision costs.

    Args:
        needs: of its facts; `history.operation` or `history.card_state` for one that counts such records.
    """
    found: set[str] = set()
    waiting = list(needs)
    while waiting:
        need = waiting.pop()
        if need in QUERIES and not _at_hand(situation, need):
            found.add(need)
        waiting += (*_BUILDING_ON.get(need, ()), *_reached_by(situation, need))
    return frozenset(found)


def _at_hand(situation: DecisionSubject, need: str) -> bool:
    """Say whether something needs no query: whoever acts may be the holder, and an operation need not have a card."""
    if need == "person":
        return situation.holder is not None and situation.person_id == situation.holder.id
    if need == "password":
        return situation.about_card is None and not _has_card(situation)
    return situation.holder is None and need in ("guardians", "merges", "cards", "operations")


def _has_card(situation: DecisionSubject) -> bool:
    return situation.about_operation is not None and situation.about_operation.card_id is not None


def _reached_by(situation: DecisionSubject, need: str) -> tuple[str, ...]:
    """Return what must be loaded for a record that a decision may be about itself."""
    if need == "card":
        return ("cards",) if _has_card(situation) else ()
    if need == "operation":
        return ("operations",) if situation.about_card is not None else ()
    if need == "replaced":
        return ("cards",) if situation.replaced_id is not None else ()
    return ()


async def load_facts(policies: Policies, work: UnitOfWork, situations: Sequence[DecisionSubject]) -> list[Known]:
    """Return what is known for some decisions: with as few queries for many as for one.

    Only what a rule in force reads is loaded.

    Raises:
        NotFound: a region is unknown.
    """
    read = [_names_read(policies, situation) for situation in situations]
    wanted = [
        queries_for(situation, {need for name in names if name in TABLE for need in TABLE[name].needs} | needs)
        for situation, (names, needs) in zip(situations, read, strict=True)
    ]
    await _load(work, situations, wanted)
    return [
        _known(situation, names, _history(situation) if needs else ())
        for situation, (names, needs) in zip(situations, read, strict=True)
    ]


def facts_at_hand(policies: Policies, situation: DecisionSubject) -> Mapping[str, Any] | None:
    """Return what is known of a decision without a query, where queries would tell all else; None where there is no such way.

    Raises:
        NotFound: the region is unknown.
    """
    effective = policies.effective(situation.service, situation.region, situation.today)
    if effective is None:
        return None
    to_read = {name for name in effective.roots if _is_to_read(effective, situation, name)}
    if not to_read:
        return None
    at_hand = effective.roots - to_read
    if not at_hand <= TABLE.keys():  # Something that is only known where it comes with the request.
        return None
    known = {name: TABLE[name].compute(situation) for name in at_hand}
    return None if UNKNOWN in known.values() else known


def _is_to_read(effective: EffectivePolicy, situation: DecisionSubject, name: str) -> bool:
    """Say whether a fact costs a query that has not been sent: what is counted always does."""
    if name in TABLE:
        return not queries_for(situation, TABLE[name].needs) <= situation.loaded.queries
    definition = effective.words.fact(name)
    return definition is not None and definition.count is not None


async def _load(work: UnitOfWork, situations: Sequence[DecisionSubject], wanted: Sequence[Collection[str]]) -> None:
    for query, load in QUERIES.items():
        pairs = zip(situations, wanted, strict=True)
        asking = [s for s, queries in pairs if query in queries and query not in s.loaded.queries]
        if asking:
            await load(work, asking)
            for situation in asking:
                situation.loaded.queries |= {query}


def _history(situation: DecisionSubject) -> History:
    loaded = situation.loaded
    return history_of(loaded.operations, loaded.cards, loaded.states, situation.now)


def _known(situation: DecisionSubject, names: Collection[str], history: History) -> Known:
    computed = _brought(situation)
    computed |= {n: TABLE[n].compute(situation) for n in names if n in TABLE and n not in computed}
    known = {name: value for name, value in computed.items() if value is not UNKNOWN}
    return Known(known, history, whole=all(name in known for name in names if name in computed))


def _names_read(policies: Policies, situation: DecisionSubject) -> tuple[frozenset[str], frozenset[str]]:
    """Return the facts that rules in force read, and what is needed besides: the kinds of past records that one counts."""
    effective = policies.effective(situation.service, situation.region, situation.today)
    if effective is None:
        return frozenset(), frozenset()
    return effective.roots, frozenset(f"history.{kind}" for kind in _counted_kinds(effective))


def _counted_kinds(effective: EffectivePolicy) -> Iterator[RecordKind]:
    """Yield the kinds of past records that rules in force count, or count from."""
    for name in effective.roots:
        definition = effective.words.fact(name)
        count = definition.count if definition is not None else None
        while count is not None:
            yield count.of
            count = count.since


def _brought(situation: DecisionSubject) -> dict[str, Any]:
    """Return what came with the request, or with an earlier one for the same operation."""
    records = records_of(situation.service)
    known = {name: fact.compute(situation) for name, fact in _brought_with(situation.service)}
    operation = situation.about_operation
    earlier = operation.declarations if operation is not None else {}
    if "choice" in records:
        added = {name: value for name, value in situation.chosen.items() if name not in brought.FACTS}
        known |= {name: earlier.get(name) if value is None else value for name, value in added.items()}
    return {**known, **_declared_before(situation, earlier), **situation.declared}


@cache
def _brought_with(service: str) -> tuple[tuple[str, Fact], ...]:
    """Return the facts that can come with a request for a service, by name."""
    records = records_of(service)
    return tuple((name, fact) for name, fact in brought.FACTS.items() if name.split(".")[0] in records)


def _declared_before(situation: DecisionSubject, earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was declared for the operation that is taken on; where nothing can be declared now, also what was not."""
    reach = records_of(situation.service).get("declared")
    if situation.about_operation is None or reach is None:
        return {}
    stated = (fact.name for fact in situation.words.facts_of("declared"))
    return {name: earlier.get(name) for name in stated if name in earlier or reach is Reach.PERHAPS}
