"""Commands about the files of the policies: `policy schema`, what it wrote."""

import argparse
from collections.abc import Callable
from pathlib import Path

from policies.schemas import write_schemas
from policies.tree import load_tree

Show = Callable[[str], None]


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to those of `policy`."""
    commands.add_parser("schema", help="write the schemas for editors anew")


def run(arguments: argparse.Namespace, regions: Path, show: Show) -> int:
    """Carry out one of the commands and return its exit code."""
    return schema(regions, show)


def schema(regions: Path, show: Show) -> int:
    """Write the schemas of the regions' files."""
    for path in write_schemas(load_tree(regions)):
        show(path.relative_to(regions.parent).as_posix())
    return 0
