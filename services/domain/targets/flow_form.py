"""How a target narrows everybody down, in JSON, as it is kept with a push."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from services.domain.targets import json_form
from services.domain.targets.expression import KEPT, Any, Every, Not, Target
from services.domain.targets.flow import Flow

KEPT_BYTES_AT_MOST: Final = 16_384
"""A flow that is longer in JSON is not kept: its target lists very many by name."""


def can_be_kept(flow: Flow) -> bool:
    """Whether it is short enough to be kept with a push."""
    return len(json.dumps(to_json(flow))) <= KEPT_BYTES_AT_MOST


def to_json(flow: Flow) -> dict[str, object]:
    """The flow as a JSON object; `from_json` reads it back. What has parts is told by them, and not written again."""
    written: dict[str, object] = {"in": flow.into, "out": flow.out}
    if flow.op in _MADE_OF_PARTS:
        written[flow.op] = [to_json(part) for part in flow.parts]
    else:
        written["clause"] = json_form.to_json(flow.clause)
    return written


def from_json(value: Mapping[str, object]) -> Flow:
    """The flow that `to_json` wrote."""
    into, out = int(str(value["in"])), int(str(value["out"]))
    for op, made in _MADE_OF_PARTS.items():
        if op in value:
            written = value[op]
            assert isinstance(written, list)
            parts = tuple(from_json(part) for part in written)
            return Flow(clause=made(tuple(part.clause for part in parts)), into=into, out=out, parts=parts)
    return Flow(clause=json_form.from_json(value["clause"], bounds=KEPT), into=into, out=out)


def _not(of: tuple[Target, ...]) -> Not:
    (part,) = of
    return Not(part)


_MADE_OF_PARTS: Final[Mapping[str, Callable[[tuple[Target, ...]], Target]]] = {"any": Any, "every": Every, "not": _not}
