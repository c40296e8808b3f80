"""Names in paths, whatever they hold."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api.paths import name_of, routable


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_a_name_comes_out_as_it_went_in(names: list[str]) -> None:
    path = routable("/".join(quote(name, safe="") for name in names).encode())
    assert [name_of(segment) for segment in path.split("/")] == names


@given(st.text("abc/%2F25", min_size=1))
def test_an_encoded_name_is_one_segment(name: str) -> None:
    assert "/" not in routable(quote(name, safe="").encode())


@pytest.mark.parametrize(
    ("raw", "path"), [(b"/v1/%70ushes", "/v1/pushes"), (b"/a%2fb", "/a%2Fb"), (b"/a%zz", "/a%25zz")]
)
def test_what_need_not_be_encoded_is_decoded(raw: bytes, path: str) -> None:
    assert routable(raw) == path


def test_what_is_not_utf_8_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        routable(b"/%ff")
