"""Region codes of the whole country (GB/T 2260), with or without policies of ours."""

import re

from stdnum import numdb

from domain.region import prefecture_of, province_of


def can_be_region(code: str) -> bool:
    """Say whether GB/T 2260 has, had, or may have got in the meantime, a code.

    The list of places ends some years before today, so that a district is believed if the list knows its city.

    Args:
        code: anything; only six ASCII digits can be right.
    """
    if not re.fullmatch(r"[0-9]{6}", code):
        return False
    above = prefecture_of(code)
    return _is_listed(code) or (above not in (province_of(code), code) and _is_listed(above))


def _is_listed(code: str) -> bool:
    parts = numdb.get("cn/loc").info(code)
    return any("county" in properties for _, properties in parts)
