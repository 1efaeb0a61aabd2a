"""The methods of dataclasses, compiled once and kept, as Python keeps the code of modules.

Python writes them as text and compiles it at each start: 2,500 of them with those of libraries, a fifth of the time to the first
answer. Here their code is found by the whole text, so that it is never out of date.
"""

import dataclasses
import marshal
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from types import CodeType
from typing import Any

from domain import frozen

_Kept = dict[str, bytes]
_WRITING = (dataclasses, frozen)
"""The modules that write methods."""


def beside_compiled_modules() -> Path:
    """Return the file for what is kept: where Python has the compiled code of this module."""
    return Path(cache_from_source(__file__)).with_suffix(".kept")


@contextmanager
def dataclass_code_kept(file: Path) -> Iterator[None]:
    """Have the dataclasses that are made in this context use what is kept, and keep what they had to compile.

    Nothing is kept where Python keeps no compiled modules, or cannot; then all is compiled, as ever.
    """
    kept, used = _read(file), _Kept()

    def run(text: str, names: dict[str, Any], made: dict[str, Any] | None = None) -> None:
        if text not in used:
            used[text] = kept.get(text) or marshal.dumps(compile(text, "<string>", "exec", dont_inherit=True))
        # Each has code of its own, for Python adapts it to the class whose method it is.
        code: CodeType = marshal.loads(used[text])  # noqa: S302 - as trusted as the compiled modules beside it
        exec(code, names, made)  # noqa: S102 - what dataclasses would do

    for module in _WRITING:  # whose own name comes before the builtin
        vars(module)["exec"] = run
    try:
        yield
    finally:
        for module in _WRITING:
            del vars(module)["exec"]
    if used.keys() - kept.keys() and not sys.dont_write_bytecode:
        _write(file, used)


def _read(file: Path) -> _Kept:
    with suppress(OSError, ValueError, EOFError, TypeError):
        content = file.read_bytes()
        if content.startswith(MAGIC_NUMBER):
            found: _Kept = marshal.loads(content[len(MAGIC_NUMBER) :])  # noqa: S302 - as above
            return found
    return {}


def _write(file: Path, kept: _Kept) -> None:
    """Write what is kept in one step, for others may read it at any moment."""
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    with suppress(OSError):
        try:
            beside.write_bytes(MAGIC_NUMBER + marshal.dumps(kept))
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
