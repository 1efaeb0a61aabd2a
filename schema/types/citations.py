"""Where rules and values come from."""

import strawberry

from domain import decision as domain
from domain.message import Message, in_both
from schema.kit.access import WITH_IT, sees
from schema.kit.context import Info
from schema.kit.described import field, shown
from schema.kit.text import Text, text
from schema.types.closed_sets import RegionLevel


@sees(WITH_IT)
@strawberry.type(description="Where a rule or a value comes from.")
class Citation:
    """Where something comes from."""

    document: str = field("Title of the document, or `assumption` where none says it.")
    clause: str | None = field("Where in the document.")
    remark: strawberry.Private[Message | str | None]
    assumed: bool = field("Whether no document says it.")
    region: str = field("GB/T 2260 code of the region whose policy states it.")
    level: str = field("That region's level: nation, province, city or district.", instead="Use `regionLevel`.")
    region_level: RegionLevel = shown("That region's level.", lambda citation: RegionLevel(citation.level))
    file: str = field("The policy file, relative to `regions/`.")
    line: int = field("The line in it.")

    @strawberry.field(
        description="What to know about it, such as which part is assumed, in the language of the request's"
        " Accept-Language header where it is written in both."
    )
    def note(self, info: Info) -> str | None:
        """Choose the language of the request."""
        return in_both(self.remark).text(info.context.language) if self.remark is not None else None


@sees(WITH_IT)
@strawberry.type(
    description="A setting behind a rule, with its own source: a city may set the value of a nation's rule."
)
class CitedValue:
    """A setting behind a rule."""

    setting: str = field("Its name.")
    label: Text = field("What people call it.")
    shown: Text = field("Its value as people read it.")
    citation: Citation = field("Where the value comes from.")


def citation(value: domain.Citation) -> Citation:
    """Return a citation as the graph shows it."""
    return Citation(
        document=value.document,
        clause=value.clause,
        remark=value.note,
        assumed=value.assumed,
        region=value.region,
        level=value.level,
        file=value.file,
        line=value.line,
    )


def cited_values(values: tuple[domain.CitedValue, ...]) -> list[CitedValue]:
    """Return the settings behind a rule as the graph shows them."""
    return [
        CitedValue(setting=v.setting, label=text(v.label), shown=text(v.shown), citation=citation(v.citation))
        for v in values
    ]
