"""The examples of the officers' guides, read from the page and carried out one after another in one copy of `regions/`.

A `console` block holds commands, each with the lines that must come out, in their order; `…` stands for what is left out,
a line of it or a part of one. A `yaml` block is what a reader writes, and its first line says where:

    # regions/china/apply.yaml (whole file)          # regions/china/apply.yaml（整个文件）
    # regions/china/apply.yaml, in place of: LINE    # regions/china/apply.yaml，替换：LINE
    # regions/china/apply.yaml, after: LINE          # regions/china/apply.yaml，加在其后：LINE
    # regions/china/apply.yaml, at the end           # regions/china/apply.yaml，加在末尾

A `graphql` block is asked of the running service, and the `json` block after it is the answer.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
GUIDES = {language: ROOT / "docs" / f"policy-guide.{language}.md" for language in ("en", "zh")}
LEFT_OUT = "…"
COMMAND = ".venv/bin/python main.py "

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WHERE = re.compile(r"# (regions/[\w/.]+?\.yaml)(?: \(|（|, |，)(.*)")
_HOW = {
    "write": re.compile(r"(?:whole file\)|整个文件）)()"),
    "replace": re.compile(r"(?:in place of: |替换：)(.+)"),
    "after": re.compile(r"(?:after: |加在其后：)(.+)"),
    "append": re.compile(r"(?:at the end|加在末尾)()"),
}
_FAILS = re.compile(r"(?:(?:fault|error|not in form): |(?:错误|未通过)[ ：])|.*(?<!\d)[1-9]\d* failed")
"""What a command shows that returns 1."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command line and the lines that must come out of it."""

    place: str
    text: str
    lines: tuple[str, ...]

    @property
    def arguments(self) -> list[str]:
        """Return what `main.py` is given."""
        assert self.text.startswith(COMMAND), f"{self.place}: {self.text} is no command of ours"
        return shlex.split(self.text.removeprefix(COMMAND))

    @property
    def fails(self) -> bool:
        """Whether what is shown is that something is wrong."""
        return any(_FAILS.match(line) for line in self.lines)

    def missing_from(self, output: str) -> str | None:
        """Return the first shown line that does not come out where it is shown, None where all do."""
        said, skipped = iter(output.splitlines()), False
        for line in self.lines:
            if line == LEFT_OUT:
                skipped = True
                continue
            pattern = re.compile(".*".join(map(re.escape, line.split(LEFT_OUT))))
            found = pattern.fullmatch(next(said, "")) or (skipped and any(pattern.fullmatch(other) for other in said))
            if not found:
                return line
            skipped = False
        rest = [line for line in said if line.strip()]
        return rest[0] if rest and not skipped else None


@dataclass(frozen=True, slots=True)
class Edit:
    """What a reader writes into a file: all of it, in place of a line, after one, or at the end."""

    place: str
    file: str
    how: str
    line: str
    text: str

    def carry_out(self, folder: Path) -> None:
        """Change the file below a folder."""
        path = folder / self.file
        if self.how == "write":
            path.write_text(self.text, "utf-8")
            return
        lines = path.read_text("utf-8").splitlines(keepends=True)
        if self.how == "append":
            lines.append(self.text)
        else:
            found = [number for number, line in enumerate(lines) if line.strip() == self.line]
            assert len(found) == 1, f"{self.place}: {self.line!r} stands {len(found)} times in {self.file}"
            lines[found[0] + (self.how == "after") : found[0] + 1] = [self.text]
        path.write_text("".join(lines), "utf-8")


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of the running service, and its answer as JSON."""

    place: str
    text: str
    answer: str


Example = Command | Edit | Query


def examples(guide: Path) -> Iterator[Example]:
    """Yield the examples of a guide in their order."""
    text = guide.read_text("utf-8")
    query = None
    for block in _BLOCK.finditer(text):
        kind, body = block[1], block[2]
        place = f"{guide.name}:{text.count(chr(10), 0, block.start()) + 1}"
        if kind == "console":
            yield from _commands(place, body)
        elif kind == "yaml":
            yield _edit(place, body)
        elif kind == "graphql":
            query = body
        else:
            assert kind == "json", f"{place}: nobody knows how to carry out {kind}"
            assert query is not None, f"{place}: an answer to nothing"
            yield Query(place, query, body)
            query = None


def _commands(place: str, body: str) -> Iterator[Command]:
    first, *commands = re.split(r"^\$ ", body, flags=re.MULTILINE)
    assert first == "", f"{place} does not begin with a command"
    for command in commands:
        text, *lines = command.splitlines()
        yield Command(place, text, tuple(lines))


def _edit(place: str, body: str) -> Edit:
    head, _, text = body.partition("\n")
    where = _WHERE.fullmatch(head)
    assert where, f"{place}: {head!r} does not say which file"
    for how, pattern in _HOW.items():
        if found := pattern.fullmatch(where[2]):
            return Edit(place, where[1], how, found[1], text)
    raise AssertionError(f"{place}: {head!r} does not say how")
