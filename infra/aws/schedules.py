"""One-time schedules in EventBridge Scheduler that send a message to a queue, and are then deleted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from infra.aws.calls import code_of, in_thread, words_of

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient

T = TypeVar("T")


class SchedulesUnavailable(OSError):
    """EventBridge Scheduler cannot be reached, is throttling for longer than we wait, or does not let us in."""


class _Refused(Exception):
    """The service answered with an error, whose code this is."""


class Schedules:
    """The schedules of one group. Every call raises SchedulesUnavailable.

    `role_arn` is the role in which the service sends to the queue of `queue_arn`. `executor` runs the calls; None is
    asyncio's own pool.
    """

    def __init__(
        self,
        client: EventBridgeSchedulerClient,
        *,
        group: str,
        role_arn: str,
        queue_arn: str,
        executor: Executor | None = None,
    ) -> None:
        self._client = client
        self._group = group
        self._role_arn = role_arn
        self._queue_arn = queue_arn
        self._executor = executor

    async def send_at(self, at_s: float, body: str, *, name: str) -> None:
        """Have a message sent in the minute of a moment; to the second is not promised.

        `name` (1 to 64 letters, digits, `-`, `_`, `.`) is for this message only: a second call changes nothing.
        """
        at = f"{datetime.fromtimestamp(int(at_s), UTC):%Y-%m-%dT%H:%M:%S}"
        await self._call(
            lambda: self._client.create_schedule(
                Name=name,
                GroupName=self._group,
                ScheduleExpression=f"at({at})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={"Arn": self._queue_arn, "RoleArn": self._role_arn, "Input": body},
            ),
            unless="ConflictException",
        )

    async def delete(self, name: str) -> None:
        """Delete a schedule, unless it has sent its message and is gone."""
        await self._call(
            lambda: self._client.delete_schedule(Name=name, GroupName=self._group), unless="ResourceNotFoundException"
        )

    async def _call(self, call: Callable[[], T], *, unless: str) -> None:
        """Make a call; that it was refused with the code `unless` is as good."""
        try:
            await in_thread(
                call, self._executor, refused=lambda error: self._refused(error, unless), unreachable=self._unreachable
            )
        except _Refused:
            return

    def _refused(self, error: ClientError, unless: str) -> Exception:
        if code_of(error) == unless:
            return _Refused(unless)
        return SchedulesUnavailable(f"schedule group {self._group}: {words_of(error)}")

    def _unreachable(self, error: BotoCoreError) -> Exception:
        return SchedulesUnavailable(f"schedule group {self._group} cannot be reached: {error}")
