"""Regions, with what they have opened for people elsewhere."""

from datetime import date
from typing import Annotated

import strawberry

from domain import region as domain_region
from domain.duration import day_in_china
from resolvers.looking_up.regions import BANKS_SETTING, SERVICES_SETTING, Opening, openings
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import argument, field, shown
from schema.kit.relay import Node, global_id
from schema.kit.text import Text, text
from schema.types.citations import Citation, citation
from schema.types.closed_sets import RegionLevel
from schema.types.terms import Term, shown_term


@sees(WITH_IT)
@strawberry.type(description="A service or bank in the national cross-province service.")
class CrossProvinceOpening:
    """What is open for people elsewhere."""

    name: str = field("A term of the services or banks vocabulary.")
    label: Text = field("What people call it.")
    open: bool = field("Whether this region has opened it.")
    citation: Citation | None = field("Who says so.")


@sees(WITH_IT)
@strawberry.type(description="What a region has opened for people elsewhere, looked up before applying (NX-0).")
class CrossProvince:
    """The cross-province service of a region."""

    services: list[CrossProvinceOpening] = field("Services that this or any other region has opened.")
    banks: list[CrossProvinceOpening] = field("Banks with outlets for the national service.")


@sees(WITH_IT)
@strawberry.type(description="A place with its own policies.")
class Region(Node):
    """A region."""

    code: str = field("Six digits of GB/T 2260.")
    level: str = field("Nation, province, city or district.", instead="Use `regionLevel`.")
    region_level: RegionLevel = shown("How large it is.", lambda region: RegionLevel(region.level))
    name: Text = field("Its name.")
    parent_code: str | None = field("The region it inherits from.")
    services: list[str] = field(
        "Services that it or a region above has policies for: terms of the services vocabulary."
    )
    level_term: Term = shown_term("region_levels", "level", region="code")
    service_terms: list[Term] = shown_term("services", "services", region="code")

    @strawberry.field(description="What is open in the national cross-province service.")
    def cross_province(
        self, info: Info, on: Annotated[date | None, argument("The day; today if left out.")] = None
    ) -> CrossProvince:
        """Look up what is open on a day, today if none is given."""
        dependencies = info.context.dependencies
        day = on or day_in_china(dependencies.clock.now())
        policies = dependencies.policies()
        return CrossProvince(
            services=[_opening(o) for o in openings(policies, self.code, SERVICES_SETTING, day)],
            banks=[_opening(o) for o in openings(policies, self.code, BANKS_SETTING, day)],
        )


def _opening(value: Opening) -> CrossProvinceOpening:
    cited = citation(value.citation) if value.citation else None
    return CrossProvinceOpening(name=value.name, label=text(value.label), open=value.open, citation=cited)


def region_node(region: domain_region.Region, services: list[str]) -> Region:
    """Return a region as the graph shows it."""
    return Region(
        id=global_id("Region", region.code),
        code=region.code,
        level=region.level,
        name=text(region.name),
        parent_code=region.parent,
        services=services,
    )
