"""Documents and records of people in any order: every number leads to one person, whatever was registered, renewed or merged.

Random walks beside a model that knows only which numbers are one person's.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from random import Random

import pytest

from domain.card import Card, CardState
from domain.errors import Conflict, DomainError
from domain.holder import Actor, Holder
from gateways.registry import RegistryPerson
from resolvers.changing.service_request import ServiceRequest
from resolvers.looking_up.holders import NamedPerson, register_holder
from resolvers.merged import MergedPeople
from resolvers.services.merge_holders import merge_holders
from resolvers.services.record_identity_document import NewDocument, record_identity_document
from tests.resolvers.world import CHENGDU, QINGDAO, START, World, clerk

pytestmark = pytest.mark.anyio

NAME, BORN = "ANNA SCHMIDT", date(1990, 3, 7)
STEPS = 60


class EverybodyKnown:
    """A register in which every document is this one person's."""

    async def confirm(self, name: str, identity_type: str, identity_number: str) -> RegistryPerson:
        """Confirm an identity; see `IdentityRegistry.confirm`."""
        return RegistryPerson(name, "foreigner", identity_type, identity_number, BORN)


@dataclass
class Model:
    """What is to be.

    Args:
        numbers: of each record, by its id; gone: the records that are part of others, with those.
        cards: of each record; proposed: pairs, with the clerk who proposed them.
    """

    numbers: dict[str, set[str]] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    cards: dict[str, set[str]] = field(default_factory=dict)
    provinces: dict[str, str] = field(default_factory=dict)
    proposed: dict[tuple[str, str], int] = field(default_factory=dict)

    def owner(self, number: str) -> str | None:
        """Return the record that a number leads to."""
        return next((record for record, numbers in self.numbers.items() if number in numbers), None)

    def kept(self, record: str) -> str:
        """Return the record that one has become part of."""
        return self.kept(self.gone[record]) if record in self.gone else record


class Walk:
    """One walk through a country, with its model."""

    def __init__(self, country: World, chance: Random) -> None:
        self.country, self.chance, self.model = country, chance, Model()
        self.dependencies = replace(country.dependencies, registry=EverybodyKnown())
        self.elsewhere = MergedPeople()
        self.numbers = [f"E{chance.randrange(10**8):08}" for _ in range(12)]

    def clerk(self, number: int) -> Actor:
        """Return one of the clerks."""
        return replace(clerk(CHENGDU), person_id=f"clerk-{number}")

    async def register(self) -> None:
        """Register somebody by a document."""
        number = self.chance.choice(self.numbers)
        found = await register_holder(self.dependencies, self.clerk(1), NamedPerson(NAME, "passport", number))
        owner = self.model.owner(number)
        assert owner in (None, found.id)
        self.model.numbers.setdefault(found.id, set()).add(number)

    async def record(self) -> None:
        """Put a further document on record, or one in the place of another."""
        record, number = self._any(), self.chance.choice(self.numbers)
        kept = self.model.kept(record)
        async with self.country.store.reading() as work:
            own = await work.identity_documents.of_holder(kept)
        current = [document for document in own if document.replaced_at is None]
        replaced = self.chance.choice([None, *(document.id for document in current)])
        document = NewDocument("passport", number, expires_on=date(2040, 1, 1), replaces=replaced)
        request = ServiceRequest("record_identity_document", region=CHENGDU, holder_id=record, sighted=("passport",))
        try:
            await record_identity_document(self.dependencies, self.clerk(1), request, document)
        except Conflict as refused:
            told = refused.code
            assert (told, self.model.owner(number) in (None, kept)) == ("IDENTITY_OF_ANOTHER_HOLDER", False)
        else:
            assert self.model.owner(number) in (None, kept)
            self.model.numbers[kept].add(number)

    async def card(self) -> None:
        """Put a card on record, in one of two provinces."""
        record, region = self.model.kept(self._any()), self.chance.choice((CHENGDU, QINGDAO))
        identifier = f"card-{self.chance.randrange(10**9)}"
        if any(self.model.provinces[card] == region[:2] for card in self.model.cards.get(record, ())):
            return
        card = Card(
            identifier, record, region, f"{region[:2]}0000", f"N{identifier}", "S", "icbc", "third",
            CardState.ACTIVE, START.date(), None, START,
        )  # fmt: skip
        async with self.country.store.transaction() as work:
            await work.cards.add(card)
        self.model.cards.setdefault(record, set()).add(identifier)
        self.model.provinces[identifier] = region[:2]

    async def merge(self) -> None:
        """Ask to make one record of two."""
        waiting = [pair for pair in self.model.proposed if not {*pair} & self.model.gone.keys()]
        kept, gone = (
            self.chance.choice(waiting) if waiting and self.chance.random() < 0.7 else (self._any(), self._any())
        )
        number = self.chance.choice((1, 2))
        pair = self.model.kept(kept), self.model.kept(gone)
        both = [self.model.provinces[card] for each in set(pair) for card in self.model.cards.get(each, ())]
        request = ServiceRequest("merge_holders", sighted=("passport",))
        try:
            answer = await merge_holders(self.dependencies, self.clerk(number), request, kept, gone)
        except DomainError as refused:
            told, two_in_one = refused.code, len(both) > len(set(both))
            assert (told, two_in_one or pair[0] == pair[1]) == (
                "INVALID_INPUT" if pair[0] == pair[1] else "BOTH_HAVE_A_CARD",
                True,
            )
            return
        by = self.model.proposed.setdefault(pair, number)
        assert (answer.merge.confirmed_at is not None) is (by != number)
        if by != number:
            self.model.gone[pair[1]] = pair[0]
            self.model.numbers[pair[0]] |= self.model.numbers.pop(pair[1])
            self.model.cards.setdefault(pair[0], set()).update(self.model.cards.pop(pair[1], set()))

    async def check(self) -> None:
        """Compare what is on record with the model."""
        async with self.country.store.reading() as work:
            for record, numbers in self.model.numbers.items():
                for number in numbers:
                    found = await work.holders.find_by_identity("passport", number)
                    assert found is not None
                    assert found.id == record
                own = await work.identity_documents.of_holder(record)
                assert sorted(document.number for document in own) == sorted(numbers)
                holder: Holder = await work.holders.get(record)
                assert [d.is_by("passport", holder.identity_number) for d in own].count(True) == 1
                cards = (await work.cards.of_holders([record])).get(record, ())
                assert {card.id for card in cards} == self.model.cards.get(record, set())
            assert await work.holders.get_many(self.model.gone) == {}
            leads = await work.merges.kept_of(self.model.gone)
            assert leads == {gone: self.model.kept(gone) for gone in self.model.gone}
        # The process that merged knows at once, another once it has caught up.
        await self.elsewhere.catch_up(self.country.store)
        for known in (self.dependencies.merged, self.elsewhere):
            assert {gone: known.kept(gone) for gone in self.model.gone} == leads

    def _any(self) -> str:
        return self.chance.choice([*self.model.numbers, *self.model.gone])


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_registered_renewed_and_merged_every_number_leads_to_one_person(
    country: World, seed: int
) -> None:
    walk = Walk(country, Random(seed))
    await walk.register()
    steps = [walk.register, walk.record, walk.record, walk.merge, walk.merge, walk.merge]
    cards = range(10, STEPS, 10)
    for number in range(STEPS):
        await (walk.card if number in cards else walk.chance.choice(steps))()
        await walk.check()
    assert walk.model.gone, "nothing was merged"
