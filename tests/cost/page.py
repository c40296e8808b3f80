"""docs/operations-aws.md as the tests read it: its tables, its code, its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

PAGE: Final = (Path(__file__).parents[2] / "docs/operations-aws.md").read_text(encoding="utf-8")
WORDS: Final = " ".join(PAGE.split())
"""The page without its line breaks."""
_BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def table(header: str) -> Sequence[tuple[str, ...]]:
    """The rows of the table whose first line begins with these cells. Raises ValueError if there is not just one."""
    found = re.findall(rf"^\| {re.escape(header)} \|.*\n\|[-:| ]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    if len(found) != 1:
        raise ValueError(f"{len(found)} tables begin with {header!r}")
    lines = found[0].splitlines()
    return [tuple(cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")) for line in lines]


def blocks(language: str = "") -> Sequence[str]:
    """The code blocks in a language, as they stand; by default those that name none."""
    return [text for named, text in _BLOCK.findall(PAGE) if named == language]


def sections(level: int) -> Sequence[str]:
    """The headings of a level, in order."""
    return re.findall(rf"^{'#' * level} (.+)$", PAGE, re.MULTILINE)


def names() -> frozenset[str]:
    """Every word in code style that could be a name in the template: `LikeThis`."""
    prose = _BLOCK.sub("", PAGE)
    return frozenset(re.findall(r"`([A-Z][A-Za-z0-9]+)`", prose)) | frozenset(re.findall(r'\$\(of "?(\w+)"?\)', PAGE))
