"""Faults in policy files: what, where, why and what to do, all at once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from heapq import nsmallest

from domain.message import Language, Message
from policies.source.consequences import without_consequences


@dataclass(frozen=True, slots=True)
class SourceLocation:
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
        about: what is missed, where a name is not known: its kind and name, such as `setting photo_fee`; or one of several. With
            `@folder` it is missed there, not in the file's own folder.
        lost: what is missed here and below because of this, likewise; see `consequences`.
    """

    file: str
    line: int
    column: int
    path: str
    code: str
    message: Message
    remedy: Message
    about: tuple[str, ...] = field(default=(), compare=False)
    lost: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def place(self) -> SourceLocation:
        """Where it is."""
        return SourceLocation(self.file, self.line, self.column, self.path)

    def text(self, language: Language) -> str:
        """Say it in lines, for people."""
        return told(self.place, self.code, self.message, self.remedy).text(language)

    def __str__(self) -> str:
        return self.text("en")


def told(place: SourceLocation, code: str, message: Message, remedy: Message) -> Message:
    """Say in lines where something is, what it is and what to do; editors and terminals find the place in the first."""
    zh, en = (f" 位于 {place.path}", f" at {place.path}") if place.path else ("", "")
    return Message(
        f"{place}: {code}{zh}\n    {message.zh}\n    办法：{remedy.zh}",
        f"{place}: {code}{en}\n    {message.en}\n    Remedy: {remedy.en}",
    )


def use_one_of(words: Iterable[str]) -> Message:
    """Say which words are possible."""
    listed = list(words)
    return Message(f"可用：{'、'.join(f'`{word}`' for word in listed)}", f"use one of: {', '.join(listed)}")


MAX_LIKENED = 50
"""Characters of names that are compared with each other: it takes the product of their lengths."""
MAX_COMPARED = 500
"""How many known names a name is compared with."""
MAX_SUGGESTED = 100
"""In so many places a near name is told. Who has more of them has made another mistake than that of a letter."""


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names that are most like a name, the nearest first; of very many, the closest in length count."""
    if len(name) > MAX_LIKENED:
        return []
    others = [other for other in known if len(other) <= MAX_LIKENED]
    if len(others) > MAX_COMPARED:
        others = nsmallest(MAX_COMPARED, others, key=lambda other: abs(len(other) - len(name)))
    return get_close_matches(name, others, n=3, cutoff=0.5)


@dataclass(frozen=True, slots=True)
class DidYouMean:
    """A remedy that names what is near a name; it is looked for when the fault is recorded, if at all.

    Args:
        name: what stands there; known: what could.
        say: what to do, given the near names, or given none.
    """

    name: str
    known: Iterable[str]
    say: Callable[[list[str]], Message]

    def among(self, faults: "FaultLog", place: SourceLocation) -> Message:
        """Return the remedy for one more of these faults; of a place that is read again, what was said of it before."""
        known = faults.suggested.get((place, self.name))
        if known is None:
            if len(faults.suggested) >= MAX_SUGGESTED:
                return self.say([])
            known = faults.suggested[place, self.name] = self.say(near(self.name, self.known))
        return known


Remedy = Message | DidYouMean


def did_you_mean_or(name: str, known: Iterable[str], remedy: Message) -> DidYouMean:
    """Put the known names that are near in front of a remedy; where none is, leave the remedy alone."""

    return DidYouMean(name, known, lambda found: suggesting(found, remedy))


def suggesting(found: Sequence[str], remedy: Message) -> Message:
    """Put the names that are near in front of a remedy; where none is, leave the remedy alone."""
    if not found:
        return remedy
    zh, en = (word.join(f"`{each}`" for each in found) for word in (" 或 ", " or "))
    return Message(f"是否应为 {zh}？{remedy.zh}", f"did you mean {en}? {remedy.en[0].upper()}{remedy.en[1:]}")


ANOTHER_NAME = Message("换一个名称", "use another name")
"""What to do where a name is taken or cannot be used."""


class PolicyFaults(Exception):
    """The policy files cannot be used; `faults` lists every cause, by place, and `consequences` counts what follows."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults, self.consequences = without_consequences(sorted(set(faults)))
        amount = len(self.faults)
        self.message = Message(f"政策文件有{amount}处错误", f"{amount} fault{'s' * (amount != 1)} in the policy files")
        super().__init__(self.message.en)


class Unreadable(Exception):
    """A value could not be read; its fault is already recorded. Caught where the next value can be read."""


class FaultLog:
    """Collects faults while reading goes on."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.suggested: dict[tuple[SourceLocation, str], Message] = {}

    def add(
        self,
        place: SourceLocation,
        code: str,
        message: Message,
        remedy: Remedy,
        *about: str,
        lost: frozenset[str] = frozenset(),
    ) -> None:
        """Record one fault; `about` and `lost` as in `Fault`."""
        remedy = remedy.among(self, place) if isinstance(remedy, DidYouMean) else remedy
        fault = Fault(place.file, place.line, place.column, place.path, code, message, remedy, about, lost)
        self.faults.append(fault)

    def fail(
        self,
        place: SourceLocation,
        code: str,
        message: Message,
        remedy: Remedy,
        *about: str,
        lost: frozenset[str] = frozenset(),
    ) -> Unreadable:
        """Record one fault and return what to raise when the value cannot be used at all."""
        self.add(place, code, message, remedy, *about, lost=lost)
        return Unreadable(message.en)

    def lose(self, since: int, *names: str) -> None:
        """Say of the faults recorded since there were so many what they take away; see `Fault.lost`."""
        for at in range(since, len(self.faults)):
            self.faults[at] = replace(self.faults[at], lost=self.faults[at].lost.union(names))
