"""Refusals as `application/problem+json` (RFC 9457), whatever refused: a service, the framework, or a fault of ours."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin_api.answers import NOT_KEPT, encoded
from services.domain.problems import Problem

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
REALM = "fanfare"
MOST_ERRORS_SHOWN = 20
"""Most members of `errors` in one problem document."""
LONGEST_POINTER = 200
STORAGE_RETRY_AFTER_S = 2


class ProblemDocuments:
    """Makes the documents; `docs_base_url` is where docs/errors.md is published."""

    def __init__(self, docs_base_url: str) -> None:
        self._docs_base_url = docs_base_url.rstrip("#")

    def response(
        self, problem: Problem, *, instance: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The answer to a refused request, with the headers that its status asks for."""
        document: dict[str, object] = {
            **problem.extra,
            "type": f"{self._docs_base_url}#{problem.code}",
            "title": title_of(problem.code),
            "status": problem.status,
            "detail": problem.detail,
            "code": problem.code,
        }
        if instance is not None:
            document["instance"] = instance
        sent = {**NOT_KEPT, **(headers or {})}
        challenge = _challenge(problem)
        if challenge is not None:
            sent["WWW-Authenticate"] = challenge
        if problem.code == "body_too_large":
            # What is still under way is not read, so the connection cannot be used again.
            sent["Connection"] = "close"
        if problem.retry_after_s is not None:
            sent["Retry-After"] = str(problem.retry_after_s)
        return Response(encoded(document), problem.status, headers=sent, media_type=MEDIA_TYPE)

    async def of_problem(self, _request: Request, fault: Exception) -> Response:
        """For what a service or an endpoint refused."""
        assert isinstance(fault, Problem)
        return self.response(fault)

    async def of_validation(self, _request: Request, fault: Exception) -> Response:
        """For members and parameters that the models refused. What was sent is not repeated."""
        assert isinstance(fault, RequestValidationError)
        return self.response(invalid_request([_error(each) for each in fault.errors()]))

    async def of_http(self, request: Request, fault: Exception) -> Response:
        """For what the framework refused."""
        assert isinstance(fault, HTTPException)
        match fault.status_code:
            case 404:
                return self.response(
                    Problem("not_found", 404, "there is nothing at this path; docs/rest.md has them all")
                )
            case 405:
                allow = {"Allow": ", ".join(_methods(request))}
                if request.method == "OPTIONS":
                    return Response(status_code=204, headers={**NOT_KEPT, **allow})
                detail = f"this path answers to {allow['Allow']}"
                return self.response(Problem("method_not_allowed", 405, detail), headers=allow)
        return self.response(Problem("bad_request", fault.status_code, fault.detail), headers=fault.headers)

    async def of_storage(self, _request: Request, fault: Exception) -> Response:
        """For storage that cannot be reached: the same request may work in a moment."""
        instance = _instance()
        log.error("storage unavailable", exc_info=fault, extra={"instance": instance})
        detail = "storage does not answer; send the same request again, a push with its Idempotency-Key"
        return self.response(
            Problem("storage_unavailable", 503, detail, retry_after_s=STORAGE_RETRY_AFTER_S), instance=instance
        )

    def of_fault(self, fault: Exception) -> Response:
        """For a fault of ours. The log line has the same `instance`."""
        instance = _instance()
        log.error("request failed", exc_info=fault, extra={"instance": instance})
        return self.response(
            Problem("internal_error", 500, "the service failed; its log has the reason under this instance"),
            instance=instance,
        )


class LastResort:
    """ASGI middleware: what nobody handled becomes a problem with status 500, as long as no answer has begun."""

    def __init__(self, app: ASGIApp, documents: ProblemDocuments) -> None:
        self._app = app
        self._documents = documents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:
            log.info("caller went away")
        except Exception as fault:
            if begun:
                raise
            await self._documents.of_fault(fault)(scope, receive, send)


def title_of(code: str) -> str:
    """A code in words: the same title for every problem with it (RFC 9457 §3.1.3)."""
    return code.replace("_", " ").capitalize()


def invalid_request(errors: Sequence[Mapping[str, str]]) -> Problem:
    """The problem with these faults, each with its `detail` and where it is: `pointer`, `parameter` or `header`."""
    first = errors[0]
    where = first.get("pointer") or first.get("parameter") or first.get("header") or "the body"
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return Problem("invalid_request", 422, f"{where}: {first['detail']}{more}", errors=list(errors[:MOST_ERRORS_SHOWN]))


def _error(error: Mapping[str, object]) -> dict[str, str]:
    location = error["loc"]
    assert isinstance(location, tuple)
    place, *path = location
    where = {"body": "pointer", "header": "header"}.get(str(place), "parameter")
    name = "".join(f"/{_escaped(str(step))}" for step in path) if where == "pointer" else ".".join(map(str, path))
    return {"detail": str(error["msg"]), where: name[:LONGEST_POINTER]}


def _escaped(step: str) -> str:
    """One step of a JSON pointer (RFC 6901 §3)."""
    return step.replace("~", "~0").replace("/", "~1")


def _challenge(problem: Problem) -> str | None:
    """`WWW-Authenticate` as RFC 6750 §3 has it: without an error if no token came."""
    if problem.code == "scope_missing":
        return f'Bearer realm="{REALM}", error="insufficient_scope", scope="{problem.extra.get("scope", "")}"'
    if problem.status != 401:
        return None
    if problem.code == "token_missing":
        return f'Bearer realm="{REALM}"'
    return f'Bearer realm="{REALM}", error="invalid_token", error_description="{_description(problem.detail)}"'


def _description(detail: str) -> str:
    """`detail` in the characters that RFC 6750 §3 allows."""
    return "".join(character for character in detail if " " <= character <= "~" and character not in '"\\')


def _methods(request: Request) -> list[str]:
    """Every method of the path, not just those of the first route that it matched."""
    methods = {"OPTIONS"}
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _instance() -> str:
    return f"urn:uuid:{uuid.uuid4()}"
