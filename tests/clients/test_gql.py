"""gql, the client of Python's programs, as it comes."""

import json
import os
import subprocess
import sys
from pathlib import Path

from domain.holder import Actor
from tests.graph.journey import CHENGDU, two_inches
from tests.graph.service import GraphService
from tests.patience import PATIENCE

PROGRAM = Path(__file__).parent / "by_gql.py"


def test_gql_reads_the_schema_uploads_and_sees_what_is_refused(
    service: GraphService, python_clients: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(two_inches())
    token = service.token(Actor(service.person().id, "citizen", "national_mini_program"))
    done = subprocess.run(
        [sys.executable, str(PROGRAM), f"{service.http.base_url}/graphql", token, str(photo)],
        env=os.environ | {"PYTHONPATH": str(python_clients)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    uploaded, region, unknown, too_large = json.loads(done.stdout)
    assert uploaded["uploadDocument"] == {"document": {"widthPx": 413}, "errors": []}
    assert region == {"region": {"code": CHENGDU}}
    assert (unknown, too_large) == (["REGION_UNKNOWN"], ["BODY_TOO_LARGE"])
