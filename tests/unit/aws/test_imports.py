"""What the adapters load: a function starts cold with no more than it uses."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = {"fastapi", "starlette", "pydantic", "jwt", "cryptography", "uvicorn", "websockets", "sqlite3", "moto"}
MODULES = ("registry", "headcount", "blocks", "memberships", "tickets", "audit_trail")


def test_the_adapters_of_dynamodb_load_nothing_heavy_beside_botocore() -> None:
    imports = ", ".join(f"infra.aws.{name}" for name in MODULES)
    code = f"import json, sys, {imports}; print(json.dumps([*sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert HEAVY.isdisjoint(loaded)
