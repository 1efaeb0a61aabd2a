"""Facts as a service knows them: what lies in a record that need not be there can be absent."""

from dataclasses import replace

from domain.services import Reach, records_of, service_names
from policies.language.vocabulary import FactDefinition


def as_known(definition: FactDefinition, service: str) -> FactDefinition:
    """Return a fact as a service knows it: one of a record that need not be there can be absent."""
    perhaps = records_of(service).get(definition.subject) is Reach.PERHAPS
    return replace(definition, optional=True) if perhaps and not definition.optional else definition


def absent_somewhere(definition: FactDefinition) -> bool:
    """Say whether some service knows a fact that can be absent there."""
    return any(as_known(definition, service).optional for service in service_names())
