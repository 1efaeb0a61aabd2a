"""An impact as an officer reads it: tables at the command line, in Chinese or English, and JSON for tools."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from composition.commands.impact_words import ImpactWords
from policies.language.values import as_json
from policies.replay.impact import Cell, ChangedDecision, Impact, Move, Why
from policies.replay.recorded import Standing, Undecided

MOST_ROWS = 40
"""Rows of one table at the command line; JSON has all of them."""
_PLAIN_WIDTH = 100_000
_ALLOWED, _ASKED, _REFUSED = Standing.ALLOWED, Standing.ASKED, Standing.REFUSED

_LACKING = {
    "MISSING_FACT": ("草案读取了当时未记录的事实", "the draft reads facts that were not recorded"),
    "EVIDENCE_NOT_KEPT": ("当时提供了什么没有记录", "what was brought along is not on record"),
    "REGION_UNKNOWN": ("草案已无此地区", "the draft no longer has the region"),
    "VALUE_NOT_POSSIBLE": ("草案已无所选的值", "the draft no longer has the value that was chosen"),
}


def impact_text(impact: Impact, words: ImpactWords, against: bool, width: int | None) -> str:
    """Render an impact for people.

    Args:
        against: whether it was compared with other policy files, and not with what was answered then.
        width: of the terminal; None for plain lines that do not depend on one.
    """
    return _Text(impact, words, against, width).text()


class _Text:
    def __init__(self, impact: Impact, words: ImpactWords, against: bool, width: int | None) -> None:
        self.impact = impact
        self.total = impact.total
        self.words = words
        self.against = against
        self.terminal = width is not None
        self.out = StringIO()
        self.console = Console(
            file=self.out,
            width=width or _PLAIN_WIDTH,
            force_terminal=self.terminal,
            color_system="standard" if self.terminal else None,
            highlight=False,
            legacy_windows=False,
        )

    def text(self) -> str:
        say = self.words.say
        self._head()
        self._moves()
        self._places(say("按地区", "By region"), say("地区", "region"), self.impact.by_region(), self.words.region)
        self._places(
            say(
                "按事项",
                "By service",
            ),
            say(
                "事项",
                "service",
            ),
            self.impact.by_service(),
            self.words.service,
        )
        self._why()
        self._fees()
        self._changed(say("承诺有变", "Promises that change"), self.total.promises)
        self._changed(say("期限有变", "Lapses that change"), self.total.lapses)
        self._undecided(say("草案无法判定", "The draft cannot decide"), self.total.undecided)
        self._undecided(
            say("对照的政策无法判定", "The policies compared with cannot decide"), self.total.baseline_undecided
        )
        return "\n".join(line.rstrip() for line in self.out.getvalue().splitlines())

    def _head(self) -> None:
        say, total = self.words.say, self.total
        compared = (
            say("对照的政策", "the policies compared with") if self.against else say("当时的判定", "the answers then")
        )
        undecided = sum(count for move, count in total.moves.items() if Standing.UNDECIDED in move)
        otherwise = total.decisions - total.flips - total.unchanged - undecided
        self._line(
            say(
                f"重新判定{total.decisions}件，与{compared}相比：{total.unchanged}件不变，"
                f"{total.flips}件由准予变为不准予（或相反），{otherwise}件有其他变化（理由、费用、时限等），"
                f"{undecided}件无法判定。",
                f"{total.decisions} decisions replayed, compared with {compared}: {total.unchanged} do not change at all, "
                f"{total.flips} flip, {otherwise} change otherwise (reasons, fees, times), {undecided} cannot be decided.",
            )
        )

    def _line(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)

    def _table(self, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: int) -> None:
        """Print a table, unless it is empty.

        Args:
            numbers: how many of the last columns hold numbers.
        """
        found = list(rows)
        if not found:
            return
        self._line(f"\n{title}")
        table = Table(box=box.SIMPLE_HEAD if self.terminal else None, pad_edge=False, padding=(0, 2, 0, 0))
        for number, head in enumerate(heads):
            right = number >= len(heads) - numbers
            table.add_column(head, justify="right" if right else "left", no_wrap=right or not self.terminal)
        for row in found[:MOST_ROWS]:
            table.add_row(*(cell.replace("[", r"\[") for cell in row))
        self.console.print(table)
        if len(found) > MOST_ROWS:
            left = len(found) - MOST_ROWS
            self._line(self.words.say(f"另有{left}行，见 `--json`。", f"{left} more rows; --json has all."))

    def _moves(self) -> None:
        say = self.words.say
        rows = [
            (self.words.standing(before), self.words.standing(after), f"{count}")
            for (before, after), count in sorted(self.total.moves.items(), key=_most)
            if before is not after
        ]
        heads = (say("原先", "before"), say("草案", "draft"), say("件数", "count"))
        self._table(say("结果有变", "What changes"), heads, rows, 1)
        if (others := self.total.reasons_changed) > 0:
            self._line(
                say(f"\n另有{others}件结果不变，只是理由有变。", f"\nOf {others} more, only the reasons change.")
            )

    def _places(self, title: str, head: str, cells: Mapping[str, Cell], name: Any) -> None:
        say, yuan = self.words.say, self.words.yuan
        heads = (
            head, say("件数", "decisions",), say("准予与不予互变", "flips",), say("变为不予办理", "→refused",), say("变为材料不齐", "→asked",),
            say("变为准予", "→allowed"), say("无法判定", "undecided"), say("费用增（元）", "fees gained"),
            say("费用减（元）", "fees lost"), say("不变", "unchanged"),
        )  # fmt: skip
        rows = [
            (
                name(key),
                *(f"{n}" for n in (cell.decisions, cell.flips, cell.moved(None, _REFUSED), cell.moved(None, _ASKED))),
                *(f"{n}" for n in (cell.moved(None, _ALLOWED), cell.undecided.total())),
                yuan(sum(fee.gained for fee in cell.fees.values())),
                yuan(sum(fee.lost for fee in cell.fees.values())),
                f"{cell.unchanged}",
            )
            for key, cell in sorted(cells.items(), key=lambda item: (-item[1].flips, item[1].unchanged, item[0]))
            if cell.unchanged < cell.decisions
        ]
        self._table(title, heads, rows, len(heads) - 1)
        others = len(cells) - len(rows)
        if rows and others:
            self._line(say(f"其余{others}项都不变。", f"Nothing changes at all in {others} more."))

    def _why(self) -> None:
        say = self.words.say
        found: dict[tuple[Why, str], Counter[str]] = {}
        for (region, service), cell in self.impact.cells.items():
            for why, count in cell.why.items():
                found.setdefault((why, service), Counter())[region] += count
        rows = [
            (
                f"{self.words.standing(why.move[0])} → {self.words.standing(why.move[1])}",
                say("不再适用", "no longer") if why.gone else say("新增", "newly"),
                why.reason.rule,
                _place(why),
                service,
                self._regions(regions),
                f"{regions.total()}",
            )
            for (why, service), regions in sorted(found.items(), key=lambda item: (-item[1].total(), repr(item[0])))
        ]
        heads = (
            say("变化", "change"), "", say("规则", "rule"), say("位置", "place"), say("事项", "service"),
            say("地区", "regions"), say("件数", "count"),
        )  # fmt: skip
        self._table(say("理由", "Reasons"), heads, rows, 1)

    def _regions(self, counts: Counter[str]) -> str:
        shown = [self.words.region(code) for code, _ in counts.most_common(3)]
        more = len(counts) - len(shown)
        return ", ".join([*shown, *([f"+{more}"] if more else [])])

    def _fees(self) -> None:
        say, yuan = self.words.say, self.words.yuan
        heads = (
            say("费用", "fee"), say("付费方", "payer"), say("原先（元）", "before"), say("草案（元）", "draft"),
            say("补齐后（元）", "pending"), say("增（元）", "gained"), say("减（元）", "lost"),
            say("多付件数", "pay more"), say("少付件数", "pay less"),
        )  # fmt: skip
        rows = [
            (
                self.words.term("fees", fee),
                self.words.payer(payer),
                *map(yuan, (sums.before, sums.after, sums.pending, sums.gained, sums.lost)),
                f"{sums.more}",
                f"{sums.less}",
            )
            for (fee, payer), sums in sorted(self.total.fees.items())
            if sums.before or sums.after or sums.pending
        ]
        self._table(say("费用", "Fees (yuan)"), heads, rows, 7)

    def _changed(self, title: str, found: Counter[ChangedDecision]) -> None:
        say = self.words.say
        rows = [(*self.words.changed(changed), f"{count}") for changed, count in sorted(found.items(), key=_most)]
        self._table(title, ("", say("原先", "before"), say("草案", "draft"), say("件数", "count")), rows, 1)

    def _undecided(self, title: str, found: Counter[Undecided]) -> None:
        say = self.words.say
        rows = [
            (lacking.code, say(*_LACKING.get(lacking.code, ("", ""))), ", ".join(lacking.about), f"{count}")
            for lacking, count in sorted(found.items(), key=_most)
        ]
        heads = (say("代码", "code"), say("原因", "why"), say("涉及", "about"), say("件数", "count"))
        self._table(title, heads, rows, 1)


def _most(item: tuple[Any, int]) -> tuple[int, str]:
    return -item[1], repr(item[0])


def _place(why: Why) -> str:
    reason = why.reason
    return f"{reason.file}:{reason.line}" if reason.file is not None else ""


def impact_json(impact: Impact) -> str:
    """Render an impact as JSON for tools; amounts are in fen."""
    shown = {
        "total": _cell(impact.total),
        "regions": {name: _cell(cell) for name, cell in impact.by_region().items()},
        "services": {name: _cell(cell) for name, cell in impact.by_service().items()},
        "cells": [
            {"region": region, "service": service, **_cell(cell)}
            for (region, service), cell in sorted(impact.cells.items())
        ],
    }
    return json.dumps(shown, ensure_ascii=False, indent=2)


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "decisions": cell.decisions,
        "flips": cell.flips,
        "unchanged": cell.unchanged,
        "reasonsChanged": cell.reasons_changed,
        "moves": [_move(move) | {"count": count} for move, count in sorted(cell.moves.items(), key=_most)],
        "reasons": list(_reasons(cell)),
        "fees": [
            {
                "fee": fee, "payer": payer, "before": sums.before, "after": sums.after, "pending": sums.pending,
                "gained": sums.gained, "lost": sums.lost, "more": sums.more, "less": sums.less,
            }
            for (fee, payer), sums in sorted(cell.fees.items())
        ],
        "promises": [_terms(changed, count) for changed, count in sorted(cell.promises.items(), key=_most)],
        "lapses": [_terms(changed, count) for changed, count in sorted(cell.lapses.items(), key=_most)],
        "undecided": [_lacking(lacking, count) for lacking, count in sorted(cell.undecided.items(), key=_most)],
        "baselineUndecided": [
            _lacking(lacking, count) for lacking, count in sorted(cell.baseline_undecided.items(), key=_most)
        ],
    }  # fmt: skip


def _move(move: Move) -> dict[str, str]:
    return {"before": move[0].value, "after": move[1].value}


def _reasons(cell: Cell) -> Iterator[dict[str, Any]]:
    for why, count in sorted(cell.why.items(), key=_most):
        reason = why.reason
        yield {
            **_move(why.move), "gone": why.gone, "asks": reason.asks, "rule": reason.rule, "file": reason.file,
            "line": reason.line, "count": count,
        }  # fmt: skip


def _terms(changed: ChangedDecision, count: int) -> dict[str, Any]:
    shown = [
        [dict(zip(term._fields, map(_json, term), strict=True)) for term in terms]
        for terms in (changed.before, changed.after)
    ]
    return {"before": shown[0], "after": shown[1], "count": count}


def _json(value: Any) -> Any:
    return value if isinstance(value, str) else as_json(value)


def _lacking(lacking: Undecided, count: int) -> dict[str, Any]:
    return {"code": lacking.code, "about": list(lacking.about), "count": count}
