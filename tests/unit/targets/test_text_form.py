"""Targets as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.problems import Problem
from services.domain.targets import expression as ex
from services.domain.targets import json_form
from services.domain.targets.text_form import MAX_TEXT_BYTES, parse, print_text, read
from tests.unit.targets.expressions import refusal_of, targets

OPS = ex.Groups(("ops",))
BOB = ex.Users(("bob",))
WINDOWS = ex.Attr("os", "eq", "windows")

ANY_NAME = st.text(min_size=1, max_size=8).filter(lambda name: name.isprintable() and name == name.strip())
ANY_VALUE = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20),
    st.integers(-ex.MAX_INTEGER, ex.MAX_INTEGER),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
WORDS = [*'():=,"<\\ ', "group", "user:", "and", "not", "or", "in", "has", "a", "1e9", "\x00", "\ud800", "\uff1d"]


@given(targets(fewest_parts=2))
def test_what_is_printed_parses_to_the_same(target: ex.Target) -> None:
    assert parse(print_text(target)) == target


@given(ANY_NAME, ANY_NAME, ANY_VALUE)
def test_any_name_and_any_value_survive_printing(name: str, other: str, value: str | float) -> None:
    target = ex.Any((ex.Groups((name, other)), ex.Attr(name, "ne", value), ex.Attr(other, "in", (value, other))))
    assert parse(print_text(target)) == target


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)))
def test_any_text_is_either_a_target_or_a_problem_with_a_place(text: str) -> None:
    problem = refusal_of(lambda: parse(text))
    if problem is not None:
        position = problem.extra["position"]
        assert problem.code == "invalid_target"
        assert isinstance(position, int)
        assert 0 <= position <= len(text)
        assert problem.detail.encode()


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("group:ops and os = windows and not user:bob", ex.Every((OPS, WINDOWS, ex.Not(BOB)))),
        ("group:ops or user:bob and os = windows", ex.Any((OPS, ex.Every((BOB, WINDOWS))))),
        ("(group:ops or user:bob) and os = windows", ex.Every((ex.Any((OPS, BOB)), WINDOWS))),
        ("not group:ops or user:bob", ex.Any((ex.Not(OPS), BOB))),
        ("not (group:ops or user:bob)", ex.Not(ex.Any((OPS, BOB)))),
        ("not not all", ex.Not(ex.Not(ex.All()))),
        ("((user:bob))", BOB),
    ],
)
def test_not_binds_before_and_before_or(text: str, target: ex.Target) -> None:
    assert parse(text) == target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("user:bob", BOB),
        ("group: ops", OPS),
        ("user:(ann, bob)", ex.Users(("ann", "bob"))),
        ("terminal:bob/pc", ex.Terminals(("bob/pc",))),
        ("connection:LGX1pcRFIAMCJ8w=", ex.Connections(("LGX1pcRFIAMCJ8w=",))),
        ("connection:(LGX1pcRFIAMCJ8w=, b=)", ex.Connections(("LGX1pcRFIAMCJ8w=", "b="))),
        ("(connection:c=)", ex.Connections(("c=",))),
        (r"user:CORP\bob", ex.Users(("CORP\\bob",))),
        ("user:bob@example.com", ex.Users(("bob@example.com",))),
        ("user:o'brien", ex.Users(("o'brien",))),
        ("group:営業", ex.Groups(("営業",))),
        ("group:\u3000営業", ex.Groups(("営業",))),
        ('group:"night shift"', ex.Groups(("night shift",))),
        (r'group:"the \"a\" team"', ex.Groups(('the "a" team',))),
        (r'group:"caf\u00e9"', ex.Groups(("café",))),
        ('group:"all"', ex.Groups(("all",))),
        ('user:"group:ops"', ex.Users(("group:ops",))),
    ],
)
def test_names_are_bare_words_or_quoted(text: str, target: ex.Target) -> None:
    assert parse(text) == target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("os=windows", WINDOWS),
        ("user:bob or (os=windows)", ex.Any((BOB, WINDOWS))),
        ("user:(bob) or os=windows", ex.Any((BOB, WINDOWS))),
        ("os != windows", ex.Attr("os", "ne", "windows")),
        ("floor < 3", ex.Attr("floor", "lt", 3)),
        ("floor <= -3", ex.Attr("floor", "le", -3)),
        ("load > 1.5", ex.Attr("load", "gt", 1.5)),
        ("load >= 1e-3", ex.Attr("load", "ge", 0.001)),
        ("os in (windows, mac)", ex.Attr("os", "in", ("windows", "mac"))),
        ("os in (windows)", ex.Attr("os", "in", ("windows",))),
        ("host prefix pc-", ex.Attr("host", "prefix", "pc-")),
        ("has os", ex.Attr("os", "exists")),
        ("not has os", ex.Not(ex.Attr("os", "exists"))),
        ("custom:floor = 1", ex.Attr("custom:floor", "eq", 1)),
        ('"user" = bob', ex.Attr("user", "eq", "bob")),
        ("kiosk = true", ex.Attr("kiosk", "eq", True)),
        ("kiosk = FALSE", ex.Attr("kiosk", "eq", False)),
        ('kiosk = "true"', ex.Attr("kiosk", "eq", "true")),
        ('build = "10"', ex.Attr("build", "eq", "10")),
        ("build = 007", ex.Attr("build", "eq", "007")),
        ("version = 1.2.3", ex.Attr("version", "eq", "1.2.3")),
        ('note = ""', ex.Attr("note", "eq", "")),
    ],
)
def test_attributes_are_compared_with_text_numbers_and_truth(text: str, target: ex.Target) -> None:
    assert parse(text) == target


def test_keywords_are_known_in_any_case() -> None:
    assert parse("NOT Group:ops AND Has os Or ALL") == parse("not group:ops and has os or all")


@pytest.mark.parametrize(
    ("text", "position", "hint"),
    [
        ("", 0, "found the end"),
        ("group:ops and", 13, "found the end"),
        ("group:ops group:it", 10, "expected and, or or the end"),
        ("(group:ops", 10, "expected and, or or )"),
        ("group:ops)", 9, 'found ")"'),
        ("group:", 6, "expected a name"),
        ("group: and os = mac", 7, "quote it"),
        ("group:user:bob", 6, "quote a name that begins so"),
        ("user = bob", 0, "write user:name"),
        ("grp:ops", 0, '"grp" is no kind of name'),
        ("user:()", 6, "expected a name"),
        ("user:(a b)", 8, "expected , or )"),
        ("user:(a,)", 8, "expected a name"),
        ("os", 2, "expected =, !=, <"),
        ("os == mac", 4, "expected a value"),
        ("os = ", 5, "expected a value"),
        ("os = null", 5, "not has"),
        ("os < true", 5, "no order"),
        ("os prefix 3", 10, "prefix compares text"),
        ("os in windows", 6, "expected ("),
        ("os in (a, true", 14, "expected , or )"),
        ("has", 3, "expected an attribute"),
        ("floor = 9223372036854775808", 8, "64 bits"),
        (f"floor = {'9' * 5_000}", 8, "longer than 512 bytes"),
        ("floor = 1e999", 8, "finite"),
        ('os = "mac', 5, "ends with a quote"),
        (r'os = "\q"', 6, "escapes"),
        ('user:""', 5, "is empty"),
        ('user:" a"', 5, "white space"),
        (r'user:"a\u0000"', 5, "control character"),
        (r'user:"\ud800"', 5, "lone surrogate"),
        ("user:'bob'", 5, 'quote with "'),
        ("user:“bob”", 5, 'quote with "'),
        ("user:*", 5, "no wild cards"),
        ("group\uff1a営業", 5, "write : (half width)"),
        ("os ~ win", 3, "write prefix"),
    ],
)
def test_an_error_says_where_and_what_to_do(text: str, position: int, hint: str) -> None:
    with pytest.raises(Problem) as caught:
        parse(text)
    assert (caught.value.code, caught.value.status) == ("invalid_target", 422)
    assert caught.value.extra["position"] == position
    assert hint in caught.value.detail


def test_an_error_lists_what_could_stand_there() -> None:
    with pytest.raises(Problem) as caught:
        parse("group:ops os = mac")
    assert caught.value.extra["expected"] == ["and", "or", "the end"]


@pytest.mark.parametrize(
    "text", ["group:ops and and", "group:営業部 and フロア = 3 and and", "x" * 200 + " = 1 and and"]
)
def test_the_mark_stands_under_the_place(text: str) -> None:
    """East Asian wide characters take two columns of a terminal."""
    with pytest.raises(Problem) as caught:
        parse(text)
    shown, mark = caught.value.detail.split("\n")[1:]
    columns_before = sum(1 if character.isascii() else 2 for character in shown[: shown.rindex("and")])
    assert mark.index("^") == columns_before
    assert len(shown) < 80


@pytest.mark.parametrize(
    "text",
    [
        "(" * 8_000,
        "not " * 2_000 + "all",
        "(" * 9 + "all" + ")" * 9,
        "a=1 or (a=1 and (a=1 or (a=1 and (a=1 or (a=1 and (a=1 or (a=1 and a=1)))))))" + " or (((a=1 and a=2)))",
    ],
)
def test_what_is_nested_too_deep_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="deeper than 8 levels"):
        parse(text)


def test_as_deep_as_allowed_is_read() -> None:
    assert parse("not " * 7 + "all") != ex.All()


def test_as_many_expressions_as_allowed_are_read_and_no_more() -> None:
    assert ex.depth_and_nodes(parse(" or ".join(["all"] * 255))) == (2, 256)
    with pytest.raises(Problem, match="at most 256 expressions"):
        parse(" or ".join(["all"] * 256))


def test_lists_as_long_as_allowed_are_read_and_no_longer() -> None:
    full = f"user:({','.join(['a'] * 1_000)})"
    assert parse(f"{full} or {full}")
    with pytest.raises(Problem, match="at most 1000"):
        parse(f"user:({','.join(['a'] * 1_001)})")
    with pytest.raises(Problem, match="at most 2000 entries"):
        parse(f"{full} or {full} or user:a")


def test_text_as_long_as_allowed_is_read_and_no_longer() -> None:
    assert parse("all".ljust(MAX_TEXT_BYTES))
    with pytest.raises(Problem, match="at most 8192 bytes"):
        parse("all".ljust(MAX_TEXT_BYTES + 1))
    with pytest.raises(Problem, match="at most 8192 bytes"):
        parse("all and 営業" + "\u3000" * 2_800)


def test_one_part_is_printed_as_itself() -> None:
    assert print_text(ex.Not(ex.Any((ex.Every((OPS, BOB)),)))) == "not (group:ops and user:bob)"
    assert print_text(ex.Every((ex.Any((OPS,)), ex.All()))) == "group:ops and all"


def test_read_takes_both_forms() -> None:
    assert read("group:ops") == read({"groups": ["ops"]}) == OPS


def test_read_refuses_what_is_neither_form() -> None:
    with pytest.raises(Problem) as caught:
        read(["group:ops"])
    assert caught.value.extra["pointer"] == ""


@given(targets(fewest_parts=2))
def test_text_is_read_as_json_is(target: ex.Target) -> None:
    assert read(print_text(target)) == read(json_form.to_json(target))
