"""Names that come from outside: users, groups, terminals, attributes. Bounded and printable."""

from __future__ import annotations

import unicodedata

from services.domain.problems import Problem

MAX_NAME_BYTES = 256
"""Longest user, group, terminal or attribute name, in UTF-8 bytes. A DynamoDB partition key holds 2,048
bytes; escaped at worst threefold, with its prefix, a name of this size still fits."""
MAX_TERMINAL_NAME_BYTES = 128
"""Longest name a client may call itself."""

_CONTROL_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def fault_of(name: object, *, max_bytes: int = MAX_NAME_BYTES) -> str | None:
    """Why `name` cannot be a name, in words, or None if it can.

    Refuses what is not text, empty text, text over `max_bytes` UTF-8 bytes, leading or trailing white space,
    control and format characters (they make two names look alike) and lone surrogates.
    """
    if not isinstance(name, str):
        return "is not text"
    if not name:
        return "is empty"
    if len(name) > max_bytes:
        return f"is longer than {max_bytes} bytes"
    if name.isascii():
        if not name.isprintable():
            return "holds a control character"
    else:
        for character in name:
            category = unicodedata.category(character)
            if category in _CONTROL_CATEGORIES:
                kind = "a lone surrogate" if category == "Cs" else "a control or format character"
                return f"holds {kind}"
        if len(name.encode()) > max_bytes:
            return f"is longer than {max_bytes} bytes"
    if name[0].isspace() or name[-1].isspace():
        return "begins or ends with white space"
    return None


def fault_of_terminal(name: object) -> str | None:
    """Why a client cannot call itself `name`, or None if it can.

    A terminal id is `<user>/<name>`, split at its last slash: user "a" must not pose as one of user "a/b".
    """
    fault = fault_of(name, max_bytes=MAX_TERMINAL_NAME_BYTES)
    return "holds a slash" if fault is None and "/" in str(name) else fault


def checked(name: object, what: str, *, max_bytes: int = MAX_NAME_BYTES) -> str:
    """`name` itself if it can be a name; raises `Problem("invalid_name", 422)` that names `what` if not."""
    fault = fault_of(name, max_bytes=max_bytes)
    if fault is not None:
        raise Problem("invalid_name", 422, f"{what} {fault}")
    assert isinstance(name, str)
    return name
