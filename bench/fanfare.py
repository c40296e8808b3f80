"""Fanfare itself: `fanfare serve` with everything on, as a user starts it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bench.contestant import Audience, Push, Server, padded, ready_line, started
from bench.tokens import AUDIENCE, ISSUER, KEY_ID, TokenStore

MESSAGE_BYTES = 200


class Fanfare:
    """The service on one machine; its terminals and caller bring RS256 tokens of the benchmark's issuer."""

    name = "Fanfare"
    collects_garbage = False

    def __init__(self, store: TokenStore) -> None:
        self._store = store
        self._command = Path(sys.executable).with_name("fanfare")

    def missing(self) -> str | None:
        if not self._command.exists():
            return "no `fanfare` command beside this Python; run make setup"
        result = subprocess.run([str(self._command), "serve", "--help"], capture_output=True, text=True, check=False)
        if result.returncode == 0:
            return None
        return f"`fanfare serve` does not start: {(result.stderr.strip() or 'no reason given').splitlines()[-1]}"

    @contextmanager
    def running(self, work: Path) -> Iterator[Server]:
        data = work / "fanfare"
        shutil.rmtree(data, ignore_errors=True)
        command = [str(self._command), "serve", "--http-port", "0", "--ws-port", "0"]
        settings = work / "fanfare.toml"
        settings.write_text(_settings(self._store))
        command += ["--data", str(data), "--settings", str(settings)]
        with started(command, work / "fanfare.log") as process:
            ready = ready_line(process)
            ws, http = urlsplit(str(ready["ws"])), urlsplit(str(ready["http"]))
            assert ws.port is not None
            assert http.port is not None
            yield Server(
                name=self.name,
                process_id=process.pid,
                ws_port=ws.port,
                http_port=http.port,
                ws_path=ws.path,
                takes_tokens=True,
                caller_token=self._store.caller("push:send", "push:read", "terminals:read"),
                list_path="/v1/terminals?limit=500",
            )

    def push(self, audience: Audience, payload_bytes: int, expected: int = 0) -> Push:
        """Its message is of MESSAGE_BYTES; the envelope comes on top, and sets the size of the others' frames."""
        target: dict[str, object] = {"all": True}
        if audience.kind != "all":
            target = {f"{audience.kind}s": [audience.name]}
        return Push("/v1/pushes", json.dumps({"target": target, "message": padded(MESSAGE_BYTES)}), expected)


def _settings(store: TokenStore) -> str:
    """The settings that make the benchmark's issuer known; everything else is at its default."""
    return f'''
[[issuers]]
issuer = "{ISSUER}"
audiences = ["{AUDIENCE}"]

[[issuers.keys]]
kid = "{KEY_ID}"
alg = "RS256"
pem = """
{store.public_key.read_text()}"""
'''
