"""Of several promises, an operation is dated by the one that the card is issued, whichever stands first."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from domain.decision import Citation, Promise
from domain.duration import CHINA_TIME, Duration, Unit, WeekdayCalendar
from domain.message import Message
from resolvers.changing.change import Change
from resolvers.changing.outcomes import promises as promised
from tests.store.samples import operation

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


def promise(what: str, days: int, counted_from: str = "submitted", *, conditional: bool = False) -> Promise:
    cited = Citation("assumption", None, None, True, "000000", "nation", "china/apply.yaml", 1)
    return Promise(what, what, Duration(days, Unit.NATURAL_DAYS), counted_from, Message("", ""), conditional, cited, ())


@pytest.mark.parametrize(
    ("promises", "ends"),
    [
        ([promise("done", 1), promise("card_issued", 7)], date(2026, 11, 27)),
        ([promise("card_issued", 7), promise("done", 1)], date(2026, 11, 27)),
        ([promise("done", 1)], date(2026, 11, 21)),
        ([promise("done", 1), promise("card_issued", 7, conditional=True)], date(2026, 11, 21)),
        ([promise("card_issued", 7, "accepted")], None),
        ([], None),
    ],
)
@pytest.mark.anyio
async def test_the_card_is_waited_for(promises: list[Promise], ends: date | None) -> None:
    decided: Any = SimpleNamespace(
        decisions=(SimpleNamespace(promises=promises),),
        now=NOW,
        dependencies=SimpleNamespace(calendar=WeekdayCalendar()),
    )
    change = await promised.carry_out(decided, Change(operation(promised_at=None)))
    found = change.operation.promised_at
    assert (found.astimezone(CHINA_TIME).date() if found else None) == ends
