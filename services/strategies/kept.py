"""Keeping strategies by name: new versions, taking names out of use, and what there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from services.domain import names
from services.domain.audit import AuditEntry
from services.domain.positions import new_id
from services.domain.problems import Problem
from services.domain.strategies import json_form
from services.domain.strategies.built_in import BUILT_IN, BuiltIn
from services.domain.strategies.strategy import Strategy
from services.ports import KeptStrategy, Page, Ports

ANY: Final = -1
"""The expectation that there is a version, whichever."""
_OF_BUILT_IN: Final = "b"
_OF_KEPT: Final = "k"
_BEGINNING: Final = "b:0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A strategy of the catalog. One that is built in has no version, and nobody made it, but it is described."""

    name: str
    strategy: Strategy
    kept: KeptStrategy | None = None
    description: str | None = None


async def one(ports: Ports, name: str) -> Listed:
    """The strategy of a name as it is now. Raises Problem (404)."""
    built_in = BUILT_IN.get(name)
    if built_in is not None:
        return _built_in(built_in)
    kept = await ports.strategies.get(names.checked(name, "name"))
    if kept is None:
        raise _not_there(name)
    return _listed(kept)


async def put(ports: Ports, name: str, value: object, *, after: int | None, by: str) -> Listed:
    """Keep a strategy (a JSON object) as the next version of its name.

    `after`: only if the newest version is this one; 0: only if there is none; ANY: only if there is one. Raises
    Problem: 409 `strategy_built_in`, 412 `version_changed`, 422 as `json_form.from_json` does.
    """
    names.checked(name, "name")
    _check_not_built_in(name)
    strategy = _checked(name, value)
    if after == ANY:
        after = await _newest(ports, name)
        if not after:
            raise _changed(name, 0)
    now_s = ports.clock.now_s()
    kept = await ports.strategies.put(
        name,
        strategy,
        after=after,
        by=by,
        at_s=now_s,
        audit=AuditEntry(
            id=new_id(now_s),
            at_s=now_s,
            actor=by,
            action="strategy.put",
            subject=name,
            detail={"strategy": json_form.to_json(strategy)},
        ),
    )
    if kept is None:
        raise _changed(name, await _newest(ports, name))
    return _listed(kept)


async def delete(ports: Ports, name: str, *, after: int | None, by: str) -> bool:
    """Take a name out of use; False if it was not in use. Pushes keep what they have, and so does `versions`.

    `after` as in `put`, asked just before. Raises Problem: 409 `strategy_built_in`, 412 `version_changed`.
    """
    names.checked(name, "name")
    _check_not_built_in(name)
    if after is not None:
        newest = await _newest(ports, name)
        if newest != after and not (after == ANY and newest):
            raise _changed(name, newest)
    now_s = ports.clock.now_s()
    return await ports.strategies.delete(
        name, AuditEntry(id=new_id(now_s), at_s=now_s, actor=by, action="strategy.delete", subject=name)
    )


async def listing(ports: Ports, *, limit: int, after: str | None = None) -> Page[Listed]:
    """Those built in, then those kept, by name; `after` is a page's `next`."""
    kind, _, place = (after or _BEGINNING).partition(":")
    if kind == _OF_BUILT_IN:
        start = int(place)
        built_in = [_built_in(BUILT_IN[name]) for name in sorted(BUILT_IN)]
        shown = built_in[start : start + limit]
        if start + limit < len(built_in):
            return Page(shown, f"{_OF_BUILT_IN}:{start + limit}")
        if len(shown) == limit:
            return Page(shown, f"{_OF_KEPT}:")
        page = await ports.strategies.list(limit=limit - len(shown))
    else:
        shown = []
        page = await ports.strategies.list(limit=limit, after=place or None)
    return Page([*shown, *map(_listed, page.items)], None if page.next is None else f"{_OF_KEPT}:{page.next}")


async def versions(ports: Ports, name: str, *, limit: int, after: int | None = None) -> Page[KeptStrategy]:
    """Every version of a name, newest first, also if it is not in use any more; none of one that is built in.

    Raises Problem (404) if there never was one.
    """
    names.checked(name, "name")
    page = await ports.strategies.versions(name, limit=limit, after=after)
    if not page.items and after is None and name not in BUILT_IN:
        raise _not_there(name)
    return page


def _built_in(one: BuiltIn) -> Listed:
    return Listed(name=str(one.strategy.name), strategy=one.strategy, description=one.description)


def _checked(name: str, value: object) -> Strategy:
    if isinstance(value, Mapping):
        for member in ("name", "version"):
            if member in value:
                raise Problem(
                    "invalid_strategy",
                    422,
                    f"strategy.{member} is not taken here: the name is in the path, and versions are counted",
                    field=f"strategy.{member}",
                )
        value = {**value, "name": name}
    return json_form.from_json(value)


def _check_not_built_in(name: str) -> None:
    if name in BUILT_IN:
        raise Problem(
            "strategy_built_in",
            409,
            f"{name} is built in and stays as it is; keep yours under another name, or override members in a push",
        )


async def _newest(ports: Ports, name: str) -> int:
    kept = await ports.strategies.get(name)
    return 0 if kept is None else kept.version


def _listed(kept: KeptStrategy) -> Listed:
    return Listed(name=kept.name, strategy=replace(kept.strategy, name=kept.name, version=kept.version), kept=kept)


def _changed(name: str, newest: int) -> Problem:
    there = f"is at version {newest}" if newest else "does not exist"
    return Problem(
        "version_changed",
        412,
        f"the strategy {name} {there}, which is not what the request expects; read it again, and decide anew",
        version=newest or None,
    )


def _not_there(name: str) -> Problem:
    return Problem("no_such_strategy", 404, f"there is no strategy {name[:64]}; GET /v1/strategies lists them")
