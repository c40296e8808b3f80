"""Whose name requests are signed in: botocore's credential chain, without blocking the event loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import botocore.session
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError

from infra.aws.sender.endpoint import GatewayUnavailable

if TYPE_CHECKING:
    from botocore.credentials import Credentials, ReadOnlyCredentials

log = logging.getLogger(__name__)

Chain = Callable[[], "Credentials | None"]
"""Walks the chain anew. It may block: on files, on the container's or the instance's metadata, on STS."""
RELOADED_EVERY_S: Final = 10.0
"""Credentials that are refused are loaded anew at most this often, since each time may be a call of STS."""


def default_chain() -> Credentials | None:
    """botocore's own chain (environment, files, SSO, container, instance) in a new session, which remembers nothing."""
    return botocore.session.Session().get_credentials()


class CredentialSource:
    """The credentials of now. Those that come to their end are refreshed as botocore does, before they do.

    `generation` counts how often they were loaded anew because they were refused.
    """

    def __init__(self, chain: Chain = default_chain) -> None:
        self._chain = chain
        self._credentials: Credentials | None = None
        self._frozen: ReadOnlyCredentials | None = None
        self._changing = asyncio.Lock()
        self._reloaded_at_s = float("-inf")
        self.generation = 0

    @property
    def current(self) -> ReadOnlyCredentials:
        """What to sign with, once `ready` has returned."""
        assert self._frozen is not None, "ready() comes first"
        return self._frozen

    def are_ready(self) -> bool:
        """Whether there are credentials and they need no refresh."""
        credentials = self._credentials
        return credentials is not None and not (
            isinstance(credentials, RefreshableCredentials) and credentials.refresh_needed()
        )

    async def ready(self) -> None:
        """Have valid credentials; waits only where they must be fetched. Raises GatewayUnavailable."""
        if self.are_ready():
            return
        async with self._changing:
            if not self.are_ready():
                await self._fetch(self._credentials)

    async def reload(self, refused: int) -> bool:
        """Load them anew because those of generation `refused` were refused.

        False if that did not help a moment ago, or if there are none to be had: the present ones stay.
        """
        async with self._changing:
            if self.generation > refused:
                return True
            now_s = time.monotonic()
            if now_s - self._reloaded_at_s < RELOADED_EVERY_S:
                return False
            self._reloaded_at_s = now_s
            try:
                await self._fetch(None)
            except GatewayUnavailable as error:
                log.warning("credentials could not be loaded anew", extra={"error": str(error)})
                return False
            self.generation += 1
            return True

    async def _fetch(self, credentials: Credentials | None) -> None:
        """Walk the chain unless there are credentials, and let them refresh themselves if they are due."""
        try:
            found = credentials or await asyncio.to_thread(self._chain)
            if found is None:
                raise GatewayUnavailable("there are no AWS credentials; give the function a role, or set a profile")
            self._frozen = await asyncio.to_thread(found.get_frozen_credentials)
        except (BotoCoreError, ClientError, RuntimeError) as error:
            # botocore raises a RuntimeError for credentials that are expired as soon as they were refreshed.
            raise GatewayUnavailable(f"AWS credentials could not be fetched: {error}") from error
        self._credentials = found
