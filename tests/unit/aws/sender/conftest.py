"""Senders against servers on loopback. No credentials of the machine are used, and no network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from botocore.credentials import Credentials

from infra.aws.sender import Budget, Limits, Sender
from infra.aws.sender.credentials import Chain
from tests.unit.aws.sender.scripted import ScriptedServer


def fixed_credentials() -> Credentials:
    return Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


@dataclass
class Senders:
    """Makes senders, and closes them after the test."""

    _made: list[Sender] = field(default_factory=list)

    def to(
        self,
        server: ScriptedServer | str,
        *,
        connections: int = 4,
        answer_s: float = 10.0,
        connect_s: float = 5.0,
        trusted_idle_s: float = 2.0,
        longest_idle_s: float = 30.0,
        budget: Budget | None = None,
        chain: Chain = fixed_credentials,
        ca_file: Path | None = None,
    ) -> Sender:
        sender = Sender(
            server if isinstance(server, str) else server.url,
            region="us-east-1",
            limits=Limits(
                connections=connections,
                connect_s=connect_s,
                answer_s=answer_s,
                trusted_idle_s=trusted_idle_s,
                longest_idle_s=longest_idle_s,
            ),
            budget=budget,
            ca_file=ca_file,
            credential_chain=chain,
        )
        self._made.append(sender)
        return sender

    async def aclose(self) -> None:
        async with asyncio.timeout(10):
            for sender in self._made:
                await sender.aclose()


@pytest.fixture
async def senders() -> AsyncIterator[Senders]:
    made = Senders()
    yield made
    await made.aclose()


def ids(count: int) -> list[str]:
    """Connection ids as API Gateway makes them."""
    return [f"R0oXAdfD{number:07x}=" for number in range(count)]
