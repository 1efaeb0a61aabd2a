"""Everything that is kept: tables, migrations, and repositories that take and return the values of the domain."""

from store import lean_tortoise  # noqa: F401 - before any other module imports tortoise
from store.errors import RecordBent, StoreError, StoreUnavailable, StoreUnreachable
from store.joining import Joined
from store.keys import Keys
from store.store import Store
from store.unit_of_work import UnitOfWork

__all__ = ["Joined", "Keys", "RecordBent", "Store", "StoreError", "StoreUnavailable", "StoreUnreachable", "UnitOfWork"]
