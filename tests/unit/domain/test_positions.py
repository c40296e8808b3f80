import uuid

from hypothesis import given
from hypothesis import strategies as st

from services.domain import positions
from services.domain.positions import BEGINNING, Uuid7Source, is_position, lowest_at, time_of_s

moments_s = st.floats(0, 4e9)


@given(st.lists(moments_s, min_size=2, max_size=50))
def test_positions_grow_even_if_the_clock_steps_back(clock_s: list[float]) -> None:
    source = Uuid7Source()
    made = [source.make(at_s) for at_s in clock_s]
    assert made == sorted(set(made))


@given(moments_s)
def test_a_position_is_a_uuid_of_version_7_and_tells_its_moment(at_s: float) -> None:
    position = Uuid7Source().make(at_s)
    parsed = uuid.UUID(position)
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert time_of_s(position) == int(at_s * 1000) / 1000
    assert is_position(position)


@given(moments_s, moments_s)
def test_the_lowest_position_of_a_moment_divides_before_from_since(moment_s: float, other_s: float) -> None:
    position = Uuid7Source().make(other_s)
    assert (position >= lowest_at(moment_s)) == (int(other_s * 1000) >= int(moment_s * 1000))


@given(moments_s)
def test_the_beginning_is_before_everything(at_s: float) -> None:
    assert Uuid7Source().make(at_s) > BEGINNING


def test_many_ids_of_one_millisecond_stay_in_order_and_distinct() -> None:
    source = Uuid7Source()
    made = [source.make(1.0) for _ in range(10_000)]
    assert made == sorted(set(made))


def test_the_text_of_another_uuid_version_is_no_position() -> None:
    assert not is_position(str(uuid.UUID(int=0, version=4)))
    assert not is_position(positions.BEGINNING.upper() + "A")
    assert not is_position(None)
