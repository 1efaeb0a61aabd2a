"""The command line: every command tells what it does, and loads no more than it needs."""

import subprocess
import sys
from pathlib import Path

import pytest

import main
from composition.commands.commands import COMMANDS

ROOT = Path(__file__).parents[1]
OF_THE_SERVICE = {"strawberry", "starlette", "uvicorn", "tortoise"}
NEED_THE_SERVICE = {
    "audit export",
    "audit roots",
    "audit seal",
    "audit verify",
    "doctor",
    "keys rotate",
    "audit drop",
    "person export",
    "person erase",
    "keys status",
    "revoke",
    "serve",
    "migrate",
    "demo",
    "sweep",
    "token",
    "schema",
    "import",
    "policy impact",
    "policy explain",
}
NEED_THE_SOLVER = {"policy diff", "policy prove"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_tells_what_it_does(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main.run([*command.split(), "--help"], {})
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith(f"用法：main.py {command} ")


@pytest.mark.parametrize("given", [[], ["policy"], ["no_such"], ["policy", "no_such"], ["policy", "serve"], ["--help"]])
def test_what_is_no_command_lists_those_there_are(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main.run(given, {})
    said = "".join(capsys.readouterr())
    assert left.value.code == (0 if given == ["--help"] else 2)
    assert "check" in said if given[:1] == ["policy"] else "serve" in said


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - NEED_THE_SERVICE))
def test_a_command_about_files_does_not_load_the_service(command: str) -> None:
    code = f"import sys\nfrom composition.commands.commands import COMMANDS\nCOMMANDS[{command!r}].carrier()\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & OF_THE_SERVICE
    assert ("z3" in loaded) is (command in NEED_THE_SOLVER)
