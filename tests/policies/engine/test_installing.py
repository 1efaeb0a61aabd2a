"""durable-rules is pinned, and the Makefile knows how each Python builds it."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path


def test_the_pinned_library_is_the_one_installed_and_the_makefile_knows_how_to_build_it() -> None:
    assert f"durable-rules=={version('durable-rules')} " in Path("requirements.txt").read_text()
    shown = subprocess.run(
        ["make", "-s", f"PYTHON={sys.executable}", "--eval", "show:;@echo $(CPPFLAGS_313)", "show"],
        capture_output=True,
        text=True,
        check=True,
    )
    flag = "-DPyEval_CallObject=PyObject_CallObject"
    assert shown.stdout.strip() == (flag if sys.version_info >= (3, 13) else "")
    makefile = Path("Makefile").read_text()
    assert makefile.count('CPPFLAGS="$(CPPFLAGS_313)"') == makefile.count("pip install") > 0
