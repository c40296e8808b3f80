"""Cursors go on where they were made, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api.cursors import Cursors, open_listing, seal_listing
from services.connections.presence import Cursor
from services.domain.problems import Problem
from services.domain.targets.cover import plan
from services.domain.targets.text_form import parse

CURSORS = Cursors(b"k" * 32)
TARGET = parse("group:(ops, it) or user:alice")


def code(cursor: str, *, listing: str = "pushes", filters: object = None, cursors: Cursors = CURSORS) -> str:
    with pytest.raises(Problem) as refused:
        cursors.open(listing, filters, cursor)
    return refused.value.code


@given(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.none() | st.text()))
def test_a_cursor_opens_to_what_was_sealed(state: str, filters: list[str | None]) -> None:
    assert CURSORS.open("pushes", filters, CURSORS.seal("pushes", filters, state)) == state


@given(st.data())
def test_a_cursor_that_was_changed_is_refused(data: st.DataObject) -> None:
    cursor = CURSORS.seal("pushes", None, "019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10")
    place = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != cursor[place]))
    assert code(cursor[:place] + other + cursor[place + 1 :]) == "invalid_cursor"


@given(st.text())
def test_text_that_is_no_cursor_is_refused(text: str) -> None:
    assert code(text) == "invalid_cursor"


def test_a_cursor_of_another_listing_is_refused() -> None:
    assert code(CURSORS.seal("groups", None, "ops")) == "invalid_cursor"


def test_a_cursor_of_other_filters_is_refused() -> None:
    assert code(CURSORS.seal("pushes", ["alice"], "x"), filters=["bob"]) == "invalid_cursor"


def test_a_cursor_of_another_key_is_refused() -> None:
    assert code(Cursors(b"j" * 32).seal("pushes", None, "x")) == "invalid_cursor"


def test_a_cursor_longer_than_any_is_refused_unread() -> None:
    assert code("A" * 100_000) == "invalid_cursor"


def test_a_cursor_of_a_listing_keeps_cover_and_place() -> None:
    cover = plan(TARGET, lambda topic: 10_000 if topic.kind == "all" else 1)
    assert len(cover.topics) == 3
    at = Cursor(cover, 1, "00ff00ff#R0oX=")
    assert open_listing(CURSORS, TARGET, seal_listing(CURSORS, TARGET, at)) == at
