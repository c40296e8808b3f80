"""`fanfare simulate`: the company it makes up, and how its people behave."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fanfare.cli.office import roster
from tests.client.command_line import announce, fanfare
from tests.client.fake_service import DEADLINE_S, FakeApi, FakeGateway, push


def test_the_same_seed_is_the_same_company() -> None:
    assert roster(300, seed=7) == roster(300, seed=7)


def test_another_seed_is_another_company() -> None:
    assert roster(300, seed=7) != roster(300, seed=8)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 2_000), st.integers())
def test_no_user_has_more_connections_than_the_service_allows(terminals: int, seed: int) -> None:
    members = roster(terminals, seed)
    assert len(members) == terminals
    assert max(Counter(member.identity.user for member in members).values()) <= 20


def test_a_terminal_has_a_name_of_its_own_within_its_user() -> None:
    names = Counter((member.identity.user, member.name) for member in roster(2_000, seed=1))
    assert set(names.values()) == {1}


def test_the_company_has_the_groups_and_attributes_that_the_help_names() -> None:
    members = roster(500, seed=1)
    groups = {group for member in members for group in member.identity.groups}
    assert groups >= {"ops", "sales", "tokyo", "berlin", "kiosks"}
    assert {"kind", "os", "site", "tz", "version", "floor", "managed"} == set(members[0].identity.attributes)


async def test_terminals_come_in_ack_and_leave_in_the_end(gateway: FakeGateway, api: FakeApi, data_dir: Path) -> None:
    announce(data_dir, http=api.url, ws=gateway.url)
    running = asyncio.create_task(
        fanfare("simulate", "--data", str(data_dir), "--terminals", "5", "--rate", "1000", "--for", "1s")
    )
    peers = [await gateway.next_peer() for _ in range(5)]
    for peer in peers:
        await peer.answer_resume()
        await peer.send(push(1, ack="received"))
    acks = [await peer.next_frame() for peer in peers]
    codes = {await peer.wait_closed() for peer in peers}
    result = await asyncio.wait_for(running, DEADLINE_S)
    assert ({ack["action"] for ack in acks}, codes) == ({"ack"}, {1000})
    assert (result.exit_code, "5 pushes received" in result.stdout) == (0, True)


async def test_without_a_data_directory_there_are_no_tokens() -> None:
    result = await fanfare("simulate", "--url", "ws://127.0.0.1:1/local", "--token", "t")
    assert (result.exit_code, "--data" in result.stderr) == (2, True)
