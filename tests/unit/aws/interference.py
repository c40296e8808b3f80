"""What a service can answer and moto never does: throttles, conflicts, outages. The client hears it instead of moto."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, cast

from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.exceptions import EndpointConnectionError

if TYPE_CHECKING:
    from botocore.client import BaseClient

Answer = Callable[[str], Mapping[str, object] | None]
"""Answers a request, given as its body; None lets it through."""


class _Handler(NamedTuple):
    event: str
    call: Callable[..., None]


class Interference:
    """Answers of the test's own, in the order they were given; whatever is left over lets requests through."""

    def __init__(self, client: BaseClient) -> None:
        self._events = client.meta.events
        self._service = client.meta.service_model.service_id.hyphenize()
        self._handlers: list[_Handler] = []
        self._left: dict[str, list[Answer]] = {}
        self.calls: list[str] = []

    def __enter__(self) -> Interference:
        self._register(f"before-call.{self._service}", self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for handler in self._handlers:
            self._events.unregister(*handler)

    def answers(self, operation: str, *answers: Answer) -> None:
        """The next calls of an operation are answered by these, one each, behind those that were given before."""
        if operation in self._left:
            self._left[operation] += answers
            return
        left = self._left[operation] = list(answers)

        def answer(params: Mapping[str, object], **_: object) -> object:
            parsed = left.pop(0)(_text(params)) if left else None
            if parsed is None:
                return None
            status = 400 if "Error" in parsed else 200
            return AWSResponse("", status, HTTPHeaders(), None), {
                "ResponseMetadata": {"HTTPStatusCode": status},
                **parsed,
            }

        self._register(f"before-call.{self._service}.{operation}", answer)

    def is_down(self, operation: str, *, times: int = 1) -> None:
        """The next calls of an operation do not reach the service."""
        self.answers(operation, *[_unreachable] * times)

    def _note(self, model: object, **_: object) -> None:
        self.calls.append(str(getattr(model, "name", "")))

    def _register(self, event: str, call: Callable[..., object]) -> None:
        # The stubs do not know that a handler of this event may answer.
        handler = _Handler(event, cast(Callable[..., None], call))
        self._events.register(*handler)
        self._handlers.append(handler)


def error(code: str, **more: object) -> Answer:
    """The service answers with an error."""
    return lambda _: {"Error": {"Code": code, "Message": "as the test has it"}, **more}


def _unreachable(_: str) -> Mapping[str, object] | None:
    raise EndpointConnectionError(endpoint_url="https://service.example")


def _text(params: Mapping[str, object]) -> str:
    body = params["body"]
    return body.decode() if isinstance(body, bytes) else str(body)
