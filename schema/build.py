"""The schema, built."""

from functools import cache

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.kit.access import require_rules
from schema.kit.chinese import describe_in_both
from schema.kit.pages import LARGEST_PAGE
from schema.kit.scalars import SCALARS
from schema.kit.weights import state_weights
from schema.mutation import Mutation
from schema.query import Query
from schema.types.documents import Document
from schema.types.nodes import Card, Delegation, Holder
from schema.types.operation_nodes import Operation
from schema.types.regions import Region


@cache
def build_schema(federated: bool = False) -> strawberry.Schema:
    """Return the schema of the graph, with the weights of its parts; one for the process, which nobody changes.

    Args:
        federated: whether it can be a part of a supergraph.
    """
    config = StrawberryConfig(relay_max_results=LARGEST_PAGE, scalar_map=SCALARS)
    types: list[type] = [Holder, Card, Operation, Region, Document, Delegation]
    if federated:
        from schema.federation import federated_schema

        schema = federated_schema(types, config)
    else:
        schema = strawberry.Schema(query=Query, mutation=Mutation, types=types, config=config)
    # strawberry keeps the graphql-core schema that it builds in this attribute and has no public name for it.
    require_rules(schema._schema)
    state_weights(schema._schema)
    describe_in_both(schema._schema)
    return schema
