"""Who is told, on AWS: a secret in Secrets Manager that holds the endpoints with what signs for them."""

from __future__ import annotations

import json
import logging
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final

from infra.aws.calls import in_thread, words_of
from infra.webhooks.endpoints import Endpoint, EndpointError, endpoints_of
from services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

log = logging.getLogger(__name__)

READ_AGAIN_AFTER_S: Final = 300.0
"""How long a process goes by what it has read: a changed secret is in force within this time, without a deployment."""


class EndpointsUnavailable(OSError):
    """The secret cannot be read, or does not hold endpoints; the message names the fault, never what it holds."""


class WebhookEndpoints:
    """The endpoints in one secret, a JSON list with the members of `[[webhooks]]`. `executor` runs the calls."""

    def __init__(
        self, client: SecretsManagerClient, secret_id: str, clock: Clock, executor: Executor | None = None
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._clock = clock
        self._executor = executor
        self._read: tuple[Endpoint, ...] | None = None
        self._read_at_s = 0.0

    async def current(self) -> tuple[Endpoint, ...]:
        """The endpoints as they are, or were a few minutes ago.

        What was read stays in force while the secret cannot be read, or makes no sense. Raises EndpointsUnavailable if
        nothing was read before.
        """
        now_s = self._clock.now_s()
        if self._read is None or now_s - self._read_at_s >= READ_AGAIN_AFTER_S:
            try:
                self._read = await self._fetch()
            except EndpointsUnavailable:
                if self._read is None:
                    raise
                log.exception("webhooks stay as they were")
            self._read_at_s = now_s
        return self._read

    async def _fetch(self) -> tuple[Endpoint, ...]:
        answer = await in_thread(
            lambda: self._client.get_secret_value(SecretId=self._secret_id),
            self._executor,
            refused=lambda error: EndpointsUnavailable(f"the secret of WebhooksSecret: {words_of(error)}"),
            unreachable=lambda error: EndpointsUnavailable(f"the secret of WebhooksSecret cannot be read: {error}"),
        )
        try:
            written = json.loads(answer.get("SecretString", ""))
        except ValueError:
            raise EndpointsUnavailable("the secret of WebhooksSecret is not JSON") from None
        if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
            raise EndpointsUnavailable("the secret of WebhooksSecret is not a JSON list of objects")
        try:
            return endpoints_of(written)
        except EndpointError as error:
            raise EndpointsUnavailable(f"the secret of WebhooksSecret: {error}") from None
