"""Faults in policy files: what, where, why and what to do, all at once."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: file relative to the regions folder, line and column from 1, YAML path."""

    file: str
    line: int
    column: int
    path: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with the policy files.

    Args:
        file, line, column, path: the place; line and column count from 1.
        code: which kind of fault; each has a page in `docs/errors/`.
        message: what is wrong, naming the value.
        remedy: what to do about it.
    """

    file: str
    line: int
    column: int
    path: str
    code: str
    message: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        path = f" at {self.path}" if self.path else ""
        return f"{where}: {self.code}{path}\n    {self.message}\n    Remedy: {self.remedy}"


class PolicyFaults(Exception):
    """The policy files cannot be used; `faults` lists every reason, by place."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__(f"{len(self.faults)} fault{'s' * (len(self.faults) != 1)} in the policy files")


class Unreadable(Exception):
    """A value could not be read; its fault is already recorded. Caught where the next value can be read."""


class FaultLog:
    """Collects faults while reading goes on."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, place: Place, code: str, message: str, remedy: str) -> None:
        """Record one fault."""
        self.faults.append(Fault(place.file, place.line, place.column, place.path, code, message, remedy))

    def fail(self, place: Place, code: str, message: str, remedy: str) -> Unreadable:
        """Record one fault and return what to raise when the value cannot be used at all."""
        self.add(place, code, message, remedy)
        return Unreadable(message)
