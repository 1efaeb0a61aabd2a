"""`make demo` plays a life of a card from start to end, and every step tells its clause."""

import subprocess
import sys
from pathlib import Path

from demo.running import ROOT
from tests.patience import PATIENCE

CLAUSES = ("SC-12", "NX-1", "SC-11", "SC-2", "NX-4", "SC-8", "SC-9", "SC-5", "NX-3", "CD-7", "SC-13")


def test_one_life_of_a_card_is_played_with_each_clause(tmp_path: Path) -> None:
    played = subprocess.run(
        [sys.executable, "-m", "demo.life", str(tmp_path / "life")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    assert [clause for clause in CLAUSES if f"({clause})" not in played.stdout] == []
    assert "SC2026000001: sealed → active → temporarily_lost → active → formally_lost → cancelled" in played.stdout
    assert "SC2026000002: sealed → active → cancelled; account closed" in played.stdout
