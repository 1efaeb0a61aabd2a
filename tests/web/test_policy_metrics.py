"""What Prometheus sees of the policies, of one process and of several that share a folder of metrics."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.patience import PATIENCE

SCRIPT = textwrap.dedent("""
    import asyncio
    from datetime import UTC, datetime
    from policies.source.faults import Fault
    from policies.live import PoliciesStatus
    from web.metrics import metrics_page, show_policies
    at, fault = datetime(2026, 11, 21, tzinfo=UTC), Fault("a.yaml", 1, 1, "", "NOT_YAML", "bad", "mend it")
    for digest, faults in (("sha256:a", ()), ("sha256:b", ()), ("sha256:b", (fault, fault))):
        show_policies(PoliciesStatus(digest, at, at, faults, 3, 4, differences=5))
    print(asyncio.run(metrics_page(None)).body.decode())
""")


@pytest.mark.parametrize("several", [False, True])
def test_the_policies_of_a_process_are_shown_and_the_former_ones_no_more(tmp_path: Path, several: bool) -> None:
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)} if several else {}
    (tmp_path / "gauge_livesum_1.db").touch()  # as a process leaves it that is killed while it makes it
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "PYTHONPATH": os.getcwd(), **shared},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("policies_")]
    assert 'policies_in_force{digest="sha256:b"} 1.0' in lines
    assert ('policies_in_force{digest="sha256:a"} 0.0' in lines) is several
    assert {
        "policies_faults 2.0",
        "policies_rulesets 4.0",
        "policies_engine_differences 5.0",
        "policies_loaded_timestamp_seconds 1.7952192e+09",
    } <= {*lines}
