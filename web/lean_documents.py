"""Parsed documents made small, and left out of the search for garbage, during which nobody is answered.

graphql-core links all tokens of a document, to and fro, and has each node say at which it begins and ends. Nobody asks for that once
the document is parsed; with it, half of the objects are tokens, and none is freed but by a search for garbage. Without it a
document is a tree: it is freed when nobody has it any more, and there is nothing in it for such a search to find. The documents that
are kept had each full search take up to 0.2 s.
"""

import ctypes
import gc
from typing import Final

from graphql import DocumentNode, NamedTypeNode, NameNode, Node, SelectionSetNode, Token, TokenKind

_NO_TOKEN: Final = Token(TokenKind.SOF, 0, 0, 0, 0)
_UNNAMED: Final = (NameNode, NamedTypeNode, SelectionSetNode)
"""Nodes that no error of a valid document points to."""
_untrack: Final = ctypes.pythonapi.PyObject_GC_UnTrack
"""Python itself has no name for it."""
_untrack.argtypes, _untrack.restype = [ctypes.py_object], None


def leave_out(*parts: object) -> None:
    """Have no search for garbage look at some objects. Each is freed as before, unless it is in a cycle.

    Args:
        parts: None, tuples, lists, dicts and instances of classes that are written in Python; others may not expect it.
    """
    for part in parts:
        if gc.is_tracked(part):  # what is never tracked has no place for it
            _untrack(part)


def unlink_tokens(document: DocumentNode) -> None:
    """Undo the links between the tokens of a document."""
    token = document.loc.start_token if document.loc else None
    while token is not None:
        following = token.next
        token.prev = token.next = None
        token = following


def set_aside(document: DocumentNode) -> None:
    """Forget the tokens of a valid document and where stands what no error will point to, and have no search look at the rest."""
    pending: list[object] = [document]
    while pending:
        part = pending.pop()
        if isinstance(part, Node):
            pending += [value for name in part.keys if name != "loc" and (value := getattr(part, name)) is not None]
            if isinstance(part, _UNNAMED):
                object.__setattr__(part, "loc", None)
            elif part.loc is not None:
                part.loc.start_token = part.loc.end_token = _NO_TOKEN
            leave_out(part, part.loc)
        elif isinstance(part, tuple):
            pending += part
            leave_out(part)
