"""The schema, built."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.documents import Document
from schema.mutation import Mutation
from schema.nodes import Card, Delegation, Holder, Region
from schema.operation_nodes import Operation
from schema.query import Query
from schema.relay import LARGEST_PAGE
from schema.scalars import SCALARS
from schema.weights import state_weights


def build_schema() -> strawberry.Schema:
    """Return the schema of the graph, with the weights of its parts."""
    config = StrawberryConfig(relay_max_results=LARGEST_PAGE, scalar_map=SCALARS)
    schema = strawberry.Schema(
        query=Query, mutation=Mutation, types=[Holder, Card, Operation, Region, Document, Delegation], config=config
    )
    # strawberry keeps the graphql-core schema that it builds in this attribute and has no public name for it.
    state_weights(schema._schema)
    return schema
