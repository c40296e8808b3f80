"""The one-machine server as a process of its own, started and talked to as a user would."""

from __future__ import annotations

import base64
import json
import mmap
import os
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import jwt

from tests.e2e.targets.target import SHIFTED_CLOCK, Claims, ManagementAccess, Target, Tuning

START_WITHIN_S = 30.0
STOP_WITHIN_S = 30.0
REGION = "us-east-1"
OWN = "fanfare"
"""Issuer and audience of the tokens that the server makes itself."""
OWN_KEY_ID = "fanfare-1"


class LocalTarget(Target):
    """`fanfare serve` on free ports of the loopback; data, settings and log lie in `directory`."""

    name = "local"

    def __init__(self, directory: Path, tuning: Tuning) -> None:
        self._directory = directory
        self._tuning = tuning
        self._data = directory / "data"
        self._log = directory / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._urls: Mapping[str, str] = {}
        self._clock: mmap.mmap | None = None

    @property
    def http_url(self) -> str:
        return self._urls["http"]

    @property
    def ws_url(self) -> str:
        return self._urls["ws"]

    def start(self) -> None:
        assert self._process is None, "it runs"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), stdout=subprocess.PIPE, stderr=log, env=self._environment()
            )
        self._urls = self._ready(self._process)

    def stop(self) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        return self._reap()

    def kill(self) -> None:
        assert self._process is not None, "it does not run"
        self._process.kill()
        self._reap()

    def sign(self, claims: Claims) -> str:
        key = _bytes_of(self._secrets()["token_key"])
        return jwt.encode(dict(claims), key, algorithm="HS256", headers={"kid": OWN_KEY_ID})

    def own_claims(self) -> Claims:
        return {"iss": OWN, "aud": OWN}

    def management(self) -> ManagementAccess:
        secrets = self._secrets()
        return ManagementAccess(
            endpoint_url=self.ws_url.replace("ws", "http", 1),
            region=REGION,
            access_key_id=secrets["access_key_id"],
            secret_access_key=secrets["secret_access_key"],
        )

    def metrics_url(self) -> str:
        return f"{self.http_url}/metrics"

    def advance(self, by_s: float) -> None:
        assert self._clock is not None, "needs Tuning(movable_clock=True)"
        struct.pack_into("d", self._clock, 0, self.ahead_s() + by_s)

    def ahead_s(self) -> float:
        if self._clock is None:
            return 0.0
        ahead_s: float = struct.unpack_from("d", self._clock)[0]
        return ahead_s

    def _command(self) -> list[str]:
        # The ports of the first start are asked for again, so that terminals find it where it was.
        ports = {name: url.rsplit(":", 1)[1].partition("/")[0] for name, url in self._urls.items()}
        command = [str(Path(sys.executable).with_name("fanfare")), "serve", "--host", "127.0.0.1"]
        command += ["--http-port", ports.get("http", "0"), "--ws-port", ports.get("ws", "0")]
        command += ["--data", str(self._data), "--log-level", "info"]
        settings = self._settings()
        if settings:
            path = self._directory / "settings.toml"
            path.write_text(settings, encoding="utf-8")
            command += ["--settings", str(path)]
        for name, value in self._chaos().items():
            command += ["--chaos", f"{name}={value:g}"]
        return command

    def _settings(self) -> str:
        tuning = self._tuning
        tables: dict[str, dict[str, float | None]] = {
            "gateway": {
                "idle_timeout_s": tuning.idle_timeout_s,
                "max_duration_s": tuning.max_duration_s,
                "write_buffer_bytes": tuning.write_buffer_bytes,
            },
            "limits": {"connections_per_user": tuning.connections_per_user},
        }
        lines: list[str] = []
        for table, members in tables.items():
            given = [f"{name} = {value}" for name, value in members.items() if value is not None]
            if given:
                lines += [f"[{table}]", *given]
        if tuning.webhook is not None:
            lines += ["[[webhooks]]", f'url = "{tuning.webhook}"', f'secret = "{tuning.webhook_secret}"']
            lines += ["http = true", 'networks = ["127.0.0.0/8"]']
        return "\n".join(lines)

    def _chaos(self) -> dict[str, float]:
        tuning = self._tuning
        wanted = {
            "post_latency": tuning.post_latency_s,
            "lose_disconnect": tuning.lost_disconnects,
            "throttle": tuning.throttled_posts,
        }
        given = {name: value for name, value in wanted.items() if value is not None}
        return given | {"seed": 1} if given else given

    def _environment(self) -> dict[str, str]:
        environment = dict(os.environ)
        if not self._tuning.movable_clock:
            return environment
        path = self._directory / "clock"
        if self._clock is None:
            path.write_bytes(struct.pack("d", 0.0))
            with path.open("r+b") as file:
                self._clock = mmap.mmap(file.fileno(), 8)
        return environment | {"FANFARE_TEST_CLOCK": str(path), "PYTHONPATH": str(SHIFTED_CLOCK)}

    def _ready(self, process: subprocess.Popen[bytes]) -> dict[str, str]:
        """The URLs in the ready line. Fails with the end of the server's log if none comes."""
        assert process.stdout is not None
        deadline = time.monotonic() + START_WITHIN_S
        line = b""
        while not line.endswith(b"\n"):
            readable, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(process.stdout.fileno(), 4096) if readable else b""
            if not piece:
                process.kill()
                self._reap()
                why = "said nothing" if not readable else "ended"
                raise RuntimeError(f"the server {why} before it was ready:\n{self.log_tail()}")
            line += piece
        said = json.loads(line)
        return {"http": said["http"], "ws": said["ws"]}

    def _reap(self) -> int:
        assert self._process is not None
        process, self._process = self._process, None
        try:
            return process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise RuntimeError(f"the server did not stop within {STOP_WITHIN_S:.0f} s:\n{self.log_tail()}") from None
        finally:
            if process.stdout is not None:
                process.stdout.close()

    def log_tail(self) -> str:
        """The end of the server's log, for a failure message."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-4_000:]

    def _secrets(self) -> dict[str, str]:
        secrets: dict[str, str] = json.loads((self._data / "secrets.json").read_text(encoding="utf-8"))
        return secrets


def _bytes_of(base64url: str) -> bytes:
    return base64.urlsafe_b64decode(base64url + "=" * (-len(base64url) % 4))
