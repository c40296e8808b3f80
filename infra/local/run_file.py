"""DATA/server.json: where the server that runs on this data directory is reached; gone when it stops."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunFile:
    """Written for the command line, which finds the server by its data directory."""

    data_dir: Path

    @property
    def path(self) -> Path:
        return self.data_dir / "server.json"

    def write(self, *, http_url: str, ws_url: str) -> None:
        """Put the file in place at once, whole."""
        written = json.dumps({"pid": os.getpid(), "http": http_url, "ws": ws_url})
        draft = self.path.with_suffix(".new")
        draft.write_text(written + "\n", encoding="utf-8")
        draft.replace(self.path)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
