"""The guide for those who write a client: its frames are frames, and it leaves none out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.protocol.document import DOCS, DOCUMENT

GUIDE = (DOCS / "protocol.md").read_text(encoding="utf-8")
_JSON_BLOCK = re.compile(r"```json\n(.*?)```", re.DOTALL)
_TRACE_LINE = re.compile(r"^[→←] (\{.*\})$", re.MULTILINE)
_PROBLEM_TYPE = "/errors#"


def _frames() -> Iterator[dict[str, object]]:
    for text in (*_JSON_BLOCK.findall(GUIDE), *_TRACE_LINE.findall(re.sub(r" +\[.*\]$", "", GUIDE, flags=re.M))):
        frame = json.loads(text)
        if not str(frame.get("type")).startswith(_PROBLEM_TYPE):
            yield frame


FRAMES = list(_frames())


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: json.dumps(frame)[:60])
def test_a_frame_in_the_guide_is_as_the_document_says(frame: dict[str, object]) -> None:
    assert DOCUMENT.faults(DOCUMENT.message_of(frame), frame) == []


def test_the_guide_shows_every_frame_that_there_is() -> None:
    shown = {DOCUMENT.message_of(frame) for frame in FRAMES} | {"echo"}
    assert shown == set(DOCUMENT.messages())
    assert "`Echo: Good morning`" in GUIDE


def _codes(heading: str) -> set[str]:
    """The codes in the first column of the table under a header."""
    table = GUIDE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    return {code for cell in cells for code in re.findall(r"`([a-z_]+)`", cell)}


@pytest.mark.parametrize("heading", ["`bye` code", "`error` code"])
def test_every_code_of_the_guide_is_explained_in_the_list_of_errors(heading: str) -> None:
    codes = _codes(heading)
    explained = set(re.findall(r"^#+ `?([a-z_]+)`?", (DOCS / "errors.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert codes
    assert codes - explained == set()
