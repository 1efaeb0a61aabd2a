"""How whoever asks stands to a person, a card or an operation: what the rules of `domain/access.py` are asked with."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from domain.access import HOLDER, PEOPLE, Standing
from domain.card import Card
from domain.duration import day_in_china
from domain.holder import Actor, Delegation, Holder, Purpose, Ties
from domain.once import once
from domain.operation import CLOSED, Operation
from domain.region import NATION, lies_within, province_of
from policies.engine.decide import Policies
from resolvers.audit import told_of
from resolvers.changing.access import in_person, not_found, reaches, serves, serves_card, ties_between
from store import UnitOfWork
from store.audit.entries import AuditKind
from store.records import Disclosure, DisclosureKind
from store.repositories.belonging import Belonging

_S = Standing
NONE: Final = 0
NOWHERE: Final = Belonging()
SHOWN_FOR: Final = timedelta(hours=1)
"""For how long a clerk who was shown somebody's card or document may read who stands before them."""
BANK_OUTLET: Final = "bank_outlet"
"""The term of the office kinds vocabulary for who shows a clerk less than an office does; a token that names a bank says it too."""
_AWAY: Final = {_S.WINDOW: _S.WINDOW_NEAR, _S.OUTLET: _S.OUTLET_NEAR, _S.HOTLINE: _S.HOTLINE_NEAR}
_BY_DESK: Final = {desk: int(desk | away) for desk, away in _AWAY.items()}
_BY_ROLE: Final[Mapping[str, int]] = {
    "citizen": int(PEOPLE | _S.ASKED | _S.STRANGER),
    "card_maker": int(_S.MAKER | _S.MAKER_AFTER),
    "bank": int(_S.BANK | _S.BANK_AFTER),
    "medical_institution": int(_S.INSTITUTION),
    "settlement_system": int(_S.SETTLEMENT),
    "policy_officer": int(_S.OFFICER),
    "auditor": int(_S.AUDITOR),
}
_SELF, _GUARDIAN, _DELEGATE, _ASKED = (int(each) for each in (_S.SELF, _S.GUARDIAN, _S.DELEGATE, _S.ASKED))
_STRANGER = int(_S.STRANGER)


@dataclass(frozen=True)
class Viewer:
    """Somebody who asks, at a moment.

    Args:
        desk: of a clerk, at which kind of place: WINDOW, OUTLET or HOTLINE.
    """

    actor: Actor
    desk: Standing
    now: datetime

    @classmethod
    def of(cls, policies: Policies, actor: Actor, now: datetime) -> "Viewer":
        """Return who asks, with what kind of place a clerk sits at."""
        desk = desk_of(policies, actor) if actor.role == "clerk" else Standing(0)
        return cls(actor, desk, now)

    @once
    def today(self) -> date:
        """Today in China."""
        return day_in_china(self.now)

    @once
    def comes_as(self) -> int:
        """All standings that they may have to anything."""
        if self.desk:
            return _BY_DESK[self.desk]
        return _BY_ROLE.get(self.actor.role, _STRANGER)

    @property
    def is_person(self) -> bool:
        """Whether it is somebody for themselves, whose ties say what they see."""
        return self.comes_as & PEOPLE != 0

    def in_region(self, region: str) -> int:
        """Return how a clerk stands to what is of a region."""
        if reaches(self.actor, region):
            return int(self.desk)
        own = self.actor.region
        return int(_AWAY[self.desk]) if own is not None and province_of(own) == province_of(region) else NONE

    def to_person(self, holder: Holder, belonging: Belonging = NOWHERE) -> int:
        """Return how a clerk stands to a person: by where they are insured, work and live, by what is on record, by being shown.

        Args:
            belonging: NOWHERE as long as it is not read.
        """
        if self.actor.region is None or belonging.shown:
            return int(self.desk)
        places = (*holder.insured_in, *holder.employed_in, *filter(None, (holder.address_region,)), *belonging.regions)
        found = {self.in_region(region) for region in places}
        return int(self.desk) if int(self.desk) in found else max(found, default=NONE)

    @property
    def shown_since(self) -> datetime:
        """From when on it counts that they were shown somebody's card or document."""
        return self.now - SHOWN_FOR

    def by_ties(self, ties: Ties) -> int:
        """Return how a person stands to another, whatever it is about."""
        if ties.same:
            return _SELF
        if ties.guardian:
            return _GUARDIAN
        return _DELEGATE if ties.knows(self.today) else NONE

    def to_card(self, card: Card, ties: Ties) -> int:
        """Return how they stand to a card.

        Args:
            ties: of a person to its holder.
        """
        if self.desk:
            return self.in_region(card.region)
        if not self.is_person:
            bit = _S.BANK if self.actor.role == "bank" else _S.MAKER
            return int(bit) if serves_card(self.actor, card) else NONE
        if ties.same or ties.guardian:
            return self.by_ties(ties)
        trusted = (d for d in ties.delegations if d.holds(self.today))
        return _DELEGATE if any(lies_within(card.region, d.region) for d in trusted) else NONE

    def to_operation(self, operation: Operation, ties: Ties) -> int:
        """Return how they stand to an operation.

        Args:
            ties: of a person to its holder.
        """
        if self.desk:
            return int(self.desk) if reaches(self.actor, operation.region) else NONE
        if not self.is_person:
            return self._of_a_partner(operation)
        purpose = Purpose(frozenset({operation.service, "progress"}), operation.region, self.today)
        relation = ties.relation(purpose)
        found = {"self": _SELF, "guardian": _GUARDIAN, "delegate": _DELEGATE}.get(relation, NONE)
        return found | _ASKED if found and operation.actor_id == self.actor.person_id else found

    def to_delegation(self, delegation: Delegation, ties: Ties) -> int:
        """Return how they stand to a delegation.

        Args:
            ties: of a person to who granted it.
        """
        if self.desk:
            return int(self.desk)
        if ties.same or ties.guardian:
            return self.by_ties(ties)
        given = self.is_person and self.actor.person_id == delegation.delegate_id
        return _DELEGATE if given and delegation.holds(self.today) else NONE

    def _of_a_partner(self, operation: Operation) -> int:
        if not serves(self.actor, operation):
            return NONE
        over = operation.state in CLOSED
        if self.actor.role == "bank":
            return int(_S.BANK_AFTER if over else _S.BANK)
        return int(_S.MAKER_AFTER if over else _S.MAKER)


def desk_of(policies: Policies, actor: Actor) -> Standing:
    """Return at what kind of place a clerk sits: by the channel whether people come there, by the token whether it is a bank's."""
    regions = policies.tree.regions
    place = regions.get(actor.region or NATION) or regions[NATION]
    if not in_person(place.words, actor.channel):
        return Standing.HOTLINE
    return Standing.OUTLET if actor.bank is not None or actor.office_kind == BANK_OUTLET else Standing.WINDOW


async def standing_to_person(work: UnitOfWork, viewer: Viewer, holder: Holder | str) -> int:
    """Return how somebody stands to a person on record.

    Args:
        holder: or an id by which nobody is on record, for whom as much is read as for somebody whom one may not see.
    """
    if viewer.is_person:
        identifier = holder if isinstance(holder, str) else holder.id
        return viewer.by_ties(await ties_between(work, viewer.actor.person_id, identifier, viewer.now))
    if not viewer.desk:
        return NONE
    if isinstance(holder, str):
        await belongings_of(work, viewer, [holder])
        return NONE
    found = viewer.to_person(holder)
    return (
        found
        if found == viewer.desk
        else viewer.to_person(holder, (await belongings_of(work, viewer, [holder.id])).get(holder.id, NOWHERE))
    )


async def standing_to_id(work: UnitOfWork, viewer: Viewer, holder_id: str) -> int:
    """Return how somebody stands to a person on record, or to nobody, by an id."""
    known = (await work.holders.get_many([holder_id])).get(holder_id) if viewer.desk else None
    return await standing_to_person(work, viewer, known or holder_id)


async def belongings_of(work: UnitOfWork, viewer: Viewer, ids: Collection[str]) -> Mapping[str, Belonging]:
    """Return where people belong, by their ids, as far as it is the business of the clerk who asks."""
    actor = viewer.actor
    return await work.belongings.of_people(ids, actor.person_id, actor.office or "", viewer.shown_since)


async def see_holder(work: UnitOfWork, viewer: Viewer, holder_id: str) -> tuple[Holder, int]:
    """Return a person whom somebody may see, by their id or by that of a record that has become part of theirs.

    Returns:
        The person, and how whoever asks stands to them.

    Raises:
        NotFound: there is none, or none that they may see.
    """
    found = (await work.holders.get_many([holder_id])).get(holder_id)
    standing = await standing_to_person(work, viewer, found or holder_id)
    if found is not None and standing & HOLDER:
        return found, standing
    # Only who is not there may have become part of another record; it is asked as well of who may not be seen.
    kept = (await work.merges.kept_of([holder_id])).get(holder_id)
    if found is None and kept is not None:
        now = await work.holders.get(kept)
        standing = await standing_to_person(work, viewer, now)
        if standing & HOLDER:
            return now, standing
    raise not_found("持卡人", "holder", holder_id)


async def note_present(work: UnitOfWork, viewer: Viewer, holder: Holder) -> None:
    """Put on record that a clerk was shown the card or document of somebody, so that they may read who it is for a while."""
    actor = viewer.actor
    await work.disclosures.add(
        [
            Disclosure(
                province=province_of(actor.region or NATION),
                at=viewer.now,
                kind=DisclosureKind.PRESENT,
                record_id=holder.id,
                operation_id=None,
                holder_id=holder.id,
                actor_id=actor.person_id,
                role=actor.role,
                channel=actor.channel,
                office=actor.office,
            )
        ]
    )
    about = {"holder_id": holder.id, "region": actor.region}
    work.audit.tell(told_of(actor, viewer.now, AuditKind.LOOK, DisclosureKind.PRESENT, **about))
