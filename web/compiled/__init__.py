"""Documents compiled into Python: the same answers as graphql-core's, without a path, an `info` and a task for each leaf.

Only `web/execution.py` knows this package. What it leaves to graphql-core: what is below `__schema` and `__type`, subscriptions, schemas with
extensions that stand around resolvers, and documents that are asked for once.
"""

from web.compiled.documents import CompiledDocuments

__all__ = ["CompiledDocuments"]
