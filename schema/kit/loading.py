"""Records that the fields of one request ask for one by one, and that are read together.

A resolver that awaits nothing but loaders is a **loading field**. Whoever walks the answer can step through its coroutine
by itself: what it yields names the keys that are missing, so that all that a level of an answer asks for is read by one call
a loader, without a task or a future for each key.
"""

from asyncio import shield
from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import cached_property, wraps
from typing import Any, Final, Generic, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")

LOADS: Final = "loads"
"""Attribute of the resolver of a loading field: the coroutine function that was decorated."""


View = Callable[[], AbstractAsyncContextManager[Any]]
"""What opens a view of the records, such as `store.reading`."""


class Loader(Generic[Key, Found]):
    """What is found by key, each key read once.

    Args:
        read: returns what exists of the keys, all at once, by a view of the records; an exception is the failure of its key.
        absent: stands for the others; view: opens a view, shared with whatever else is read by it; None where none is needed.
    """

    def __init__(
        self, read: Callable[[Any, list[Key]], Awaitable[Mapping[Key, Any]]], absent: Found, view: View | None = None
    ) -> None:
        self.known: dict[Key, Any] = {}
        self.view = view
        self._read = read
        self._absent = absent

    async def load(self, key: Key) -> Found:
        """Return what is found by a key; only for loading fields."""
        if key not in self.known:
            await Missing(self, (key,))
        found = self.known[key]
        if isinstance(found, Exception):
            raise found
        return found  # type: ignore[no-any-return]

    async def load_many(self, keys: Sequence[Key]) -> list[Found]:
        """Return what is found by each of some keys; only for loading fields."""
        missing = tuple(key for key in keys if key not in self.known)
        if missing:
            await Missing(self, missing)
        return [await self.load(key) for key in keys]

    async def read(self, view: Any, keys: Iterable[Key]) -> None:
        """Read what is not known yet, by one call."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self.known]
        if wanted:
            found = await self._read(view, wanted)
            for key in wanted:
                self.known[key] = found.get(key, self._absent)

    @cached_property
    def gathered(self) -> DataLoader[Key, None]:
        """What gathers the keys of tasks that wait side by side, where graphql-core executes."""
        return DataLoader(load_fn=self._gather)

    async def _gather(self, keys: list[Key]) -> list[None]:
        missing = Missing(self, tuple(keys))
        await read_all([missing])
        if missing.failure is not None:
            raise missing.failure
        return [None] * len(keys)


class Missing:
    """Keys that have to be read before a loading field goes on: what its coroutine yields.

    Args:
        loader: what reads them; keys: which.
    """

    __slots__ = ("failure", "keys", "loader")

    def __init__(self, loader: Loader[Any, Any], keys: tuple[Any, ...]) -> None:
        self.loader = loader
        self.keys = keys
        self.failure: Exception | None = None

    def __await__(self) -> Generator["Missing", None, None]:
        yield self


async def read_all(missing: Sequence[Missing]) -> None:
    """Read what some fields wait for, each loader once, all that share a view by the same.

    What cannot be read is the failure of all that asked for it; the others are read by a fresh view.
    """
    views: dict[View | None, dict[Loader[Any, Any], list[Missing]]] = {}
    for each in missing:
        views.setdefault(each.loader.view, {}).setdefault(each.loader, []).append(each)
    for view, wanted in views.items():
        pending = list(wanted.items())
        while pending:
            try:
                async with view() if view is not None else nullcontext() as opened:
                    while pending:
                        loader, asking = pending[0]
                        await loader.read(opened, (key for each in asking for key in each.keys))
                        pending.pop(0)
            except Exception as failure:
                if not pending:
                    raise
                for each in pending.pop(0)[1]:
                    each.failure = failure


def step(coroutine: Coroutine[Missing, None, Found], before: Missing | None = None) -> Missing:
    """Run a loading field until it needs what is missing.

    Args:
        before: what it waited for, read by now; None at its beginning.

    Raises:
        StopIteration: it is done; the exception holds its value.
    """
    if before is not None and before.failure is not None:
        return coroutine.throw(before.failure)
    return coroutine.send(None)


def loading(description: str) -> Callable[[Callable[..., Coroutine[Any, Any, Any]]], Any]:
    """Return the decorator of a loading field: a method that awaits nothing but loaders."""

    def decorate(resolver: Callable[..., Coroutine[Any, Any, Any]]) -> Any:
        @wraps(resolver)
        async def resolve(*args: Any, **kwargs: Any) -> Any:
            return await _by_itself(resolver(*args, **kwargs))

        setattr(resolve, LOADS, resolver)
        return strawberry.field(resolve, description=description)

    return decorate


async def _by_itself(coroutine: Coroutine[Any, Any, Found]) -> Found:
    """Run a loading field as a coroutine like any other, which waits beside others."""
    missing = None
    try:
        while True:
            missing = step(coroutine, missing)
            try:
                # graphql-core cancels fields beside one that has failed, and others may wait for the same keys.
                await shield(missing.loader.gathered.load_many(missing.keys))
            except Exception as failure:
                missing.failure = failure
    except StopIteration as done:
        value: Found = done.value
        return value
