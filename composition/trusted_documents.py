"""The GraphQL documents that front-ends' builds have written into manifests, and the channels that send no others."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from composition.settings import ConfigurationError, Settings
from policies.engine.decide import Policies
from schema.build import build_schema
from schema.kit.context import Context
from schema.kit.limits import Limits
from web.documents import DocumentCache, DocumentRefused

EVERYBODY: Final = "*"
ANONYMOUS: Final = "anonymous"
"""Who asks without a token, and so through no channel."""
_APOLLO: Final = "apollo-persisted-query-manifest"


def trusted_documents(settings: Settings, limits: Limits) -> dict[str, str]:
    """Return the texts in all manifests by their ids.

    A manifest is a JSON object of ids and texts, as relay-compiler and the client preset of GraphQL codegen write it, or
    Apollo's, which holds a list of operations.

    Raises:
        ConfigurationError: a file cannot be read or is no manifest, two texts have one id, or one is not valid.
    """
    found: dict[str, str] = {}
    cache = DocumentCache(build_schema(settings.federated), limits) if settings.trusted_documents else None
    for file in settings.trusted_documents:
        for identifier, text in _manifest(file):
            if found.setdefault(identifier, text) != text:
                raise ConfigurationError(f"{file} has another text under the id {identifier} than a file before it.")
            try:
                assert cache is not None  # noqa: S101 - there is a file
                cache.trust(text)
            except DocumentRefused as refusal:
                reason = refusal.errors[0].message
                raise ConfigurationError(f"{file}: the document {identifier} cannot be executed: {reason}") from None
    return found


def trusts_only(settings: Settings, policies: Policies) -> Callable[[Context], bool] | None:
    """Return what says of a context whether only trusted documents are executed for it; None if that is so for nobody.

    Raises:
        ConfigurationError: a channel does not exist, or there are no documents to be trusted.
    """
    channels = settings.trusted_channels
    if not channels:
        return None
    if not settings.trusted_documents:
        raise ConfigurationError(
            "TRUSTED_CHANNELS names channels, but TRUSTED_DOCUMENTS no file; nothing could be asked."
        )
    unknown = [c for c in sorted(channels - {EVERYBODY, ANONYMOUS}) if not policies.knows_term("channels", c)]
    if unknown:
        raise ConfigurationError(
            f"TRUSTED_CHANNELS names {', '.join(unknown)}, which is no channel; give terms of the channels vocabulary, "
            f"{ANONYMOUS} for requests without a token, or {EVERYBODY} for all."
        )
    if EVERYBODY in channels:
        return lambda context: True
    return lambda context: (ANONYMOUS if context.actor is None else context.actor.channel) in channels


def _manifest(file: Path) -> Iterator[tuple[str, str]]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}. TRUSTED_DOCUMENTS names it.") from None
    except ValueError as error:
        raise ConfigurationError(f"{file} is no JSON: {error}.") from None
    listed = _pairs(content)
    if not listed or not all(isinstance(part, str) for pair in listed for part in pair):
        raise ConfigurationError(
            f"{file} is no manifest; give a JSON object of ids and documents, as relay-compiler and GraphQL codegen write it."
        )
    yield from listed


def _pairs(content: Any) -> list[tuple[Any, Any]]:
    if not isinstance(content, dict):
        return []
    if content.get("format") != _APOLLO:
        return list(content.items())
    listed = content.get("operations")
    return [(each.get("id"), each.get("body")) for each in listed] if isinstance(listed, list) else []
