"""Strategies by name: a few good ones are built in, others are kept; and what the `strategy` of a request means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.domain import names
from services.domain.problems import Problem
from services.domain.strategies import json_form
from services.domain.strategies.built_in import BUILT_IN
from services.domain.strategies.strategy import DEFAULT, Strategy
from services.ports import KeptStrategy, Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What the `strategy` of a request comes to. `wording` is the same for requests that say the same of it.

    It goes by what was asked, not by what a name stood for just then: the same request sent again after a strategy
    was changed is the same request.
    """

    strategy: Strategy
    wording: object


async def meant(ports: Ports, value: object) -> Meant:
    """The strategy that a request says: by `name` (and `version`), overridden by its other members, or all its own.

    Raises Problem (422): `strategy_not_found`, and what `json_form.from_json` raises.
    """
    if value is None:
        return Meant(strategy=DEFAULT, wording=json_form.to_json(DEFAULT))
    if not isinstance(value, Mapping) or value.get("name") is None:
        strategy = json_form.from_json(value)
        if strategy.version is not None:
            raise Problem("invalid_strategy", 422, "strategy.version goes with a name only", field="strategy.version")
        return Meant(strategy=strategy, wording=json_form.to_json(strategy))
    name = names.checked(value["name"], "strategy.name")
    asked = json_form.from_json(value)
    kept = await _named(ports, name, asked.version)
    overrides = {member: given for member, given in value.items() if member not in ("name", "version")}
    strategy = replace(json_form.from_json(overrides, over=kept), name=kept.name, version=kept.version)
    return Meant(strategy=strategy, wording=[sorted(overrides), json_form.to_json(asked)])


async def _named(ports: Ports, name: str, version: int | None) -> Strategy:
    """The strategy of that name as it is put into a push. Raises Problem (422)."""
    built_in = BUILT_IN.get(name)
    if built_in is not None and version is None:
        return built_in.strategy
    kept = None if built_in is not None else await ports.strategies.get(name, version=version)
    if kept is None:
        which = "" if version is None else f" with the version {version}"
        raise Problem(
            "strategy_not_found",
            422,
            f"there is no strategy {name}{which}; GET /v1/strategies lists them",
            field="strategy.name" if version is None else "strategy.version",
        )
    return of_version(kept)


def of_version(kept: KeptStrategy) -> Strategy:
    """A kept strategy with its name and version in it, as a push keeps it."""
    return replace(kept.strategy, name=kept.name, version=kept.version)
