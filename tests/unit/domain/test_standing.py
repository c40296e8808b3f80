import pytest

from services.domain.problems import Problem
from services.domain.standing import CLEAR, Block, Standing, checked_cidrs, fault


def judged(
    standing: Standing, *, issued_at_s: int | None = 100, source_ip: str = "192.0.2.7", now_s: float = 1_000
) -> str | None:
    problem = fault(standing, user="bob", issued_at_s=issued_at_s, source_ip=source_ip, now_s=now_s)
    return None if problem is None else problem.code


def test_nothing_is_held_against_a_clear_standing() -> None:
    assert judged(CLEAR) is None


def test_a_block_keeps_out_until_its_end_and_says_when_to_come_back() -> None:
    block = Block(user="bob", reason="left", until_s=1_500, at_s=0)
    problem = fault(Standing(block=block), user="bob", issued_at_s=1, source_ip="", now_s=1_000)
    assert problem is not None
    assert (problem.code, problem.status, problem.retry_after_s) == ("user_blocked", 403, 500)
    assert judged(Standing(block=block), now_s=1_500) is None


def test_a_block_without_an_end_asks_nobody_to_come_back() -> None:
    problem = fault(
        Standing(block=Block(user="bob", reason="left", at_s=0)), user="bob", issued_at_s=1, source_ip="", now_s=1
    )
    assert problem is not None
    assert problem.retry_after_s is None


@pytest.mark.parametrize(
    ("source_ip", "code"),
    [("192.0.2.7", "user_blocked"), ("198.51.100.1", None), ("2001:db8::1", "user_blocked"), ("2001:db9::1", None)],
)
def test_a_block_of_networks_holds_only_there(source_ip: str, code: str | None) -> None:
    block = Block(user="bob", reason="guest net", cidrs=("192.0.2.0/24", "2001:db8::/32"), at_s=0)
    assert judged(Standing(block=block), source_ip=source_ip) == code


def test_a_block_of_networks_holds_where_the_source_is_unknown() -> None:
    block = Block(user="bob", reason="guest net", cidrs=("192.0.2.0/24",), at_s=0)
    assert judged(Standing(block=block), source_ip="") == "user_blocked"


def test_a_revoked_token_is_refused() -> None:
    assert judged(Standing(token_revoked=True)) == "token_revoked"


@pytest.mark.parametrize(("issued_at_s", "code"), [(99, "token_revoked"), (100, None), (None, "token_revoked")])
def test_tokens_issued_before_the_moment_are_refused(issued_at_s: int | None, code: str | None) -> None:
    assert judged(Standing(issued_before_s=100), issued_at_s=issued_at_s) == code


def test_networks_are_checked_and_written_in_one_form() -> None:
    assert checked_cidrs(["192.0.2.0/24", "2001:DB8::/32"]) == ("192.0.2.0/24", "2001:db8::/32")
    with pytest.raises(Problem, match="not a network"):
        checked_cidrs(["192.0.2.5/24"])
    with pytest.raises(Problem, match="at most 100"):
        checked_cidrs(["192.0.2.0/24"] * 101)
