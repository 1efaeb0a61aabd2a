"""Facts as a service knows them: what lies in a record that need not be there can be absent."""

from dataclasses import replace

from domain.services import Reach, records_of, service_names
from policies.language.vocabulary import FactDefinition


def as_known(definition: FactDefinition, service: str) -> FactDefinition:
    """Return a fact as a service knows it: one of a record that need not be there can be absent."""
    return (
        definition
        if definition.optional or not can_be_absent(definition, service)
        else replace(definition, optional=True)
    )


def can_be_absent(definition: FactDefinition, service: str) -> bool:
    """Say whether a fact can be absent for a service."""
    return definition.optional or records_of(service).get(definition.subject) is Reach.PERHAPS


def absent_somewhere(definition: FactDefinition) -> bool:
    """Say whether some service knows a fact that can be absent there."""
    return any(can_be_absent(definition, service) for service in service_names())
