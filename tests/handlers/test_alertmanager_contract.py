"""Alertmanager's API is true to Alertmanager's own description of it: schemathesis asks the running server."""

import asyncio
import sys
from pathlib import Path

from tests.house import House

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
DESCRIPTION = Path(__file__).parents[1] / "payloads/alertmanager/openapi.yaml"
CHECKS = "not_a_server_error,response_schema_conformance"


async def test_the_server_is_true_to_alertmanagers_description(sqlite_house: House, tmp_path: Path) -> None:
    url = await sqlite_house.add_sender("prometheus")
    matcher = {"name": "alertname", "value": "DiskFull", "isRegex": False}
    silence = {
        "matchers": [matcher],
        "startsAt": "2026-11-23T03:00:00Z",
        "endsAt": "2026-11-23T05:00:00Z",
        "createdBy": "kate",
        "comment": "",
    }
    for path, body in (("alerts", [{"labels": {"alertname": "DiskFull"}}]), ("silences", silence)):
        async with sqlite_house.http.post(f"{url}/api/v2/{path}", json=body) as response:
            assert response.status == 200
    process = await asyncio.create_subprocess_exec(
        SCHEMATHESIS, "run", DESCRIPTION, "--url", f"{url}/api/v2",
        "--checks", CHECKS, "--max-examples", "5", "--generation-deterministic", "--continue-on-failure",
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
