"""Who may open a socket, and how the token is brought."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e import targets
from tests.e2e.office import Office
from tests.e2e.targets.target import Target, Tuning
from tests.e2e.terminal import SUBPROTOCOL, Way, open_socket


async def _status_of_handshake(office: Office, token: str | None, *, calls_itself: str | None = None) -> int:
    with pytest.raises(InvalidStatus) as refused:
        await open_socket(office.target.ws_url, token, calls_itself=calls_itself)
    return refused.value.response.status_code


@pytest.mark.parametrize("way", ["header", "subprotocol", "query"])
async def test_a_token_is_accepted_in_every_place_that_a_client_can_put_it(office: Office, way: Way) -> None:
    terminal = await office.terminal(way=way)
    await office.api.push({"users": [terminal.user]}, "for you")
    assert (await terminal.expect("push"))["message"] == "for you"


async def test_the_subprotocol_is_answered_without_the_token(office: Office) -> None:
    terminal = await office.terminal(way="subprotocol")
    assert terminal.subprotocol == SUBPROTOCOL


async def test_no_token_is_401(office: Office) -> None:
    assert await _status_of_handshake(office, None) == 401


async def test_a_token_signed_by_another_key_is_401(office: Office) -> None:
    assert await _status_of_handshake(office, office.forged()) == 401


async def test_a_token_that_is_no_jwt_is_401(office: Office) -> None:
    assert await _status_of_handshake(office, "hello") == 401


async def test_an_expired_token_is_401(office: Office) -> None:
    assert await _status_of_handshake(office, office.token(lifetime_s=-3600)) == 401


async def test_a_token_for_another_service_is_401(office: Office) -> None:
    assert await _status_of_handshake(office, office.token(claims={"aud": "payroll"})) == 401


async def test_a_token_of_an_unknown_issuer_is_401(office: Office) -> None:
    assert await _status_of_handshake(office, office.token(claims={"iss": "https://elsewhere.example"})) == 401


async def test_a_token_without_a_user_is_401(office: Office) -> None:
    assert await _status_of_handshake(office, office.token("")) == 401


async def test_two_tokens_that_differ_are_401(office: Office) -> None:
    url = f"{office.target.ws_url}?token={office.token('alice')}"
    with pytest.raises(InvalidStatus) as refused:
        await open_socket(url, office.token("bob"))
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize("name", ["a/b", "x" * 129, "a\u200bb"])
async def test_a_terminal_that_calls_itself_what_cannot_be_a_name_is_400(office: Office, name: str) -> None:
    assert await _status_of_handshake(office, office.token(), calls_itself=name) == 400


async def _terminal_id(office: Office, user: str) -> str:
    listed = (await office.api.get("/v1/terminals", user=user))["items"]
    assert isinstance(listed, list)
    return str(listed[0]["terminal_id"])


async def test_what_a_terminal_calls_itself_names_it_within_its_user(office: Office) -> None:
    terminal = await office.terminal(calls_itself="till-4")
    assert await _terminal_id(office, terminal.user) == f"{terminal.user}/till-4"


async def test_the_tokens_terminal_claim_wins_over_what_the_client_calls_itself(office: Office) -> None:
    user, claimed = office.name("alice"), office.name("kiosk")
    await office.terminal(user, token=office.token(user, terminal=claimed), calls_itself="till-4")
    assert await _terminal_id(office, user) == claimed


async def test_a_plain_http_request_is_told_to_upgrade(office: Office) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.get(office.target.ws_url.replace("ws", "http", 1))
    assert response.status_code == 426


async def test_an_unknown_stage_is_403(office: Office) -> None:
    elsewhere = office.target.ws_url.rpartition("/")[0] + "/elsewhere"
    with pytest.raises(InvalidStatus) as refused:
        await open_socket(elsewhere, office.token())
    assert refused.value.response.status_code == 403


@pytest.fixture(scope="module")
def limited_target(runtime: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A user may have two connections."""
    with targets.make(runtime, tmp_path_factory.mktemp("limited"), Tuning(connections_per_user=2)) as running:
        yield running


@pytest.fixture
async def limited(limited_target: Target) -> AsyncIterator[Office]:
    async with Office(limited_target) as opened:
        yield opened


async def test_a_connection_over_the_limit_of_its_user_is_403_and_the_earlier_ones_stay(limited: Office) -> None:
    user = limited.name("alice")
    first, second = await limited.terminal(user), await limited.terminal(user)
    assert await _status_of_handshake(limited, limited.token(user)) == 403
    await limited.api.push({"users": [user]}, "to both")
    assert [(await terminal.expect("push"))["message"] for terminal in (first, second)] == ["to both", "to both"]


async def test_a_closed_connection_makes_room_for_another(limited: Office) -> None:
    user = limited.name("alice")
    _, second = await limited.terminal(user), await limited.terminal(user)
    await second.close()
    again = await limited.terminal(user)
    await limited.api.push({"users": [user]}, "there")
    assert (await again.expect("push"))["message"] == "there"


async def test_one_user_may_have_several_terminals_and_each_gets_the_push(office: Office) -> None:
    user = office.name("alice")
    terminals = [await office.terminal(user, calls_itself=f"pc-{uuid.uuid4().hex[:4]}") for _ in range(3)]
    push_id = await office.api.push({"users": [user]}, "everywhere")
    assert [(await terminal.expect("push"))["id"] for terminal in terminals] == [push_id] * 3
