"""The weighted lists of HTTP: `Accept`, `Accept-Language`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a weighted list.

    Args:
        value: the entry itself in lower case, such as `application/json` or `zh-cn`.
        parameters: what follows it except the weight, names and values in lower case.
        quality: its weight, 0 to 1; 0 means "anything but this".
    """

    value: str
    parameters: dict[str, str]
    quality: float


def choices(header: str) -> list[Choice]:
    """Read a weighted list; entries whose weight makes no sense are left out.

    Args:
        header: the value of the header, such as `text/html, */*;q=0.8`.
    """
    return [choice for entry in header.split(",") if (choice := _choice(entry)) is not None]


def _choice(entry: str) -> Choice | None:
    value, *rest = (part.strip().lower() for part in entry.split(";"))
    parameters = {name.strip(): text.strip().strip('"') for name, _, text in (part.partition("=") for part in rest)}
    quality = _quality(parameters.pop("q", "1"))
    return Choice(value, parameters, quality) if value and quality is not None else None


def _quality(text: str) -> float | None:
    try:
        quality = float(text)
    except ValueError:
        return None
    return quality if 0 <= quality <= 1 else None
