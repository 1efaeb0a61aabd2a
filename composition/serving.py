"""Commands of the service itself: serve it, bring its database up to this code, load the demo, make a token.

The service is imported when a command is carried out: whether several processes count together must be known before, for the
metrics are made as they are imported.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from composition.commands.commands import Show, lines_of
from composition.commands.spoken import refuse, say
from composition.dataclass_code import beside_compiled_modules, dataclass_code_kept
from composition.garbage import loading
from composition.logs import complain, is_json, telling
from composition.settings import ConfigurationError, Settings
from domain.errors import DomainError, OperatorError
from gateways import scratch
from policies.source.faults import PolicyFaults

COUNTED_TOGETHER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that tells prometheus_client in which folder the processes of one service count."""
MOST_WORKERS = 256


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a command."""
    if command == "serve":
        parser.add_argument("--host", default="127.0.0.1", help=say("监听的地址", "the address to listen on"))
        parser.add_argument("--port", type=int, default=8000, help=say("监听的端口", "the port to listen on"))
        parser.add_argument(
            "--workers",
            type=_workers,
            default=1,
            metavar="N",
            help=say("同时提供服务的进程数", "how many processes serve"),
        )
        parser.add_argument(
            "--demo", action="store_true", help=say("载入演示数据并显示令牌", "load demo data and print tokens")
        )
    elif command == "schema":
        texts = say("说明文字的语言；不写即英文", "the language of its descriptions; English if left out")
        parser.add_argument("--lang", choices=("zh", "en"), default="en", help=texts)
    elif command == "token":
        parser.add_argument("name", help=say("令牌的名称", "the name of the token"))


def _workers(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_WORKERS:
        refuse(
            f"进程数 {text!r} 不对，请写 1 至 {MOST_WORKERS} 的整数",
            f"{text!r} is no number of processes; write a whole number from 1 to {MOST_WORKERS}",
        )
    return int(text)


def run(arguments: argparse.Namespace, settings: Settings, show: Show) -> int:
    """Carry out a command and return its exit code.

    Raises:
        ConfigurationError: it cannot be, as the service is set up.
    """
    command = arguments.command
    if settings.is_production and (command == "demo" or getattr(arguments, "demo", False)):
        raise ConfigurationError("The demo data are not for production.")
    if settings.is_production and command == "token":
        raise ConfigurationError("Tokens come from the identity provider in production.")
    if command == "serve":
        return _serve(settings.serving_on(arguments.host, arguments.port), arguments.workers, arguments.demo)
    from composition import tending
    from composition.demo_people import signer_of, token_for
    from composition.keys import KeyRing

    if command == "token":
        show(token_for(signer_of(KeyRing(settings)), arguments.name))
        return 0
    if command == "schema":
        show(tending.schema_in(arguments.lang))
        return 0
    return tending.carry_out(command, settings)


def _serve(settings: Settings, workers: int, demo: bool) -> int:
    if workers > 1 and not hasattr(os, "fork"):
        raise ConfigurationError(
            f"--workers {workers} needs a system that forks processes, such as Linux; this one does not. Leave --workers out."
        )
    whole = not settings.is_production
    scratch.clear()
    with telling(settings.log_format, whole=whole), _counting_together(workers > 1):
        with loading(), dataclass_code_kept(beside_compiled_modules()):
            _leave_out_the_command_line_of_httpx()
            from composition import running
            from schema.build import build_schema

            build_schema(settings.federated)
        try:
            return running.serve(settings, workers, demo)
        except (DomainError, OperatorError, PolicyFaults) as error:
            if not is_json():
                raise
            for line in lines_of(error, "en"):
                complain(line)
            return 1


@contextmanager
def _counting_together(several: bool) -> Iterator[None]:
    """Name the folder where several processes count together, unless the operator has named one."""
    if not several or COUNTED_TOGETHER in os.environ:
        yield
        return
    folder = scratch.Scratch("metrics")
    os.environ[COUNTED_TOGETHER] = folder.path
    try:
        yield
    finally:
        folder.close()


def _leave_out_the_command_line_of_httpx() -> None:
    """Have httpx do as if what its own command line needs were not there: 90 modules of rich and pygments."""
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
