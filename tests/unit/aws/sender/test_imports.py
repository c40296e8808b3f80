"""What the sender loads: a worker's cold start pays for no web framework."""

from __future__ import annotations

import json
import subprocess
import sys


def test_no_framework_is_loaded() -> None:
    code = "import json, sys; import infra.aws.sender; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded.isdisjoint({"fastapi", "starlette", "pydantic", "jwt", "boto3", "websockets", "uvloop", "aiohttp"})
