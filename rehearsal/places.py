"""Places that stand in a relation to a region: in its city, in its province, elsewhere."""

from collections.abc import Iterator
from functools import cache

from domain.region import city_of, province_of
from policies.language.region_codes import RegionCodes

_CODES = RegionCodes()
ELSEWHERE = ("110105", "310101")
"""Districts of two provinces; one of them is in another province than any region."""


def within_city(region: str) -> str:
    """Return a place in a region's city: the region itself, which is one."""
    return region


@cache
def within_province(region: str) -> str | None:
    """Return another city of a region's province; None where it is no province's."""
    return next((code for code in _cities(province_of(region)) if city_of(code) != city_of(region)), None)


def elsewhere(region: str) -> str:
    """Return a place in another province."""
    return next(code for code in ELSEWHERE if province_of(code) != province_of(region))


def _cities(province: str) -> Iterator[str]:
    for number in range(1, 100):
        code = f"{province[:2]}{number:02}00"
        if _CODES.has(code):
            yield code
