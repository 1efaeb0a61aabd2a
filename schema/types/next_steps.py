"""What comes next of an operation, as the graph shows it."""

from datetime import datetime

import strawberry

from domain import next_step as domain
from domain.next_step import NextAction
from schema.kit.access import WITH_IT, sees
from schema.kit.described import enum, shown
from schema.types.terms import Term, shown_term

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
        NextAction.BIND_CARD: "Bind the card to the channel first, as the region asks there.",
        NextAction.ACTIVATE: "Activate the card.",
    },
)


@sees(WITH_IT)
@strawberry.type(description="What comes next of an operation, as the states and the region's policy have it.")
class NextStep:
    """The next step."""

    action: NextAction = shown("What has to be done.", "record.action")
    service: str | None = shown(
        "The service that does it: a term of the services vocabulary; null while nobody can go on.", "record.service"
    )
    service_term: Term | None = shown_term("services", "record.service", region="region")
    by: list[str] = shown(
        "Who may do it: terms of the roles vocabulary; `citizen` is the applicant, a guardian or a delegate.",
        lambda node: list(node.record.by),
    )
    by_terms: list[Term] = shown_term("roles", "record.by", region="region")
    until: datetime | None = shown("By when, if there is a day.", "record.until")
    promised: bool = shown("Whether an office promises that day; if not, it is the last one.", "record.promised")
    outlet: str | None = shown("Where the card is collected: a term of the outlets vocabulary.", "record.outlet")
    outlet_term: Term | None = shown_term("outlets", "record.outlet", region="region")
    otherwise: list[str] = shown(
        "Services by which you can go on besides, or if this does not happen, such as paying or reporting a posted card lost:"
        " terms of the services vocabulary.",
        lambda node: list(node.record.otherwise),
    )
    otherwise_terms: list[Term] = shown_term("services", "record.otherwise", region="region")
    record: strawberry.Private[domain.NextStep]
    region: strawberry.Private[str]


def next_step_node(found: domain.NextStep, region: str) -> NextStep:
    """Return what comes next as the graph shows it."""
    return NextStep(record=found, region=region)
