"""Writing what a case was arranged as on the throw-away database, so that the service finds it there."""

from dataclasses import replace

from domain.card import Card
from domain.operation import CLOSED
from rehearsal.asking import OLD_PASSWORD
from rehearsal.payments import record_payment
from rehearsal.scene import CardStep, Scene
from rehearsal.stage import Stage
from resolvers.changing.deaths import CLERK
from resolvers.changing.standing import Viewer, note_present
from store import UnitOfWork
from store.records import ServicePassword


async def write(stage: Stage, scene: Scene) -> None:
    """Write a scene in one transaction, and set the clock and the registers outside to it."""
    stage.clock.set(scene.now)
    hashed = await stage.dependencies.passwords.hash(OLD_PASSWORD) if scene.password_errors is not None else ""
    async with stage.store.transaction() as work:
        for person in (scene.holder, *(found for found in scene.people if found.id != scene.holder.id)):
            await work.holders.add(person)
        if scene.replaced is not None:
            await work.identity_documents.add(scene.replaced)
        for merge in scene.merges:
            await work.merges.propose(merge)
        for guardianship in scene.guardianships:
            await work.guardianships.add(guardianship)
        for delegation in scene.delegations:
            await work.delegations.add(delegation)
        for document in scene.documents:
            await work.documents.add(document)
        if scene.actor.role == CLERK:
            # Who comes to a window is looked up by their document first.
            viewer = Viewer.of(stage.dependencies.policies(), scene.actor, scene.now)
            await note_present(work, viewer, scene.holder)
        for steps in (*scene.cards, scene.card):
            await _card(work, steps)
        for operation in (*((scene.operation,) if scene.operation else ()), *scene.operations):
            await work.operations.add(operation)
            await record_payment(stage, work, operation)
            if operation.service == "apply" and operation.state not in CLOSED:
                await work.slots.claim(operation.province, operation.holder_id, operation.id)
        for timeline in scene.timelines:
            for entry in timeline:
                await work.timeline.append(entry)
        if scene.card and scene.password_errors is not None:
            card = scene.card[-1].card
            password = ServicePassword(card.id, hashed, card.state_since, scene.password_errors)
            await work.passwords.keep(password, card.province)
    stage.registry.known = scene.holder
    stage.mobiles.own = "own_mobile" in scene.case.evidence.proofs
    stage.insurance.held = {
        (scene.holder.identity_number, region): frozenset(kinds) for region, kinds in scene.held.items()
    }


async def _card(work: UnitOfWork, steps: tuple[CardStep, ...]) -> None:
    if not steps:
        return
    first, *others = steps
    await work.cards.add(first.card, reason=first.reason)
    written = first.card
    for step in others:
        written = await work.cards.update(_at(step, written.version), reason=step.reason)


def _at(step: CardStep, version: int) -> Card:
    return replace(step.card, version=version)
