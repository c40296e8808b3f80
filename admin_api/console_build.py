"""The built console: the files that `make console` made, read and compressed when they are first asked for."""

from __future__ import annotations

import asyncio
import gzip
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from admin_api import entity_tags

START: Final = "index.html"
"""The file that a build always has; when it is another one, everything is read anew."""
MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""By the end of a name; the machine's own table may lack some."""
UNKNOWN: Final = "application/octet-stream"
COMPRESSED_ALREADY: Final = frozenset({".png", ".woff2"})
WORTH_COMPRESSING_BYTES: Final = 1_024


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One file. `compressed` is it in gzip, None where that is no smaller; `etag` is weak, the same for both."""

    content: bytes
    compressed: bytes | None
    media_type: str
    etag: str


class ConsoleBuild:
    """The files of a build by their names in it. There may be none yet, or another one later.

    A name is looked up among those that were found in the directory and never made into a path, so no name leads out
    of it. Links are not followed.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stamp: tuple[int, int, int] | None = None
        self._paths: Mapping[str, Path] = {}
        self._read: dict[str, BuiltFile] = {}

    async def file(self, name: str) -> BuiltFile | None:
        """The file of that name, such as `assets/index-B3x9.js`; None if the build has none."""
        self._look()
        path, read = self._paths.get(name), self._read
        if path is None:
            return None
        found = read.get(name)
        if found is None:
            try:
                found = await asyncio.to_thread(_read, path)
            except FileNotFoundError:  # It is being built anew.
                return None
            read[name] = found
        return found

    def _look(self) -> None:
        """See what there is, if that may have changed."""
        try:
            state = os.stat(self._directory / START)
        except OSError:
            stamp = None
        else:
            stamp = (state.st_ino, state.st_mtime_ns, state.st_size)
        if stamp != self._stamp:
            self._stamp = stamp
            self._paths = {} if stamp is None else _found(self._directory)
            self._read = {}


def _found(directory: Path) -> Mapping[str, Path]:
    return {
        path.relative_to(directory).as_posix(): path
        for path in directory.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def _read(path: Path) -> BuiltFile:
    content = path.read_bytes()
    compressed = None
    if len(content) >= WORTH_COMPRESSING_BYTES and path.suffix not in COMPRESSED_ALREADY:
        compressed = gzip.compress(content, mtime=0)
    smaller = compressed if compressed is not None and len(compressed) < len(content) else None
    return BuiltFile(content, smaller, MEDIA_TYPES.get(path.suffix, UNKNOWN), entity_tags.weak(content))
