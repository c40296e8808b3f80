"""By which clause of a target somebody is meant, or is not: in data and in words."""

from __future__ import annotations

from dataclasses import dataclass

from services.domain.targets import text_form
from services.domain.targets.expression import Any, Every, Target
from services.domain.targets.row_filter import Row, matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """The smallest part of a target that decides: it matches, or it is the one that does not."""

    part: Target
    matched: bool

    @property
    def text(self) -> str:
        """In the language of targets, cut if it is long."""
        return text_form.print_short(self.part)


def deciding(target: Target, row: Row) -> Clause:
    """The clause that decides whether a target means a row.

    Of an `any` that holds it is the first part that does, of an `every` that does not the first part that does not;
    otherwise every part decides together, so it is the whole.
    """
    matched = matches(target, row)
    parts = target.of if isinstance(target, Any | Every) else ()
    if matched == isinstance(target, Any):
        decisive = next((part for part in parts if matches(part, row) == matched), None)
        if decisive is not None:
            return deciding(decisive, row)
    return Clause(part=target, matched=matched)
