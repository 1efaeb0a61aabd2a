"""What officers are told of their files: every fault, what will need them soon, and how much there is."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from domain.message import Language, Message, joined
from policies.source.faults import Fault
from policies.words.notices import Notice

WARNING = Message("警告 ", "warning: ")
"""What stands before a warning."""
_FAULT = Message("错误 ", "fault: ")
_COUNTED: Mapping[str, str] = {
    "regions": "个地区",
    "service_files": "份事项文件",
    "rules": "条规则",
    "shared_rules": "条共用规则",
    "assumed_rules": "条无文件依据的规则",
    "settings": "个参数",
    "cases": "个用例",
}
"""What is counted, in Chinese, with its measure word."""


@dataclass(frozen=True, slots=True)
class Report:
    """The state of a regions folder on a day.

    Args:
        faults: why the files cannot be used; none when they can.
        warnings: what an officer should know; found only where there are no faults.
        counts: how much there is of what; consequences: how many more there are that follow from these.
    """

    faults: tuple[Fault, ...]
    warnings: tuple[Notice, ...]
    counts: Mapping[str, int]
    consequences: int = 0

    @property
    def ok(self) -> bool:
        """Whether the files can be used."""
        return not self.faults

    def text(self, language: Language) -> str:
        """Render the report for people."""
        parts = [f"{_FAULT.text(language)}{fault.text(language)}" for fault in self.faults]
        parts += [f"{WARNING.text(language)}{notice.text(language)}" for notice in self.warnings]
        if self.consequences:
            parts.append(consequences(self.consequences).text(language))
        counts = [
            Message(f"{amount}{_COUNTED[name]}", f"{amount} {name.replace('_', ' ')}")
            for name, amount in self.counts.items()
        ]
        parts.append(joined(counts, "，", ", ").text(language))
        parts.append(joined((faults(len(self.faults)), warnings(len(self.warnings))), "，", ", ").text(language))
        return "\n".join(parts)

    def json(self) -> str:
        """Render the report as JSON for tools."""
        faults = [placed(fault, "fault") for fault in self.faults]
        warnings = [placed(notice, "warning") for notice in self.warnings]
        shown = {"ok": self.ok, "faults": faults, "warnings": warnings, "counts": dict(self.counts)}
        shown["consequences"] = self.consequences
        return json.dumps(shown, ensure_ascii=False, indent=2)


def consequences(amount: int) -> Message:
    """Say that some faults are not listed, since they follow from those that are."""
    those = "that follows from it" if amount == 1 else "that follow from these"
    return Message(
        f"（另有{amount}处错误由上述错误引起，不再列出：改好后请再检查）",
        f"(and {number(amount, 'fault')} {those}, not listed: mend these, then check again)",
    )


def faults(amount: int) -> Message:
    """Say how many faults there are."""
    return Message(f"{amount}处错误", number(amount, "fault"))


def warnings(amount: int) -> Message:
    """Say how many warnings there are."""
    return Message(f"{amount}处警告", number(amount, "warning"))


def number(amount: int, of_what: str) -> str:
    """Say in English how many there are of something."""
    return f"{amount} {of_what}{'s' * (amount != 1)}"


def placed(found: Fault | Notice, severity: str) -> dict[str, Any]:
    """Return a fault or warning as JSON for tools."""
    place = found.place
    where = {"file": place.file, "line": place.line, "column": place.column, "path": place.path}
    said = {"severity": severity, "code": found.code}
    return {**said, **where, "message": asdict(found.message), "remedy": asdict(found.remedy)}
