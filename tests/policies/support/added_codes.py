"""Codes of regions that no list has, for cities that there are not."""

from collections.abc import Iterable
from pathlib import Path


def add_codes(regions: Path, codes: Iterable[str]) -> None:
    """Add codes to `region_codes.yaml` of a regions folder."""
    with (regions / "region_codes.yaml").open("a", encoding="utf-8") as file:
        file.writelines(f'"{code}": {{zh: 示例地区, en: Sample}}\n' for code in codes)
