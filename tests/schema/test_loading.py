"""What fields of one request ask for one by one is read together, and what fails fails alone."""

import gc
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any
from weakref import ref

import pytest

from domain.holder import Actor
from domain.once import once
from gateways.clock import SystemClock
from schema.kit.loaders import Loaders
from schema.kit.loading import Loader, Missing, Reading, step


class Opened(list[list[str]]):
    """The keys of each reading by a view; what is read together is read up to the first failure."""

    async def read_together(self, works: list[Coroutine[Any, Any, None]]) -> None:
        with suppress(Exception):
            for work in works:
                await work
        for work in works:
            work.close()


class Records:
    """Records by key, and how they were read: each view, with the keys of each reading by it."""

    def __init__(self) -> None:
        self.views: list[Opened] = []

    @asynccontextmanager
    async def view(self) -> AsyncIterator[Opened]:
        self.views.append(Opened())
        yield self.views[-1]

    def loader(self, failure: Exception | None = None) -> Loader[str, str]:
        async def read(view: Opened, keys: list[str]) -> dict[str, Any]:
            view.append(keys)
            if failure is not None:
                raise failure
            return {key: LookupError(key) if key == "hidden" else key.upper() for key in keys if key != "absent"}

        return Loader(read, "nothing", self.view)


async def outcomes(*fields: Coroutine[Missing, None, Any]) -> list[object]:
    """Run loading fields side by side and return what each comes to: its value, or its failure."""
    found: dict[int, object] = {}
    waiting: dict[int, Missing | None] = dict.fromkeys(range(len(fields)))
    reading = Reading()
    while waiting:
        for number, missing in list(waiting.items()):
            try:
                waiting[number] = step(fields[number], missing)
            except StopIteration as done:
                found[number] = done.value
            except Exception as failure:
                found[number] = repr(failure)
            if number in found:
                del waiting[number]
        await reading.read([missing for missing in waiting.values() if missing is not None])
    await reading.close()
    return [found[number] for number in range(len(fields))]


@pytest.mark.anyio
async def test_a_level_is_read_by_one_view_and_each_key_once() -> None:
    records = Records()
    one, other = records.loader(), records.loader()
    fields = one.load("a"), one.load_many(["a", "b", "absent"]), other.load("a")
    assert await outcomes(*fields) == ["A", ["A", "B", "nothing"], "A"]
    assert records.views == [[["a", "b", "absent"], ["a"]]]
    assert await outcomes(one.load("b")) == ["B"]
    assert len(records.views) == 1


@pytest.mark.anyio
async def test_what_cannot_be_read_fails_for_those_alone_who_asked() -> None:
    records = Records()
    one, broken, other = records.loader(), records.loader(RuntimeError("down")), records.loader()
    fields = one.load("a"), broken.load("a"), other.load("hidden"), other.load("b")
    assert await outcomes(*fields) == ["A", "RuntimeError('down')", "LookupError('hidden')", "B"]
    # Read together, the second fails and keeps the third from being read; alone it fails again, and its view is left behind.
    assert records.views == [[["a"], ["a"], ["a"]], [["hidden", "b"]]]


def test_what_a_request_has_read_is_freed_without_a_search_for_garbage() -> None:
    dependencies: Any = SimpleNamespace(
        store=SimpleNamespace(reading=Records().view), policies=lambda: None, clock=SystemClock()
    )
    loaders = Loaders(dependencies, Actor("somebody", "citizen", "national_mini_program"))
    made = [getattr(loaders, name) for name, kind in vars(Loaders).items() if isinstance(kind, once)]
    assert len(made) > 15
    left = ref(loaders)
    gc.disable()
    try:
        del loaders, made
        assert left() is None
    finally:
        gc.enable()
