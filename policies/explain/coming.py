"""The calendar of coming changes: what begins, ends or becomes known, with the place and source of each."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from domain.decision import Citation
from domain.message import Language, Message
from policies.explain.explanation_text import COLON, source_line, where
from policies.language.service import DatedValue, Rule, Setting
from policies.language.values import show_day
from policies.tree.tree import PolicyTree, RegionPolicies

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Coming:
    """One change to come.

    Args:
        on: the first day on which it is so: a value that ends on the 31st is gone on the 1st.
        kind: `value_begins`, `value_ends`, `value_published`, `rule_begins`, `rule_ends` or `rule_published`.
        region: GB/T 2260 of the region whose file says it; services: those that it is for; none for shared settings.
        name: of the rule or setting; text: what changes, in words; citation: file, line and source.
    """

    on: date
    kind: str
    region: str
    services: tuple[str, ...]
    name: str
    text: Message
    citation: Citation


def coming_changes(tree: PolicyTree, after: date, until: date | None = None, region: str | None = None) -> list[Coming]:
    """Return what changes after a day.

    Args:
        after: the day from which to look; until: the last day to look at, None for all.
        region: only what is in force in this region, its own or inherited; None for everything.

    Returns:
        By day, then by place.
    """
    places = tree.regions.values() if region is None else [tree.regions[region]]
    found: dict[tuple[Citation, str, str, date], Coming] = {}
    for place in places:
        for change in _of(place):
            if after < change.on and (until is None or change.on <= until):
                key = (change.citation, change.name, change.kind, change.on)
                known = found.get(key)
                services = tuple(sorted({*(known.services if known else ()), *change.services}))
                found[key] = Coming(
                    change.on, change.kind, change.region, services, change.name, change.text, change.citation
                )
    return sorted(found.values(), key=lambda c: (c.on, c.citation.file, c.citation.line, c.kind, c.name))


def _of(place: RegionPolicies) -> Iterator[Coming]:
    for setting in place.shared_settings.values():
        yield from _values(place, setting, ())
    for policy in place.services.values():
        for setting in policy.own_settings.values():
            yield from _values(place, setting, (policy.name,))
        for rule in policy.rules.values():
            text = rule.outcome.does
            told = Message(f"规则 `{rule.id}`（{text.zh}）", f"the rule {rule.id} ({text.en})")
            if rule.message is not None:
                told = Message(f"{told.zh}：{rule.message.zh}", f"{told.en}: {rule.message.en}")
            yield from _dated(rule, "rule", rule.id, told, (policy.name,))


def _values(place: RegionPolicies, setting: Setting, services: tuple[str, ...]) -> Iterator[Coming]:
    for layer in setting.layers:
        for value in layer:
            shown = place.words.show(value.value, setting.type)
            label = setting.label
            text = Message(f"{label.zh}：{shown.zh or '无'}", f"{label.en}: {shown.en or 'none'}")
            yield from _dated(value, "value", setting.name, text, services)


def _dated(
    dated: Rule | DatedValue, what: str, name: str, text: Message, services: tuple[str, ...]
) -> Iterator[Coming]:
    days = {
        "begins": dated.start,
        "ends": dated.end + _DAY if dated.end is not None and dated.end < date.max else None,
        "published": dated.published,
    }
    for kind, day in days.items():
        if day is not None:
            yield Coming(day, f"{what}_{kind}", dated.citation.region, services, name, text, dated.citation)


_SAID = {
    "begins": Message("起生效", "begins"),
    "ends": Message("起失效", "is no longer in force"),
    "published": Message("公布", "is published"),
}


def coming_text(changes: list[Coming], language: Language, regions: Mapping[str, Message]) -> str:
    """Render changes for people: a line each, with the place and source below.

    Args:
        regions: their names by code.
    """
    lines = []
    for change in changes:
        said = _SAID[change.kind.partition("_")[2]].text(language)
        services = f" [{', '.join(change.services)}]" if change.services else ""
        on = Message(f"{show_day(change.on)}{said}", f"{change.on} {said}").text(language)
        lines.append(f"{on}{COLON.text(language)}{change.text.text(language)}{services}")
        source = source_line(change.citation, (None, None, None), regions, language)
        lines.append(f"    {where(change.citation)}  {source}")
    if not changes:
        lines.append(Message("没有即将发生的变更。", "Nothing is announced to change.").text(language))
    return "\n".join(lines)


def coming_json(changes: list[Coming]) -> str:
    """Render changes as JSON for tools."""
    shown = [
        {
            "on": change.on.isoformat(),
            "kind": change.kind,
            "region": change.region,
            "services": list(change.services),
            "name": change.name,
            "text": {"zh": change.text.zh, "en": change.text.en},
            "file": change.citation.file,
            "line": change.citation.line,
            "document": change.citation.document,
            "clause": change.citation.clause,
        }
        for change in changes
    ]
    return json.dumps(shown, ensure_ascii=False, indent=2)
