"""The chat: everyone connected hears what one of them says, if they may speak."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.domain.problems import Problem
from services.messages import chat
from tests.unit.services.service import Service


async def test_everyone_connected_hears_it_the_speaker_too(service: Service) -> None:
    speaker = await service.connect("a", "alice")
    await service.connect("b", "bob")
    await chat.say(service.ports, speaker, "hello, 世界")
    assert [service.sockets.texts(each) for each in ("a", "b")] == [["Echo: hello, 世界"]] * 2


async def test_without_the_scope_nobody_hears_anything(service: Service) -> None:
    speaker = replace(await service.connect("a", "alice"), scopes=frozenset({"push:send"}))
    with pytest.raises(Problem) as refused:
        await chat.say(service.ports, speaker, "hello")
    assert (refused.value.status, refused.value.code) == (403, "scope_missing")
    assert service.sockets.reached() == set()


async def test_a_session_that_is_over_hears_nothing(service: Service) -> None:
    speaker = await service.connect("a", "alice")
    await service.connect("b", "bob", lasts_s=5)
    service.clock.at_s += 5
    await chat.say(service.ports, speaker, "hello")
    assert service.sockets.reached() == {"a"}


async def test_it_goes_to_everyone_page_by_page(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "PAGE", 2)
    speaker = await service.connect("c0")
    for index in range(1, 5):
        await service.connect(f"c{index}")
    await chat.say(service.ports, speaker, "hello")
    assert sorted(map(len, service.sockets.posts)) == [1, 2, 2]
    assert service.sockets.reached() == {f"c{index}" for index in range(5)}
