"""Keys: whatever a name holds, no item can pose as another."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from infra.aws import keys
from infra.aws.keys import Key
from services.domain import topics
from services.domain.ring import SIZE

NAMES = st.text(st.sampled_from("#%2350:aMETAb \u00e9"), min_size=1, max_size=12)
PLACES = st.integers(0, SIZE - 1)

ONE_NAME: list[Callable[[str], Key | str]] = [
    keys.connection,
    keys.heard,
    keys.group_count,
    keys.user_count,
    keys.terminal_count,
    keys.standing,
    keys.revoked_token,
    keys.given_to,
    keys.members,
    keys.push_partition,
    keys.ticket,
    keys.timer,
    keys.strategy_versions,
    keys.plan,
    keys.seen_of,
    lambda name: keys.sender_minute(name, 7),
    lambda name: keys.topic_partition(topics.group(name)),
    lambda name: keys.topic_partition(topics.user(name)),
    lambda name: keys.log_partition(topics.group(name)),
    lambda name: keys.idempotency(name, "k"),
    lambda name: keys.idempotency("c", name),
]


@given(name=NAMES)
def test_a_name_is_found_again_in_its_part_of_a_key(name: str) -> None:
    part = keys.escaped(name)
    assert keys.unescaped(part) == name
    assert "#" not in part


@given(names=st.lists(NAMES, min_size=2, max_size=2, unique=True), build=st.sampled_from(ONE_NAME))
def test_two_names_have_two_keys(names: list[str], build: Callable[[str], Key | str]) -> None:
    first, second = names
    assert build(first) != build(second)


@given(names=st.tuples(NAMES, NAMES), builds=st.lists(st.sampled_from(ONE_NAME), min_size=2, max_size=2, unique=True))
def test_items_of_two_kinds_have_two_keys(names: tuple[str, str], builds: list[Callable[[str], Key | str]]) -> None:
    one_of_caller, one_of_key = ONE_NAME[-2:]
    if set(map(id, builds)) == {id(one_of_caller), id(one_of_key)}:
        return
    (first, second), (build, other) = names, builds
    assert build(first) != other(second)


@given(first=st.tuples(NAMES, NAMES), second=st.tuples(NAMES, NAMES))
def test_two_pairs_of_names_have_two_keys(first: tuple[str, str], second: tuple[str, str]) -> None:
    assert (keys.idempotency(*first) == keys.idempotency(*second)) is (first == second)


@given(place=PLACES, ends=st.tuples(PLACES, PLACES), connection_id=NAMES)
def test_a_range_of_places_holds_the_rows_that_lie_in_it(place: int, ends: tuple[int, int], connection_id: str) -> None:
    first, last = keys.places(*ends)
    assert (first <= f"{place:08x}#{connection_id}" <= last) is (ends[0] <= place <= ends[1])


def test_an_entry_of_the_audit_trail_is_in_the_month_of_its_id() -> None:
    assert keys.audit("019da6f6-5c00-7000-8000-000000000000").pk == "AUDIT#2026-04"
