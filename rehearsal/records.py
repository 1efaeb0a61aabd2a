"""What is on record about a holder, before the service is asked and after."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.card import Card
from domain.holder import Delegation, Guardianship, Holder
from domain.operation import Operation
from rehearsal.scene import Scene
from rehearsal.stage import Stage
from store.records import DecisionRecord, Refund


@dataclass(frozen=True, slots=True)
class Records:
    """What is on record about a holder, each by its id."""

    holder: Holder
    cards: Mapping[str, Card]
    operations: Mapping[str, Operation]
    delegations: Mapping[str, Delegation]
    guardianships: tuple[Guardianship, ...]
    decisions: Mapping[str, tuple[DecisionRecord, ...]]
    refunds: Mapping[str, tuple[Refund, ...]]


async def read(stage: Stage, scene: Scene) -> Records:
    """Take what is on record now."""
    owner, now = scene.holder.id, stage.clock.now()
    async with stage.store.reading() as work:
        operations = {found.id: found for found in await work.operations.of_holder(owner)}
        # What time alone has done is so, whether it is written down or not.
        cards = {
            found.id: _as_of(found.settled(now)) for found in (await work.cards.of_holders([owner])).get(owner, ())
        }
        return Records(
            holder=await work.holders.get(owner),
            cards=cards,
            operations=operations,
            delegations={each.id: each for each in (await work.delegations.of_holders([owner])).get(owner, ())},
            guardianships=await work.guardianships.of_ward(owner),
            decisions=await work.decisions.of_operations(list(operations)),
            refunds=await work.refunds.of_operations(list(operations)),
        )


def _as_of(card: Card) -> Card:
    return replace(card, version=0)
