"""Random region trees, and the same with some things changed, as an officer might change them."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import yaml

from tests.policies.support.random_words import Raw, write_yaml
from tests.policies.support.region_trees import write_tree

WORDS = ("when", "instead_of")


def write_pair(random: Random, old: Path, new: Path, rules_a_file: int = 4) -> None:
    """Write a random tree, and a copy of it in which one to three things are changed."""
    write_tree(random, old, rules_a_file)
    shutil.copytree(old, new)
    for _ in range(random.randint(1, 3)):
        change(random, new)


def change(random: Random, folder: Path) -> None:
    """Change one thing in a tree; what comes of it may have faults."""
    files = sorted(path for path in folder.rglob("*.yaml") if _says_something(path))
    path = random.choice(files)
    raw = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    spots = list(_spots(random, raw))
    if spots:
        random.choice(spots)()
    write_yaml(path, raw)


def _says_something(path: Path) -> bool:
    return path.parent.name != "vocabulary" and path.name not in ("region.yaml", "facts.yaml", "vocabulary.yaml")


def _spots(random: Random, raw: Raw) -> Iterator[Callable[[], None]]:
    rules = raw.get("rules", {})
    for name, rule in rules.items():
        if "removed" not in rule:
            yield lambda name=name: rules.pop(name)  # type: ignore[misc]
            for word in WORDS:
                if word in rule:
                    yield lambda rule=rule, word=word: rule.pop(word)  # type: ignore[misc]
            if "when" in rule:
                yield from _leaves(random, rule["when"])
            yield from _leaves(random, {key: rule[key] for key in ("charge", "promise", "lapse") if key in rule})
    whens = [rule for rule in rules.values() if "when" in rule]
    if len(whens) > 1:
        yield lambda: _swap(*random.sample(whens, 2))
    for setting in raw.get("settings", {}).values():
        for entry in setting.get("values", ()):
            if type(entry["value"]) in (int, bool, date):
                yield lambda entry=entry: entry.update(value=_near(random, entry["value"]))  # type: ignore[misc]


def _swap(one: Raw, other: Raw) -> None:
    one["when"], other["when"] = other["when"], one["when"]


def _leaves(random: Random, raw: Any) -> Iterator[Callable[[], None]]:
    """Yield changes of single values in a condition."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if type(value) in (int, bool, date):
                yield lambda key=key, value=value: raw.update({key: _near(random, value)})  # type: ignore[misc]
            yield from _leaves(random, value)
            if len(raw) > 1 and key not in ("present", "setting", "fact"):
                yield lambda key=key: raw.pop(key, None)  # type: ignore[misc]
    elif isinstance(raw, list):
        for item in raw:
            yield from _leaves(random, item)


def _near(random: Random, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + (timedelta(days=random.choice((-1, 1))) if isinstance(value, date) else random.choice((-1, 1)))
