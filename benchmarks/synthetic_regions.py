"""Many cities for measurements: copies of the real regions under other codes, some with a rule of their own."""

import argparse
import re
import shutil
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

CITIES_A_PROVINCE = 90
OWN_RULE_EVERY = 10
SERVICE = "apply"
_CODE = re.compile(r'^code: "\d{6}"', re.MULTILINE)
_TEXT = re.compile(r'\b((?:zh|en|clause|note): "?)(?=[^\s"{}\[\]])')


def write_regions(source: Path, folder: Path, cities: int, distinct: bool = False) -> tuple[str, ...]:
    """Write a regions folder with many cities.

    Args:
        source: the real regions folder; its cities are copied in turn, each with its province's files.
        folder: where to write; must not exist.
        cities: how many.
        distinct: True to give every city texts of its own in all its files, as if nobody had copied from anybody.

    Returns:
        The codes of the cities. Every tenth has a rule of its own in one service, so that it shares no ruleset there.
    """
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.tests.yaml"))
    (nation,) = (path.parent for path in folder.glob("*/region.yaml"))
    models = sorted(path.parent for path in nation.glob("*/*/region.yaml"))
    used = {path.read_text(encoding="utf-8").split('code: "')[1][:2] for path in nation.glob("*/region.yaml")}
    written = islice(_cities(nation, models, (f"{n}" for n in range(11, 99) if f"{n}" not in used)), cities)
    codes = []
    for number, (code, city) in enumerate(written):
        codes.append(code)
        if number % OWN_RULE_EVERY == 0:
            _add_own_rule(city, number)
        if distinct:
            _tell_apart(city, number)
    # Most of them are no places of this world.
    made = dict.fromkeys(f"{code[:2]}0000" for code in codes)
    with (folder / "region_codes.yaml").open("a", encoding="utf-8") as file:
        file.writelines(f'"{code}": {{zh: 示例地区, en: Sample}}\n' for code in (*made, *codes))
    return tuple(codes)


def _cities(nation: Path, models: list[Path], prefixes: Iterator[str]) -> Iterator[tuple[str, Path]]:
    for prefix, model in zip(prefixes, cycle(models), strict=False):
        province = nation / f"province_{prefix}"
        _copy(model.parent, province, f"{prefix}0000")
        for number in range(1, CITIES_A_PROVINCE + 1):
            city, code = province / f"city_{number}", f"{prefix}{number:02}00"
            _copy(model, city, code)
            yield code, city


def _copy(model: Path, folder: Path, code: str) -> None:
    folder.mkdir()
    for file in model.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        if file.name == "region.yaml":
            text = _CODE.sub(f'code: "{code}"', text)
        (folder / file.name).write_text(text, encoding="utf-8")


def _add_own_rule(city: Path, number: int) -> None:
    file = city / f"{SERVICE}.yaml"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    rule = (
        f"  own_rule_{number}:\n    when: {{request.day_of_month: {{above: {100 + number}}}}}\n    deny: true\n"
        "    source: assumption\n    message: {zh: 本市另有规定。, en: The city has a rule of its own.}\n"
    )
    if re.search(r"^rules:$", text, re.MULTILINE):
        text = re.sub(r"^rules:\n", f"rules:\n{rule}", text, count=1, flags=re.MULTILINE)
    else:
        text = f"{text}rules:\n{rule}"
    file.write_text(text, encoding="utf-8")


def _tell_apart(city: Path, number: int) -> None:
    for file in city.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(_TEXT.sub(rf"\g<1>N{number} ", text), encoding="utf-8")


def main() -> None:
    """Write a folder from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cities", type=int, default=350)
    parser.add_argument("--source", type=Path, default=Path("regions"))
    parser.add_argument("--distinct", action="store_true", help="give every city texts of its own")
    given = parser.parse_args()
    codes = write_regions(given.source, given.folder, given.cities, given.distinct)
    print(f"{len(codes)} cities in {given.folder}")


if __name__ == "__main__":
    main()
