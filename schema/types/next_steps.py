"""What comes next of an operation, as the graph shows it."""

from datetime import datetime

import strawberry

from domain import next_step as domain
from domain.next_step import NextAction
from schema.kit.context import Info
from schema.kit.described import enum, shown
from schema.kit.text import Text, text

enum(
    NextAction,
    "What somebody has to do next.",
    {
        NextAction.CHOOSE_DELIVERY: "Choose how to receive the card.",
        NextAction.PAY: "Pay what is due.",
        NextAction.CORRECT: "Change what the office has asked to be changed.",
        NextAction.WAIT: "Nothing but wait: an office or partner goes on with it.",
        NextAction.COLLECT: "Collect the card at an outlet.",
        NextAction.CONFIRM_RECEIPT: "Confirm the receipt of the card that comes by post.",
        NextAction.ACTIVATE: "Activate the card.",
    },
)


@strawberry.type(description="What comes next of an operation, as the states and the region's policy have it.")
class NextStep:
    """The next step."""

    action: NextAction = shown("What has to be done.", "record.action")
    service: str | None = shown(
        "The service that does it: a term of the services vocabulary; null while nobody can go on.", "record.service"
    )
    by: list[str] = shown(
        "Who may do it: terms of the roles vocabulary; `citizen` is the applicant, a guardian or a delegate.",
        lambda node: list(node.record.by),
    )
    until: datetime | None = shown("By when, if there is a day.", "record.until")
    promised: bool = shown("Whether an office promises that day; if not, it is the last one.", "record.promised")
    outlet: str | None = shown("Where the card is collected: a term of the region's outlets.", "record.outlet")
    record: strawberry.Private[domain.NextStep]
    region: strawberry.Private[str]

    @strawberry.field(description="What people call it.")
    def label(self, info: Info) -> Text | None:
        """Look the service up."""
        return _label(info, self.region, "services", self.record.service)

    @strawberry.field(description="What people call the outlet.")
    def outlet_label(self, info: Info) -> Text | None:
        """Look the outlet up."""
        return _label(info, self.region, "outlets", self.record.outlet)


def _label(info: Info, region: str, vocabulary: str, name: str | None) -> Text | None:
    return text(info.context.dependencies.policies().region(region).words.label(vocabulary, name)) if name else None


def next_step_node(found: domain.NextStep, region: str) -> NextStep:
    """Return what comes next as the graph shows it."""
    return NextStep(record=found, region=region)
