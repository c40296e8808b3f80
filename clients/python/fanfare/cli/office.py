"""A made-up company: who works where, on what, and how they treat a push. The same seed gives the same company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from fanfare.cli.identity import AttributeValue, Identity

SITES = {"tokyo": "Asia/Tokyo", "berlin": "Europe/Berlin", "austin": "America/Chicago", "pune": "Asia/Kolkata"}
DEPARTMENTS = {"ops": 3, "sales": 4, "support": 3, "engineering": 4, "finance": 1}
SYSTEMS = {"windows": 6, "macos": 2, "linux": 2}
VERSIONS = {"3.2.1": 6, "3.2.0": 3, "3.1.7": 1}
FIRST_NAMES = "aiko anna bilal chen dana elif farid grace hana ivan jun kenji lena mira noor omar priya ravi sota yuki"
FAMILY_NAMES = (
    "abe bauer cruz diaz evans fischer gupta hall ito jain kato lopez mori nagel ono patel reyes sato vogt weber"
)
KIOSKS_PER_USER = 8
"""Kiosks of a site share a user; a user may have 20 connections by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One terminal of the office and its habits.

    `stays_s` is how long it is there on average before it goes for a while, None for good. `reads` and `fails` are
    the shares of pushes that its user confirms, and that it cannot act on; `reads_after_s` the usual delay.
    """

    identity: Identity
    name: str
    stays_s: float | None
    reads: float
    reads_after_s: float
    fails: float


def roster(terminals: int, seed: int) -> list[Member]:
    """So many terminals: mostly PCs and browsers of people, one in eight a kiosk."""
    rng = Random(f"office {seed}")  # noqa: S311 - repeatable on purpose
    members: list[Member] = []
    people = 0
    while len(members) < terminals:
        if rng.random() < 0.125:
            members.append(_kiosk(rng, len(members)))
            continue
        desks = _person(rng, people)
        people += 1
        members.extend(desks[: terminals - len(members)])
    return members


def _person(rng: Random, number: int) -> list[Member]:
    first, family = rng.choice(FIRST_NAMES.split()), rng.choice(FAMILY_NAMES.split())
    user = f"{first}.{family}.{number}"
    site, department = rng.choice(list(SITES)), _drawn(rng, DEPARTMENTS)
    groups = [department, site] + (["oncall"] if department == "ops" and rng.random() < 0.2 else [])
    kinds = ["pc", "browser"] if rng.random() < 0.15 else [rng.choice(("pc", "pc", "browser"))]
    reads_after_s = rng.lognormvariate(1.8, 0.8)
    return [
        Member(
            identity=Identity(user=user, groups=groups, attributes=_attributes(rng, site, kind)),
            name=kind,
            stays_s=rng.uniform(60.0, 600.0) if rng.random() < 0.25 else None,
            reads=rng.uniform(0.6, 1.0),
            reads_after_s=min(reads_after_s, 60.0),
            fails=0.02 if rng.random() < 0.1 else 0.0,
        )
        for kind in kinds
    ]


def _kiosk(rng: Random, number: int) -> Member:
    site = rng.choice(list(SITES))
    user = f"kiosks.{site}.{number // (KIOSKS_PER_USER * 8)}"
    attributes = _attributes(rng, site, "kiosk") | {"os": "linux"}
    return Member(
        identity=Identity(user=user, groups=["kiosks", site], attributes=attributes),
        name=f"kiosk-{number}",
        stays_s=None,
        reads=0.3,
        reads_after_s=rng.uniform(5.0, 60.0),
        # Its display is broken.
        fails=0.9 if rng.random() < 0.2 else 0.0,
    )


def _attributes(rng: Random, site: str, kind: str) -> dict[str, AttributeValue]:
    return {
        "kind": kind,
        "os": _drawn(rng, SYSTEMS),
        "site": site,
        "tz": SITES[site],
        "version": _drawn(rng, VERSIONS),
        "floor": rng.randint(1, 12),
        "managed": rng.random() < 0.9,
    }


def _drawn(rng: Random, weights: dict[str, int]) -> str:
    names: Sequence[str] = list(weights)
    return rng.choices(names, weights=list(weights.values()))[0]
