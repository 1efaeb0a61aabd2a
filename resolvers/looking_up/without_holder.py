"""Deciding what is asked about nobody on record: who posts entries, who puts themselves on record."""

from datetime import datetime
from typing import Literal

from domain.decision import Decision
from domain.duration import day_in_china
from domain.holder import Actor
from resolvers.dependencies import Dependencies
from resolvers.facts import DecisionSubject, load_facts
from resolvers.looking_up.lookup import require_shown
from store import UnitOfWork


async def decide_without_holder(
    dependencies: Dependencies,
    work: UnitOfWork,
    actor: Actor,
    service: str,
    region: str,
    relation: Literal["self", "office"],
    now: datetime,
) -> Decision:
    """Ask a region's policy whether somebody may have a service that no holder is known of.

    Raises:
        DecisionRefused: it does not let them.
        DecisionFault: the policies could not be evaluated.
    """
    policies = dependencies.policies()
    situation = DecisionSubject(
        service=service,
        actor=actor,
        now=now,
        calendar=dependencies.calendar,
        region=region,
        words=policies.region(region).words,
        holder=None,
        person_id=actor.person_id,
        relation=relation,
    )
    (known,) = await load_facts(policies, work, [situation])
    decision = policies.decide(service, region, known.facts, day_in_china(now))
    require_shown(decision)
    return decision
