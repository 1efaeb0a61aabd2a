"""Which policy files, resolvers, policy cases and graph tests carry each row of the source documents.

The rows stand in `docs/domain.md` and nowhere else. `make coverage` writes `docs/coverage.md`; `tests/test_coverage.py`
keeps it current. Everything is read as text, never run, so that the page can be written while a service is half built.
"""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
PAGE = Path("docs/coverage.md")
TESTS = ".tests.yaml"
NO_POLICIES = {"region.yaml", "sources.yaml", "vocabulary.yaml"}
"""Files of a region that name and explain, and decide nothing."""

Carriers = Mapping[str, Counter[str]]
"""By row, how often each file carries it; files are relative to the root, with slashes."""

_ID = r"(?:CD|NX|SC|QD)[-_][0-9]+"
# `test_NX_1_under_16` names NX-1, and `CD-10` does not name CD-1.
_ROW = re.compile(rf"(?<![A-Z0-9]){_ID}(?![A-Z0-9])", re.IGNORECASE)
_BEGINNING = re.compile(rf"(?:{_ID}\b[, ]*)+")
_LINE = re.compile(rf"^\| ({_ID}) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)
_NOT_RUN = re.compile(r"\bmark\.(?:skip|skipif|xfail)\b")


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of the source documents, as `docs/domain.md` lists it."""

    id: str
    source: str
    says: str


def rows(root: Path) -> tuple[Row, ...]:
    """Return every row that the table of `docs/domain.md` lists, in its order."""
    return tuple(Row(*found) for found in _LINE.findall((root / "docs/domain.md").read_text("utf-8")))


def policy_files(root: Path, cases: Carriers) -> Carriers:
    """Find the policies that cite a row in a clause, name it in a title or comment, or have a case that it begins.

    The note of an assumption does not count: it names the row that another region states, and this one does not.
    """
    found = _carriers((_name(path, root), _stated(path)) for path in _yaml_files(root) if _decides(path))
    for row, files in cases.items():
        tested = (name.removesuffix(TESTS) + ".yaml" for name in files)
        found[row].update(name for name in tested if (root / name).is_file())
    return found


def resolver_modules(root: Path) -> Carriers:
    """Find the resolvers whose docstrings name a row."""
    return _carriers((_name(path, root), _docstrings(path)) for path in sorted((root / "resolvers").rglob("*.py")))


def policy_cases(root: Path) -> Carriers:
    """Count the officers' cases whose names begin with a row, or with several."""
    files = [path for path in _yaml_files(root) if path.name.endswith(TESTS)]
    return _carriers((_name(path, root), _beginnings(path)) for path in files)


def graph_tests(root: Path) -> Carriers:
    """Count the tests of the graph that name a row in their name, docstring or ids; skipped ones are none."""
    files = sorted((root / "tests/graph").rglob("test_*.py"))
    return _carriers((_name(path, root), _tests(path)) for path in files)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What carries the rows.

    Args:
        rows: every row, in the order of `docs/domain.md`.
        carriers: by kind (`policy file`, `resolver`, `policy case`, `graph test`); every row needs one of each.
    """

    rows: tuple[Row, ...]
    carriers: Mapping[str, Carriers]

    def gaps(self) -> list[str]:
        """Return what is missing, such as `SC-5 has no graph test`."""
        return [f"{row.id} has no {kind}" for row in self.rows for kind in self.carriers if not self.files(row, kind)]

    def unknown_rows(self) -> list[str]:
        """Return what is named like a row, such as `QD-9 in resolvers/services/apply.py`, and stands in no document."""
        known = {row.id for row in self.rows}
        found = self.carriers.values()
        return sorted({f"{row} in {name}" for files in found for row in files.keys() - known for name in files[row]})

    def files(self, row: Row, kind: str) -> Counter[str]:
        """Return the files of a kind that carry a row."""
        return self.carriers[kind].get(row.id, Counter())


def collect(root: Path) -> Coverage:
    """Read the rows of a checkout and everything that carries them."""
    cases = policy_cases(root)
    carriers = {
        "policy file": policy_files(root, cases),
        "resolver": resolver_modules(root),
        "policy case": cases,
        "graph test": graph_tests(root),
    }
    return Coverage(rows(root), carriers)


def page(coverage: Coverage) -> str:
    """Return the text that `docs/coverage.md` must have."""
    table = [_line(row, coverage) for row in coverage.rows]
    return "\n".join([*_HEAD, _summary(coverage), "", *_COLUMNS, *table, ""])


_HEAD = [
    "# Which row is carried by what",
    "",
    "Written by `make coverage` from the policies, the resolvers and their tests; do not edit. The rows are those of",
    "[domain.md](domain.md). A policy file counts when it cites the row or has a case for it, a resolver when its",
    "docstrings name the row. In brackets: the cases, or test functions, that name it. `make test` fails while a row",
    "lacks any of the four, or this page is out of date.",
    "",
]
_COLUMNS = ["| row | what it says | policies | resolvers | policy cases | graph tests |", "|---|---|---|---|---|---|"]
_UNTOLD = re.compile(r"^regions/|^resolvers/|(?:\.tests)?\.yaml$")
"""What a column's heading says already."""


def _summary(coverage: Coverage) -> str:
    lacking = {gap.split()[0] for gap in coverage.gaps()}
    carried = f"{len(coverage.rows) - len(lacking)} of {len(coverage.rows)} rows have all four"
    lacks = ", ".join(row.id for row in coverage.rows if row.id in lacking)
    return f"{carried}; not yet: {lacks}." if lacking else f"{carried}."


def _line(row: Row, coverage: Coverage) -> str:
    cells = (_cell(coverage.files(row, kind), kind in ("policy case", "graph test")) for kind in coverage.carriers)
    return f"| {' | '.join((row.id, row.says, *cells))} |"


def _cell(files: Counter[str], counted: bool) -> str:
    shown = (f"{_link(name)} ({files[name]})" if counted else _link(name) for name in sorted(files))
    return ", ".join(shown) or "**none**"


def _link(name: str) -> str:
    return f"[{_UNTOLD.sub('', name)}](../{name})"


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _yaml_files(root: Path) -> list[Path]:
    """Return the YAML files of the regions themselves, without the words that all of them share."""
    regions = root / "regions"
    return sorted(path for path in regions.glob("*/**/*.yaml") if path.relative_to(regions).parts[0] != "vocabulary")


def _decides(path: Path) -> bool:
    return path.name not in NO_POLICIES and not path.name.endswith(TESTS)


def _carriers(named: Iterable[tuple[str, Iterable[str]]]) -> defaultdict[str, Counter[str]]:
    """Count in how many texts of each file a row is named."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, texts in named:
        for text in texts:
            for row in {match.upper().replace("_", "-") for match in _ROW.findall(text)}:
                found[row][name] += 1
    return found


def _stated(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    yield from _COMMENT.findall(text)
    yield from _clauses_and_titles(yaml.load(text, Loader=yaml.CSafeLoader))


def _clauses_and_titles(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _clauses_and_titles(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("clause", "title"):
                yield str(value)
            else:
                yield from _clauses_and_titles(value)


def _beginnings(path: Path) -> Iterator[str]:
    stated = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader) or {}
    for case in stated.get("cases", ()):
        name = case["name"]
        if beginning := _BEGINNING.match(name["en"] if isinstance(name, dict) else name):
            yield beginning[0]


def _docstrings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def _tests(path: Path) -> Iterator[str]:
    """Yield for each test of a module everything in which it may name rows, as one text: a test counts once."""
    module = ast.parse(path.read_text("utf-8"))
    constants = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_run(node):
            yield "\n".join((node.name, ast.get_docstring(node) or "", *_ids(node.decorator_list, constants)))


def _is_run(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    skipped = any(_NOT_RUN.search(ast.unparse(decorator)) for decorator in function.decorator_list)
    return function.name.startswith("test_") and not skipped


def _ids(decorators: list[ast.expr], constants: Mapping[str, ast.expr]) -> Iterator[str]:
    """Yield the ids of parameters: those that stand in the decorators, and in what these name."""
    named = [node for decorator in decorators for node in ast.walk(decorator) if isinstance(node, ast.Name)]
    for place in (*decorators, *(constants[name.id] for name in named if name.id in constants)):
        for node in ast.walk(place):
            if isinstance(node, ast.keyword) and node.arg in ("id", "ids"):
                texts = (text.value for text in ast.walk(node.value) if isinstance(text, ast.Constant))
                yield from (text for text in texts if isinstance(text, str))


if __name__ == "__main__":
    (ROOT / PAGE).write_text(page(collect(ROOT)), "utf-8")
