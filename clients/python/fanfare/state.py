"""What a terminal remembers from one run to the next: how far it came, and what it has shown."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeGuard


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`since` is the newest position up to which everything was handed to the application; `seen` the ids shown.

    `unread` are those shown that ask to be read and were not, each with the newest position at which it came.
    """

    since: str | None = None
    seen: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)


class State(Protocol):
    """Where a terminal keeps its snapshot. Both are called from a worker thread, never two at once."""

    def load(self) -> Snapshot | None:
        """The snapshot last saved; None if there is none."""

    def save(self, snapshot: Snapshot) -> None:
        """Keep a snapshot. May raise OSError; the terminal goes on, tells its application, and tries again."""


class JsonFile:
    """Keeps the snapshot in a JSON file, mode 0600, replaced as a whole: a power cut leaves the old or the new one."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def load(self) -> Snapshot | None:
        """Raises ValueError, naming the file, if it holds something else."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            written = json.loads(text)
        except ValueError:
            written = None
        since = written.get("since") if isinstance(written, dict) else 0
        seen = written.get("seen") if isinstance(written, dict) else None
        # There is none in the files of earlier versions.
        unread = written.get("unread", {}) if isinstance(written, dict) else None
        if not (since is None or isinstance(since, str)) or not _are_texts(seen) or not _is_of_texts(unread):
            raise ValueError(f"{self._path} is not the state of a terminal; move it away to begin anew")
        return Snapshot(since=since, seen=tuple(seen), unread=unread)

    def save(self, snapshot: Snapshot) -> None:
        written = {"since": snapshot.since, "seen": snapshot.seen, "unread": dict(snapshot.unread)}
        text = json.dumps(written, separators=(",", ":"))
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _are_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_of_texts(value: object) -> TypeGuard[dict[str, str]]:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
