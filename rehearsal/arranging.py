"""From a case to a scene: each record by its own module, in an order in which each finds what it needs."""

from dataclasses import dataclass

from domain.holder import Actor
from domain.message import Message
from domain.services import SERVICES, About
from policies.cases.case_files import Case
from policies.engine.decide import Policies
from rehearsal.cards import arrange_card, arrange_other_cards, arrange_past_cards
from rehearsal.operations import arrange_maker, arrange_operation, arrange_other_operations, can_be
from rehearsal.papers import arrange_documents
from rehearsal.people import (
    actor_of,
    arrange_delegation,
    arrange_duplicates,
    arrange_guardians,
    arrange_identity,
    arrange_merge,
    holder_of,
    role_of,
)
from rehearsal.scene import Scene, moment_of


@dataclass(frozen=True, slots=True)
class CannotBe(Exception):
    """A case states what no record can be.

    Args:
        fact: which one; message: why.
    """

    fact: str
    message: Message


def arrange(policies: Policies, case: Case) -> Scene:
    """Return what a case becomes.

    Raises:
        CannotBe: no record can be as the case states.
    """
    words = policies.region(case.region).words
    nobody = Actor("", "citizen", "")
    scene = Scene(case, words, SERVICES[case.service].about, moment_of(case), holder_of(case), nobody)
    on_operation = scene.about is About.OPERATION
    if on_operation and not can_be(scene):
        state, service = scene.fact("operation.state"), scene.fact("operation.service", "apply")
        raise CannotBe(
            "operation.state",
            Message(f"`{service}` 的办件不会是 `{state}` 状态", f"an operation of {service} is never {state}"),
        )
    scene.actor, scene.person = actor_of(scene, role_of(case, words, on_operation), on_operation)
    arrange_guardians(scene)
    arrange_delegation(scene)
    arrange_identity(scene)
    arrange_merge(scene)
    arrange_duplicates(scene)
    if scene.about in (About.CARD, About.REGION):
        arrange_card(scene)
        arrange_maker(scene)
    if on_operation:
        arrange_operation(scene)
    arrange_other_cards(scene)
    arrange_past_cards(scene)
    arrange_other_operations(scene)
    arrange_documents(scene)
    held = scene.fact("insurance.held")
    if held is not None:
        scene.held[case.region] = tuple(held)
    return scene
