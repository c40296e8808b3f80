"""The words and signs of targets written as text, and the error that points at one of them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.domain.identity import MAX_ATTRIBUTE_VALUE_BYTES
from services.domain.problems import Problem

NAME_KINDS = ("user", "group", "terminal", "connection")
"""What stands before the colon of a name."""
KEYWORDS = frozenset({"all", "and", "or", "not", "in", "has", "prefix", "true", "false", "null", *NAME_KINDS})
"""Words with a meaning of their own, in any case; quoted, they are names and values like any other."""

_SPACE = re.compile(r"\s+")
_KIND = re.compile(rf"(?ai:{'|'.join(NAME_KINDS)}):")
# Letters and digits of any script, and what user names, host names and group names are commonly made of.
_WORD = re.compile(r"[\w\-./@+#$%&|\\:][\w\-./@+#$%&|\\:']*")
# After `kind:` nothing is compared, so a name may hold what the connection ids of API Gateway end with.
_NAME = re.compile(r"[\w\-./@+#$%&|\\:][\w\-./@+#$%&|\\:'=]*")
_SIGN = re.compile(r"!=|<=|>=|[=<>(),]")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_QUOTED = json.JSONDecoder()

_WAYS_OUT = {
    "'": 'quote with "',
    "“": 'quote with "',
    "”": 'quote with "',
    "„": 'quote with "',
    "*": "there are no wild cards, but all, and prefix for attributes",
    "~": "to compare how an attribute begins, write prefix",
    "!": "write not or !=",
}
_SHOWN_AROUND = 30


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is a word as written, a quoted text without its quotes, a sign, or a kind of name in lower case."""

    sort: Literal["word", "quoted", "kind", "sign", "end"]
    text: str
    position: int

    @property
    def keyword(self) -> str | None:
        """The keyword or sign that it is, in lower case."""
        if self.sort == "sign":
            return self.text
        if self.sort == "word" and self.text.lower() in KEYWORDS:
            return self.text.lower()
        return None

    def __str__(self) -> str:
        match self.sort:
            case "end":
                return "the end"
            case "kind":
                return f"{self.text}:"
            case _:
                return quoted(self.text)


def tokens_of(source: str) -> list[Token]:
    """`source` cut up, the end being the last token. Raises the `fault` of what cannot be cut."""
    found: list[Token] = []
    position = 0
    names = False
    while position < len(source):
        if space := _SPACE.match(source, position):
            position = space.end()
            continue
        token, end = _token_at(source, position, _NAME if names else _WORD)
        names = _names_follow(names, found[-1] if found else None, token)
        found.append(token)
        position = end
    return [*found, Token("end", "", len(source))]


def _token_at(source: str, position: int, word_pattern: re.Pattern[str]) -> tuple[Token, int]:
    """The token that begins at `position`, and where it ends."""
    if kind := _KIND.match(source, position):
        return Token("kind", kind.group()[:-1].lower(), position), kind.end()
    if word := word_pattern.match(source, position):
        return Token("word", word.group(), position), word.end()
    if sign := _SIGN.match(source, position):
        return Token("sign", sign.group(), position), sign.end()
    if source[position] == '"':
        text, end = _unquoted(source, position)
        return Token("quoted", text, position), end
    message = f"{quoted(source[position])} stands only in quotes{_way_out(source[position])}"
    raise fault(source, position, message)


def _names_follow(names: bool, before: Token | None, token: Token) -> bool:
    """Whether names may follow `token`: right after a kind, and within the brackets there."""
    if token.sort == "kind":
        return True
    after_kind = before is not None and before.sort == "kind"
    if token.sort == "sign":
        return names and (token.text == "," or (token.text == "(" and after_kind))
    return names and not after_kind


def number_in(word: str) -> int | float | None:
    """The number that `word` is by the grammar of JSON (RFC 8259 §6), or None. `007` and `1.2.3` are none."""
    if len(word) > MAX_ATTRIBUTE_VALUE_BYTES or _NUMBER.fullmatch(word) is None:
        return None
    return int(word) if set(".eE").isdisjoint(word) else float(word)


def quoted(text: str) -> str:
    """`text` between quotes, with the escapes of JSON."""
    written = json.dumps(text, ensure_ascii=False)
    return written.encode("utf-8", "backslashreplace").decode()


def written_name(name: str) -> str:
    """`name` as it stands after a kind: bare where it can be, else quoted."""
    return name if _is_bare(name, _NAME) else quoted(name)


def written_attribute(name: str) -> str:
    """`name` as it stands before a comparison."""
    return name if _is_bare(name, _WORD) else quoted(name)


def written_text(value: str) -> str:
    """`value` as it stands after a comparison: quoted also where it would be read as a number."""
    return value if _is_bare(value, _WORD) and number_in(value) is None else quoted(value)


def _is_bare(text: str, pattern: re.Pattern[str]) -> bool:
    return pattern.fullmatch(text) is not None and _KIND.match(text) is None and text.lower() not in KEYWORDS


def fault(source: str, position: int, message: str, expected: Sequence[str] = ()) -> Problem:
    """`Problem("invalid_target", 422)` whose detail shows the place in `source`, with a mark under it.

    Its extra holds `position`, counted in characters (Unicode code points) from 0, and `expected`.
    """
    start = max(0, position - _SHOWN_AROUND)
    before = _on_one_line(source[start:position])
    after = _on_one_line(source[position : position + _SHOWN_AROUND])
    mark = " " * sum(_columns(character) for character in before)
    detail = f"{message}, at character {position + 1} of the target\n  {before}{after}\n  {mark}^"
    return Problem("invalid_target", 422, detail, position=position, expected=list(expected))


def _unquoted(source: str, position: int) -> tuple[str, int]:
    try:
        text, end = _QUOTED.raw_decode(source, position)
    except json.JSONDecodeError as error:
        raise fault(source, error.pos, "quoted text ends with a quote, and escapes in it are those of JSON") from error
    assert isinstance(text, str)
    return text, end


def _way_out(character: str) -> str:
    narrow = unicodedata.normalize("NFKC", character)
    if narrow != character and narrow.isascii() and narrow.isprintable():
        return f"; as a sign, write {narrow} (half width)"
    return f"; {_WAYS_OUT[character]}" if character in _WAYS_OUT else ""


def _on_one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
