"""The console behind API Gateway's REST API: the stage in its addresses, and compressed files as it can carry them."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from mangum import Mangum
from starlette.applications import Starlette

from admin_api.console_pages import ConsolePages
from admin_api.settings import ConsoleSettings
from infra.aws.rest_api import RestApiEvent
from infra.aws.settings import EXAMPLE
from tests.unit.aws.test_rest_api import event

ROOT: Final = Path(__file__).resolve().parents[3]
SCRIPT = "console.log('the console');\n" * 200
ICON = bytes(range(256)) * 4

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Asks the function for a path, and gives what it answers API Gateway."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<html><head></head></html>")
    (tmp_path / "assets" / "app-1a2b.js").write_text(SCRIPT)
    (tmp_path / "assets" / "icon-3c4d.png").write_bytes(ICON)
    pages = ConsolePages(ConsoleSettings(ws_url="wss://ws.example/live", build=tmp_path))
    mangum = Mangum(Starlette(routes=pages.routes()), lifespan="off", custom_handlers=[RestApiEvent])

    def ask(path: str, *, stage_path: str = "/live", **headers: list[str]) -> dict[str, Any]:
        sent = {name.replace("_", "-"): values for name, values in headers.items()}
        return mangum(event(path, stage_path=stage_path, multiValueHeaders=sent), None)  # type: ignore[arg-type]  # unused

    return ask


def body_of(answer: Mapping[str, Any]) -> bytes:
    """What API Gateway sends on, all types being binary to it: it decodes what is said to be base64."""
    body: str = answer["body"]
    return base64.b64decode(body) if answer["isBase64Encoded"] else body.encode()


@pytest.mark.parametrize("path", ["/console", "/console/", "/console/pushes/0199"])
def test_the_stage_is_in_the_addresses(ask: Ask, path: str) -> None:
    answer = ask(path)
    assert answer["statusCode"] == 200
    assert body_of(answer) == b'<html><head><base href="/live/console/"></head></html>'


def test_under_a_name_of_ones_own_there_is_none(ask: Ask) -> None:
    assert b'<base href="/console/">' in body_of(ask("/console", stage_path=""))


def test_a_compressed_file_is_handed_over_in_base64(ask: Ask) -> None:
    answer = ask("/console/assets/app-1a2b.js", Accept_Encoding=["gzip, br"])
    assert (answer["isBase64Encoded"], answer["headers"]["content-encoding"]) == (True, "gzip")
    assert gzip.decompress(body_of(answer)).decode() == SCRIPT


def test_a_picture_comes_out_as_it_is(ask: Ask) -> None:
    assert body_of(ask("/console/assets/icon-3c4d.png")) == ICON


def test_what_a_reader_has_is_not_sent_again(ask: Ask) -> None:
    answer = ask("/console", If_None_Match=[ask("/console")["headers"]["etag"]])
    assert (answer["statusCode"], answer["body"]) == (304, "")


class TestVariables:
    """What template.yaml sets becomes what the pages are told."""

    def test_by_default_people_paste_a_token(self) -> None:
        config = json.loads(answered("/console/config.json")["body"])
        assert (config["ws_url"], config["oidc"], config["confirm_above"]) == (EXAMPLE["FANFARE_WS_URL"], None, 100)
        assert config["api_base"] == "/live/"

    def test_an_identity_provider_is_told_and_may_be_called(self) -> None:
        oidc = {
            "FANFARE_CONSOLE_OIDC_AUTHORITY": "https://id.example",
            "FANFARE_CONSOLE_OIDC_CLIENT_ID": "fanfare-console",
            "FANFARE_CONSOLE_OIDC_SCOPE": "openid push:read",
            "FANFARE_CONSOLE_OIDC_ORIGINS": "https://tokens.example,https://more.example",
        }
        config, page = answered("/console/config.json", **oidc), answered("/console", **oidc)
        assert json.loads(config["body"])["oidc"] == {
            "authority": "https://id.example",
            "client_id": "fanfare-console",
            "scope": "openid push:read",
            "redirect_path": "console/",
        }
        allowed = "https://id.example https://tokens.example https://more.example;"
        assert allowed in page["headers"]["content-security-policy"]

    def test_one_without_a_client_is_an_error_of_the_deployment(self) -> None:
        failed = invoked("/console/config.json", FANFARE_CONSOLE_OIDC_AUTHORITY="https://id.example")
        assert (failed.returncode, "FANFARE_CONSOLE_OIDC_CLIENT_ID" in failed.stderr) == (1, True)


def answered(path: str, **variables: str) -> dict[str, Any]:
    """What the function answers for a path."""
    answer: dict[str, Any] = json.loads(invoked(path, **variables).stdout)
    return answer


def invoked(path: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A process that imports the function as Lambda does, and prints what it answers for a path."""
    code = (
        "import json\n"
        "from infra.aws.functions.api import handler\n"
        "from tests.unit.aws.lambda_context import Context\n"
        f"print(json.dumps(handler({event(path)!r}, Context())))\n"
    )
    environment = {**EXAMPLE, **variables}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
    )
