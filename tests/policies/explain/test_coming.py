"""The calendar of coming changes: every dated thing once, with its place, on the first day on which it is so."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from domain.message import Message
from policies.engine.decide import Policies
from policies.explain.coming import coming_changes, coming_json, coming_text
from tests.policies.support.regions import real_policies
from tests.policies.support.small_trees import policies_of

AFTER = date(2026, 11, 20)
LABEL = {"zh": "限", "en": "limit"}
TELL = {"tell": True, "message": {"zh": "知", "en": "know"}}


def tree(folder: Path) -> Policies:
    values = [
        {"value": 5, "from": date(2020, 1, 1), "until": date(2026, 12, 31)},
        {"value": 3, "from": date(2027, 1, 1), "published": date(2026, 12, 1)},
    ]
    rules: Mapping[str, Any] = {
        "soon": {**TELL, "from": date(2026, 12, 24), "until": date(2026, 12, 26)},
        "always": TELL,
    }
    return policies_of(folder, rules, settings={"limit": {"type": "integer", "label": LABEL, "values": values}})


def test_what_begins_ends_and_is_published_is_listed_by_day(tmp_path: Path) -> None:
    found = coming_changes(tree(tmp_path).tree, AFTER)
    assert [(change.on, change.kind, change.name) for change in found] == [
        (date(2026, 12, 1), "value_published", "limit"),
        (date(2026, 12, 24), "rule_begins", "soon"),
        (date(2026, 12, 27), "rule_ends", "soon"),
        (date(2027, 1, 1), "value_begins", "limit"),
        (date(2027, 1, 1), "value_ends", "limit"),
    ]
    assert {change.citation.file for change in found} == {"china/apply.yaml"}
    assert {change.services for change in found} == {("apply",)}


def test_the_day_itself_is_past_and_the_last_day_is_not(tmp_path: Path) -> None:
    changes: Callable[[date, date], list[str]] = lambda after, until: [  # noqa: E731
        change.kind for change in coming_changes(tree(tmp_path).tree, after, until)
    ]
    assert changes(date(2026, 12, 24), date(2026, 12, 26)) == []
    assert changes(date(2026, 12, 23), date(2026, 12, 24)) == ["rule_begins"]


def test_on_each_listed_day_something_else_is_in_force(tmp_path: Path) -> None:
    """What begins or ends is held to the policies themselves: the day before differs from the day."""
    policies = tree(tmp_path)
    for change in coming_changes(policies.tree, AFTER):
        if not change.kind.endswith("_published"):
            before = policies.effective("apply", "000000", date.fromordinal(change.on.toordinal() - 1))
            after = policies.effective("apply", "000000", change.on)
            assert before is not None
            assert after is not None
            assert before.digest != after.digest


def test_what_regions_inherit_is_listed_once() -> None:
    changes = coming_changes(real_policies().tree, date.min)
    places = [(change.citation, change.name, change.kind) for change in changes]
    assert len(places) == len(set(places)) > 50
    [age] = [c for c in changes if c.name == "acts_alone_from_age" and c.region == "000000"]
    assert (age.citation.file, age.services) == ("china/settings.yaml", ())


def test_a_region_has_its_own_and_what_it_inherits() -> None:
    changes = coming_changes(real_policies().tree, date.min, region="370100")
    assert {change.region for change in changes} == {"000000", "370100"}


def test_people_and_tools_read_the_same(tmp_path: Path) -> None:
    found = coming_changes(tree(tmp_path).tree, AFTER, date(2026, 12, 24))
    names = {"000000": Message("全国", "China")}
    lines = coming_text(found, "en", names).splitlines()
    assert lines[0] == "2026-12-01 is published: limit: 3 [apply]"
    assert lines[2] == "2026-12-24 begins: the rule soon (tells): know [apply]"
    assert lines[3].startswith(f"    china/apply.yaml:{found[1].citation.line}  China (000000); an assumption")
    lines = coming_text(found, "zh", names).splitlines()
    assert lines[0] == "2026年12月1日公布：限：3 [apply]"
    assert lines[3].endswith("  全国（000000）；无文件依据的假定")
    assert [(c["on"], c["kind"], c["file"]) for c in json.loads(coming_json(found))] == [
        ("2026-12-01", "value_published", "china/apply.yaml"),
        ("2026-12-24", "rule_begins", "china/apply.yaml"),
    ]
    assert coming_text([], "en", names) == "Nothing is announced to change."
