"""Facts that are counted over a holder's history: third loss this year, a card that lapsed uncollected."""

from collections.abc import Iterator
from datetime import date, datetime

from domain.duration import CHINA_TIME, shift_date
from domain.history import History, HistoryRecord
from policies.vocabulary import Count


def count_history(count: Count, history: History, on: date) -> int | datetime | None:
    """Return the number of records that match, or, for `latest`, the moment of the newest (None if there is none).

    Args:
        count: what to count; history: of the holder; on: the day asked, in China.
    """
    found = list(_matching(count, history, on))
    return max(found, default=None) if count.latest else len(found)


def _matching(count: Count, history: History, on: date) -> Iterator[datetime]:
    """Yield when the records were that match."""
    after = max(_matching(count.since, history, on), default=None) if count.since is not None else None
    for record in history:
        if _is_meant(count, record) and (after is None or record.at > after):
            day = record.at.astimezone(CHINA_TIME).date()
            if day <= on and _in_period(count, day, on):
                yield record.at


def _is_meant(count: Count, record: HistoryRecord) -> bool:
    return (
        record.kind == count.of
        and (not count.names or record.name in count.names)
        and all(record.attributes.get(key) in wanted for key, wanted in count.where.items())
    )


def _in_period(count: Count, day: date, on: date) -> bool:
    if count.within == "calendar_year":
        return day.year == on.year
    if count.within == "calendar_month":
        return (day.year, day.month) == (on.year, on.month)
    return count.last is None or day > shift_date(on, count.last, backwards=True)
