"""Which media type an answer is written in."""

from functools import lru_cache
from typing import Final, Literal

from web.accept_header import Choice, choices

MediaType = Literal["application/graphql-response+json", "application/json"]

GRAPHQL: Final[MediaType] = "application/graphql-response+json"
JSON: Final[MediaType] = "application/json"
HTML: Final = "text/html"


@lru_cache(maxsize=64)
def negotiate(accept: str | None) -> MediaType | None:
    """Return the media type of the answer, or None if the caller accepts neither.

    A caller who names `application/graphql-response+json` gets it, also beside an equal `application/json`; a caller
    who says nothing or `*/*` gets `application/json`, which every client reads.

    Args:
        accept: the value of the `Accept` header, or None if there is none.
    """
    if not accept:
        return JSON
    listed = choices(accept)
    modern, legacy = _rank(GRAPHQL, listed), _rank(JSON, listed)
    if modern[0] == 0 == legacy[0]:
        return None
    named = modern[1] == _EXACT
    return GRAPHQL if modern > legacy or (modern == legacy and named) else JSON


def prefers_html(accept: str | None) -> bool:
    """Return whether a caller, such as the address bar of a browser, wants a page rather than JSON."""
    listed = choices(accept or "")
    page = _rank(HTML, listed)
    return page[0] > 0 and page > max(_rank(GRAPHQL, listed), _rank(JSON, listed))


_ANYTHING, _FAMILY, _EXACT = 1, 2, 3


def _rank(media_type: str, listed: list[Choice]) -> tuple[float, int]:
    """Return the quality that the most specific entry gives to a media type, and how specific that entry is."""
    family = media_type.partition("/")[0] + "/*"
    specificity = {media_type: _EXACT, family: _FAMILY, "*/*": _ANYTHING}
    matching = [
        (specificity[choice.value], choice.quality)
        for choice in listed
        if choice.value in specificity and choice.parameters.get("charset", "utf-8") == "utf-8"
    ]
    found, quality = max(matching, default=(0, 0.0))
    return quality, found
