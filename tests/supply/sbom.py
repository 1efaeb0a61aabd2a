"""Write the lists of what the service is made of (SBOM, CycloneDX) into the folder `sbom/`: `python -m tests.supply.sbom`.

The tools that are maintained for it make them from the locks: cyclonedx-py for PyPI, npm for the pages. Each names the host of a registry as where a
package comes from; which one an installation takes them from is its own affair, so a package is named by its purl there.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.node import npm
from tests.supply.locked import PAGES, REQUIREMENTS, ROOT

FOLDER: Final = ROOT / "sbom"


def of_requirements(file: str) -> dict[str, Any]:
    """Return the list of a requirements file."""
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", file, "--pyproject", "pyproject.toml"]
    command += ["--output-reproducible", "--no-validate", "--of", "JSON", "--sv", "1.6", "-o", "-"]
    return _made(command, ROOT)


def of_pages(folder: str) -> dict[str, Any]:
    """Return the list of what the bundle of a folder is made of and with; tools are marked as for development."""
    with tempfile.TemporaryDirectory() as above:
        # Of which it takes the name.
        scratch = Path(above) / folder.replace("/", "-")
        scratch.mkdir()
        for name in ("package.json", "package-lock.json"):
            content = json.loads((ROOT / folder / name).read_text("utf-8"))
            # npm names nothing without a version, and a page of ours has none.
            own = content["packages"][""] if "packages" in content else content
            own["version"] = content["version"] = "0.0.0"
            (scratch / name).write_text(json.dumps(content))
        command = [*npm(), "sbom", "--sbom-format", "cyclonedx", "--package-lock-only"]
        return _made(command, scratch)


def _made(command: list[str], folder: Path) -> dict[str, Any]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return _without_hosts(json.loads(done.stdout))


def _without_hosts(sbom: dict[str, Any]) -> dict[str, Any]:
    for component in sbom["components"]:
        if component.get("description", "").startswith("requirements line"):
            del component["description"]
        for reference in component.get("externalReferences", ()):
            if reference["type"] == "distribution":
                reference["url"] = component["purl"]
    sbom["metadata"].pop("tools", None)
    found = JsonStrictValidator(SchemaVersion.from_version(sbom["specVersion"])).validate_str(json.dumps(sbom))
    if found is not None:
        raise RuntimeError(f"that is no CycloneDX: {found}")
    return sbom


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    made = {Path(file).stem: of_requirements(file) for file in REQUIREMENTS[:2]}
    made |= {f"pages-{folder.replace('/', '-')}": of_pages(folder) for folder in PAGES}
    for name, sbom in made.items():
        (FOLDER / f"{name}.cdx.json").write_text(json.dumps(sbom, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
