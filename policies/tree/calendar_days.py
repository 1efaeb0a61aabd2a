"""The days that officers list in `calendar.yaml`."""

from datetime import date

from domain.message import Message
from policies.source.reader import Value


def read_day(value: Value, into: dict[date, str], holidays: dict[date, str], workdays: dict[date, str]) -> None:
    """Read one listed day with its name; a day that is listed already is a fault.

    Args:
        into: where it goes, one of the two; holidays, workdays: the days that were read before.
    """
    fields = value.fields(("date", "name"), ("source",))
    if {"date", "name"} <= fields.keys():
        day = fields["date"].date()
        if day in holidays or day in workdays:
            message = Message(f"{day}重复列出", f"{day} is listed twice")
            value.fault("DUPLICATE_VALUE", message, Message("保留其中一个", "keep one of the two"))
        else:
            into[day] = fields["name"].text()
