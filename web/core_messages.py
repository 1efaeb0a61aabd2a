"""What graphql-core says of a document, without the values in it.

Names are repeated, as a developer has to find them. But a name is the caller's own text too: by a slip it can be an
identity number or a telephone number.
"""

import re
from typing import Final

from graphql import GraphQLError, GraphQLSyntaxError, Lexer, Source, Token, TokenKind
from graphql.language.parser import get_token_desc, get_token_kind_desc

_NAME: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,63}")
_MANY_DIGITS: Final = re.compile(r"[0-9]{5,}")
_ANY_NAME: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_QUOTED: Final = re.compile(r"'[^']*'")
_SUGGESTION: Final = re.compile(r" Did you mean .*\?", re.DOTALL)
_VALUES: Final = (TokenKind.STRING, TokenKind.BLOCK_STRING, TokenKind.INT, TokenKind.FLOAT, TokenKind.COMMENT)


def is_plain(name: str) -> bool:
    """Return whether a name may be repeated: one that GraphQL could have, with no more than four digits."""
    return _NAME.fullmatch(name) is not None and sum(character.isdecimal() for character in name) <= 4


def without_values(error: GraphQLError) -> str:
    """Return the message of an error of parsing or validating, with `…` in place of numbers of five digits or more.

    Args:
        error: an error of graphql-core, which repeats of a document no more than names, and of one that cannot be
            parsed the token where it stopped.
    """
    message = error.message
    if isinstance(error, GraphQLSyntaxError) and error.source is not None and error.positions:
        token = _token_at(error.source, next(iter(error.positions)))
        if token is not None and token.kind in _VALUES:
            message = message.replace(get_token_desc(token), get_token_kind_desc(token.kind))
    return without_numbers(message)


def with_own_names(error: GraphQLError) -> str:
    """Return the message of an error of validating as `without_values` does, and of the names in it only those that the document has.

    What graphql-core suggests is left out, and each other name, which it quotes, is `…`.
    """
    source = error.source
    own = frozenset(_ANY_NAME.findall(source.body)) if source is not None else frozenset()

    def quoted(found: re.Match[str]) -> str:
        return _ANY_NAME.sub(lambda name: name[0] if name[0] in own else "…", found[0])

    return _QUOTED.sub(quoted, _SUGGESTION.sub("", without_values(error)))


def without_numbers(text: str) -> str:
    """Return a text with `…` in place of numbers of five digits or more."""
    return _MANY_DIGITS.sub("…", text)


def _token_at(source: Source, position: int) -> Token | None:
    """Return the token that begins at a position, or None if none can be read there."""
    try:
        return Lexer(source).read_next_token(position)
    except GraphQLSyntaxError:
        return None
