"""Trees loaded on top of others, after edits that mean something: to what is inherited, to words, to what binds.

Each edit is one that an officer could make, and it may be wrong: a name that a child has too, a rule that a child
overrules and that is gone, a word that is no more. Names come from small pools, so that files meet each other's.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from policies.language.own_service import OwnService
from policies.language.own_words import OwnWords
from policies.language.service import ServicePolicy, Setting
from policies.source.faults import PolicyFaults
from policies.source.reader import read_file
from policies.tree import folders
from policies.tree.contents import Contents
from policies.tree.tree import PolicyTree, load_tree
from tests.policies.support.random_words import DAYS, LABEL, SERVICES, Raw, write_yaml
from tests.policies.support.region_trees import write_tree
from tests.policies.support.regions import REGIONS

SEEDS = range(80 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 5)
EDITS = 45
NAMES = ("extra_0", "extra_1")
WORD_FILES = ("vocabulary.yaml", "sources.yaml")


@dataclass
class Officer:
    """Somebody who edits the files of a folder, well or badly, and takes some edits back."""

    random: Random
    folder: Path
    taken_from: list[tuple[Path, str | None]] = field(default_factory=list)

    def edit(self) -> str:
        """Do one thing; say what."""
        kind = self.random.choice(KINDS)
        kind(self)
        return kind.__name__

    def take_back(self) -> None:
        """Undo the last edit that is not undone yet."""
        file, text = self.taken_from.pop()
        if text is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(text, encoding="utf-8")

    def one_of(self, *names: str) -> Path:
        """Choose a file of a region, there or not."""
        regions = sorted(path.parent for path in self.folder.rglob("region.yaml"))
        # Files of the nation and the provinces have more below them.
        region = self.random.choice(
            [r for r in regions for _ in range(4 - min(3, len(r.parts) - len(regions[0].parts)))]
        )
        return region / self.random.choice(names)

    def service(self) -> Path:
        return self.one_of(*(f"{name}.yaml" for name in SERVICES))

    def top(self, *names: str) -> Path:
        return self.folder / self.random.choice(names)

    def change(self, file: Path, how: Callable[[Raw], None], new: Raw) -> None:
        """Change a file by its values; write it where there is none."""
        before = file.read_text(encoding="utf-8") if file.exists() else None
        raw = yaml.load(before, Loader=yaml.CSafeLoader) if before is not None else new
        how(raw)
        self.taken_from.append((file, before))
        write_yaml(file, raw)

    def any_of(self, raw: Raw) -> str | None:
        return self.random.choice(list(raw)) if raw else None

    # --- words

    def add_fact(self) -> None:
        holder = self.random.choice(("s", "choice.outlet", "extra", "extra.extra_0"))
        name = f"{holder}.{self.random.choice((*NAMES, 'bank'))}"
        of_type = self.random.choice(({"type": "integer"}, {"type": "boolean"}, {"type": "term", "of": "outlets"}))
        spec = {**of_type, "origin": "computed", "label": LABEL}
        if self.random.random() < 0.5:
            self.change(self.folder / "facts.yaml", lambda raw: raw.update({name: spec}), {})
        else:
            new: Raw = {"facts": {}}
            file = self.one_of("vocabulary.yaml")
            self.change(file, lambda raw: raw.setdefault("facts", {}).update({name: spec}), new)

    def change_facts(self) -> None:
        def how(raw: Raw) -> None:
            name = self.any_of(raw)
            if name is not None and self.random.random() < 0.3:
                del raw[name]
            elif name is not None and self.random.random() < 0.4:
                raw[name]["optional"] = not raw[name].get("optional", False)
            elif name is not None:
                raw[name]["label"] = {"zh": "新", "en": f"label {self.random.random()}"}

        self.change(self.folder / "facts.yaml", how, {})

    def add_term(self) -> None:
        vocabulary = self.random.choice(("banks", "kinds", "documents", *NAMES))
        word = self.random.choice(NAMES)
        if self.random.random() < 0.5:
            file = self.folder / "vocabulary" / f"{vocabulary}.yaml"
            new = {"label": LABEL, "terms": {}}
            self.change(file, lambda raw: raw["terms"].update({word: {"label": LABEL}}), new)
        else:
            file = self.one_of("vocabulary.yaml")

            def how(raw: Raw) -> None:
                found = raw.setdefault("vocabularies", {}).setdefault(vocabulary, {"terms": {}})
                found["terms"][word] = {"label": LABEL}
                if vocabulary in NAMES and self.random.random() < 0.7:
                    found["label"] = LABEL

            self.change(file, how, {})

    def extend_outlets(self) -> None:
        attribute, terms = (
            self.random.choice(NAMES),
            yaml.load((self.folder / "vocabulary/outlets.yaml").read_text(), Loader=yaml.CSafeLoader),
        )

        def how(raw: Raw) -> None:
            found = raw.setdefault("vocabularies", {}).setdefault("outlets", {})
            if self.random.random() < 0.3:
                found["label"] = {"zh": "新", "en": f"label {self.random.random()}"}
            elif found.setdefault("attributes", {}).pop(attribute, None) is None:
                given = {name: 1 for name in terms["terms"] if self.random.random() < 0.5}
                found["attributes"][attribute] = {"type": "integer", "values": given}

        self.change(self.one_of("vocabulary.yaml"), how, {})

    def change_vocabulary(self) -> None:
        def how(raw: Raw) -> None:
            word = self.any_of(raw["terms"])
            if word is not None and self.random.random() < 0.25:
                del raw["terms"][word]
            elif word is not None and self.random.random() < 0.5:
                raw["terms"][word]["label"] = {"zh": "新", "en": f"label {self.random.random()}"}
            else:
                raw["label"] = {"zh": "新", "en": f"label {self.random.random()}"}

        names = ("banks", "kinds", "outlets", "services", *NAMES)
        file = self.folder / "vocabulary" / f"{self.random.choice(names)}.yaml"
        self.change(file, how, {"label": LABEL, "terms": {}})

    def add_document(self) -> None:
        name = self.random.choice(NAMES)
        file = self.folder / "sources.yaml" if self.random.random() < 0.5 else self.one_of("sources.yaml")
        title = self.random.choice(("one", "other"))

        def how(raw: Raw) -> None:
            if name in raw and self.random.random() < 0.3:
                del raw[name]
            else:
                raw[name] = {"title": title}

        self.change(file, how, {})

    def cite(self) -> None:
        source = self.random.choice((*NAMES, "assumption"))
        file = self.one_of("settings.yaml", "rules.yaml", *(f"{name}.yaml" for name in SERVICES))
        self.change(file, lambda raw: raw.update({"source": source}), {"title": LABEL})

    # --- settings

    def change_settings(self) -> None:
        file = self.random.choice((self.one_of("settings.yaml"), self.service()))

        def how(raw: Raw) -> None:
            settings = raw.setdefault("settings", {})
            name, kind = self.any_of(settings), self.random.randrange(7)
            if name is None or kind == 0:
                settings[self.random.choice(NAMES)] = self.new_setting()
            elif kind == 1:
                del settings[name]
            elif kind == 2:
                settings[name]["values"][0]["from"] = self.random.choice(DAYS)
            elif kind == 3 and settings[name].pop("bind", None) is None:
                may = self.random.choice(("raise", "narrow", "nothing"))
                settings[name]["bind"] = {"children_may": may}
            elif kind == 4 and "type" in settings[name]:
                settings[name] = self.new_setting()
            elif kind == 5:
                settings[name]["label"] = {"zh": "新", "en": f"label {self.random.random()}"}
            else:
                settings[self.random.choice(NAMES)] = {"replaces": True, "values": self.new_setting()["values"]}

        self.change(file, how, {"title": LABEL, "source": "assumption"} if file.stem in SERVICES else {})

    def new_setting(self) -> Raw:
        kind = self.random.choice(("integer", "duration"))
        value = self.random.choice((1, 2, 3)) if kind == "integer" else self.random.choice(("1 year", "7 working days"))
        values = [{"value": value, "from": self.random.choice(DAYS), "source": "assumption"}]
        return {"type": kind, "label": LABEL, "values": values if self.random.random() < 0.9 else values[:0]}

    # --- rules

    def change_rules(self) -> None:
        file = self.random.choice((self.one_of("rules.yaml"), self.service(), self.service()))

        def how(raw: Raw) -> None:
            rules = raw.setdefault("rules", {})
            name, kind = self.any_of(rules), self.random.randrange(8)
            if name is None or kind in (0, 1):
                rules[self.random.choice(NAMES)] = self.new_rule(file)
            elif kind == 2:
                del rules[name]
            elif kind == 3:
                rules[name]["bind"] = not rules[name].get("bind", False)
            elif kind == 4:
                rules[name]["until"] = self.random.choice(DAYS)
            elif kind == 5 and rules[name].pop("replaces", None) is None:
                rules[name]["replaces"] = True
            elif kind == 6:
                rules[name].setdefault("instead_of", []).append(self.random.choice((*NAMES, *self.rules_anywhere())))
            else:
                rules[name]["message"] = {"zh": "新", "en": f"text {self.random.choice(('', '{extra_0}'))}"}

        self.change(file, how, {"title": LABEL, "source": "assumption"} if file.stem in SERVICES else {})

    def rules_anywhere(self) -> list[str]:
        files = [self.folder / "china" / f"{name}.yaml" for name in (*SERVICES, "rules")]
        return [
            name
            for file in files
            if file.exists()
            for name in yaml.load(file.read_text(), Loader=yaml.CSafeLoader).get("rules", {})
        ]

    def new_rule(self, file: Path) -> Raw:
        services = {"services": [s for s in SERVICES if self.random.random() < 0.7]} if file.stem == "rules" else {}
        rule: Raw = {**services, "source": "assumption"}
        kind = self.random.randrange(6)
        if kind == 0:
            return {**rule, "removed": True}
        fact = self.random.choice(("s.integer", "s.extra_0", "extra.extra_1"))
        operand = self.random.choice((1, {"setting": "extra_0"}, {"setting": "extra_1"}))
        rule |= {"when": {fact: {"above": operand}}, "message": LABEL}
        rule |= {"deny": True} if kind < 4 else {"waive": "fee_1"}
        return rule | ({"replaces": True} if self.random.random() < 0.3 else {})

    # --- what is around them

    def change_head(self) -> None:
        def how(raw: Raw) -> None:
            key = self.random.choice(("title", "review_every", "reviewed"))
            if raw.pop(key, None) is None or self.random.random() < 0.6:
                title = {"zh": "新", "en": f"title {self.random.random()}"}
                raw[key] = {"title": title, "review_every": "1 year", "reviewed": DAYS[0]}[key]

        self.change(self.service(), how, {"source": "assumption"})

    def change_region(self) -> None:
        name = {"zh": "新", "en": f"name {self.random.randrange(3)}"}
        self.change(self.one_of("region.yaml"), lambda raw: raw.update({"name": name}), {})

    def remove(self) -> None:
        file = self.one_of("settings.yaml", "rules.yaml", "vocabulary.yaml", *(f"{name}.yaml" for name in SERVICES))
        if file.exists():
            self.taken_from.append((file, file.read_text(encoding="utf-8")))
            file.unlink()

    def remark(self) -> None:
        file = self.random.choice(sorted(self.folder.rglob("*.yaml")))
        before = file.read_text(encoding="utf-8")
        self.taken_from.append((file, before))
        file.write_text(f"# a remark\n{before}", encoding="utf-8")


KINDS: tuple[Callable[[Officer], None], ...] = (
    Officer.add_fact, Officer.change_facts, Officer.add_term, Officer.extend_outlets, Officer.change_vocabulary,
    Officer.add_document,
    Officer.cite, Officer.change_settings, Officer.change_settings, Officer.change_rules, Officer.change_rules,
    Officer.change_rules, Officer.change_head, Officer.change_region, Officer.remove, Officer.remark,
)  # fmt: skip


def loaded(folder: Path, before: PolicyTree | None = None) -> PolicyTree | tuple[Any, ...]:
    """Load a folder; return its faults where it has any."""
    try:
        return load_tree(folder, before)
    except PolicyFaults as found:
        return found.faults


def walk(officer: Officer) -> Counter[str]:
    """Edit a folder many times, and compare each time; count what came of it."""
    counted: Counter[str] = Counter()
    base = loaded(officer.folder)
    assert isinstance(base, PolicyTree), base
    for _ in range(EDITS):
        for _ in range(officer.random.choice((1, 1, 1, 2, 3))):
            done = officer.edit()
        found, fresh = loaded(officer.folder, base), loaded(officer.folder)
        counted["faulty" if isinstance(fresh, tuple) else "good"] += 1
        if isinstance(found, PolicyTree) and isinstance(fresh, PolicyTree):
            assert found.regions == fresh.regions, done
            # In every order too, and line by line.
            assert repr(found.regions) == repr(fresh.regions), done
            assert found.digest == fresh.digest
            base = found
        else:
            assert found == fresh, done
            # Faults vanish one by one, or stay for a while.
            while officer.taken_from and officer.random.random() < 0.8:
                officer.take_back()
                found = loaded(officer.folder, base)
                assert isinstance(found, PolicyTree) == isinstance(loaded(officer.folder), PolicyTree)
                if isinstance(found, PolicyTree):
                    base = found
                    break
    return counted


@contextmanager
def noting() -> Iterator[Counter[tuple[str, str]]]:
    """Count meanwhile what is put on top of what is above, and what is read from the files."""
    seen: Counter[tuple[str, str]] = Counter()

    def service_over(self: OwnService, *others: Any) -> ServicePolicy | None:
        found = own_service_over(self, *others)
        seen["service", "read" if found is None else "put on top"] += 1
        return found

    def words_fit(self: OwnWords, *others: Any) -> bool:
        found = own_words_fit(self, *others)
        seen["words", "put on top" if found else "read"] += 1
        return found

    def mentions(self: Contents, path: str, names: Any) -> bool:
        found = own_mentions(self, path, names)
        seen["lost words", "stand in it" if found else "do not"] += 1
        return found

    own_service_over, own_words_fit, own_mentions = OwnService.over_other, OwnWords.fits, Contents.mentions
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Contents, "mentions", mentions)
        patched.setattr(OwnService, "over_other", service_over)
        patched.setattr(OwnWords, "fits", words_fit)
        yield seen


@cache
def walked(seed: int) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Walk from a random tree; return what came of the edits, and how the trees were read again."""
    random = Random(seed)
    with TemporaryDirectory() as name, noting() as seen:
        write_tree(random, Path(name) / "regions")
        return walk(Officer(random, Path(name) / "regions")), seen


@pytest.mark.parametrize("seed", SEEDS)
def test_a_tree_read_again_is_the_one_read_from_nothing(seed: int) -> None:
    counted, _ = walked(seed)
    assert min(counted[came] for came in ("good", "faulty")) > 3, counted


def test_that_nothing_is_the_very_same_costs_time_and_no_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A region must not have to find out by comparing objects what its own files say."""

    def copied(self: ServicePolicy, region: str, shared: Mapping[str, Setting]) -> ServicePolicy:
        rules = {name: replace(rule) for name, rule in self.rules.items()}
        settings = {name: replace(setting) for name, setting in self.own_settings.items()}
        return replace(in_region(self, region, shared), own_settings=settings, rules=rules)

    in_region = ServicePolicy.in_region
    monkeypatch.setattr(ServicePolicy, "in_region", copied)
    random = Random(1)
    write_tree(random, tmp_path / "regions")
    walk(Officer(random, tmp_path / "regions"))


def test_the_walk_takes_over_and_reads_again() -> None:
    """Without this, the walk could agree because everything is read from the files, or nothing has changed."""
    seen = sum((walked(seed)[1] for seed in range(3)), Counter[tuple[str, str]]())
    ways = [("service", "read"), ("service", "put on top"), ("words", "read")]
    ways += [("words", "put on top"), ("lost words", "stand in it"), ("lost words", "do not")]
    assert min(seen[way] for way in ways) > 10, seen


# --- only what matters is read


def files_read(folder: Path, before: PolicyTree, monkeypatch: pytest.MonkeyPatch) -> tuple[PolicyTree, list[str]]:
    read = []

    def note(path: Path, file: str, *others: Any) -> Any:
        read.append(file)
        return read_file(path, file, *others)

    with monkeypatch.context() as patch:
        patch.setattr(folders, "read_file", note)
        found = loaded(folder, before)
        assert isinstance(found, PolicyTree), found
        return found, read


def test_what_the_nation_changes_opens_no_file_of_a_city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "regions"
    shutil.copytree(REGIONS, folder)
    found = load_tree(folder)
    edits: dict[str, tuple[str, str]] = {
        "china/apply.yaml": ("申领社会保障卡", "申领社保卡"),
        "china/settings.yaml": ("value: 16", "value: 15"),
        "china/rules.yaml": ("no document of ours says it", "nothing says it"),
        "vocabulary/banks.yaml": ("Bank of China", "Bank of the whole of China"),
        "vocabulary/channels.yaml": ("terms:\n", "terms:\n  news: {label: {zh: 新, en: new}, kind: online, cross_province: false}\n"),
        "facts.yaml": ("\nholder.age:", "\nholder.youth:\n  type: integer\n  origin: computed\n  label: {zh: 少, en: youth}\nholder.age:"),
    }  # fmt: skip
    for file, (old, new) in edits.items():
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text, file
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        found, read = files_read(folder, found, monkeypatch)
        assert file in read
        assert [name for name in read if name.count("/") > 1] == [], file
        assert repr(found.regions) == repr(load_tree(folder).regions)


NAMING_BANKS = "china/shandong/qingdao/apply.yaml"


def bank_added(folder: Path, name: str) -> None:
    banks = folder / "vocabulary/banks.yaml"
    text = banks.read_text(encoding="utf-8")
    banks.write_text(f"{text.rstrip()}\n  {name}: {{label: {{zh: 某银行, en: Some Bank}}}}\n", encoding="utf-8")


@pytest.mark.parametrize("written", ["yonder_bank", r'"y\x6fnder_bank"'])
def test_a_word_that_goes_opens_only_the_files_in_which_it_may_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """Also where YAML writes it in other letters."""
    folder = tmp_path / "regions"
    shutil.copytree(REGIONS, folder)
    banks, naming = folder / "vocabulary/banks.yaml", folder / NAMING_BANKS
    before, settings = banks.read_text(encoding="utf-8"), naming.read_text(encoding="utf-8")
    assert "[icbc," in settings
    bank_added(folder, "yonder_bank")
    naming.write_text(settings.replace("[icbc,", f"[{written}, icbc,", 1), encoding="utf-8")
    found = load_tree(folder)
    banks.write_text(before, encoding="utf-8")
    faults = loaded(folder, found)
    assert isinstance(faults, tuple)
    assert faults == loaded(folder)
    assert {fault.file for fault in faults} == {NAMING_BANKS}
    assert "UNKNOWN_TERM" in {fault.code for fault in faults}
    naming.write_text(settings, encoding="utf-8")
    again, read = files_read(folder, found, monkeypatch)
    # With the shared rules of its region, before which none of its files is read.
    assert [file for file in read if file.count("/") > 1] == ["china/shandong/qingdao/rules.yaml", NAMING_BANKS]
    assert repr(again.regions) == repr(load_tree(folder).regions)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("card.expires_on: {type: date", "card.expires_on: {type: moment"),
        ("card.expires_on: {type: date, origin: computed, optional: true", "card.expires_on: {type: date, origin: computed"),
        ("card.expires_on:", "card.expires_on_day:"),
    ],
)  # fmt: skip
def test_a_fact_that_means_something_else_is_read_anew_where_it_stands(tmp_path: Path, old: str, new: str) -> None:
    folder = tmp_path / "regions"
    shutil.copytree(REGIONS, folder)
    found = load_tree(folder)
    facts = folder / "facts.yaml"
    text = facts.read_text(encoding="utf-8")
    assert old in text
    facts.write_text(text.replace(old, new), encoding="utf-8")
    fresh, again = loaded(folder), loaded(folder, found)
    assert again == fresh
    if isinstance(again, PolicyTree) and isinstance(fresh, PolicyTree):
        assert repr(again.regions) == repr(fresh.regions) != repr(found.regions)
