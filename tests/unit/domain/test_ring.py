import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.ring import NOWHERE, SIZE, WHOLE, Arc, place_of

places = st.integers(0, SIZE - 1)
arcs = st.builds(Arc, places, st.integers(0, SIZE))


@given(arcs, places)
def test_a_place_is_on_an_arc_exactly_if_one_of_its_ranges_holds_it(arc: Arc, place: int) -> None:
    assert (place in arc) == any(first <= place <= last for first, last in arc.ranges())


@given(arcs)
def test_the_ranges_of_an_arc_hold_as_many_places_as_it_has(arc: Arc) -> None:
    assert sum(last - first + 1 for first, last in arc.ranges()) == arc.length


@given(st.builds(Arc, places, st.integers(1, SIZE)), st.data())
def test_what_is_left_behind_a_place_is_the_rest_of_the_walk(arc: Arc, data: st.DataObject) -> None:
    done = data.draw(st.integers(0, arc.length - 1))
    place = (arc.start + done) % SIZE
    rest = arc.after(place)
    assert rest.length == arc.length - done - 1
    assert place not in rest
    assert rest.length == 0 or rest.start == (place + 1) % SIZE


@given(arcs, st.integers(1, 40), places)
def test_the_pieces_of_an_arc_hold_each_of_its_places_once(arc: Arc, pieces: int, place: int) -> None:
    split = arc.split(pieces)
    assert sum(place in piece for piece in split) == (place in arc)
    assert split[0].start == arc.start
    assert sum(piece.length for piece in split) == arc.length


@given(st.builds(Arc, places, st.integers(40, SIZE)), st.integers(1, 40))
def test_the_pieces_of_an_arc_are_about_equal(arc: Arc, pieces: int) -> None:
    lengths = [piece.length for piece in arc.split(pieces)]
    assert len(lengths) == pieces
    assert max(lengths) - min(lengths) <= 1


def test_nothing_is_left_behind_a_place_that_is_not_on_the_arc() -> None:
    with pytest.raises(ValueError, match="not on the arc"):
        Arc(10, 5).after(15)


@given(places)
def test_every_place_is_on_the_whole_circle_and_none_is_nowhere(place: int) -> None:
    assert place in WHOLE
    assert place not in NOWHERE


@pytest.mark.parametrize(("start", "length"), [(-1, 0), (SIZE, 1), (0, SIZE + 1), (0, -1)])
def test_an_arc_lies_on_the_ring(start: int, length: int) -> None:
    with pytest.raises(ValueError, match="not an arc"):
        Arc(start, length)


def test_a_terminal_has_the_same_place_everywhere() -> None:
    # The first 32 bits of SHA-256("kiosk-1"), computed with another tool.
    assert f"{place_of('kiosk-1'):08x}" == "7ba74383"


@given(st.text())
def test_any_name_has_a_place(name: str) -> None:
    assert 0 <= place_of(name) < SIZE
