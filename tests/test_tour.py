"""The tour in docs/tour.md, word for word: its commands are run, and must answer what it shows.

`UPDATE_TOUR=1` writes the answers into docs/tour.md instead of comparing them. What README.md shows of it, it shows as
the tour and the files have it.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from demo.running import FACE_ASSERTION, ROOT, SMS_CODE, Running, running_service
from tests.patience import PATIENCE

README = ROOT / "README.md"
TOUR = ROOT / "docs" / "tour.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHANGING = [
    (re.compile(r"\b[A-Za-z0-9+/]{40,}={0,2}"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+\d\d:\d\d"), "MOMENT"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "DAY"),
    (re.compile(r"http://\S+"), "ADDRESS"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "DIGEST"),
    (re.compile(r"(promiseEstimated): \w+"), r"\1: ESTIMATED"),
]


def steady(text: str) -> str:
    """Return a text without what differs from run to run."""
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    return text.strip()


def answer(command: str, running: Running, shown: list[str]) -> str:
    """Run one command of the tour; what a reader copies from the console is filled in."""
    if "CODE" in command:
        command = command.replace("CODE", running.last(SMS_CODE))
    if "ASSERTION" in command:
        command = command.replace("ASSERTION", running.last(FACE_ASSERTION))
    if "PAY_URL" in command:
        command = command.replace("PAY_URL", re.findall(r"payUrl: (\S+)", "\n".join(shown))[-1])
    words = shlex.split(command)
    if words[0] == ".venv/bin/python":
        words[0] = sys.executable
    environment = {**os.environ, "SERVICE_FOLDER": str(running.folder)}
    result = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout.strip()


def test_the_tour_answers_what_it_shows(tmp_path: Path) -> None:
    text = TOUR.read_text(encoding="utf-8")
    shown: list[str] = []
    with running_service(tmp_path) as running:

        def played(block: re.Match[str]) -> str:
            commands = [line[2:] for line in block[1].splitlines() if line.startswith("$ ")]
            lines = []
            for command in commands:
                shown.append(answer(command, running, shown))
                lines += [f"$ {command}", shown[-1]]
            return "```console\n" + "\n".join(lines) + "\n```"

        replayed = BLOCK.sub(played, text)
    assert len(shown) >= 20
    if os.environ.get("UPDATE_TOUR"):
        TOUR.write_text(
            re.sub(r"http://127\.0\.0\.1:\d+/sandbox", "http://127.0.0.1:8000/sandbox", replayed), encoding="utf-8"
        )
    else:
        assert steady(text) == steady(replayed)


def test_the_readme_shows_what_the_tour_answers() -> None:
    """A shortened answer: its lines stand in the tour in the same order."""
    readme = README.read_text(encoding="utf-8")
    shown = [line[4:] for line in re.findall(r"^    \$ \.venv.*(?:\n    .+)+", readme, re.MULTILINE)[0].splitlines()]
    assert len(shown) > 5
    lines = iter(TOUR.read_text(encoding="utf-8").splitlines())
    assert [line for line in shown if line not in lines] == []


def test_the_readme_shows_files_as_they_are() -> None:
    [block] = re.findall(r"^```yaml\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    file = ""
    for line in block.splitlines():
        if line.startswith("# "):
            file = (ROOT / line[2:]).read_text(encoding="utf-8")
        else:
            assert line.partition("…")[0].rstrip(" ,") in file, line
