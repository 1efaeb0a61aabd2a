"""The log of a process that serves: one JSON object a line for machines, or plain lines for people, on stderr.

What is told of people is nothing. A text is told where we wrote it, or where a library's code has it as it stands; what a library
fills into its texts, and the texts of its exceptions, may be what somebody sent. Only plain lines in development tell those too.
"""

import asyncio
import logging
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import FrameType, TracebackType
from typing import Any, Final, Literal, TextIO
from uuid import UUID

import orjson

from composition.told_errors import place, text_of, told, type_of
from domain.cause import current_cause

Format = Literal["text", "json"]
MOST_CHARACTERS: Final = 8_000
"""Of one message."""
OURS: Final = frozenset(
    {
        "access", "audit", "composition", "domain", "gateways", "policies", "rehearsal", "resolvers", "schema", "service",
        "store", "web",
    }
)  # fmt: skip
"""The first words of the loggers that this program writes to."""
LINES: Final = logging.getLogger("service")
"""What a serving process shows to whoever runs it."""
_LEVELS: Final = {
    "service": logging.INFO,
    "audit.roots": logging.INFO,
    # It repeats that a connection cannot be had, which whoever wants one tells.
    "asyncpg.pool": logging.ERROR,
}
"""From which level on some are told whose level is not that of all."""
_PLAIN: Final = (str, int, float, bool, type(None), date, timedelta, Decimal, UUID)
_WITHHELD: Final = "(a text of a library, which may hold what somebody sent)"
_OF_LOOPS: Final = frozenset(
    {
        "Task exception was never retrieved",
        "Future exception was never retrieved",
        "Task was destroyed but it is pending!",
        "Unhandled exception in event loop",
        "Fatal error on transport",
        "Fatal read error on socket transport",
        "Fatal write error on socket transport",
    }
)
"""What event loops say as it stands."""
trace_id: Callable[[], str | None] = lambda: None  # noqa: E731 - replaced when traces are made
"""Returns the id of the trace that is being made."""


@contextmanager
def telling(form: Format, *, whole: bool, to: TextIO | None = None) -> Iterator[None]:
    """Have this process, and those that are forked from it, write its log until the context is left.

    Args:
        form: how lines look. whole: whether plain lines have the texts and tracebacks of libraries, for development.
        to: stderr unless given.
    """
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else PlainLines(whole=whole))
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning)
    before = root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in _LEVELS}
    root.handlers[:] = [handler]
    for name, level in _LEVELS.items():
        logging.getLogger(name).setLevel(level)
    if not (form == "text" and whole):
        sys.excepthook, threading.excepthook = _broken, _thread_broken
        sys.unraisablehook, warnings.showwarning = _unraisable, _warned
    try:
        yield
    finally:
        root.handlers[:] = before
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning = hooks


def is_json() -> bool:
    """Say whether this process writes JSON."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)


def show(line: str, level: int = logging.INFO) -> None:
    """Show a line to whoever runs a serving process: on stdout to people, in the log to machines, which heed the level."""
    if is_json():
        LINES.log(level, "%s", line)
    else:
        print(line, flush=True)


def complain(line: str) -> None:
    """Tell whoever runs a serving process what is wrong, on stderr or in the log."""
    if is_json():
        LINES.error("%s", line)
    else:
        print(line, file=sys.stderr, flush=True)


def of_loop(_: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """Tell what nobody waited for, and what broke in an event loop: by whose work it was, and not by what that was given."""
    said = str(context.get("message"))
    work = context.get("task") or context.get("future")
    named = getattr(getattr(work, "get_coro", lambda: None)(), "__qualname__", None)
    logging.getLogger("asyncio").error(
        "%s%s",
        _Ours(said if said in _OF_LOOPS else "something failed outside of any request"),
        _Ours(f": {named}" if named else ""),
        exc_info=context.get("exception"),
    )


class _Ours(str):
    """A text that is known to hold nothing that anybody sent."""


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return orjson.dumps(_entry(record), default=str).decode()


class PlainLines(logging.Formatter):
    """Writes a record for people.

    Args:
        whole: whether with the texts and tracebacks of libraries.
    """

    def __init__(self, *, whole: bool) -> None:
        super().__init__()
        self._whole = whole

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines."""
        entry = _entry(record)
        cause = f" [{entry['request']}]" if "request" in entry else ""
        begin = f"{entry['time']} {entry['level']} {entry['logger']}{cause}:"
        if self._whole:
            shown = [f"{begin} {record.getMessage()}"]
            shown += ["".join(traceback.format_exception(*record.exc_info)).rstrip()] if record.exc_info else []
        else:
            shown = [f"{begin} {_one_line(entry['message'])}", *_lines_of(entry.get("error"))]
        return "\n".join(shown)


def _entry(record: logging.LogRecord) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": _message(record)[:MOST_CHARACTERS],
        "pid": os.getpid(),
    }
    if (cause := current_cause()) is not None:
        entry["request"] = cause
    if (trace := trace_id()) is not None:
        entry["trace"] = trace
    if record.exc_info and record.exc_info[1] is not None:
        entry["error"] = told(record.exc_info[1])
    return entry | getattr(record, "fields", {})


def _message(record: logging.LogRecord) -> str:
    template, given = str(record.msg), record.args
    if record.name.partition(".")[0] in OURS:
        return template % tuple(map(_shown, given)) if isinstance(given, tuple) and given else template
    if isinstance(given, tuple) and given and all(isinstance(each, _Ours) for each in given):
        return template % given
    where = f"{place(record.pathname)}:{record.lineno} {record.funcName}"
    return f"{template.strip() if _stands_in_code(record) else _WITHHELD} ({where})"


def _shown(given: object) -> object:
    """Return something that our own code tells, as it may be told."""
    if isinstance(given, BaseException):
        return text_of(given) or type_of(given)
    if isinstance(given, list | tuple | set | frozenset):
        return [_shown(each) for each in given]
    return given if isinstance(given, _PLAIN) else type(given).__qualname__


def _stands_in_code(record: logging.LogRecord) -> bool:
    """Say whether a text is written so in the code that tells it, and nothing has been filled in."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        code = frame.f_code
        if code.co_filename == record.pathname and code.co_name == record.funcName:
            return record.msg in code.co_consts
        frame = frame.f_back
    return False


def _lines_of(error: Mapping[str, Any] | None, begin: str = "  ") -> Iterator[str]:
    if error is not None:
        yield f"{begin}{error['type']}: {_one_line(error.get('text', _WITHHELD))}"
        yield from (f"{begin}  {each}" for each in error["at"])
        for cause in error.get("because", ()):
            yield from _lines_of(cause, f"{begin}  because of ")


def _one_line(text: str) -> str:
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def _broken(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not isinstance(error, KeyboardInterrupt):
        LINES.critical("the process ends by an exception", exc_info=(kind, error, trace))


def _thread_broken(broken: threading.ExceptHookArgs) -> None:
    LINES.error("a thread ends by an exception", exc_info=broken.exc_value)


def _unraisable(broken: "sys.UnraisableHookArgs") -> None:
    LINES.error("an exception that nobody can catch", exc_info=broken.exc_value)


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    LINES.warning("%s at %s:%s", category.__qualname__, place(filename), lineno)
