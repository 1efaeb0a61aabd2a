"""Values that are made quickly are what `dataclass` alone would make of them."""

import inspect
import pickle
from collections.abc import Callable
from copy import deepcopy
from dataclasses import FrozenInstanceError, dataclass, field, fields
from typing import Any

import pytest

from domain.frozen import quickly_made, replace


def _kind() -> type[Any]:
    @dataclass(frozen=True, slots=True)
    class Kind:
        name: str
        number: int = 7
        parts: list[str] = field(default_factory=list)
        hidden: str | None = field(default=None, repr=False, compare=False)

    return Kind


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    """The same, where it can be imported."""

    name: str
    number: int = 7
    parts: list[str] = field(default_factory=list)
    hidden: str | None = field(default=None, repr=False, compare=False)


@pytest.mark.parametrize(
    "make",
    [
        lambda kind: kind("a"),
        lambda kind: kind("a", 1, ["b"], "c"),
        lambda kind: kind(hidden="c", parts=["b"], name="a"),
        lambda kind: replace(kind("a", hidden="c"), number=2),
        lambda kind: replace(kind("a", parts=["b"])),
        lambda kind: kind(),
        lambda kind: kind("a", name="a"),
        lambda kind: kind("a", unknown=1),
        lambda kind: kind("a", 1, [], "c", "d"),
    ],
)
def test_it_is_made_and_refused_alike(make: Callable[[type[Any]], Any]) -> None:
    def told(kind: type[Any]) -> Any:
        try:
            made = make(kind)
        except TypeError as error:
            return str(error).split(".__init__")[-1]
        return type(made) is kind, [getattr(made, each.name) for each in fields(kind)], repr(made).split("(", 1)[1]

    assert told(quickly_made(_kind())) == told(_kind())


def test_it_is_frozen_and_has_parts_of_its_own() -> None:
    one, other = Quick("a"), Quick("a", hidden="b")
    assert one == other
    assert one.parts is not other.parts
    assert pickle.loads(pickle.dumps(other)) == deepcopy(other) == other
    assert list(inspect.signature(Quick).parameters) == ["name", "number", "parts", "hidden"]
    with pytest.raises(FrozenInstanceError):
        one.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del one.name


def test_it_is_changed_as_others_are_and_stays_as_it_was() -> None:
    one = Quick("a", 1, ["b"], "c")
    other = replace(one, name="d", hidden=None)
    assert (repr(other), other.hidden, type(other)) == (repr(Quick("d", 1, ["b"])), None, Quick)
    assert (one.name, one.hidden, other.parts is one.parts) == ("a", "c", True)
    with pytest.raises(FrozenInstanceError):
        other.name = "e"  # type: ignore[misc]
    for kind in (Quick, _kind()):
        with pytest.raises(TypeError, match="unknown"):
            replace(kind("a"), unknown=1)


def test_no_attribute_is_set_by_a_call() -> None:
    # What makes it quick: `dataclass` alone would look this up once for each attribute.
    assert [name for name in Quick.__init__.__code__.co_names if "setattr" in name] == []
    assert "__setattr__" in _kind().__init__.__code__.co_names


def test_what_has_more_to_it_is_not_taken() -> None:
    @dataclass(frozen=True, slots=True)
    class Checked:
        name: str

        def __post_init__(self) -> None:
            """Look at it."""

    @dataclass(frozen=True, slots=True)
    class Built(Quick):
        further: str = ""

    for kind in (Checked, Built):
        with pytest.raises(TypeError, match=f"{kind.__name__} has more to it"):
            quickly_made(kind)
