"""/console and /terminal: which file is served for what, with which headers, and that nothing else is ever served."""

from __future__ import annotations

import os
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from admin_api import console_pages
from admin_api.settings import ApiSettings, ConsoleSettings, Oidc
from admin_api.version import VERSION
from tests.unit.admin_api.service import Service, running

PAGE = (
    '<!doctype html><html><head><meta charset="utf-8"><script type="module" src="./assets/app-1a2b.js"></script></head>'
)
SCRIPT = "console.log('the console');\n" * 200
SECRET = "not of the build"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A build as `make console` leaves it, with a file beside it that nobody may read."""
    directory = tmp_path / "dist"
    (directory / "assets").mkdir(parents=True)
    (directory / "index.html").write_text(f"{PAGE}<body>console</body></html>")
    (directory / "terminal.html").write_text(f"{PAGE}<body>terminal</body></html>")
    (directory / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (directory / "assets" / "app-1a2b.js").write_text(SCRIPT)
    (directory / "assets" / "small-3c4d.js").write_text("export {};")
    (directory / "assets" / "sans-5e6f.woff2").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "secret.txt").write_text(SECRET)
    return directory


@pytest.fixture
async def service(tmp_path: Path, build: Path) -> AsyncIterator[Service]:
    settings = ConsoleSettings(ws_url="wss://push.example/local", build=build)
    async with running(tmp_path / "data", ApiSettings(console=settings)) as service:
        yield service


@pytest.fixture
def anybody(service: Service) -> httpx.AsyncClient:
    """Somebody without a token, who takes no compressed answers unless they say so."""
    return service.caller(headers={"Accept-Encoding": "identity"})


def sources(response: httpx.Response, directive: str) -> list[str]:
    """What a directive of the answer's Content-Security-Policy allows."""
    policy = response.headers["content-security-policy"]
    (found,) = (each for each in policy.split("; ") if each.startswith(f"{directive} "))
    return list(found.split(" ")[1:])


@pytest.mark.parametrize(
    "path",
    ["/console", "/console/", "/console/index.html", "/console/pushes/0199", "/console/a%2Fb", "/console/x.y?q=1"],
)
async def test_every_address_of_the_console_is_its_page(anybody: httpx.AsyncClient, path: str) -> None:
    response = await anybody.get(path)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<body>console" in response.text
    assert '<head><base href="/console/">' in response.text


@pytest.mark.parametrize("path", ["/terminal", "/console/terminal.html"])
async def test_the_terminal_page_finds_its_files_where_the_console_has_them(
    anybody: httpx.AsyncClient, path: str
) -> None:
    response = await anybody.get(path)
    assert response.status_code == 200
    assert "<body>terminal" in response.text
    assert '<base href="/console/">' in response.text


async def test_a_base_that_is_in_the_page_is_replaced(anybody: httpx.AsyncClient, build: Path) -> None:
    (build / "index.html").write_text('<html><head><base href="/dev/"><title>x</title></head></html>')
    response = await anybody.get("/console")
    assert response.text == '<html><head><base href="/console/"><title>x</title></head></html>'


async def test_behind_a_stage_everything_begins_with_it(service: Service) -> None:
    staged = httpx.ASGITransport(service.app, root_path="/live")
    async with httpx.AsyncClient(transport=staged, base_url="https://a1.example") as browser:
        page = await browser.get("/live/console/terminals")
        asset = await browser.get("/live/console/assets/small-3c4d.js")
        config = (await browser.get("/live/console/config.json")).json()
    assert '<base href="/live/console/">' in page.text
    assert asset.text == "export {};"
    assert config["api_base"] == "/live/"


def test_a_prefix_cannot_break_out_of_the_page() -> None:
    assert console_pages.based(b"<head></head>", '/a"><script>') == (
        b'<head><base href="/a&quot;&gt;&lt;script&gt;/console/"></head>'
    )


async def test_pages_are_asked_about_again_and_not_sent_twice(anybody: httpx.AsyncClient) -> None:
    first = await anybody.get("/console")
    again = await anybody.get("/console/strategies", headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (await anybody.get("/console", headers={"If-None-Match": 'W/"other"'})).status_code == 200


async def test_assets_are_kept_for_good(anybody: httpx.AsyncClient) -> None:
    response = await anybody.get("/console/assets/app-1a2b.js")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.text == SCRIPT


async def test_other_files_of_the_build_may_change(anybody: httpx.AsyncClient) -> None:
    response = await anybody.get("/console/favicon.svg")
    assert (response.headers["content-type"], response.headers["cache-control"]) == ("image/svg+xml", "no-cache")


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "*", "identity, GZIP; q=1"])
async def test_a_file_is_compressed_for_who_takes_it(anybody: httpx.AsyncClient, accepted: str) -> None:
    response = await anybody.get("/console/assets/app-1a2b.js", headers={"Accept-Encoding": accepted})
    assert (response.headers["content-encoding"], response.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert int(response.headers["content-length"]) < len(SCRIPT) / 10
    assert response.text == SCRIPT


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "gzip;q=0.00", "*;q=1, gzip;q=0"])
async def test_who_does_not_take_it_gets_it_as_it_is(anybody: httpx.AsyncClient, accepted: str) -> None:
    response = await anybody.get("/console/assets/app-1a2b.js", headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in response.headers
    assert response.text == SCRIPT


@pytest.mark.parametrize("name", ["small-3c4d.js", "sans-5e6f.woff2"])
async def test_what_gets_no_smaller_is_not_compressed(anybody: httpx.AsyncClient, name: str) -> None:
    response = await anybody.get(f"/console/assets/{name}", headers={"Accept-Encoding": "gzip"})
    assert (response.status_code, "content-encoding" in response.headers) == (200, False)


async def test_head_says_what_get_would(anybody: httpx.AsyncClient) -> None:
    for path in ("/console", "/terminal", "/console/config.json", "/console/assets/app-1a2b.js"):
        got, headed = await anybody.get(path), await anybody.head(path)
        assert (headed.status_code, headed.content) == (200, b"")
        assert dict(headed.headers) == dict(got.headers)


async def test_nothing_else_is_done_here(anybody: httpx.AsyncClient) -> None:
    response = await anybody.post("/console")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


ATTACKS = (
    "/console/../secret.txt",
    "/console/assets/../../secret.txt",
    "/console/assets/..%2f..%2fsecret.txt",
    "/console/assets/%2e%2e/%2e%2e/secret.txt",
    "/console/assets/%2e%2e%2f%2e%2e%2fsecret.txt",
    "/console/..%5c..%5csecret.txt",
    "/console/assets/....//....//secret.txt",
    "/console/assets//{root}/secret.txt",
    "/console/%2f{root}/secret.txt",
    "/console//{root}/secret.txt",
    "/console/assets/app-1a2b.js%00.txt",
    "/console/assets/app-1a2b.js/../../../secret.txt",
    "/console/assets/link.txt",
    "/console/assets/linked/secret.txt",
    "/console/file:%2f%2f{root}/secret.txt",
    "/terminal/../secret.txt",
)


@pytest.mark.parametrize("path", ATTACKS)
async def test_no_path_leads_out_of_the_build(service: Service, build: Path, path: str) -> None:
    (build / "assets" / "link.txt").symlink_to(build.parent / "secret.txt")
    (build / "assets" / "linked").symlink_to(build.parent, target_is_directory=True)
    raw_path = path.replace("{root}", str(build.parent)).encode()
    # As a server hands it over: httpx would tidy the path up before it sends it.
    answered: list[bytes] = []
    statuses: list[int] = []

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(int(str(message["status"])))
        answered.append(bytes(message.get("body", b"")))  # type: ignore[call-overload]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": httpx.URL(raw_path.decode()).path,
        "raw_path": raw_path,
        "root_path": "",
        "query_string": b"",
        "headers": [],
        "client": ("192.0.2.1", 1),
        "server": ("fanfare.example", 80),
    }
    await service.app(scope, receive, send)  # type: ignore[arg-type]
    assert SECRET.encode() not in b"".join(answered)
    assert statuses[0] in (200, 404)
    assert statuses[0] == 404 or b"<body>console" in b"".join(answered)


async def test_an_asset_that_is_not_there_is_not_the_page(anybody: httpx.AsyncClient) -> None:
    response = await anybody.get("/console/assets/app-old.js")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_what_a_page_may_do_is_said_in_full(anybody: httpx.AsyncClient) -> None:
    response = await anybody.get("/console")
    assert response.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
        " connect-src 'self' wss://push.example; worker-src 'self'; manifest-src 'self'; base-uri 'self';"
        " form-action 'none'; frame-ancestors 'none'"
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cross-origin-opener-policy"] == "same-origin"
    assert "geolocation=()" in response.headers["permissions-policy"]


async def test_assets_carry_the_same_policy(anybody: httpx.AsyncClient) -> None:
    page, asset = await anybody.get("/console"), await anybody.get("/console/assets/app-1a2b.js")
    assert asset.headers["content-security-policy"] == page.headers["content-security-policy"]


async def test_the_config_is_told_to_anybody(anybody: httpx.AsyncClient) -> None:
    response = await anybody.get("/console/config.json")
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {
        "ws_url": "wss://push.example/local",
        "api_base": "/",
        "oidc": None,
        "confirm_above": 100,
    }


async def test_where_people_sign_in_is_told_and_may_be_called(tmp_path: Path, build: Path) -> None:
    oidc = Oidc(
        authority="https://login.example:8443/realms/office",
        client_id="console",
        scope="openid fanfare",
        origins=("https://tokens.example",),
    )
    settings = ApiSettings(console=ConsoleSettings(oidc=oidc, confirm_above=7, build=build))
    async with running(tmp_path / "data", settings) as service:
        config = (await service.caller().get("/console/config.json")).json()
        page = await service.caller().get("/console")
    assert config["oidc"] == {
        "authority": "https://login.example:8443/realms/office",
        "client_id": "console",
        "scope": "openid fanfare",
        "redirect_path": "console/",
    }
    assert config["confirm_above"] == 7
    assert sources(page, "connect-src") == ["'self'", "https://login.example:8443", "https://tokens.example"]


@pytest.mark.parametrize(
    ("host", "ws_url", "origin"),
    [
        ("localhost:8080", "ws://localhost:8081/local", "ws://localhost:8081"),
        ("192.0.2.7:8080", "ws://192.0.2.7:8081/local", "ws://192.0.2.7:8081"),
        ("[2001:db8::7]:8080", "ws://[2001:db8::7]:8081/local", "ws://[2001:db8::7]:8081"),
        ("push.example", "ws://push.example:8081/local", "ws://push.example:8081"),
        ("a; script-src *", "ws://127.0.0.1:8081/local", "ws://127.0.0.1:8081"),
        ("user@elsewhere.example", "ws://127.0.0.1:8081/local", "ws://127.0.0.1:8081"),
        ("", "ws://127.0.0.1:8081/local", "ws://127.0.0.1:8081"),
    ],
)
async def test_a_machine_of_several_names_names_the_one_it_was_asked_under(
    tmp_path: Path, build: Path, host: str, ws_url: str, origin: str
) -> None:
    settings = ConsoleSettings(ws_url="ws://127.0.0.1:8081/local", follows_host=True, build=build)
    async with running(tmp_path / "data", ApiSettings(console=settings)) as service:
        config = await service.caller().get("/console/config.json", headers={"Host": host})
        page = await service.caller().get("/console", headers={"Host": host})
    assert config.json()["ws_url"] == ws_url
    assert sources(page, "connect-src") == ["'self'", origin]


class TestWithoutABuild:
    @pytest.fixture
    def build(self, tmp_path: Path) -> Path:
        return tmp_path / "dist"

    @pytest.mark.parametrize("path", ["/console", "/console/", "/console/pushes", "/console/assets/a.js", "/terminal"])
    async def test_the_pages_say_how_to_make_it(self, anybody: httpx.AsyncClient, path: str) -> None:
        response = await anybody.get(path)
        assert (response.status_code, response.headers["cache-control"]) == (503, "no-store")
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert "<code>make console</code>" in response.text
        assert "Node 20" in response.text
        assert sources(response, "default-src") == ["'none'"]

    async def test_the_api_works_as_ever(self, service: Service, anybody: httpx.AsyncClient) -> None:
        assert (await service.api.get("/v1/pushes")).status_code == 200
        assert (await anybody.get("/console/config.json")).status_code == 200

    async def test_it_is_served_as_soon_as_it_is_there(self, anybody: httpx.AsyncClient, build: Path) -> None:
        assert (await anybody.get("/console")).status_code == 503
        os.mkdir(build)
        (build / "index.html").write_text("<head></head>new")
        assert "new" in (await anybody.get("/console")).text


async def test_another_build_takes_the_place_of_the_one_that_was(anybody: httpx.AsyncClient, build: Path) -> None:
    await anybody.get("/console/assets/app-1a2b.js")
    (build / "assets" / "app-1a2b.js").unlink()
    (build / "assets" / "app-7a8b.js").write_text("export {};")
    (build / "index.html").write_text("<head></head>of another length")
    assert "of another length" in (await anybody.get("/console")).text
    assert (await anybody.get("/console/assets/app-7a8b.js")).status_code == 200
    assert (await anybody.get("/console/assets/app-1a2b.js")).status_code == 404


async def test_a_file_that_cannot_be_found_any_more_is_not_an_error_of_ours(
    anybody: httpx.AsyncClient, build: Path
) -> None:
    await anybody.get("/console")
    os.unlink(build / "assets" / "app-1a2b.js")
    assert (await anybody.get("/console/assets/app-1a2b.js")).status_code == 404


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION
