"""What officers are told of their files: every fault, what will need them soon, and how much there is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policies.faults import Fault
from policies.notices import Notice


@dataclass(frozen=True, slots=True)
class Report:
    """The state of a regions folder on a day.

    Args:
        faults: why the files cannot be used; none when they can.
        warnings: what an officer should know; found only where there are no faults.
        counts: how much there is of what.
    """

    faults: tuple[Fault, ...]
    warnings: tuple[Notice, ...]
    counts: Mapping[str, int]

    @property
    def ok(self) -> bool:
        """Whether the files can be used."""
        return not self.faults

    def text(self) -> str:
        """Render the report for people."""
        parts = [f"fault: {fault}" for fault in self.faults] + [f"warning: {notice}" for notice in self.warnings]
        parts.append(", ".join(f"{amount} {name.replace('_', ' ')}" for name, amount in self.counts.items()))
        parts.append(f"{number(len(self.faults), 'fault')}, {number(len(self.warnings), 'warning')}")
        return "\n".join(parts)

    def json(self) -> str:
        """Render the report as JSON for tools."""
        faults = [placed(fault, "fault") for fault in self.faults]
        warnings = [placed(notice, "warning") for notice in self.warnings]
        shown = {"ok": self.ok, "faults": faults, "warnings": warnings, "counts": dict(self.counts)}
        return json.dumps(shown, ensure_ascii=False, indent=2)


def number(amount: int, of_what: str) -> str:
    """Say how many there are of something."""
    return f"{amount} {of_what}{'s' * (amount != 1)}"


def placed(found: Fault | Notice, severity: str) -> dict[str, Any]:
    """Return a fault or warning as JSON for tools."""
    place = found if isinstance(found, Fault) else found.place
    where = {"file": place.file, "line": place.line, "column": place.column, "path": place.path}
    said = {"severity": severity, "code": found.code}
    return {**said, **where, "message": found.message, "remedy": found.remedy}
