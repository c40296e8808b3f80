"""The console's pages, as a browser gets them before anybody has signed in; what is in them has tests of its own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from admin_api.settings import CONSOLE_BUILD
from tests.e2e.office import Office

built = pytest.mark.skipif(not (CONSOLE_BUILD / "index.html").exists(), reason="needs `make console`")


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a token."""
    async with httpx.AsyncClient(base_url=office.target.http_url, timeout=30, trust_env=False) as client:
        yield client


async def test_the_page_may_connect_where_the_config_says(browser: httpx.AsyncClient) -> None:
    config = (await browser.get("/console/config.json")).json()
    page = await browser.get("/console")
    (connect,) = re.findall(r"connect-src ([^;]*)", page.headers["content-security-policy"])
    ws = urlsplit(config["ws_url"])
    assert ws.scheme in {"ws", "wss"}
    assert connect.split() == ["'self'", f"{ws.scheme}://{ws.netloc}"]
    assert page.headers["content-type"].startswith("text/html")


@built
@pytest.mark.parametrize("path", ["/console", "/console/", "/console/pushes", "/terminal"])
async def test_a_page_brings_its_files_compressed_and_for_good(browser: httpx.AsyncClient, path: str) -> None:
    page = await browser.get(path)
    (base,) = re.findall(r'<base href="([^"]*)">', page.text)
    named = re.findall(r'(?:src|href)="\./(assets/[^"]*)"', page.text)
    largest = max(named, key=lambda name: (CONSOLE_BUILD / name).stat().st_size)
    assert (page.status_code, base.endswith("/console/")) == (200, True)
    file = await browser.get(f"/console/{largest}", headers={"Accept-Encoding": "gzip"})
    assert (file.status_code, file.headers["content-encoding"]) == (200, "gzip")
    assert "immutable" in file.headers["cache-control"]
    # httpx has decompressed it: it came whole, and as it was built.
    assert file.content == (CONSOLE_BUILD / largest).read_bytes()


@built
async def test_a_page_that_has_not_changed_is_not_sent_again(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/console")
    again = await browser.get("/console", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
