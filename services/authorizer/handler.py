"""The REQUEST authorizer of the WebSocket API: who may open a socket, and as whom.

What a handshake is answered with: 101 if the policy allows it; 403 if the identity may not connect; 401 for no or a
bad token, which API Gateway makes of an exception whose whole text is `Unauthorized`. If an issuer's keys cannot be
fetched, the token may well be good, and a 401 would make terminals throw it away, or give up, in an outage that is not
theirs. So that is any other exception, which API Gateway answers with 500: terminals come back later, with the same
token.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping

from services.authorizer import base64url, issuers, strict_json
from services.authorizer.bearer import token_of
from services.authorizer.log import Log, write_line
from services.authorizer.refusals import Refusal
from services.authorizer.section import ConfigurationError
from services.authorizer.verifier import Verifier
from services.domain.identity import to_context

Handler = Callable[[Mapping[str, object], object], dict[str, object]]
"""A Lambda function: takes API Gateway's event and the Lambda context."""


def build_handler(verifier: Verifier, log: Log) -> Handler:
    """The authorizer for these settings.

    It raises `Exception("Unauthorized")` for a refused token (401), Refusal `keys_unavailable` in an outage (500), and
    ValueError for what is no event of a REQUEST authorizer (500). Each refusal is logged with its reason.
    """

    def authorize(event: Mapping[str, object], _context: object) -> dict[str, object]:
        method_arn = event.get("methodArn")
        if not isinstance(method_arn, str):
            raise ValueError("not an event of a REQUEST authorizer: it has no methodArn")
        try:
            verified = verifier.verify_any(token_of(event))
        except Refusal as fault:
            if fault.code == "keys_unavailable":
                log(_entry("unavailable", fault, event))
                raise
            log(_entry("unauthorized", fault, event))
            raise Exception("Unauthorized") from None
        identity = verified.identity
        refusal = verifier.may_connect(identity)
        if refusal is not None:
            log({**_entry("forbidden", refusal, event), "user": identity.user, "issuer": identity.issuer})
            return _result(identity.user, "Deny", method_arn, {"reason": refusal.code})
        return _result(identity.user, "Allow", method_arn, to_context(identity, ticket=verified.ticket_id))

    return authorize


def _result(user: str, effect: str, method_arn: str, context: dict[str, str]) -> dict[str, object]:
    """API Gateway's Lambda authorizer output. The resource is the one asked for: wildcards of REST do not match it."""
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": method_arn}
    return {
        "principalId": user,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context,
    }


def _entry(outcome: str, refusal: Refusal, event: Mapping[str, object]) -> dict[str, object]:
    """The log's fields of a refusal: why, and which request; never what was sent."""
    request = event.get("requestContext")
    request = request if isinstance(request, dict) else {}
    caller = request.get("identity")
    return {
        "event": "connect_refused",
        "outcome": outcome,
        "reason": refusal.code,
        "detail": refusal.detail,
        "connection_id": request.get("connectionId"),
        "request_id": request.get("requestId"),
        "source_ip": caller.get("sourceIp") if isinstance(caller, dict) else None,
    }


def verifier_from(environment: Mapping[str, str]) -> Verifier:
    """The verifier that environment variables describe.

    `FANFARE_ISSUERS` holds the issuers as a JSON list (its fields: `issuers.parse`), or `FANFARE_ISSUERS_FILE` the path
    of a file with it. `FANFARE_TICKET_KEY` is the ticket key in base64url; without it no ticket is accepted. Raises
    ConfigurationError, which names the variable.
    """
    inline, path = environment.get("FANFARE_ISSUERS"), environment.get("FANFARE_ISSUERS_FILE")
    if (inline is None) == (path is None):
        raise ConfigurationError("set exactly one of FANFARE_ISSUERS and FANFARE_ISSUERS_FILE")
    where = "FANFARE_ISSUERS" if path is None else "FANFARE_ISSUERS_FILE"
    try:
        if path is not None:
            with open(path, "rb") as file:
                text: bytes | str = file.read()
        else:
            text = inline or ""
        settings = strict_json.value_of(text)
    except OSError as fault:
        raise ConfigurationError(f"{where} cannot be read: {fault.strerror}") from fault
    except ValueError as fault:
        raise ConfigurationError(f"{where} is not JSON: {fault}") from fault
    encoded_key = environment.get("FANFARE_TICKET_KEY")
    try:
        ticket_key = None if encoded_key is None else base64url.decode(encoded_key)
    except ValueError as fault:
        raise ConfigurationError(f"FANFARE_TICKET_KEY is {fault}") from None
    return Verifier(issuers.parse(settings, where), ticket_key=ticket_key)


@functools.cache
def _configured() -> Handler:
    return build_handler(verifier_from(os.environ), write_line)


def handler(event: Mapping[str, object], context: object) -> dict[str, object]:
    """The Lambda function's entry. The settings are read once, at the first call."""
    return _configured()(event, context)
