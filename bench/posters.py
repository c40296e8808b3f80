"""Ways to post to `@connections`: ours, and what people would use instead."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import Protocol

from bench import machine
from bench.contestant import Entrant
from bench.endpoint import Endpoint

_CLIENTS = machine.HERE / "clients"
_OWN_ENVIRONMENT = machine.BUILD / "venv" / "bin" / "python"
"""Where aiohttp and aiobotocore are, which pins its own botocore."""
_WARM_UP_S = 1.0
_ENDING_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How a client is to post."""

    concurrency: int
    message_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What a client came to: posts that were answered 200, the time they took, the CPU time of the client."""

    posts: int
    seconds: float
    cpu_s: float


class Poster(Entrant, Protocol):
    """A client in a process of its own."""

    def command(self, endpoint: Endpoint, load: Load) -> list[str]:
        """What runs it; the last line of its output is its result."""
        ...


def _arguments(endpoint: Endpoint, load: Load) -> list[str]:
    """As `clients/pace.py` reads them."""
    numbers = (load.concurrency, load.message_bytes, _WARM_UP_S, load.seconds)
    return [endpoint.url, str(endpoint.ca_file), *map(str, numbers)]


class _Python:
    """A client of `clients/` under this interpreter."""

    def __init__(self, name: str, module: str) -> None:
        self.name = name
        self._module = module

    def missing(self) -> str | None:
        return None

    def command(self, endpoint: Endpoint, load: Load) -> list[str]:
        return [sys.executable, "-m", f"bench.clients.{self._module}", *_arguments(endpoint, load)]


class _PythonInOwnEnvironment(_Python):
    """A client whose libraries do not go with ours."""

    def missing(self) -> str | None:
        return None if _OWN_ENVIRONMENT.exists() else "its virtual environment is not there; run make -C bench venv"

    def command(self, endpoint: Endpoint, load: Load) -> list[str]:
        return [str(_OWN_ENVIRONMENT), *super().command(endpoint, load)[1:]]


class Boto3(_Python):
    """boto3 from so many threads; without a number, from as many as the others have requests at a time."""

    def __init__(self, threads: int | None = None) -> None:
        super().__init__("boto3, threads" if threads is None else f"boto3, {threads} thread", "boto3_threads")
        self._threads = threads

    def command(self, endpoint: Endpoint, load: Load) -> list[str]:
        threads = load.concurrency if self._threads is None else self._threads
        return super().command(endpoint, replace(load, concurrency=threads))


class AwsSdkJs:
    """AWS SDK for JavaScript v3 under Node."""

    name = "AWS SDK JS v3"

    def missing(self) -> str | None:
        if shutil.which("node") is None:
            return "node is not here; install Node 20 or newer"
        if not (machine.HERE / "node_modules" / "@aws-sdk" / "client-apigatewaymanagementapi").exists():
            return "its packages are not installed; run make -C bench node_modules"
        return None

    def command(self, endpoint: Endpoint, load: Load) -> list[str]:
        return ["node", str(_CLIENTS / "aws_sdk_v3.mjs"), *_arguments(endpoint, load)]


class Wrk:
    """wrk, in C: signs nothing, verifies no certificate, reads no answer further than its end."""

    name = "wrk (C, unsigned)"

    def missing(self) -> str | None:
        return None if shutil.which("wrk") else "wrk is not here; apt-get install wrk"

    def command(self, endpoint: Endpoint, load: Load) -> list[str]:
        return [
            *("wrk", "--threads", "1", "--connections", str(load.concurrency)),
            *("--duration", f"{max(1, round(load.seconds))}s", "--script", str(_CLIENTS / "wrk.lua")),
            f"{endpoint.url}/@connections/R0oXAdfD0kwCH6w%3D",
            *("--", str(load.message_bytes)),
        ]


OURS = _Python("Fanfare", "fanfare_sender")
REFERENCE = Wrk()
POSTERS: tuple[Poster, ...] = (
    OURS,
    Boto3(),
    Boto3(threads=1),
    _PythonInOwnEnvironment("aiobotocore", "aiobotocore_tasks"),
    AwsSdkJs(),
    _PythonInOwnEnvironment("aiohttp, cached signing", "aiohttp_signed"),
    REFERENCE,
)


def posted(poster: Poster, endpoint: Endpoint, load: Load) -> Posted:
    """Run a client on its core. Raises RuntimeError if it fails, or if nginx saw fewer requests than it tells of."""
    before = endpoint.requests()
    done = subprocess.run(
        machine.on_core(machine.CLIENT_CORE, *poster.command(endpoint, load)),
        capture_output=True,
        text=True,
        timeout=_WARM_UP_S + load.seconds + _ENDING_S,
        check=False,
        cwd=machine.HERE.parent,
        env=os.environ | {"PYTHONPATH": str(machine.HERE.parent)},
    )
    if done.returncode:
        raise RuntimeError(f"{poster.name} failed: {done.stderr.strip() or done.stdout.strip()}")
    result = json.loads(done.stdout.strip().splitlines()[-1])
    seen = endpoint.requests() - before
    if result.get("failed") or result["posts"] > seen:
        raise RuntimeError(f"{poster.name} tells of {result['posts']} posts, nginx of {seen}: {done.stdout[-500:]}")
    return Posted(posts=int(result["posts"]), seconds=float(result["seconds"]), cpu_s=float(result["cpu_s"]))
