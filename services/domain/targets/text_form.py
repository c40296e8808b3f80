"""Targets as people type them: `group:ops and os = windows and not user:bob`.

    either     = both *("or" both)
    both       = negated *("and" negated)
    negated    = "not" negated / single
    single     = "(" either ")" / "all" / kind ":" names / "has" name / name comparison
    kind       = "user" / "group" / "terminal" / "connection"
    names      = name / "(" name *("," name) ")"
    comparison = ("=" / "!=" / "<" / "<=" / ">" / ">=" / "prefix") value / "in" "(" value *("," value) ")"

A name is a bare word or a quoted text; a value is one of those, a number, true or false. `docs/targets.md`
explains it with examples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from services.domain import names
from services.domain.identity import AttributeValue
from services.domain.problems import Problem
from services.domain.targets import json_form
from services.domain.targets.expression import (
    ASKED,
    MAX_LISTED,
    All,
    Any,
    Attr,
    Connections,
    Every,
    Groups,
    Not,
    Op,
    Opening,
    Target,
    Terminals,
    Users,
    depth_and_nodes,
    fault_of_value,
)
from services.domain.targets.tokens import (
    NAME_KINDS,
    Token,
    fault,
    number_in,
    quoted,
    tokens_of,
    written_attribute,
    written_name,
    written_text,
)

_Entry = TypeVar("_Entry")

MAX_TEXT_BYTES = 8_192
"""Longest target written as text, in UTF-8 bytes; longer ones are sent as JSON."""

LONGEST_SHOWN = 300
"""Longest target as text that is shown whole, in characters."""

_COMPARISONS: Mapping[str, Op] = {
    "=": "eq",
    "!=": "ne",
    "<": "lt",
    "<=": "le",
    ">": "gt",
    ">=": "ge",
    "prefix": "prefix",
    "in": "in",
}
_SIGNS = {op: sign for sign, op in _COMPARISONS.items()}
_LISTS: Mapping[str, Callable[[tuple[str, ...]], Target]] = {
    "user": Users,
    "group": Groups,
    "terminal": Terminals,
    "connection": Connections,
}
_SINGLES = ("all", *(f"{kind}:" for kind in NAME_KINDS), "has", "an attribute", "not", "(")


def read(value: object) -> Target:
    """A target as a caller gives it: text is parsed, an object read as JSON. Raises as those do."""
    return parse(value) if isinstance(value, str) else json_form.from_json(value)


def parse(text: str) -> Target:
    """The target that `text` says; the grammar is this module's docstring.

    Raises `Problem("invalid_target", 422)` whose detail shows where; its extra has `position` (in characters,
    from 0) and `expected` (what could stand there instead). The bounds are `MAX_TEXT_BYTES` and `ASKED`.
    """
    if len(text) > MAX_TEXT_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        raise Problem(
            "invalid_target",
            422,
            f"a target written as text has at most {MAX_TEXT_BYTES} bytes; send a longer one as JSON",
            position=0,
            expected=[],
        )
    return _Parser(text).whole()


def print_text(target: Target) -> str:
    """`target` as `parse` takes it. An `any` or `every` of one part is written as that part."""
    return _printed(target)[0]


def print_short(target: Target) -> str:
    """`target` as text to be shown, cut to `LONGEST_SHOWN` characters if it is long."""
    written = print_text(target)
    return written if len(written) <= LONGEST_SHOWN else f"{written[:LONGEST_SHOWN]}…"


class _Parser:
    """Recursive descent; how deep it goes is bounded by the depth that a target may have."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = tokens_of(source)
        self._next = 0
        self._open = 0
        self._nodes = 0
        self._listed = 0
        self._innermost = (0, 0)

    def whole(self) -> Target:
        target = self._either()
        if self._token.sort != "end":
            raise self._unexpected("and", "or", "the end")
        if depth_and_nodes(target)[0] > ASKED.depth:
            raise self._too_deep(self._innermost[1])
        return target

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self, *keywords: str) -> str | None:
        """The next keyword or sign, if it is one of these; then it is behind us."""
        keyword = self._token.keyword
        if keyword not in keywords:
            return None
        self._next += 1
        return keyword

    def _either(self) -> Target:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else self._counted(Any(tuple(parts)))

    def _both(self) -> Target:
        parts = [self._negated()]
        while self._take("and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else self._counted(Every(tuple(parts)))

    def _negated(self) -> Target:
        start = self._token
        if not self._take("not"):
            return self._single()
        self._enter(start)
        part = self._negated()
        self._open -= 1
        return self._counted(Not(part))

    def _single(self) -> Target:
        start = self._token
        if self._take("("):
            self._enter(start)
            inner = self._either()
            if not self._take(")"):
                raise self._unexpected("and", "or", ")")
            self._open -= 1
            return inner
        if self._take("all"):
            return self._counted(All())
        if self._take("has"):
            return self._counted(Attr(self._name("an attribute"), "exists"))
        if start.sort == "kind":
            self._next += 1
            return self._counted(_LISTS[start.text](self._names()))
        if start.keyword in NAME_KINDS:
            raise self._fault(
                f'write {start.keyword}:name, or "{start.keyword}" in quotes for an attribute of this name'
            )
        if start.sort not in {"word", "quoted"} or start.keyword:
            raise self._unexpected(*_SINGLES)
        return self._counted(self._comparison())

    def _comparison(self) -> Attr:
        start = self._token
        name = self._name("an attribute")
        sign = self._take(*_COMPARISONS)
        if sign is None:
            if start.sort == "word" and ":" in start.text:
                kind = start.text.partition(":")[0]
                self._next -= 1
                raise self._fault(f"{quoted(kind)} is no kind of name; user:, group:, terminal: and connection: are")
            raise self._unexpected(*_COMPARISONS)
        op = _COMPARISONS[sign]
        if op == "in":
            return Attr(name, op, self._list(lambda: self._value(op)))
        return Attr(name, op, self._value(op))

    def _names(self) -> tuple[str, ...]:
        if self._token.keyword == "(":
            return self._list(lambda: self._name("a name"))
        name = self._name("a name")
        self._listed += 1
        return (name,)

    def _list(self, entry: Callable[[], _Entry]) -> tuple[_Entry, ...]:
        if not self._take("("):
            raise self._unexpected("(")
        entries = [entry()]
        while self._take(","):
            if len(entries) == MAX_LISTED:
                raise self._fault(f"a list holds at most {MAX_LISTED}; split it")
            entries.append(entry())
        if not self._take(")"):
            raise self._unexpected(",", ")")
        self._listed += len(entries)
        return tuple(entries)

    def _name(self, what: str) -> str:
        token = self._word(what)
        wrong = names.fault_of(token.text)
        if wrong is not None:
            raise self._fault(f"the name {wrong}")
        self._next += 1
        return token.text

    def _value(self, op: Op) -> AttributeValue:
        token = self._token
        value: AttributeValue = token.text
        if token.keyword in {"true", "false"}:
            value = token.keyword == "true"
        elif token.keyword == "null":
            raise self._fault("nothing is null; to ask whether an attribute is missing, write not has")
        elif self._word("a value").sort == "word":
            number = number_in(token.text)
            if number is not None:
                value = number
        wrong = fault_of_value(op, value)
        if wrong is not None:
            raise self._fault(f"the value {wrong}")
        self._next += 1
        return value

    def _word(self, what: str) -> Token:
        token = self._token
        if token.sort == "kind":
            raise self._fault(f"expected {what}, found {token}; quote {what} that begins so", [what])
        if token.sort == "word" and token.keyword:
            raise self._fault(f"expected {what}, found {token}; quote it to use it as {what}", [what])
        if token.sort not in {"word", "quoted"}:
            raise self._unexpected(what)
        return token

    def _enter(self, token: Token) -> None:
        self._open += 1
        if self._open > ASKED.depth:
            raise self._too_deep(token.position)
        if self._open > self._innermost[0]:
            self._innermost = (self._open, token.position)

    def _counted(self, target: Target) -> Target:
        self._nodes += 1
        if self._nodes > ASKED.nodes:
            raise self._fault(f"a target has at most {ASKED.nodes} expressions; list names together, as in user:(a, b)")
        if self._listed > ASKED.listed:
            raise self._fault(
                f"the lists of a target have at most {ASKED.listed} entries in all; send several pushes, "
                "or put those users into a group"
            )
        return target

    def _too_deep(self, position: int) -> Problem:
        return fault(self._source, position, f"nested deeper than {ASKED.depth} levels; flatten the expression")

    def _unexpected(self, *expected: str) -> Problem:
        words = ", ".join(expected[:-1]) + " or " + expected[-1] if len(expected) > 1 else expected[0]
        return self._fault(f"expected {words}, found {self._token}", expected)

    def _fault(self, message: str, expected: Sequence[str] = ()) -> Problem:
        return fault(self._source, self._token.position, message, expected)


_EITHER, _BOTH, _SINGLE = range(3)
"""How tightly a printed expression holds together; what holds less tightly than its surroundings is bracketed."""


def _printed(target: Target) -> tuple[str, int]:
    match target:
        case Any((part,)) | Every((part,)):
            return _printed(part)
        case Any(parts):
            return " or ".join(_within(part, _BOTH) for part in parts), _EITHER
        case Every(parts):
            return " and ".join(_within(part, _SINGLE) for part in parts), _BOTH
        case Not(part):
            return f"not {_within(part, _SINGLE)}", _SINGLE
        case All():
            return "all", _SINGLE
        case Users(listed):
            return f"user:{_listing(listed)}", _SINGLE
        case Groups(listed):
            return f"group:{_listing(listed)}", _SINGLE
        case Terminals(listed):
            return f"terminal:{_listing(listed)}", _SINGLE
        case Connections(listed):
            return f"connection:{_listing(listed)}", _SINGLE
        case Attr(name, "exists"):
            return f"has {written_attribute(name)}", _SINGLE
        case Attr(name, op, value):
            values = f"({', '.join(map(_value, value))})" if isinstance(value, tuple) else _value(value)
            return f"{written_attribute(name)} {_SIGNS[op]} {values}", _SINGLE
        case Opening():
            raise ValueError("an opening is the service's own, and is not written as text")


def _within(part: Target, tightness: int) -> str:
    text, own = _printed(part)
    return f"({text})" if own < tightness else text


def _listing(listed: tuple[str, ...]) -> str:
    if len(listed) == 1:
        return written_name(listed[0])
    return f"({', '.join(map(written_name, listed))})"


def _value(value: AttributeValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return written_text(value) if isinstance(value, str) else repr(value)
