"""The codes of faults and errors that stand in the sources: every text in SCREAMING_SNAKE_CASE, and every `code=`."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeGuard

from domain.error_codes import ErrorCode

ROOT = Path(__file__).parents[3]
PACKAGES = ("domain", "policies", "gateways", "store", "resolvers", "schema", "web")
EVALUATION = (
    "decide", "decision_parts", "drafting", "effective", "engine", "explanation", "facts", "live", "overlay", "program",
    "replaying", "satisfaction",
)  # fmt: skip
"""Modules of policies/ that speak of one decision, or of our own defects, and not of what stands in files."""
WARNING = ("ending", "missing", "half_open_services", "reviews", "unreachable", "unused")
"""Modules of policies/ whose codes are warnings."""
PROVING = ("gaps", "loosened", "proving")
"""Modules of policies/ whose codes are warnings that a solver has found."""

_SCREAMING = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
_CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


def codes_in(path: Path) -> set[str]:
    """Return the codes that a module names."""
    return set(_codes(ast.parse(path.read_text())))


def _codes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SCREAMING.fullmatch(node.value):
            yield node.value
        elif _states_code(node):
            yield from _one_word(node.value)


def _states_code(node: ast.AST) -> TypeGuard[ast.keyword | ast.Assign | ast.AnnAssign]:
    if isinstance(node, ast.keyword):
        return node.arg == "code"
    return isinstance(node, ast.Assign | ast.AnnAssign) and "default_code" in ast.unparse(node).split("=")[0]


def _one_word(node: ast.AST | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
        yield node.value


def loading_codes() -> set[str]:
    """Return the codes of all faults that policy files can have."""
    modules = [path for path in (ROOT / "policies").rglob("*.py") if path.stem not in (*EVALUATION, *WARNING, *PROVING)]
    return set().union(*(codes_in(path) for path in modules))


def warning_codes() -> set[str]:
    """Return the codes of all warnings that policy files can have."""
    return codes_in_modules(WARNING)


def codes_in_modules(names: Iterable[str]) -> set[str]:
    """Return the codes that some modules of policies/ name."""
    wanted = {f"{name}.py" for name in names}
    modules = [path for path in (ROOT / "policies").rglob("*.py") if path.name in wanted]
    assert {path.name for path in modules} == wanted
    return set().union(*(codes_in(path) for path in modules))


def all_codes() -> dict[str, set[str]]:
    """Return every code with the modules that name it."""
    found: dict[str, set[str]] = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for code in codes_in(path):
                found.setdefault(code, set()).add(path.relative_to(ROOT).as_posix())
    for each in ErrorCode:
        found.setdefault(each.name, set()).add("domain/error_codes.py")
    return found
