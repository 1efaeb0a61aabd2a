"""Arguments that several commands have."""

import argparse
from datetime import date

from composition.commands.spoken import day, say
from domain.duration import day_in_china
from gateways.clock import SystemClock


def add_place_and_days(parser: argparse.ArgumentParser) -> None:
    """Add the region and service that are asked about, and the two clocks."""
    parser.add_argument("region", help=say("地区的行政区划代码，六位数字", "GB/T 2260 code"))
    parser.add_argument("service", help=say("服务事项，例如 apply", "a term of the services vocabulary"))
    parser.add_argument(
        "--on", type=day, metavar=say("日期", "DATE"), help=say("哪一天；不写即今天", "the day; today if left out")
    )
    add_known(parser)


def add_known(parser: argparse.ArgumentParser) -> None:
    """Add the day by which rules had to be published."""
    parser.add_argument(
        "--known",
        type=day,
        metavar=say("日期", "DATE"),
        help=say("只算截至这一天（含当日）已公布的规定", "by which it had to be published"),
    )


def add_wanted(parser: argparse.ArgumentParser) -> None:
    """Add a choice of regions and services."""
    parser.add_argument(
        "--region",
        metavar=say("代码", "CODE"),
        help=say("地区的行政区划代码；连同下级地区", "GB/T 2260; with everything below it"),
    )
    parser.add_argument(
        "--service",
        metavar=say(
            "名称",
            "NAME",
        ),
        help=say(
            "服务事项，例如 apply",
            "a term of the services vocabulary",
        ),
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add output for tools."""
    parser.add_argument("--json", action="store_true", help=say("输出 JSON", "print JSON"))


def add_language(parser: argparse.ArgumentParser) -> None:
    """Add the language of the output."""
    parser.add_argument(
        "--lang",
        choices=("zh", "en"),
        default="zh",
        help=say("输出的语言；不写即中文", "the language; Chinese if left out"),
    )


def today() -> date:
    """Return the day in China."""
    return day_in_china(SystemClock().now())
