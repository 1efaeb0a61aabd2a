"""Regions by their GB/T 2260 codes: six digits, two each for province, city and district."""

from dataclasses import dataclass
from typing import Final, Literal

from domain.message import Message

Level = Literal["nation", "province", "city", "district"]
Zone = Literal["same_city", "same_province", "other_province"]
NATION = "000000"
"""The code of the whole country."""


def province_of(code: str) -> str:
    """Return the code of the province that a six-digit code lies in: `XXYYZZ` → `XX0000`."""
    return code[:2] + "0000"


def prefecture_of(code: str) -> str:
    """Return a six-digit code without its last level: `XXYYZZ` → `XXYY00`."""
    return code[:4] + "00"


def is_directly_in_province(code: str) -> bool:
    """Say whether a code is of the counties and cities that lie in no prefecture: `XX90ZZ` in GB/T 2260."""
    return code[2:4] == "90"


def city_of(code: str) -> str:
    """Return the code of the city that a six-digit code lies in: its prefecture, or itself where it lies in none."""
    return code if is_directly_in_province(code) else prefecture_of(code)


MUNICIPALITIES: Final = frozenset({"110000", "120000", "310000", "500000"})
"""Provinces that are cities (直辖市): their districts lie in no prefecture of their own."""


def deciding_codes(code: str) -> tuple[str, ...]:
    """Return the regions whose policies can decide for a code, in turn: its own, and those of the city that it is a district of."""
    province = province_of(code)
    return tuple(dict.fromkeys((code, city_of(code), province if province in MUNICIPALITIES else code)))


def around(code: str) -> tuple[str, ...]:
    """Return the regions that a code lies in, itself among them; everything lies in the nation, `000000`."""
    return (NATION, province_of(code), prefecture_of(code), code)


def lies_within(code: str, region: str) -> bool:
    """Say whether a code lies in a region, or is its code."""
    return region in around(code)


def codes_within(region: str) -> tuple[str, str]:
    """Return the first and the last code that can lie in a region, in the order of texts."""
    if region == NATION:
        return NATION, "999999"
    digits = region[:2] if region.endswith("0000") else region[:4] if region.endswith("00") else region
    return digits.ljust(6, "0"), digits.ljust(6, "9")


def zone_between(origin: str, destination: str) -> Zone:
    """Say how far apart two addresses are, as postage sees it (NX-1)."""
    if city_of(origin) == city_of(destination):
        return "same_city"
    return "same_province" if province_of(origin) == province_of(destination) else "other_province"


@dataclass(frozen=True, slots=True)
class Region:
    """A place with its own policies.

    Args:
        code: six digits of GB/T 2260; the nation is `000000`.
        path: the folder that holds its policies, such as `country/province/city`.
        level: nation, province, city or district.
        name: its name in both languages.
        parent: the code of the region it inherits from; None for the nation.
    """

    code: str
    path: str
    level: Level
    name: Message
    parent: str | None
