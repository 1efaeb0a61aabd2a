"""Which days are worked in China: public holidays and the weekend days that are worked to make up for them."""

from collections.abc import Mapping
from datetime import date

import chinese_calendar

from domain.duration import WorkingDay
from gateways.errors import GatewayConfigurationError

SATURDAY = 5


class ChineseWorkingCalendar:
    """The working days of the country; implements `domain.duration.WorkingCalendar`.

    What officers list wins over the library, which learns of a new year only when it is upgraded. A year that neither
    knows is estimated from the weekday; a year for which officers list any day counts as announced.

    Args:
        holidays: days off that officers list, with the holiday's name.
        workdays: weekend days that officers list as worked, with the holiday they make up for.

    Raises:
        GatewayConfigurationError: a day is listed as both.
    """

    def __init__(self, holidays: Mapping[date, str], workdays: Mapping[date, str]) -> None:
        if both := sorted(holidays.keys() & workdays.keys()):
            raise GatewayConfigurationError(
                f"{both[0].isoformat()} is listed as a holiday ({holidays[both[0]]}) and as a working day "
                f"({workdays[both[0]]}): remove one of them."
            )
        self._listed = dict.fromkeys(holidays, False) | dict.fromkeys(workdays, True)
        self._announced_years = frozenset(day.year for day in self._listed)

    def day(self, on: date) -> WorkingDay:
        """Say whether a date is a working day, and whether that is only an estimate."""
        if (listed := self._listed.get(on)) is not None:
            return WorkingDay(listed, estimated=False)
        try:
            return WorkingDay(chinese_calendar.is_workday(on), estimated=False)
        except NotImplementedError:  # the library's way to say that it does not know the year
            return WorkingDay(on.weekday() < SATURDAY, estimated=on.year not in self._announced_years)
