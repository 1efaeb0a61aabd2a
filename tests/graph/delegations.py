"""Delegates on record: somebody whom a holder has trusted at a window of Chengdu, for services of their choice (SC-12)."""

from datetime import date, timedelta

from domain.holder import Holder
from tests.graph.cards import IDENTITY_CARD
from tests.graph.journey import CHENGDU
from tests.graph.service import GraphService, holder_id


def delegate_on_record(
    service: GraphService, person: Holder, *services: str, region: str = CHENGDU, until: date | None = None
) -> Holder:
    """Let a holder who will be away for long delegate at a window; return the delegate.

    Args:
        services: what for, terms of the services vocabulary; region: where it holds, and below.
        until: the last day; a month from now if None.
    """
    delegate = service.person()
    named = {
        "name": delegate.name,
        "identityType": delegate.identity_type,
        "identityNumber": delegate.identity_number,
    }
    reason = {"name": "declared.delegation_reason", "value": "long_away"}
    last_day = until or service.clock.now().date() + timedelta(days=30)
    service.clerk(region).changed(
        "grantDelegation",
        regionCode=region,
        holderId=holder_id(person),
        delegate=named,
        services=list(services),
        until=last_day.isoformat(),
        evidence={"sightedDocuments": IDENTITY_CARD, "declarations": [reason]},
    )
    return delegate
