"""Importing tortoise without a look for comments on the columns of its own base class, which has none.

It would parse a module of 1,800 lines, which takes a fifth as long as importing all of it.
"""

import inspect


def _import_tortoise() -> None:
    look = inspect.getsource
    inspect.getsource = _no_source  # type: ignore[assignment]
    try:
        import tortoise  # noqa: F401
    finally:
        inspect.getsource = look


def _no_source(_: object) -> str:
    raise OSError("nobody asks for it")


_import_tortoise()
