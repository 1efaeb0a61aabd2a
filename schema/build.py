"""The schema, built."""

from functools import cache

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.kit.pages import LARGEST_PAGE
from schema.kit.scalars import SCALARS
from schema.kit.weights import state_weights
from schema.mutation import Mutation
from schema.query import Query
from schema.services.documents import Document
from schema.types.nodes import Card, Delegation, Holder, Region
from schema.types.operation_nodes import Operation


@cache
def build_schema() -> strawberry.Schema:
    """Return the schema of the graph, with the weights of its parts; one for the process, which nobody changes."""
    config = StrawberryConfig(relay_max_results=LARGEST_PAGE, scalar_map=SCALARS)
    schema = strawberry.Schema(
        query=Query, mutation=Mutation, types=[Holder, Card, Operation, Region, Document, Delegation], config=config
    )
    # strawberry keeps the graphql-core schema that it builds in this attribute and has no public name for it.
    state_weights(schema._schema)
    return schema
