"""Which region a folder is: its `region.yaml`, checked against the folder it lies in."""

from collections.abc import Mapping
from typing import get_args

from domain.message import Message
from domain.region import Level, Region, lies_within, province_of
from policies.language.region_codes import REGION_CODE, REGION_CODE_FORM, RegionCodes, unknown_code
from policies.source.consequences import ANY, of_region
from policies.source.faults import SourceLocation, Unreadable
from policies.source.nodes import Scalar
from policies.source.reader import NAME, NAME_FORM, Value, read_all

_LEVELS: tuple[Level, ...] = get_args(Level)
_NATION = "000000"
_WRONG_CODES = ("BAD_REGION_CODE", "UNKNOWN_REGION_CODE", "DUPLICATE_DEFINITION")


def read_region(
    value: Value, path: str, parent: Region | None, taken: Mapping[str, SourceLocation], codes: RegionCodes
) -> Region:
    """Read a `region.yaml`.

    Args:
        value: the file.
        path: the folder, relative to the regions folder.
        parent: the region that the folder lies in; None for the nation.
        taken: the codes of the regions read before, with their places.
        codes: those that there are.

    Raises:
        Unreadable: something is wrong with it; the faults are recorded.
    """
    before = len(value.log.faults)
    try:
        return _read(value, path, parent, taken, codes)
    except Unreadable:
        code = value.entries().get("code") if value.is_mapping else None
        written = code.node.value if code is not None and isinstance(code.node, Scalar) else ""
        # Who wrote a wrong code meant another one, which nobody can tell.
        wrong = any(fault.code in _WRONG_CODES for fault in value.log.faults[before:])
        value.log.lose(before, *of_region(path, ANY if wrong else written))
        raise


def _read(
    value: Value, path: str, parent: Region | None, taken: Mapping[str, SourceLocation], codes: RegionCodes
) -> Region:
    fields = value.fields(("code", "level", "name"))
    before = len(value.log.faults)
    if not NAME.fullmatch(path.rsplit("/", 1)[-1]):
        value.fault("BAD_NAME", Message(f"`{path}` 不能用作文件夹名称", f"`{path}` is not a folder name"), NAME_FORM)
    read = read_all(fields, {"code": Value.text, "level": Value.text, "name": Value.message})
    level = _check_level(fields["level"], read["level"], parent)
    _check_code(fields["code"], read["code"], level, parent, taken)
    if len(value.log.faults) == before and not codes.has(read["code"]):
        unknown_code(fields["code"], read["code"], codes)
    if len(value.log.faults) > before or level is None:
        raise Unreadable
    return Region(read["code"], path, level, read["name"], parent.code if parent else None)


def stand_in(path: str, parent: Region | None) -> Region:
    """Return a region for a folder that does not say which it is, so that what lies in it can be checked."""
    depth = min(_LEVELS.index(parent.level) + 1, len(_LEVELS) - 1) if parent else 0
    return Region("", path, _LEVELS[depth], Message(path, path), parent.code if parent else None)


def _check_level(value: Value, level: str, parent: Region | None) -> Level | None:
    possible = _LEVELS[_LEVELS.index(parent.level) + 1 :] if parent else _LEVELS[:1]
    if level in possible:
        return possible[possible.index(level)]
    if possible:
        remedy = Message(
            f"写{'或'.join(f' `{word}` ' for word in possible).rstrip()}", f"write {' or '.join(possible)}"
        )
    else:
        remedy = Message("区县之下没有地区，请移动文件夹", "nothing lies in a district; move the folder")
    value.fault("BAD_LEVEL", Message(f"此处不能用 `{level}`", f"`{level}` does not fit here"), remedy)
    return None


def _check_code(
    value: Value, code: str, level: Level | None, parent: Region | None, taken: Mapping[str, SourceLocation]
) -> None:
    if not REGION_CODE.fullmatch(code):
        message = Message(f"`{code}` 不是行政区划代码", f"`{code}` is not a GB/T 2260 code")
        value.fault("BAD_REGION_CODE", message, REGION_CODE_FORM)
    elif code in taken:
        message = Message(f"`{code}` 已在 {taken[code]} 定义", f"{code} is already defined at {taken[code]}")
        value.fault("DUPLICATE_DEFINITION", message, Message("一个地区只用一个文件夹", "one folder a region"))
    elif level == "nation" and code != _NATION:
        message = Message(f"`{code}` 不是国家的代码", f"{code} is not the nation's code")
        value.fault("BAD_REGION_CODE", message, Message(f'写 `"{_NATION}"`', f'write "{_NATION}"'))
    elif level == "province" and (province_of(code) != code or code == _NATION):
        message = Message(f"`{code}` 不是省的代码", f"{code} is not a province's code")
        remedy = Message("省的代码是两位数字加 `0000`", "it has two digits and then 0000")
        value.fault("BAD_REGION_CODE", message, remedy)
    elif level in ("city", "district") and province_of(code) == code:
        message = Message(f"`{code}` 是省的代码", f"{code} is a province's code")
        value.fault("BAD_REGION_CODE", message, Message(f"写 `{level}` 的代码", f"write the {level}'s"))
    elif parent is not None and parent.code and not lies_within(code, parent.code):
        message = Message(f"`{code}` 不在 `{parent.code}` 境内", f"{code} does not lie in {parent.code}")
        remedy = Message("改正代码，或移动文件夹", "mend the code or move the folder")
        value.fault("BAD_REGION_CODE", message, remedy)
