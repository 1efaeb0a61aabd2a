"""Which language a caller reads."""

from functools import lru_cache

from domain.message import Language
from web.accept_header import choices


@lru_cache(maxsize=64)
def preferred_language(header: str | None) -> Language:
    """Return the language that an `Accept-Language` header prefers; Chinese unless it prefers English.

    Args:
        header: the value of the header, such as `en-GB,en;q=0.9,zh;q=0.5`, or None if there is none.
    """
    weights: dict[str, float] = {}
    for choice in choices(header or ""):
        primary = choice.value.partition("-")[0]
        weights[primary] = max(weights.get(primary, 0.0), choice.quality)
    anything = weights.get("*", 0.0)
    return "en" if weights.get("en", anything) > weights.get("zh", anything) else "zh"
