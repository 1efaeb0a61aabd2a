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


def build_schema() -> strawberry.Schema:
    """Return the schema of the graph."""
    config = StrawberryConfig(relay_max_results=LARGEST_PAGE, scalar_map=SCALARS)
    return strawberry.Schema(
        query=Query, mutation=Mutation, types=[Holder, Card, Operation, Region, Document, Delegation], config=config
    )
