"""The simulated office beside a server that was started to look around: a process that ends when the server does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_PROGRAM = "from fanfare.cli import main; main(prog_name='fanfare')"
_OF_OTHER_SERVICES = ("FANFARE_URL", "FANFARE_API_URL", "FANFARE_TOKEN")
"""Variables that would lead it to another service than this one."""


class OfficeProcess:
    """`fanfare simulate` on a data directory whose server runs.

    It has a session of its own, so that Ctrl-C reaches the server only, which then takes its leave of every terminal;
    and it ends when its standard input does, so that it outlives no server, however that ends.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    def start(cls, data_dir: Path, options: Sequence[str]) -> OfficeProcess:
        """Start it; it goes on by itself. `options` are further ones of `fanfare simulate`."""
        command = [sys.executable, "-c", _PROGRAM, "simulate", "--data", str(data_dir)]
        return cls(
            subprocess.Popen(  # noqa: S603 - our own program
                [*command, "--quiet", "--until-eof", *options],
                env={name: value for name, value in os.environ.items() if name not in _OF_OTHER_SERVICES},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        )

    def stop(self) -> None:
        """End it at once: the server has said goodbye to its terminals, and it has nothing to keep."""
        self._process.kill()
        self._process.wait()
