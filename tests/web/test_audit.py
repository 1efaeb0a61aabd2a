"""The audit suite of the GraphQL-over-HTTP working group (npm: graphql-http), whole."""

import json
import subprocess
from pathlib import Path

from tests.node import node, npm_ci
from tests.patience import PATIENCE
from tests.web.conftest import Shop

FOLDER = Path(__file__).parent / "audit"


def test_all_official_audits_pass(shop: Shop) -> None:
    npm_ci(FOLDER)
    run = subprocess.run(
        [node(), "audit.mjs", str(shop.client.base_url.join("/graphql"))],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    results = [json.loads(line) for line in run.stdout.splitlines()]
    failures = [f"{each['id']} {each['name']}: {each['reason']}" for each in results if each["status"] != "ok"]
    assert not failures, "\n".join(failures)
    assert len(results) == 61
