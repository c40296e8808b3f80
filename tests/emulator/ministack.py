"""MiniStack, the stand-in for AWS, as a process of its own on free ports of the loopback address."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
INTERPRETER: Final = ROOT / ".venv-emulator/bin/python"
"""Where `make` installs the emulator, alone: its Lambda functions run in this Python and must bring their libraries."""
REGION: Final = "eu-central-1"
NO_VARIABLES: Final[Mapping[str, str]] = {}
STARTS_WITHIN_S: Final = 60.0
STOPS_WITHIN_S: Final = 20.0


class EmulatorError(Exception):
    """The emulator is not installed, or does not start; the message says what to do, or what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MiniStack:
    """A running emulator. Whoever calls it with `test` as both keys is the account's root."""

    port: int
    directory: Path
    process_id: int

    @property
    def url(self) -> str:
        """Where every service of AWS is."""
        return f"http://127.0.0.1:{self.port}"

    def output(self) -> str:
        """What it has printed."""
        return (self.directory / "output").read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def running(interpreter: Path = INTERPRETER, *, variables: Mapping[str, str] = NO_VARIABLES) -> Iterator[MiniStack]:
    """An emulator with IAM enforced, stopped with all its Lambda functions when the context is left.

    `variables` are added to its environment, and so to that of the functions. Raises EmulatorError.
    """
    if not interpreter.exists():
        raise EmulatorError(f"{interpreter} is not there; `make {interpreter.parents[1].name}/.complete` installs it")
    with tempfile.TemporaryDirectory(prefix="fanfare-emulator-", ignore_cleanup_errors=True) as directory:
        port = _free_port()
        with (Path(directory) / "output").open("wb") as output:
            process = subprocess.Popen(
                [str(interpreter), "-m", "ministack"],
                env={**_environment(port, directory), **variables},
                stdout=output,
                stderr=subprocess.STDOUT,
                # A session of its own, so that a stop reaches the Lambda functions, which are its children.
                start_new_session=True,
            )
        emulator = MiniStack(port=port, directory=Path(directory), process_id=process.pid)
        try:
            _wait(process, emulator)
            yield emulator
        finally:
            _stop(process)


def _environment(port: int, directory: str) -> Mapping[str, str]:
    """Nothing of the caller's environment: the emulator hands its own on to the Lambda functions."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": directory,
        "TMPDIR": directory,
        "PYTHONDONTWRITEBYTECODE": "1",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "0",
        "LOG_LEVEL": "WARNING",
        # Whoever is called at the same time as others starts a process, which stays for the next time.
        "LAMBDA_WARM_TTL_SECONDS": "3600",
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], emulator: MiniStack) -> None:
    deadline_s = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline_s:
        if process.poll() is not None:
            raise EmulatorError(f"the emulator ended with {process.returncode}:\n{emulator.output()}")
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{emulator.url}/_ministack/ready", timeout=1) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise EmulatorError(f"the emulator was not ready within {STARTS_WITHIN_S:.0f} s:\n{emulator.output()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOPS_WITHIN_S)


if __name__ == "__main__":
    with running(Path(sys.argv[1]) if len(sys.argv) > 1 else INTERPRETER) as started:
        print(started.url, flush=True)
        signal.pause()
