"""What a push costs on AWS is estimated within a tenth of what the page about operations on AWS works out."""

from __future__ import annotations

import pytest

from services.domain.cost import Volume, estimate
from tests.cost import estimates
from tests.cost.estimates import Usd

NEAR = 0.1


def _acknowledged(push: Usd, number: int) -> float:
    return (push + estimates.acknowledgement().times(number)).total


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        (Volume(terminals=1), estimates.push("push_to_user").total),
        (Volume(terminals=1, acked=True), _acknowledged(estimates.push("push_to_user_with_receipts"), 1)),
        (Volume(terminals=50), estimates.push("push_to_team").total),
        (Volume(terminals=50, acked=True), _acknowledged(estimates.push("push_to_team_with_receipts"), 50)),
        (Volume(terminals=1_000_000), estimates.broadcast(1_000_000).total),
    ],
)
def test_it_agrees_with_the_page_about_costs(volume: Volume, expected: float) -> None:
    assert estimate(volume).usd == pytest.approx(expected, rel=NEAR)


def test_more_of_anything_never_costs_less() -> None:
    base = Volume(terminals=10, away=5, releases=2, acked=True, resends=1)
    for more in (
        Volume(terminals=11, away=5, releases=2, acked=True, resends=1),
        Volume(terminals=10, away=6, releases=2, acked=True, resends=1),
        Volume(terminals=10, away=5, releases=3, acked=True, resends=1),
        Volume(terminals=10, away=5, releases=2, acked=True, resends=2),
    ):
        assert estimate(more).most_usd > estimate(base).most_usd
