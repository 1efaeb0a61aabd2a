"""Records that the fields of one request ask for one by one, and that are read together.

A resolver that awaits nothing but loaders is a **loading field**. Whoever walks the answer can step through its coroutine
by itself: what it yields names the keys that are missing, so that all that a level of an answer asks for is read by one call
a loader, without a task or a future for each key.
"""

from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable, Iterable, Mapping, Sequence
from functools import cached_property, wraps
from typing import Any, Final, Generic, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")

LOADS: Final = "loads"
"""Attribute of the resolver of a loading field: the coroutine function that was decorated."""


class Loader(Generic[Key, Found]):
    """What is found by key, each key read once.

    Args:
        read: returns what exists of the keys, all at once; absent: stands for the others.
    """

    def __init__(self, read: Callable[[list[Key]], Awaitable[Mapping[Key, Found]]], absent: Found) -> None:
        self.known: dict[Key, Found] = {}
        self._read = read
        self._absent = absent

    async def load(self, key: Key) -> Found:
        """Return what is found by a key; only for loading fields."""
        if key not in self.known:
            await Missing(self, (key,))
        return self.known[key]

    async def load_many(self, keys: Sequence[Key]) -> list[Found]:
        """Return what is found by each of some keys; only for loading fields."""
        missing = tuple(key for key in keys if key not in self.known)
        if missing:
            await Missing(self, missing)
        return [self.known[key] for key in keys]

    async def read(self, keys: Iterable[Key]) -> None:
        """Read what is not known yet, by one call."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self.known]
        if wanted:
            found = await self._read(wanted)
            self.known.update((key, found.get(key, self._absent)) for key in wanted)

    @cached_property
    def gathered(self) -> DataLoader[Key, None]:
        """What gathers the keys of tasks that wait side by side, where graphql-core executes."""
        return DataLoader(load_fn=self._gather)

    async def _gather(self, keys: list[Key]) -> list[None]:
        await self.read(keys)
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
    """Read what some fields wait for, each loader once; what cannot be read is the failure of all that asked for it."""
    wanted: dict[Loader[Any, Any], list[Missing]] = {}
    for each in missing:
        wanted.setdefault(each.loader, []).append(each)
    for loader, asking in wanted.items():
        try:
            await loader.read(key for each in asking for key in each.keys)
        except Exception as failure:
            for each in asking:
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
                await missing.loader.gathered.load_many(missing.keys)
            except Exception as failure:
                missing.failure = failure
    except StopIteration as done:
        value: Found = done.value
        return value
