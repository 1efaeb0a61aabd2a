"""Writes what was measured: a table to look at, and `docs/performance.md` with its figures as JSON and its plot."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.kit.tables import table
from benchmarks.targets import CHANGES, TARGETS, Result, Target

DOCS = Path("docs")
PAGE, FIGURES, PLOT = DOCS / "performance.md", DOCS / "performance.json", DOCS / "performance.svg"
_BLOCK = re.compile(r"(<!-- (\w+): [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)
_SERVED = ("cpu", "database_cpu", "a_second", "middle", "slow")
_HEADS = ("", "CPU µs", "database CPU µs", "answers a second", "median ms", "p99 ms")


def machine() -> dict[str, Any]:
    """Return where and of what is measured."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    return {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit,
        "python": platform.python_version(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "load": round(os.getloadavg()[0], 1),
    }


def word(result: Result) -> str:
    """Return whether a target is met, in a word."""
    if result.met is None:
        return "not measured"
    return ("beyond" if result.beyond else "met") if result.met else "missed"


def show(figures: Mapping[str, Any]) -> None:
    """Print the targets of whatever was measured."""
    reached = [(target, result) for target, result in _reached(figures) if result.met is not None]
    rows = [(target.work, target.says, result.measured, word(result)) for target, result in reached]
    table(("work", "target", "measured", ""), rows)


def known() -> dict[str, Any]:
    """Return the figures that were written last."""
    figures: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return figures


def write(figures: Mapping[str, Any]) -> None:
    """Write the figures, the plot, and the tables of the page."""
    FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _plot(figures)
    tables = {
        "targets": _targets,
        "reads": _reads,
        "changes": _changes,
        "decisions": _decisions,
        "others": _others,
        "imports": _imports,
    }
    fill(PAGE, {name: partial(lines, figures) for name, lines in tables.items()})


def fill(page: Path, tables: Mapping[str, Callable[[], Iterable[str]]]) -> None:
    """Write the tables of a page anew, each between the comments that name it."""

    def filled(found: re.Match[str]) -> str:
        if found[2] not in tables:
            return found[0]
        lines = "\n".join(tables[found[2]]())
        return f"{found[1]}{lines}\n{found[3]}"

    page.write_text(_BLOCK.sub(filled, page.read_text(encoding="utf-8")), encoding="utf-8")


def _reached(figures: Mapping[str, Any]) -> list[tuple[Target, Result]]:
    return [(target, target.reached(figures)) for target in TARGETS]


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table of a page."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _targets(figures: Mapping[str, Any]) -> Iterator[str]:
    of = figures["of"]
    yield measured("Measured", of)
    yield from (measured(f"`{part}` was measured later,", later) for part, later in figures.get("later", {}).items())
    yield ""
    heads = ("work", "before", "target", "beyond", "measured", "")
    yield from markdown(
        heads,
        (
            (t.work, t.before, t.says, t.beyond or "–", result.measured, f"**{word(result)}**")
            for t, result in _reached(figures)
        ),
    )


def measured(what: str, of: Mapping[str, Any]) -> str:
    """Return the line that says when, of what and where something was measured."""
    return (
        f"{what} {of['measured']} at commit {of['commit']}: {of['machine']}, Python {of['python']}, load {of['load']}."
    )


def _served(figures: Mapping[str, Any], parts: Sequence[str]) -> Iterator[str]:
    for part in parts:
        rows = ((name, *(f"{of[key]:,.0f}" for key in _SERVED)) for name, of in figures.get(part, {}).items())
        yield from (f"**{part}**", "", *markdown(_HEADS, rows), "")


def _reads(figures: Mapping[str, Any]) -> Iterator[str]:
    return _served(figures, ("read", "operation"))


def _changes(figures: Mapping[str, Any]) -> Iterator[str]:
    return _served(figures, CHANGES)


def _decisions(figures: Mapping[str, Any]) -> Iterator[str]:
    found = figures.get("decisions", {})
    heads = ("", *next(iter(found.values()), ()))
    yield from markdown(heads, ((name, *(f"{value:,.1f}" for value in of.values())) for name, of in found.items()))


def _others(figures: Mapping[str, Any]) -> Iterator[str]:
    for part in ("start", "cities", "days"):
        found = figures.get(part, {})
        yield f"**{part}**"
        yield ""
        if part == "start":
            rows = ((name, *(f"{of[key]:,.2f}" for key in ("cpu", "clock", "mib"))) for name, of in found.items())
            yield from markdown(("", "CPU s", "clock s", "MiB"), rows)
        else:
            yield from markdown([*found], [[f"{value:,.2f}" for value in found.values()]])
        yield ""


def _imports(figures: Mapping[str, Any]) -> Iterator[str]:
    heads = (
        "",
        "rows",
        "CPU s of the command",
        "CPU s of the database",
        "clock s",
        "rows a minute of CPU",
        "by the clock",
    )
    yield from markdown(heads, (_import(name, of) for name, of in figures.get("import", {}).items()))


def _import(name: str, of: Mapping[str, float]) -> tuple[str, ...]:
    rows = of["rows"]
    seconds = [f"{of[key]:,.1f}" for key in ("process", "database", "clock")]
    return (name, f"{rows:,.0f}", *seconds, *(f"{rows / of[key] * 60:,.0f}" for key in ("process", "clock")))


def _plot(figures: Mapping[str, Any]) -> None:
    """Draw how far each is from its target: up to 1 is met."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import ScalarFormatter

    reached = [(target.work, result) for target, result in _reached(figures) if result.ratio is not None][::-1]
    with rc_context({"svg.hashsalt": "performance", "svg.fonttype": "none"}):
        figure = Figure(figsize=(9, 0.38 * len(reached) + 1), layout="constrained")
        axes = figure.add_subplot()
        colours = ["#2e7d32" if result.met else "#c62828" for _, result in reached]
        ratios = [result.ratio or 0 for _, result in reached]
        bars = axes.barh([work for work, _ in reached], [ratio - 1 for ratio in ratios], left=1, color=colours)
        axes.bar_label(bars, [f"{ratio:.2f}" for ratio in ratios], padding=3)
        axes.axvline(1, color="black", linewidth=1)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.margins(x=0.15)
        axes.set_xlabel("measured / target (up to 1 is met)")
        figure.savefig(PLOT, metadata={"Date": None})
