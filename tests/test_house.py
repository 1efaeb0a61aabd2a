"""The house rules that a machine can check: directions of imports, places only in data, docstrings, topics, no paths."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import domain.services

ROOT = Path(__file__).parent.parent
PACKAGES = ("composition", "domain", "policies", "store", "gateways", "rehearsal", "resolvers", "schema", "web")
CODE = sorted([ROOT / "main.py", *(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))])
CODE = [file for file in CODE if "node_modules" not in file.parts]
SERVICES = tuple(domain.services.SERVICES)
"""Held against the services vocabulary by tests/test_services.py."""
WITHOUT_A_FIELD = {"progress", "status", "remind", "lock"}
"""Services of which the graph has no query or mutation: cards and operations show them, or another service leads to them."""
NAME = re.compile(r"name:\s*\{zh:\s*(\S+?),\s*en:\s*\"?([^}\"]+?)\"?\}")
# In parts, so that this file names none either.
PYTHON_HOSTS = ("py" + "pi", "python" + "hosted")
NODE_HOSTS = ("npm" + "js", "npm" + "mirror")
REGISTRIES = re.compile(rf"(?i)\b(?:{'|'.join((*PYTHON_HOSTS, *NODE_HOSTS))}|mirrors?)\.[a-z]{{2,}}")
MACHINE_PATH = re.compile(r"(?<![\w./~-])/(?:work|root|home|tmp|Users)/[\w.-]+")
SHOWS_PATHS = ("tests/", "docs/decisions/")


def _relative(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", errors="replace")


def test_imports_point_one_way() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, env={"PYTHONPATH": "."})
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_imports_main_and_main_leaves_libraries_to_their_layers() -> None:
    forbidden = {"yaml", "ruamel", "durable", "durable_rules_engine", "tortoise"}
    for file in CODE:
        found = {name.split(".")[0] for name in _imports(file)}
        assert "main" not in found, _relative(file)
        if file.name == "main.py":
            assert not found & forbidden


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(_text(file))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _region_words() -> set[str]:
    """Return what regions are called: in Chinese, in English, by their folders and their codes."""
    words: set[str] = set()
    for file in (ROOT / "regions").rglob("region.yaml"):
        text = _text(file)
        found = NAME.search(text)
        assert found, f"{_relative(file)} has no name"
        code = re.search(r"\d{6}", text)
        assert code, f"{_relative(file)} has no code"
        if "level: nation" in text:
            continue
        chinese = found[1].strip('"')
        words |= {chinese, chinese.rstrip("市省"), found[2], file.parent.name, code[0]}
    return {word.lower() for word in words}


def test_no_region_is_named_in_the_code() -> None:
    words = _region_words()
    assert {"chengdu", "成都", "510100", "qingdao", "四川", "370000"} <= words
    for file in CODE:
        text = _text(file)
        # A message may show what a code looks like; a code as a value would be a rule about a place.
        values = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
        named = {word for word in words if (word in values if word.isdigit() else word in text.lower())}
        assert not named, f"{_relative(file)} names {named}; regions are data"


def test_no_use_case_names_a_channel() -> None:
    vocabularies = [*(ROOT / "regions").rglob("channels.yaml"), *(ROOT / "regions" / "china").rglob("vocabulary.yaml")]
    channels = {
        name for file in vocabularies for name in re.findall(r"^ +(\w+): \{label.*cross_province", _text(file), re.M)
    }
    assert {"service_window", "hotline_12333", "qingdao_app", "chengdu_wechat"} <= channels
    for file in sorted((ROOT / "resolvers").rglob("*.py")):
        named = {n.value for n in ast.walk(ast.parse(_text(file))) if isinstance(n, ast.Constant)} & channels
        assert not named, f"{_relative(file)} names {named}; which channels are open is data"


def test_no_file_names_a_registry_or_a_path_of_a_machine() -> None:
    for file in _tracked():
        text = _text(file)
        if "\0" in text or file.name.endswith("package-lock.json"):
            continue
        assert not REGISTRIES.search(text), f"{_relative(file)} names a package registry"
        if not _relative(file).startswith(SHOWS_PATHS):
            found = MACHINE_PATH.search(text)
            assert not found, f"{_relative(file)} names {found and found[0]}"


@pytest.mark.parametrize("host", [f"{name}.org" for name in (*PYTHON_HOSTS, *NODE_HOSTS)] + ["mirror" + ".example"])
def test_a_registry_is_noticed(host: str) -> None:
    assert REGISTRIES.search(f"see https://files.{host}/simple")
    assert not REGISTRIES.search(f"https://{host.split('.')[0]}/")


@pytest.mark.parametrize("text", ["see /home/somebody/x", "'/tmp/database.db'"])
def test_a_path_of_a_machine_is_noticed(text: str) -> None:
    assert MACHINE_PATH.search(text)


def _undocumented(file: Path) -> Iterator[str]:
    tree = ast.parse(_text(file))
    if not ast.get_docstring(tree):
        yield f"{_relative(file)}: the module"
    yield from _undocumented_in(tree.body, _relative(file))


def _undocumented_in(body: list[ast.stmt], where: str) -> Iterator[str]:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        overloaded = any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)
        if not ast.get_docstring(node) and not overloaded:
            yield f"{where}: {node.name}"
        if isinstance(node, ast.ClassDef):
            yield from _undocumented_in(node.body, f"{where}: {node.name}")


# Handlers that a library calls by name need no docstring of their own: they are no part of what we offer.
CALLED_BY_LIBRARIES = {"enter_string_value", "file_response", "get_response"}


def test_everything_public_has_a_docstring() -> None:
    missing = [
        line for file in CODE for line in _undocumented(file) if line.rsplit(" ", 1)[-1] not in CALLED_BY_LIBRARIES
    ]
    assert missing == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_one_name_in_every_folder(service: str) -> None:
    assert any((ROOT / "regions").glob(f"*/**/{service}.yaml"))
    assert (ROOT / "resolvers" / "services" / f"{service}.py").is_file()
    assert (ROOT / "schema" / "services" / f"{service}.py").is_file() is (service not in WITHOUT_A_FIELD)
    assert f"\n  {service}:" in _text(ROOT / "regions" / "vocabulary" / "services.yaml")
    assert any((ROOT / "tests" / "graph").glob(f"test_*{service}*.py")) or any(
        f"test_{service}" in _text(file) or service in _text(file)
        for file in (ROOT / "tests" / "graph").glob("test_*.py")
    )


def test_functions_are_short_enough_to_read() -> None:
    long = [
        f"{_relative(file)}: {node.name}"
        for file in CODE
        if "migrations" not in file.parts
        for node in ast.walk(ast.parse(_text(file)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _length(node) > 60
    ]
    assert long == []


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_modules_are_one_concept_each() -> None:
    for file in CODE:
        assert len(_text(file).splitlines()) <= 500, f"{_relative(file)} is long; split it"


def test_the_pictures_show_the_rooms_that_there_are() -> None:
    text = _text(ROOT / "docs" / "architecture.md")
    [house, rooms] = re.findall(r"```mermaid\nflowchart.*?```", text, re.DOTALL)
    assert set(re.findall(r"^    (\w+)\[", house, re.M)) - {"main", "regions"} == set(PACKAGES)
    shown = set(re.findall(r"\w+", rooms.split("direction BT")[1].split("end")[0]))
    folder = ROOT / "policies"
    assert shown == {path.parent.name for path in folder.glob("*/__init__.py")} | {"live"}


def test_the_index_of_decisions_lists_every_page() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", _text(folder / "README.md"), re.M)
    assert listed == [(_text(p).splitlines()[0].removeprefix("# "), p.name) for p in sorted(folder.glob("0*.md"))]


def test_the_recipes_name_files_that_there_are() -> None:
    text = _text(ROOT / "docs" / "extending.md")
    named = set(re.findall(r"`((?:[\w.]+/)+[\w.]+\.(?:py|yaml|md))`", text))
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).is_file()] == []
