"""`fanfare serve --tour`: what it prints opens, there is something to see, and nothing of it is left when it ends."""

from __future__ import annotations

import asyncio
import base64
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from fanfare.cli.first_day import FIRST_PUSHES, STRATEGIES
from tests.e2e.deadlines import eventually

OFFICE = 12


@dataclass(frozen=True, slots=True)
class Tour:
    """A server that was started to look around: its process, the addresses that it printed, and its API."""

    process: asyncio.subprocess.Process
    printed: Sequence[str]
    api: httpx.AsyncClient

    async def get(self, path: str) -> Any:
        """The JSON at a path, for the token that is printed."""
        response = await self.api.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    async def connected(self) -> int:
        return int((await self.get("/v1/stats"))["presence"]["connections"])

    async def states(self) -> list[str]:
        """Of all pushes, the newest first."""
        return [push["state"] for push in (await self.get("/v1/pushes"))["items"]]

    def offices(self) -> list[int]:
        """The processes that it has started."""
        return [
            int(number)
            for number in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]


@pytest.fixture
async def tour(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Tour]]]:
    """Starts a server that is ended with its test, on the same data directory each time."""
    started: list[Tour] = []

    async def start(*options: str) -> Tour:
        with (tmp_path / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                str(Path(sys.executable).with_name("fanfare")),
                *("serve", "--tour", "--data", str(tmp_path / "data"), "--http-port", "0", "--ws-port", "0", *options),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert process.stdout is not None
        text = ""
        async with asyncio.timeout(30):
            while "/v1/terminals" not in text:
                line = await process.stdout.readline()
                assert line, (tmp_path / "log").read_text()
                text += line.decode()
        printed = re.findall(r"^  (http\S+)", text, re.MULTILINE)
        token = printed[0].partition("#token=")[2]
        api = httpx.AsyncClient(
            base_url=printed[0].partition("/console")[0], headers={"Authorization": f"Bearer {token}"}
        )
        started.append(Tour(process, printed, api))
        return started[-1]

    yield start
    for each in started:
        await each.api.aclose()
        if each.process.returncode is None:
            each.process.kill()
            await each.process.wait()


async def gone(number: int) -> bool:
    """Whether a process has ended; one that nobody has asked how has ended too."""
    try:
        state = await asyncio.to_thread(Path(f"/proc/{number}/stat").read_text)
    except FileNotFoundError:
        return True
    return state.rpartition(")")[2].split()[0] == "Z"


async def test_what_it_prints_first_opens_the_console_and_then_a_terminal(tour: Callable[..., Awaitable[Tour]]) -> None:
    started = await tour("--office", "0")
    console, terminal = started.printed[:2]
    assert ("/console/#token=" in console, "/terminal#token=" in terminal) == (True, True)
    config = (await started.api.get("/console/config.json")).json()
    ticket = await started.api.post(
        "/v1/tickets", headers={"Authorization": f"Bearer {terminal.partition('/terminal#token=')[2]}"}
    )
    assert config["ws_url"].startswith("ws://127.0.0.1:")
    assert ticket.status_code == 201, ticket.text
    assert started.offices() == []


async def test_what_the_settings_say_of_the_console_is_what_its_pages_are_told(
    tour: Callable[..., Awaitable[Tour]], tmp_path: Path
) -> None:
    settings = tmp_path / "fanfare.toml"
    settings.write_text(
        "[console]\n"
        'ws_url = "wss://push.example.com/local"\n'
        'oidc_authority = "https://login.example.com/realms/office"\n'
        'oidc_client_id = "fanfare-console"\n'
        'oidc_origins = ["https://tokens.example.com"]\n'
        'oidc_scope = "openid push"\n'
        "confirm_above = 7\n"
        "[[webhooks]]\n"
        'url = "https://hooks.example.com/fanfare?key=hidden"\n'
        f'secret = "whsec_{base64.b64encode(bytes(32)).decode()}"\n'
        'events = ["push.*"]\n'
    )
    started = await tour("--office", "0", "--settings", str(settings))
    sign_in = {
        "authority": "https://login.example.com/realms/office",
        "client_id": "fanfare-console",
        "scope": "openid push",
    }
    config = await started.get("/console/config.json")
    assert config == {
        "ws_url": "wss://push.example.com/local",
        "api_base": "/",
        "oidc": {**sign_in, "redirect_path": "console/"},
        "confirm_above": 7,
    }
    policy = (await started.api.get("/console")).headers["content-security-policy"]
    allowed = "wss://push.example.com https://login.example.com https://tokens.example.com;"
    assert f"connect-src 'self' {allowed}" in policy
    shown = await started.get("/v1/settings")
    assert shown["console"] == {"ws_url": "wss://push.example.com/local", "oidc": sign_in, "confirm_above": 7}
    assert shown["webhooks"] == [{"name": "webhook 1", "url_host": "hooks.example.com", "events": ["push.*"]}]


async def test_a_new_service_has_something_to_look_at(tour: Callable[..., Awaitable[Tour]]) -> None:
    started = await tour("--office", str(OFFICE))
    await eventually(started.connected, lambda connected: connected >= 0.9 * OFFICE)
    states = await eventually(started.states, lambda states: len(states) == len(FIRST_PUSHES))
    assert {"scheduled", "cancelled"} <= set(states)
    kept = await started.get("/v1/strategies")
    assert set(STRATEGIES) <= {strategy["name"] for strategy in kept["items"]}


async def test_one_that_was_used_before_is_left_as_it_is(tour: Callable[..., Awaitable[Tour]]) -> None:
    first = await tour("--office", "0")
    first.process.send_signal(signal.SIGTERM)
    await first.process.wait()
    again = await tour("--office", str(OFFICE))
    await eventually(again.connected, lambda connected: connected >= 0.9 * OFFICE)
    assert await again.states() == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -9)])
async def test_the_office_ends_with_the_server(
    tour: Callable[..., Awaitable[Tour]], number: signal.Signals, code: int
) -> None:
    started = await tour("--office", str(OFFICE))
    (office,) = started.offices()
    await eventually(started.connected, lambda connected: connected > 0)
    started.process.send_signal(number)
    assert await asyncio.wait_for(started.process.wait(), 30) == code

    async def ended() -> bool:
        return await gone(office)

    await eventually(ended, bool)
