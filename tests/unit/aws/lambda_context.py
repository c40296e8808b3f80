"""The context that Lambda hands to a function, as far as ours look at it."""

from __future__ import annotations

from aws_lambda_powertools.utilities.typing import LambdaContext


class Context(LambdaContext):
    """An invocation that has 30 seconds left."""

    def __init__(self, request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72") -> None:
        self._aws_request_id = request_id

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """Milliseconds until the time-out."""
        return 30_000
