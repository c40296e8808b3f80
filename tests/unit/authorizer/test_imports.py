"""What importing the authorizer loads: its cold start is PyJWT's."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

FORBIDDEN = {
    "boto3",
    "botocore",
    "pydantic",
    "fastapi",
    "starlette",
    "infra",
    "admin_api",
    "httpx",
    "requests",
    "logging",
}


@pytest.fixture(scope="module")
def beyond_pyjwt() -> set[str]:
    """The modules that the handler loads and `import jwt` does not, in an interpreter of their own."""
    code = (
        "import json, sys; import jwt; before = set(sys.modules)\n"
        "import services.authorizer.handler; print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stdout))


def test_nothing_heavy_is_loaded(beyond_pyjwt: set[str]) -> None:
    assert FORBIDDEN.isdisjoint(name.partition(".")[0] for name in beyond_pyjwt)


def test_hardly_anything_is_loaded_that_pyjwt_has_not_loaded(beyond_pyjwt: set[str]) -> None:
    others = {name for name in beyond_pyjwt if name.partition(".")[0] != "services"}
    assert others <= {"unicodedata"}


def test_of_the_service_only_the_domain_is_loaded(beyond_pyjwt: set[str]) -> None:
    parts = {name.split(".")[1] for name in beyond_pyjwt if name.startswith("services.")}
    assert parts == {"authorizer", "domain"}
