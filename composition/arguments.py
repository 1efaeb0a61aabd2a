"""Arguments that several commands have."""

import argparse
from datetime import date

from domain.duration import CHINA_TIME
from gateways.clock import SystemClock


def add_place_and_days(parser: argparse.ArgumentParser) -> None:
    """Add the region and service that are asked about, and the two clocks."""
    parser.add_argument("region", help="GB/T 2260 code")
    parser.add_argument("service", help="a term of the services vocabulary")
    parser.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="the day; today if left out")
    add_known(parser)


def add_known(parser: argparse.ArgumentParser) -> None:
    """Add the day by which rules had to be published."""
    parser.add_argument("--known", type=date.fromisoformat, metavar="DATE", help="by which it had to be published")


def add_wanted(parser: argparse.ArgumentParser) -> None:
    """Add a choice of regions and services."""
    parser.add_argument("--region", metavar="CODE", help="GB/T 2260; with everything below it")
    parser.add_argument("--service", metavar="NAME", help="a term of the services vocabulary")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add output for tools."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_language(parser: argparse.ArgumentParser) -> None:
    """Add the language of the output."""
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="the language; Chinese if left out")


def today() -> date:
    """Return the day in China."""
    return SystemClock().now().astimezone(CHINA_TIME).date()
