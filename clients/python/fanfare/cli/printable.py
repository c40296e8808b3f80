"""Text from elsewhere, made fit for a screen: no escape sequence in a message may move somebody's cursor."""

from __future__ import annotations

import json

from fanfare.frames import JsonValue


def printable(text: str) -> str:
    """`text` with each character that is neither printable nor a line break or tab replaced by U+FFFD."""
    return "".join(character if character.isprintable() or character in "\n\t" else "\ufffd" for character in text)


def in_a_line(value: JsonValue) -> str:
    """A JSON value in one line: text as it is, everything else as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return printable(" ⏎ ".join(text.splitlines()))
