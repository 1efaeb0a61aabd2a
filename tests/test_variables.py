"""One table of the environment variables: what the code reads is in it, what is in it is read, and what cannot be has one clear error."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk import environment_variables as of_opentelemetry

from composition.production import PROVIDERS
from composition.settings import Settings
from composition.variables import KNOWN
from tests.commands import production

ROOT = Path(__file__).parent.parent
FOLDERS = ("composition", "domain", "gateways", "policies", "rehearsal", "resolvers", "schema", "store", "web")
NAME = re.compile("[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
READS = {
    "get",
    "getenv",
    "setdefault",
    "one_of",
    "is_on",
    "whole",
    "seconds",
    "listed",
    "origins",
    "authorities",
    "secret",
    "signing_key",
}
VALUES = {"values", "environ"}
FREE = {
    "SERVICE_FOLDER", "REGIONS_FOLDER", "TOKEN_ISSUERS", "TRUSTED_DOCUMENTS", "TRUSTED_CHANNELS", "PROMETHEUS_MULTIPROC_DIR",
    "TOKEN_PUBLIC_KEY", "TOKEN_SIGNING_KEY", "FACE_SIGNING_KEY", "FACE_ISSUER", "FACE_AUDIENCE", "OTEL_SERVICE_NAME",
    *(f"{name}_KEY" for name in PROVIDERS),
}  # fmt: skip
"""What may be any text, or is judged by what it leads to: a file, a folder, policies, a key."""
WITH_ANOTHER = {"OTEL_TRACES_SAMPLER_ARG": {"OTEL_TRACES_SAMPLER": "traceidratio"}}


def read_in_code() -> Iterator[tuple[str, str]]:
    """Yield each name of a variable that the code reads, with where."""
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READS:
                    first = node.args[0] if node.args else None
                elif isinstance(node, ast.Subscript) and ast.unparse(node.value).rpartition(".")[2] in VALUES:
                    first = node.slice
                else:
                    continue
                if isinstance(first, ast.Constant) and isinstance(first.value, str) and NAME.fullmatch(first.value):
                    yield first.value, f"{file.relative_to(ROOT)}:{node.lineno}"


def test_what_the_code_reads_is_known() -> None:
    found = dict(read_in_code())
    assert len(found) > 30
    ours = {"OTEL_SEMCONV_STABILITY_OPT_IN"}  # which the code sets
    assert {name: where for name, where in found.items() if name not in KNOWN | ours} == {}


def test_what_is_known_is_read() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "composition").rglob("*.py"))
    code = code.replace((ROOT / "composition" / "variables.py").read_text("utf-8"), "")
    built = {f"{name}_{part}" for name in PROVIDERS for part in ("URL", "KEY")}
    built |= {f"STAFF_{name}" for name in ("UPLOADS_A_DAY", "UPLOAD_MIB_A_DAY")} | {"UPLOADS_A_DAY", "UPLOAD_MIB_A_DAY"}
    by_others = set(vars(of_opentelemetry))
    assert [name for name in KNOWN if f'"{name}"' not in code and name not in built | by_others] == []


@pytest.mark.parametrize("name", sorted(KNOWN - FREE))
def test_what_cannot_be_has_one_error_that_names_it(name: str) -> None:
    values = {**production(), **WITH_ANOTHER.get(name, {}), name: "?!"}
    faults = Settings.from_environment(values, tolerant=True).faults
    assert len(faults) == 1, faults
    assert name in faults[0]
    assert len(faults[0].splitlines()) == 1
    assert len(faults[0]) > len(name) + 20, "and says what to give"
