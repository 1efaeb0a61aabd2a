"""Documents that a request names in place of sending them.

Three ways lead to a text: Apollo's automatic persisted queries (`extensions.persistedQuery`, told once with its text), the
`documentId` of the draft (`sha256:…`), and trusted documents, whose ids a front-end's build wrote into a manifest.
A text that is found goes the way of any other, so that it is checked and compiled once, however it was named.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final, Protocol

from domain.message import Message
from web.documents import MAX_CHARACTERS
from web.refusal import RequestRefused
from web.request_parameters import RequestParameters, is_digest, without_prefix

SURE_FOR: Final = 3_600.0
"""Seconds for which a process remembers a text without asking for it again: so it is noted down that it is asked for."""

# By these very messages (or their codes) Apollo's clients know what to send next, and they read them from a 200 only.
_NOT_FOUND = Message("PersistedQueryNotFound", "PersistedQueryNotFound")
_NOT_SUPPORTED = Message("PersistedQueryNotSupported", "PersistedQueryNotSupported")
_UNKNOWN_ID = Message(
    "没有编号为 `{id}` 的查询文档，请把文档全文放在 `query` 里发送。",
    "There is no document under the id {id}; send its text as query",
)
_OTHER_HASH = Message(
    "`query` 的 `SHA-256` 与所给的哈希值不一致，请改正哈希值，或者只发送 `query`。",
    "The SHA-256 of query is not the hash that is given; correct the hash, or send query alone",
)


class Shelf(Protocol):
    """Where documents are kept by the SHA-256 of their text, for all processes."""

    async def find(self, digest: str) -> str | None:
        """Return the text of a hash; None where it is not kept."""

    async def keep(self, digest: str, text: str) -> None:
        """Keep a text under its hash."""


class PersistedDocuments:
    """Finds the texts of documents by what requests name them, and keeps those that come with their hash.

    Args:
        shelf: where they are kept; None where clients are to send their texts.
        trusted: texts by their ids in manifests.
    """

    def __init__(self, shelf: Shelf | None, trusted: Mapping[str, str]) -> None:
        self._shelf = shelf
        by_hash = {_digest(text): text for text in trusted.values()}
        self._trusted = by_hash | {without_prefix(identifier): text for identifier, text in trusted.items()}
        self._known: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._characters = 0

    async def with_text(self, parameters: RequestParameters) -> RequestParameters:
        """Return the parameters of a request that names its document, with the text of it.

        Raises:
            RequestRefused: nothing is kept under this name, or it is not that of the text that is sent.
        """
        identifier, text = parameters.identifier or "", parameters.query
        known = self._trusted.get(identifier)
        if text:
            if self._differs(text, identifier, known):
                raise RequestRefused(_OTHER_HASH, code="PERSISTED_QUERY_HASH_WRONG")
            return parameters
        if known is None:
            known = self._recalled(identifier) or await self._found(identifier)
        if known is None:
            raise self._not_found(parameters)
        return replace(parameters, query=known)

    async def keep(self, parameters: RequestParameters, may: Callable[[], bool]) -> None:
        """Keep the text of a request that came with its hash and was found valid.

        Args:
            may: says whether somebody may have one more kept; where not, its text is to be sent each time.
        """
        identifier, text = parameters.identifier or "", parameters.query
        if self._shelf is None or identifier in self._trusted or self._recalled(identifier) is not None:
            return
        if not may():
            return
        await self._shelf.keep(identifier, text)
        self._remember(identifier, text)

    def _differs(self, text: str, identifier: str, known: str | None) -> bool:
        if known is not None:
            return text != known
        return self._shelf is not None and _digest(text) != identifier

    def _recalled(self, identifier: str) -> str | None:
        text, until = self._known.get(identifier, (None, 0.0))
        if text is None or until < time.monotonic():
            return None
        self._known.move_to_end(identifier)
        return text

    async def _found(self, identifier: str) -> str | None:
        if self._shelf is None or not is_digest(identifier):
            return None
        text = await self._shelf.find(identifier)
        if text is not None:
            self._remember(identifier, text)
        return text

    def _remember(self, identifier: str, text: str) -> None:
        if identifier not in self._known:
            self._characters += len(text)
        self._known[identifier] = text, time.monotonic() + SURE_FOR
        while self._characters > MAX_CHARACTERS:
            _, (gone, _) = self._known.popitem(last=False)
            self._characters -= len(gone)

    def _not_found(self, parameters: RequestParameters) -> RequestRefused:
        if not parameters.is_automatic:
            shown = (parameters.identifier or "")[:80]
            return RequestRefused(_UNKNOWN_ID.format(id=shown), code="PERSISTED_QUERY_NOT_FOUND")
        if self._shelf is None:
            return RequestRefused(_NOT_SUPPORTED, code="PERSISTED_QUERY_NOT_SUPPORTED", status=200)
        return RequestRefused(_NOT_FOUND, code="PERSISTED_QUERY_NOT_FOUND", status=200)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
