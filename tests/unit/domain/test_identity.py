from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import connection, topics
from services.domain.identity import Identity, from_context, to_context

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
scopes = st.frozensets(st.from_regex(r"[a-z:]{1,12}", fullmatch=True), max_size=4)
identities = st.builds(
    Identity,
    user=texts,
    issuer=texts,
    expires_at_s=st.integers(0, 2**40),
    issued_at_s=st.none() | st.integers(0, 2**40),
    token_id=st.none() | texts,
    groups=st.lists(texts, max_size=5, unique=True).map(tuple),
    attributes=st.dictionaries(texts, texts | st.integers() | st.booleans() | st.floats(allow_nan=False), max_size=5),
    terminal=st.none() | texts,
    scopes=scopes,
)


@given(identities)
def test_an_identity_survives_the_authorizers_context(identity: Identity) -> None:
    context = to_context(identity, ticket="t")
    assert all(isinstance(value, str) for value in context.values())
    assert from_context(context) == identity


@given(texts, texts, texts)
def test_what_a_client_calls_itself_names_a_terminal_of_its_own_user_only(user: str, other: str, name: str) -> None:
    mine = connection.terminal_id_of(Identity(user=user, issuer="i", expires_at_s=1), name, "c")
    assert mine == f"{user}/{name}"


def test_a_terminal_id_is_the_claim_else_the_users_name_for_it_else_the_connection() -> None:
    plain = Identity(user="bob", issuer="i", expires_at_s=1)
    claimed = Identity(user="bob", issuer="i", expires_at_s=1, terminal="kiosk-1")
    assert connection.terminal_id_of(claimed, "x", "c") == "kiosk-1"
    assert connection.terminal_id_of(plain, "x", "c") == "bob/x"
    assert connection.terminal_id_of(plain, None, "c") == "c"


def test_a_connection_is_filed_under_all_its_groups_its_user_and_its_terminal() -> None:
    row = connection.opened(
        Identity(user="bob", issuer="i", expires_at_s=1, groups=("ops", "day")),
        connection_id="c",
        calls_itself=None,
        run_time_groups=frozenset({"day", "night"}),
        now_s=0,
    )
    assert [str(topic) for topic in row.topics()] == [
        "all",
        "group:ops",
        "group:day",
        "group:night",
        "user:bob",
        "terminal:c",
    ]
    assert row.token_groups == ("ops", "day")


@given(st.sampled_from(["group", "user", "terminal", "connection"]), texts)
def test_a_topic_is_read_back_as_it_was_written(kind: str, name: str) -> None:
    topic = topics.Topic(kind, name)
    assert topics.parse(str(topic)) == topic


@pytest.mark.parametrize(
    ("heard_after_s", "age_s", "may"),
    [(0.0, 0.0, True), (0.0, 29.9, True), (0.0, 30.0, False), (0.5, 1.0, False)],
)
def test_a_handshake_may_be_under_way_until_the_terminal_is_heard_or_its_time_is_over(
    heard_after_s: float, age_s: float, may: bool
) -> None:
    row = connection.opened(
        Identity(user="bob", issuer="i", expires_at_s=10_000),
        connection_id="c",
        calls_itself=None,
        run_time_groups=frozenset(),
        now_s=1_000.0,
    )
    assert replace(row, last_heard_at_s=1_000.0 + heard_after_s).may_be_opening(1_000.0 + age_s) is may
