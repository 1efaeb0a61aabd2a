"""Outlets: where they are, when they are open, and which is the nearest."""

from typing import Annotated

import strawberry

from domain.access import EVERYBODY
from domain.errors import InvalidInput
from domain.message import Message
from domain.place import Point
from policies.language.told import DEGREES
from resolvers.looking_up.outlets import Outlet as Found
from resolvers.looking_up.outlets import outlets_of
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import argument, field, worked_out
from schema.kit.pages import After, Before, Connection, First, Last, connection
from schema.kit.scalars import Json
from schema.kit.text import Text, text
from schema.types.citations import Citation, citation
from schema.types.terms import Term, name_of_region, shown_term, term_node

_LISTED = "outlets"
"""What the list is called in its cursors."""


@sees(WITH_IT)
@strawberry.type(description="A point on the map, in degrees.")
class Coordinates:
    """A point."""

    latitude: float = field("North of the equator; south is negative.")
    longitude: float = field("East of Greenwich; west is negative.")


@strawberry.input(description="A point on the map, in degrees, of the same kind of coordinates as the outlets have.")
class NearInput:
    """A point."""

    latitude: float = field("From -90 to 90.")
    longitude: float = field("From -180 to 180.")

    def value(self) -> Point:
        """Return the point.

        Raises:
            InvalidInput: there is no such point.
        """
        for name, most in DEGREES.items():
            if not -most <= getattr(self, name) <= most:
                raise InvalidInput(
                    Message(f"应为-{most}至{most}之间的度数，请改正。", f"Give degrees from -{most} to {most}."),
                    field=f"near.{name}",
                )
        return Point(self.latitude, self.longitude)


@sees(WITH_IT)
@strawberry.type(description="An outlet, as its region's policy officers write it.")
class Outlet:
    """An outlet."""

    name: str = field("A term of the outlets vocabulary: what inputs take as `outlet`.")
    label: Text = field("What people call it.")
    bank: str | None = field("Whose outlet it is: a term of the banks vocabulary.")
    bank_term: Term | None = shown_term("banks", "bank", region="owner")
    region_code: str | None = field("GB/T 2260 code of where it is.")
    address: Text | None = field("Where it is; null where that is not known.")
    hours: Text | None = field("When it is open; null where that is not known.")
    coordinates: Coordinates | None = field("Where it is on the map; null where that is not known.")
    distance_km: float | None = field(
        "How far it is from `near` along the ground, in kilometres, rounded to 10 metres; null where that is not known."
    )
    attributes: Json = field("What else is said of it, by name.")
    citation: Citation | None = field("Who says so; null where no source is stated.")
    owner: strawberry.Private[str]

    @strawberry.field(description="Name of that region, where it has policies.")
    def region_name(self, info: Info) -> Text | None:
        """Look the name up."""
        return name_of_region(info, self.region_code) if self.region_code is not None else None


def _node(found: Found) -> Outlet:
    word, at = term_node(found.term), found.coordinates
    attributes = found.term.attributes
    bank, region = attributes.get("bank"), attributes.get("region")
    return Outlet(
        name=found.term.name,
        label=word.label,
        bank=bank if isinstance(bank, str) else None,
        region_code=region if isinstance(region, str) else None,
        address=text(found.address) if found.address else None,
        hours=text(found.hours) if found.hours else None,
        coordinates=Coordinates(latitude=at.latitude, longitude=at.longitude) if at else None,
        distance_km=round(found.kilometres, 2) if found.kilometres is not None else None,
        attributes=word.attributes,
        citation=citation(found.citation) if found.citation else None,
        owner=found.owner.code,
    )


@strawberry.type
class OutletsQuery:
    """The query of this topic."""

    @worked_out(
        "Outlets of a region and of what lies in it: in its order, or the nearest first. Which of them are open"
        " for a request, `requirements` tells.",
        sees=EVERYBODY,
    )
    def outlets(
        self,
        info: Info,
        region: Annotated[str, argument("GB/T 2260 code; of a district, what lies in it.")],
        bank: Annotated[str | None, argument("Those of one bank: a term of the banks vocabulary.")] = None,
        near: Annotated[
            NearInput | None, argument("A point: the nearest outlets come first, those on no map last.")
        ] = None,
        first: First = 20,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Outlet] | None:
        """List outlets."""
        found = outlets_of(info.context.dependencies.policies(), region, bank, near.value() if near else None)
        keys = [outlet.key for outlet in found]
        nodes = [_node(outlet) for outlet in found]
        return connection(nodes, _LISTED, lambda index, _: keys[index], first, after, last, before)
