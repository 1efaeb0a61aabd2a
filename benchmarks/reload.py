"""How long policies take to load from nothing, and again after one file has changed.

Run as `python -m benchmarks.reload`. Seconds of the processor, beside seconds of the clock.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from benchmarks.decisions import table
from benchmarks.synthetic_regions import write_regions
from policies.tree import PolicyTree, load_tree


def timed(load: Callable[[], PolicyTree]) -> tuple[PolicyTree, tuple[str, str]]:
    """Load, and say how many seconds it took."""
    used, began = process_time(), perf_counter()
    tree = load()
    return tree, (f"{process_time() - used:.2f}", f"{perf_counter() - began:.2f}")


def measure(folder: Path, city: str) -> list[tuple[str, ...]]:
    """Load a folder again and again, and return a row for each change.

    Args:
        city: the code of one of its cities.
    """
    tree, seconds = timed(lambda: load_tree(folder))
    rows: list[tuple[str, ...]] = [("from nothing", *seconds, f"{len(tree.regions):,}")]
    nation = next(place.region for place in tree.regions.values() if place.region.parent is None)
    of_city = folder / tree.regions[city].region.path / "region.yaml"
    for what, file in (("nothing", None), ("a city's", of_city), ("the nation's", folder / nation.path / "apply.yaml")):
        if file is not None:
            file.write_text(file.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
        before = tree
        tree, seconds = timed(lambda before=before: load_tree(folder, before))  # type: ignore[misc]
        anew = sum(tree.regions[code] is not place for code, place in before.regions.items())
        rows.append((f"changed: {what}", *seconds, f"{anew:,}"))
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regions", type=Path, default=Path("regions"))
    parser.add_argument("--cities", type=int, default=3_000)
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name) / "regions"
        codes = write_regions(given.regions, folder, given.cities)
        table(("", "processor s", "clock s", "regions read"), measure(folder, codes[given.cities // 2]))


if __name__ == "__main__":
    main()
