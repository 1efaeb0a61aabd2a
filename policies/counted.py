"""Facts that are counted over a holder's history: third loss this year, a card that lapsed uncollected."""

from datetime import date

from domain.duration import CHINA_TIME, shift_date
from domain.history import History, HistoryRecord
from policies.vocabulary import Count


def count_history(count: Count, history: History, on: date) -> int | date | None:
    """Return the number of records that match, or, for `latest`, the day of the newest (None if there is none).

    Args:
        count: what to count; history: of the holder; on: the day asked, in China.
    """
    days = [day for record in history if _matches(count, record, day := _day(record), on)]
    if count.latest:
        return max(days, default=None)
    return len(days)


def _day(record: HistoryRecord) -> date:
    return record.at.astimezone(CHINA_TIME).date()


def _matches(count: Count, record: HistoryRecord, day: date, on: date) -> bool:
    return (
        record.kind == count.of
        and (not count.names or record.name in count.names)
        and all(record.attributes.get(key) in wanted for key, wanted in count.where.items())
        and day <= on
        and _in_period(count, day, on)
    )


def _in_period(count: Count, day: date, on: date) -> bool:
    if count.within == "calendar_year":
        return day.year == on.year
    if count.within == "calendar_month":
        return (day.year, day.month) == (on.year, on.month)
    return count.last is None or day > shift_date(on, count.last, backwards=True)
