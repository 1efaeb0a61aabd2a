"""The order in which the language's own keys are written, place by place."""

from collections.abc import Sequence

from policies.language.outcomes.table import OUTCOMES

Order = Sequence[str]

_ANY = "*"
_ITEM = "[]"
_MESSAGE: Order = ("zh", "en")
_SOURCE: Order = ("document", "clause", "note")
_SETTING: Order = ("replaces", "type", "of", "unit", "label", "bind", "values")
_DATED: Order = ("value", "from", "until", "published", "source")
_RULE: Order = (
    *("services", "replaces", "removed", "from", "until", "published", "when"),
    *OUTCOMES,
    *("instead_of", "bind", "message", "source"),
)
_FACT: Order = ("type", "of", "unit", "origin", "optional", "proof", "count", "label")
_VOCABULARY: Order = ("label", "closed", "attributes", "terms")
_CASE: Order = (
    "name",
    "region",
    "date",
    "known",
    "form",
    "facts",
    "without",
    "absent",
    "history",
    "evidence",
    "expect",
)
_OPERAND: Order = ("setting", "fact", "times", "plus", "minus")
_COUNT: Order = ("of", "names", "where", "within", "last", "since", "latest")
_ATTRIBUTE: Order = ("type", "of", "label", "values")
_RULES: dict[tuple[str, ...], Order] = {
    ("rules", _ANY): _RULE,
    **{("rules", _ANY, word): outcome.keys for word, outcome in OUTCOMES.items() if outcome.keys},
}
_SETTINGS: dict[tuple[str, ...], Order] = {
    ("settings", _ANY): _SETTING,
    ("settings", _ANY, "values", _ITEM): _DATED,
}
_ORDERS: dict[str, dict[tuple[str, ...], Order]] = {
    "region": {(): ("code", "level", "name")},
    "vocabulary": {(): _VOCABULARY, ("attributes", _ANY): _ATTRIBUTE},
    "words": {
        (): ("vocabularies", "facts"),
        ("vocabularies", _ANY): _VOCABULARY,
        ("vocabularies", _ANY, "attributes", _ANY): _ATTRIBUTE,
        ("facts", _ANY): _FACT,
        ("facts", _ANY, "count"): _COUNT,
    },
    "facts": {(_ANY,): _FACT, (_ANY, "count"): _COUNT},
    "sources": {(_ANY,): ("title", "publisher", "number")},
    "region_codes": {},
    "calendar": {(): ("holidays", "workdays"), (_ANY, _ITEM): ("date", "name", "source")},
    "settings": {(): ("source", "settings"), **_SETTINGS},
    "rules": {(): ("source", "rules"), **_RULES},
    "service": {(): ("title", "source", "review_every", "reviewed", "settings", "rules"), **_SETTINGS, **_RULES},
    "tests": {(): ("defaults", "cases"), ("defaults",): _CASE, ("cases", _ITEM): _CASE},
}


def in_order(names: list[str], path: tuple[str, ...], kind: str) -> list[str]:
    """Return the keys of a mapping in their order; those that an officer chooses stay as they are.

    Args:
        names: the keys; path: where the mapping stands, `[]` for an item of a list; kind: of the file.
    """
    order = _order(names, path, kind)
    if not set(names) <= set(order):
        return names
    return sorted(names, key=order.index)


def _order(names: list[str], path: tuple[str, ...], kind: str) -> Order:
    if set(names) == set(_MESSAGE):
        return _MESSAGE
    if path and path[-1] == "source":
        return _SOURCE
    if len({"setting", "fact"} & set(names)) == 1 and set(names) <= set(_OPERAND):
        return _OPERAND
    for pattern, order in _ORDERS.get(kind, {}).items():
        if len(pattern) == len(path) and all(p in (_ANY, part) for p, part in zip(pattern, path, strict=True)):
            return order
    return ()
