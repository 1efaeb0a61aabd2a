"""Which codes of regions there are: the list of GB/T 2260 that python-stdnum keeps, and what officers add to it.

The list has provinces, cities and counties, those that are no more among them, for people's records still name those. It
is as new as the library's release. What has come since then stands in `regions/region_codes.yaml`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from importlib.resources import files

from stdnum import numdb

from domain.message import Message
from domain.region import NATION, prefecture_of, province_of
from policies.source.faults import Unreadable
from policies.source.reader import Value

REGION_CODE = re.compile(r"[0-9]{6}")
REGION_CODE_FORM = Message(
    "写六位数字并加引号，省、市、区县各两位",
    "write six digits in quotes, two each for province, city and district",
)
"""What to do where a region's code is none."""
MAX_NEAR = 3
_YEARS = re.compile(r"\[[0-9]*-[0-9]*\]")


@dataclass(frozen=True, slots=True)
class ListedRegion:
    """A region of the library's list: the name that its code had last, and whether it has it still."""

    name: str
    current: bool


@cache
def _lists() -> Mapping[str, str]:
    """Return the library's list of each province by the first two digits, as text."""
    text = files("stdnum").joinpath("cn", "loc.dat").read_text("utf-8")
    return {province[:2]: province for province in re.split(r"^(?=[0-9])", text, flags=re.MULTILINE)}


@cache
def _list_of(province: str) -> numdb.NumDB:
    """Return the library's list of one province, as the library reads it; all of them take 30 ms, and a service asks about few."""
    return numdb.read(_lists().get(province, "").splitlines())


@lru_cache(maxsize=16_384)
def listed(code: str) -> ListedRegion | None:
    """Return what the library's list has of a code; None where there never was such a code."""
    names = [parts["county"] for _, parts in _list_of(code[:2]).info(code) if "county" in parts]
    if not names:
        return None
    # `[1986-1989]义马市,[1997-]济源市`: a code may have been given twice.
    last = names[-1].rpartition(",")[2]
    years = _YEARS.match(last)
    return ListedRegion(_YEARS.sub("", last), years is None or years[0].endswith("-]"))


@cache
def _listed_codes() -> tuple[str, ...]:
    """Return every code of the library's list."""
    below = re.compile(r"^ +([0-9]{4}) ", re.MULTILINE)
    return tuple(f"{province}{rest}" for province, text in _lists().items() for rest in below.findall(text))


@dataclass(frozen=True)
class RegionCodes:
    """The codes that there are.

    Args:
        added: names by code, of what the library's list does not have yet.
    """

    added: Mapping[str, Message] = field(default_factory=dict)

    def name(self, code: str) -> str | None:
        """Return the Chinese name of a code; None where there is no such code."""
        if code in self.added:
            return self.added[code].zh
        found = listed(code)
        return found.name if found is not None else None

    def has(self, code: str) -> bool:
        """Say whether there is, or was, a region of a code; the nation is one."""
        return code == NATION or code in self.added or listed(code) is not None

    def may_have(self, code: str) -> bool:
        """Say whether somebody may live in a region of a code: it is there, or its city is.

        The list ends some time before today, and nobody is refused for living in a county that is newer.

        Args:
            code: anything; only six ASCII digits can be right.
        """
        if not REGION_CODE.fullmatch(code) or code == NATION:
            return False
        above = prefecture_of(code)
        return self.has(code) or (above not in (province_of(code), code) and self.has(above))

    @cached_property
    def pattern(self) -> str:
        """What codes look like that `may_have` takes: of a city, the first four digits are known, and any two follow."""
        known = (*_listed_codes(), *self.added)
        cities = {code[:4] for code in known if prefecture_of(code) == code != province_of(code)}
        others = {code for code in known if code[:4] not in cities and code != NATION}
        return f"^(?:(?:{'|'.join(sorted(cities))})[0-9]{{2}}|{'|'.join(sorted(others))})$"

    def near(self, code: str) -> tuple[str, ...]:
        """Return codes that somebody may have meant: those one slip away, else the smallest region around it."""
        slips = {other for other in _slips(code) if self.has(other)}
        return (
            tuple(sorted(slips, key=lambda other: self._distance(code, other))[:MAX_NEAR])
            or tuple(other for other in (prefecture_of(code), province_of(code)) if self.has(other))[:1]
        )

    def _distance(self, code: str, other: str) -> tuple[bool, bool, bool, str]:
        found = listed(other)
        former = other not in self.added and found is not None and not found.current
        return province_of(other) != province_of(code), prefecture_of(other) != prefecture_of(code), former, other


def _slips(code: str) -> Iterator[str]:
    """Yield what a code may have been before one digit was mistyped, or two were swapped."""
    for at, digit in enumerate(code):
        yield from (code[:at] + other + code[at + 1 :] for other in "0123456789" if other != digit)
    for at in range(len(code) - 1):
        if code[at] != code[at + 1]:
            yield code[:at] + code[at + 1] + code[at] + code[at + 2 :]


def read_added_codes(entries: list[tuple[str, Value]]) -> RegionCodes:
    """Read `region_codes.yaml`: a name in both languages for each code. Entries with faults are left out."""
    added: dict[str, Message] = {}
    for code, value in entries:
        before = len(value.log.faults)
        try:
            if not REGION_CODE.fullmatch(code):
                message = Message(f"`{code}` 不是行政区划代码", f"`{code}` is not a GB/T 2260 code")
                raise value.fault("BAD_REGION_CODE", message, REGION_CODE_FORM)
            added[code] = value.message()
        except Unreadable:
            value.log.lose(before, f"code {code}")
    return RegionCodes(added)


def unknown_code(value: Value, code: str, codes: RegionCodes) -> Unreadable:
    """Record that there is no region of a code, with what may have been meant, and return what to raise."""
    near = [(other, codes.name(other)) for other in codes.near(code)]
    zh = "、".join(f"`{other}`（{name}）" for other, name in near)
    en = ", ".join(f"{other} ({name})" for other, name in near)
    message = Message(f"没有行政区划代码为 `{code}` 的地区", f"no region has the code `{code}` of GB/T 2260")
    remedy = Message(
        f"{f'相近的有 {zh}。' if near else ''}代码没有写错、只是比软件的名单新的，加到 `region_codes.yaml`",
        f"{f'near it are {en}; ' if near else ''}if it is right and only newer than the list of the software, add it to "
        "`region_codes.yaml`",
    )
    return value.fault("UNKNOWN_REGION_CODE", message, remedy, f"code {code}")


def require_codes(value: Value, read: str | tuple[str, ...], codes: RegionCodes) -> None:
    """Refuse a code, or a list of codes, of which one is no region's.

    Args:
        value: where it stands; read: what stands there.

    Raises:
        Unreadable: there is no region of a code; the fault is recorded.
    """
    places = [value] if isinstance(read, str) else value.items()
    for code, place in zip((read,) if isinstance(read, str) else read, places, strict=True):
        if not codes.has(code):
            raise unknown_code(place, code, codes)
