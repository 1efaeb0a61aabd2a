"""Records that the fields of one request ask for one by one, and that are read together.

A resolver that awaits nothing but loaders is a **loading field**. Whoever walks the answer can step through its coroutine
by itself: what it yields names the keys that are missing, so that all that a level of an answer asks for is read by one call
a loader, without a task or a future for each key.
"""

from asyncio import shield
from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cached_property, wraps
from typing import Any, Final, Generic, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from domain.message import Message
from schema.kit.access import Rule, guarded, written

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")

LOADS: Final = "loads"
"""Attribute of the resolver of a loading field: the coroutine function that was decorated."""


View = Callable[[], AbstractAsyncContextManager[Any]]
"""What opens a view of the records that can `read_together`, such as `store.reading`."""


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
        missing, reading = Missing(self, tuple(keys)), Reading()
        try:
            await reading.read([missing])
        finally:
            await reading.close()
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


class Reading:
    """Reads what fields wait for. The views that it opens stay open until it is closed, which is to be done before anything
    else is awaited: who keeps a connection must not wait for another.
    """

    def __init__(self) -> None:
        self._open: dict[View, tuple[AbstractAsyncContextManager[Any], Any]] = {}

    async def read(self, missing: Sequence[Missing]) -> None:
        """Read what some fields wait for, each loader once, and together what is read by one view.

        What cannot be read is the failure of all that asked for it.
        """
        wanted: dict[Loader[Any, Any], list[Missing]] = {}
        for each in missing:
            wanted.setdefault(each.loader, []).append(each)
        if any(loader.view is None for loader in wanted):  # They open what they need by themselves.
            await self.close()
        for loader, asking in wanted.items():
            if loader.view is None:
                await self._read_alone(loader, asking)
        for view in {loader.view for loader in wanted if loader.view is not None}:
            await self._read_together(view, {loader: each for loader, each in wanted.items() if loader.view == view})

    async def _read_together(self, view: View, wanted: Mapping[Loader[Any, Any], Sequence[Missing]]) -> None:
        if len(wanted) > 1:
            opened = await self._view(view)
            await opened.read_together([loader.read(opened, _keys(asking)) for loader, asking in wanted.items()])
        # What has failed is read again by itself, so that it fails alone.
        for loader, asking in wanted.items():
            if not all(key in loader.known for key in _keys(asking)):
                await self._read_alone(loader, asking)

    async def _read_alone(self, loader: Loader[Any, Any], asking: Sequence[Missing]) -> None:
        try:
            opened = None if loader.view is None else await self._view(loader.view)
            await loader.read(opened, _keys(asking))
        except Exception as raised:
            failure = await self._given_up(loader.view, raised)
            for each in asking:
                each.failure = failure

    async def close(self) -> None:
        """Close the views."""
        while self._open:
            _, (context, _) = self._open.popitem()
            await context.__aexit__(None, None, None)

    async def _view(self, view: View) -> Any:
        if view not in self._open:
            context = view()
            self._open[view] = context, await context.__aenter__()
        return self._open[view][1]

    async def _given_up(self, view: View | None, failure: Exception) -> Exception:
        """Leave a view in which something has failed, and return the failure as the view tells it."""
        if view is None or view not in self._open:
            return failure
        context, _ = self._open.pop(view)
        try:
            await context.__aexit__(type(failure), failure, failure.__traceback__)
        except Exception as told:
            return told
        return failure


def _keys(asking: Iterable[Missing]) -> Iterator[Any]:
    return (key for each in asking for key in each.keys)


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


def loading(
    description: str,
    sees: Rule | None = None,
    otherwise: Callable[..., Any] | None = None,
    refusal: Message | None = None,
) -> Callable[[Callable[..., Coroutine[Any, Any, Any]]], Any]:
    """Return the decorator of a loading field: a method that awaits nothing but loaders.

    Args:
        sees: who is told it; of a field of the query, who may ask; otherwise, refusal: as for `guarded`.
    """

    def decorate(resolver: Callable[..., Coroutine[Any, Any, Any]]) -> Any:
        asked = made_loading(guarded(resolver, sees, otherwise, refusal))
        return strawberry.field(asked, description=description, metadata=written(sees))

    return decorate


def made_loading(resolver: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return the resolver of a loading field: that awaits nothing but loaders, and can be awaited by itself."""

    @wraps(resolver)
    async def resolve(*args: Any, **kwargs: Any) -> Any:
        return await by_itself(resolver(*args, **kwargs))

    setattr(resolve, LOADS, resolver)
    return resolve


async def by_itself(coroutine: Coroutine[Any, Any, Found]) -> Found:
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
