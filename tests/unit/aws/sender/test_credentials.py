"""Credentials: the chain, refresh before they end, loading anew after a refusal."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import MetadataRetrievalError

from infra.aws.sender import GatewayUnavailable
from infra.aws.sender.credentials import CredentialSource, default_chain


class Temporary:
    """Temporary credentials of a service that numbers them; each lot is good for `lasts`."""

    def __init__(self, *lasts: timedelta) -> None:
        self._lasts = list(lasts)
        self.fetched = 0

    def fetch(self) -> dict[str, str]:
        self.fetched += 1
        lasts = self._lasts.pop(0)
        return {
            "access_key": f"AKID{self.fetched}",
            "secret_key": "secret",
            "token": f"token{self.fetched}",
            "expiry_time": (datetime.now(UTC) + lasts).isoformat(),
        }

    def chain(self) -> RefreshableCredentials:
        return RefreshableCredentials.create_from_metadata(self.fetch(), self.fetch, "test")


async def test_the_chain_is_walked_once() -> None:
    walks: list[Credentials] = []

    def chain() -> Credentials:
        walks.append(Credentials("AKID", "secret", "token"))
        return walks[-1]

    source = CredentialSource(chain)
    await asyncio.gather(*(source.ready() for _ in range(10)))
    await source.ready()
    assert len(walks) == 1
    assert source.current == ("AKID", "secret", "token", None)


async def test_those_that_last_are_left_alone() -> None:
    service = Temporary(timedelta(hours=1))
    source = CredentialSource(service.chain)
    for _ in range(3):
        await source.ready()
    assert (service.fetched, source.current.access_key) == (1, "AKID1")


async def test_those_that_come_to_their_end_are_refreshed_once_for_all_who_wait() -> None:
    service = Temporary(timedelta(minutes=1), timedelta(hours=1))
    source = CredentialSource(service.chain)
    await asyncio.gather(*(source.ready() for _ in range(10)))
    assert (service.fetched, source.current.access_key, source.current.token) == (2, "AKID2", "token2")


async def test_a_chain_without_any_is_told() -> None:
    with pytest.raises(GatewayUnavailable, match="no AWS credentials"):
        await CredentialSource(lambda: None).ready()


async def test_a_chain_that_fails_is_told_and_may_work_later() -> None:
    found: list[Credentials | None] = [None, Credentials("AKID", "secret")]

    def chain() -> Credentials | None:
        credentials = found.pop(0)
        if credentials is None:
            raise MetadataRetrievalError(error_msg="no route")
        return credentials

    source = CredentialSource(chain)
    with pytest.raises(GatewayUnavailable, match="no route"):
        await source.ready()
    await source.ready()
    assert source.current.access_key == "AKID"


async def test_reloading_walks_the_chain_again_once_for_all_who_were_refused() -> None:
    walks: list[int] = []

    def chain() -> Credentials:
        walks.append(1)
        return Credentials(f"AKID{len(walks)}", "secret")

    source = CredentialSource(chain)
    await source.ready()
    assert await asyncio.gather(*(source.reload(0) for _ in range(5))) == [True] * 5
    assert (len(walks), source.generation, source.current.access_key) == (2, 1, "AKID2")


async def test_what_was_reloaded_a_moment_ago_is_not_reloaded() -> None:
    source = CredentialSource(lambda: Credentials("AKID", "secret"))
    await source.ready()
    assert await source.reload(0)
    assert not await source.reload(1)


async def test_a_reload_that_fails_leaves_the_present_ones() -> None:
    found: list[Credentials | None] = [Credentials("AKID", "secret"), None]
    source = CredentialSource(lambda: found.pop(0))
    await source.ready()
    assert not await source.reload(0)
    assert (source.generation, source.current.access_key) == (0, "AKID")


def test_the_default_is_botocores_chain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s\n")
    from_file = default_chain()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t")
    from_environment = default_chain()
    assert from_file is not None
    assert from_environment is not None
    assert (from_file.access_key, from_environment.access_key, from_environment.token) == ("AKIDFILE", "AKIDENV", "t")
