"""Whom a token names, once that record has become part of another: known in every process, without a look at the database."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.holder import CITIZEN, Actor, Merge
from store import Store

OVERLAP = timedelta(minutes=5)
"""How far back is read again: a transaction that was long under way is seen late."""


@dataclass(slots=True)
class MergedPeople:
    """The records that are gone, each with the one that it has become part of; kept up with what other processes do."""

    _kept: dict[str, str] = field(default_factory=dict)
    _until: datetime | None = None

    def note(self, merge: Merge) -> None:
        """Note a merge that is done."""
        self._kept[merge.gone_id] = merge.kept_id

    def kept(self, person_id: str) -> str:
        """Return the record that one has become part of; itself where it has not."""
        seen = {person_id}
        while (following := self._kept.get(person_id)) is not None and following not in seen:
            person_id = following
            seen.add(person_id)
        return person_id

    def acting(self, actor: Actor) -> Actor:
        """Return who asks as the record that they have become part of."""
        kept = self.kept(actor.person_id)
        if kept == actor.person_id or actor.role != CITIZEN:
            return actor
        return replace(actor, person_id=kept, named=actor.person_id)

    async def catch_up(self, store: Store) -> None:
        """Read the merges that were done since this was called last."""
        async with store.reading() as work:
            found = await work.merges.done(None if self._until is None else self._until - OVERLAP)
        for merge in found:
            self.note(merge)
            self._until = merge.confirmed_at
