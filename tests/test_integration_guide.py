"""The guide for those who build on the graph, word for word: its requests are sent in their order, and must be answered as it shows.

`UPDATE_TOUR=1` writes the answers into docs/integration.*.md instead of comparing them, as for the tour.
"""

import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.running import ROOT, SMS_CODE, Running, running_service
from tests.graph.journey import two_inches
from tests.patience import PATIENCE
from tests.test_tour import steady

GUIDES = {language: ROOT / "docs" / f"integration.{language}.md" for language in ("en", "zh")}
STEP = re.compile(
    r"^```graphql (?P<who>\S+)\n(?P<document>.*?)^```\n"
    r"(?:\n```json variables\n(?P<variables>.*?)^```\n)?"
    r"\n```json answer\n(?P<answer>.*?)^```$"
    r"|^```console\n(?P<console>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
WIDE = 110
"""What an answer shows on one line, if it fits."""
CURSOR = re.compile(r'"endCursor": "[^"]+"')
PORT = re.compile(r"http://127\.0\.0\.1:\d+/")


def written(value: Any, indent: str = "") -> str:
    """Return JSON as a reader likes it: what fits on a line stands on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= WIDE or not isinstance(value, dict | list) or not value:
        return flat
    inner = f"{indent}  "
    if isinstance(value, list):
        return "[\n" + ",\n".join(inner + written(item, inner) for item in value) + f"\n{indent}]"
    named = (f"{inner}{json.dumps(name)}: {written(item, inner)}" for name, item in value.items())
    return "{\n" + ",\n".join(named) + f"\n{indent}}}"


class Reader:
    """Somebody who follows the guide, and puts in what earlier answers showed."""

    def __init__(self, running: Running, folder: Path, language: str) -> None:
        self.running, self.folder, self.language = running, folder, language
        self.seen: dict[str, str] = {}
        (folder / "photo.jpg").write_bytes(two_inches())
        (folder / "examples").symlink_to(ROOT / "examples")

    def played(self, step: re.Match[str]) -> str:
        """Do a step, and return it with the answers that came."""
        if step["console"] is None:
            answer = written(
                self.sent(step["who"], step["document"], json.loads(self.filled(step["variables"] or "{}")))
            )
            kept = step[0][: step.start("answer") - step.start()]
            return f"{kept}{answer}\n```"
        lines: list[str] = []
        for command in re.findall(r"^\$ (.*(?:\n> .*)*)", step["console"], re.MULTILINE):
            lines += [f"$ {command}", self.run(command.replace("\n> ", "\n"))]
        return "```console\n" + "\n".join(line for line in lines if line) + "\n```"

    def filled(self, text: str) -> str:
        """Return a text with what stands in it by name."""
        if "CODE" in text:
            text = text.replace('"CODE"', json.dumps(self.running.last(SMS_CODE)))
        for name, value in self.seen.items():
            text = text.replace(name, value)
        return text

    def sent(self, who: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Send a document as somebody."""
        token = {} if who == "nobody" else {"Authorization": f"Bearer {self.running.token(who)}"}
        headers = {"Accept-Language": self.language, **token}
        body = {"query": document, "variables": variables}
        answer: dict[str, Any] = httpx.post(
            f"{self.running.url}/graphql", json=body, headers=headers, timeout=PATIENCE
        ).json()
        self.notice(json.dumps(answer))
        return answer

    def run(self, command: str) -> str:
        """Run a command."""
        python = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        given = {
            "PATH": python,
            "URL": self.running.url,
            "TOKENS": str(self.running.folder / "tokens"),
            "LANGUAGE": self.language,
        }
        done = subprocess.run(
            ["bash", "-c", self.filled(command)],
            cwd=self.folder,
            env=os.environ | given,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        self.notice(done.stdout)
        told = done.stdout.strip().lstrip("\ufeff")
        return written(json.loads(told)) if told.startswith("{") else told.replace("\r\n", "\n")

    def notice(self, answer: str) -> None:
        """Keep the ids and the address that an answer shows."""
        for identifier in re.findall(r'"id": ?"([A-Za-z0-9+/=]+)"', answer):
            kind = b64decode(identifier).decode().partition(":")[0]
            self.seen[f"{kind.upper()}_ID"] = identifier
        for address in re.findall(r'"payUrl": ?"([^"]+)"', answer):
            self.seen["PAY_URL"] = address


@pytest.mark.parametrize("language", GUIDES)
def test_the_guide_is_answered_as_it_shows(language: str, tmp_path: Path) -> None:
    guide = GUIDES[language]
    text = guide.read_text(encoding="utf-8")
    scratch = tmp_path / "reader"
    scratch.mkdir()
    with running_service(tmp_path) as running:
        reader = Reader(running, scratch, language)
        replayed = STEP.sub(reader.played, text)
    assert len(STEP.findall(text)) > 20
    if os.environ.get("UPDATE_TOUR"):
        guide.write_text(PORT.sub("http://127.0.0.1:8000/", replayed), encoding="utf-8")
    else:
        assert steady(CURSOR.sub("CURSOR", text)) == steady(CURSOR.sub("CURSOR", replayed))


def test_both_guides_send_the_same() -> None:
    def requests(guide: Path) -> list[tuple[str | None, ...]]:
        found = STEP.finditer(guide.read_text(encoding="utf-8"))
        return [
            (
                step["who"],
                step["document"],
                step["variables"],
                *re.findall(r"^[$>] .*", step["console"] or "", re.MULTILINE),
            )
            for step in found
        ]

    english, chinese = (requests(guide) for guide in GUIDES.values())
    assert english == chinese
