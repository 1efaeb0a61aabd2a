"""Fields with a description, which every field of the graph must have."""

from collections.abc import Callable
from typing import Any

import strawberry


def field(description: str, *, default: Any = ..., factory: Callable[[], Any] | None = None) -> Any:
    """Return a strawberry field with its description, and a default if one is given."""
    if factory is not None:
        return strawberry.field(description=description, default_factory=factory)
    return (
        strawberry.field(description=description)
        if default is ...
        else strawberry.field(description=description, default=default)
    )
