"""The authorizer as Lambda runs it: built when it is imported, and heard by CloudWatch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from infra.aws.settings import EXAMPLE

ROOT: Final = Path(__file__).resolve().parents[3]
EVENT: Final = {
    "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/live/$connect",
    "headers": {"Authorization": "Bearer not.a.token"},
    "requestContext": {"connectionId": "R0oXAdfD0kwCH6w=", "requestId": "r", "identity": {"sourceIp": "192.0.2.1"}},
}


def invoked(**variables: str) -> subprocess.CompletedProcess[str]:
    """A process that imports the function and calls it with a token that is none."""
    code = (
        "from infra.aws.functions.authorizer import handler\n"
        f"try: handler({EVENT!r}, None)\n"
        "except Exception as error: print(error)"
    )
    environment = {**EXAMPLE, **variables}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
    )


def test_a_bad_token_is_unauthorized_and_a_refusal_in_the_metrics() -> None:
    done = invoked(POWERTOOLS_SERVICE_NAME="fanfare-test")
    assert done.stdout == "Unauthorized\n"
    line = json.loads(done.stderr)
    assert (line["service"], line["reason"], line["Refusals"]) == ("fanfare-test", "token_malformed", 1)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Fanfare"
    assert directive["Dimensions"] == [["service"], ["service", "reason"]]


def test_a_token_is_in_no_line() -> None:
    assert "not.a.token" not in invoked().stderr


def test_issuers_that_make_no_sense_keep_it_from_starting() -> None:
    done = invoked(FANFARE_ISSUERS="[]")
    assert done.returncode != 0
    assert "FANFARE_ISSUERS is not a list with at least one issuer" in done.stderr
