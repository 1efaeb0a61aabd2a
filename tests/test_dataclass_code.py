"""The code of dataclasses is kept from one start to the next, and whoever has none, or a bad one, compiles it."""

import builtins
import dataclasses
import sys
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from composition.dataclass_code import dataclass_code_kept
from domain.frozen import quickly_made


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the texts that are compiled, on a system where Python keeps compiled modules."""
    texts: list[str] = []
    compile_really = builtins.compile

    def compile_and_note(text: Any, *arguments: Any, **options: Any) -> Any:
        texts.append(text)
        return compile_really(text, *arguments, **options)

    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(builtins, "compile", compile_and_note)
    return texts


def made(file: Path) -> Any:
    """Make a dataclass as another start would."""
    with dataclass_code_kept(file):
        fields: list[Any] = [("name", str), ("known_as", str, dataclasses.field(default="nobody"))]
        return dataclasses.make_dataclass("Somebody", fields, frozen=True, slots=True)


def made_quickly(file: Path) -> Any:
    """Make one whose `__init__` is written by another module."""
    with dataclass_code_kept(file):
        return quickly_made(dataclasses.make_dataclass("Quick", ["name"], frozen=True, slots=True))


def assert_works(somebody: Any) -> None:
    one, other = somebody("a"), somebody("a", "b")
    assert (repr(one), one == somebody("a"), one == other) == ("Somebody(name='a', known_as='nobody')", True, False)
    assert {one: 1}[somebody("a")] == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "c"


def test_the_second_start_compiles_nothing_and_makes_the_same(tmp_path: Path, compiled: list[str]) -> None:
    file = tmp_path / "kept"
    assert_works(made(file))
    assert any("def __init__" in text for text in compiled)
    compiled.clear()
    classes = [made(file), made(file)]
    assert compiled == []
    for each in classes:
        assert_works(each)
    inits = [each.__init__ for each in classes]
    assert all(isinstance(init, FunctionType) for init in inits)
    assert inits[0].__code__ is not inits[1].__code__
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_what_makes_values_quickly_is_kept_too(tmp_path: Path, compiled: list[str]) -> None:
    made_quickly(tmp_path / "kept")
    compiled.clear()
    assert made_quickly(tmp_path / "kept")("a").name == "a"
    assert compiled == []


def test_a_dataclass_that_was_changed_is_compiled_and_what_is_no_more_is_not_kept(
    tmp_path: Path, compiled: list[str]
) -> None:
    file = tmp_path / "kept"
    with dataclass_code_kept(file):
        dataclasses.make_dataclass("Former", ["gone_since"])
    with dataclass_code_kept(file):
        dataclasses.make_dataclass("Later", ["new_since"])
    assert b"new_since" in file.read_bytes()
    assert b"gone_since" not in file.read_bytes()


@pytest.mark.parametrize("content", [b"", b"nonsense", "halved"])
def test_what_cannot_be_read_is_compiled_and_kept_anew(tmp_path: Path, compiled: list[str], content: Any) -> None:
    file = tmp_path / "kept"
    made(file)
    file.write_bytes(file.read_bytes()[:-20] if content == "halved" else content)
    compiled.clear()
    assert_works(made(file))
    assert compiled != []
    compiled.clear()
    made(file)
    assert compiled == []


def test_where_nothing_can_be_kept_all_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_works(made(tmp_path / "no folder" / "kept"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert_works(made(tmp_path / "kept"))
    assert list(tmp_path.iterdir()) == []
