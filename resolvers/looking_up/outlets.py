"""Outlets as policy officers write them, with what people need to go there; the nearest first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from domain.decision import Citation
from domain.message import Message
from domain.place import Point
from domain.region import Region, lies_within
from policies.engine.decide import Policies
from policies.language.cited import ASSUMPTION, Source
from policies.language.vocabulary import Lexicon, Term
from policies.tree.region_policies import RegionPolicies
from resolvers.changing.terms import require_term

OUTLETS, BANKS = "outlets", "banks"
"""Vocabularies."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """An outlet.

    Args:
        term: its word with what is known of it; owner: the region whose file says so; citation: what that file cites.
        kilometres: how far it is from where was asked, if that and its place are known.
    """

    term: Term
    owner: Region
    citation: Citation | None
    kilometres: float | None = None

    @property
    def key(self) -> str:
        """What tells it from all others: cities may use the same word."""
        return f"{self.owner.code}.{self.term.name}"

    def told(self, name: str, kind: type) -> Any:
        """Return what it tells people under a name; None where that is not known."""
        value = self.term.told.get(name)
        return value if isinstance(value, kind) else None

    @property
    def address(self) -> Message | None:
        """Where it is."""
        found: Message | None = self.told("address", Message)
        return found

    @property
    def hours(self) -> Message | None:
        """When it is open."""
        found: Message | None = self.told("hours", Message)
        return found

    @property
    def coordinates(self) -> Point | None:
        """Where it is on the map."""
        found: Point | None = self.told("coordinates", Point)
        return found


def outlets_of(policies: Policies, region: str, bank: str | None, near: Point | None) -> tuple[Outlet, ...]:
    """Return the outlets of a region and of those within it.

    Args:
        region: GB/T 2260; of a district without policies, those of its city that lie in it.
        bank: those of one bank; all if None. near: those whose place is known come first, the nearest of them first.

    Raises:
        NotFound: nobody decides for the region.
        InvalidInput: the region knows no such bank.
    """
    place = policies.deciding(region)
    if bank is not None:
        require_term(place.words, BANKS, bank, "bank")
    found = [
        outlet
        for outlet in _within(policies, place)
        if (bank is None or outlet.term.attributes.get("bank") == bank)
        and (region == place.region.code or lies_within(str(outlet.term.attributes.get("region")), region))
    ]
    if near is not None:
        measured = [replace(outlet, kilometres=_from(near, outlet)) for outlet in found]
        found = sorted(measured, key=lambda outlet: (outlet.kilometres is None, outlet.kilometres))
    return tuple(found)


def _from(near: Point, outlet: Outlet) -> float | None:
    return near.kilometres_to(outlet.coordinates) if outlet.coordinates is not None else None


def _within(policies: Policies, place: RegionPolicies) -> Iterator[Outlet]:
    """Yield the outlets that a region knows, then those that only the regions in it know."""
    regions = policies.tree.regions
    inside = sorted(code for code in regions if lies_within(code, place.region.code) and code != place.region.code)
    folders = {each.region.path: each.region for each in regions.values()}
    seen: set[int] = set()
    for words in (place.words, *(regions[code].words for code in inside)):
        vocabulary = words.vocabularies.get(OUTLETS)
        for term in vocabulary.terms.values() if vocabulary is not None else ():
            if id(term) not in seen:
                seen.add(id(term))
                owner = folders.get(term.place.file.rpartition("/")[0], place.region)
                yield Outlet(term, owner, _cited(term, term.source, owner, words))


def _cited(term: Term, source: Source | None, owner: Region, words: Lexicon) -> Citation | None:
    if source is None:
        return None
    assumed = source.document == ASSUMPTION
    return Citation(
        document=ASSUMPTION if assumed else words.documents[source.document].title,
        clause=source.clause,
        note=source.note,
        assumed=assumed,
        region=owner.code,
        level=owner.level,
        file=term.place.file,
        line=term.place.line,
    )
