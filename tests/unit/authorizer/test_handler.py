"""The Lambda authorizer: events in, policies out, and one line of log for each refusal."""

from __future__ import annotations

import importlib
import json
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from services.authorizer import handler, tickets
from services.authorizer.handler import Handler, build_handler, verifier_from
from services.authorizer.refusals import Refusal
from services.authorizer.section import ConfigurationError
from services.domain.identity import Identity, from_context
from tests.unit.authorizer import minting
from tests.unit.authorizer.minting import NOW_S, TICKET_KEY, b64, claims, signed

METHOD_ARN = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/$connect"


def event(token: str | None = None, **members: object) -> dict[str, Any]:
    """The event of a handshake as API Gateway makes it, with the token as a header."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return {
        "type": "REQUEST",
        "methodArn": METHOD_ARN,
        "headers": {"Host": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", **headers},
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {},
        "multiValueQueryStringParameters": {},
        "stageVariables": {},
        "requestContext": {
            "routeKey": "$connect",
            "eventType": "CONNECT",
            "identity": {"sourceIp": "192.0.2.1"},
            "requestId": "BFHPhFe3IAMF95g=",
            "connectionId": "BFHPhfCWIAMCKlQ=",
        },
        **members,
    }


@pytest.fixture
def log() -> list[Any]:
    return []


@pytest.fixture
def authorize(log: list[Any]) -> Handler:
    return build_handler(minting.verifier(connect={"groups": ["ops"]}), log.append)


def test_a_good_token_is_allowed_to_connect(authorize: Handler) -> None:
    answer = authorize(event(signed(claims())), None)
    assert answer["principalId"] == "alice"
    assert answer["policyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": METHOD_ARN}],
    }


def test_the_context_holds_the_identity_as_flat_texts(authorize: Handler) -> None:
    context: Any = authorize(event(signed(claims(terminal="kiosk-7"))), None)["context"]
    assert {type(value) for value in context.values()} == {str}
    assert from_context(context) == minting.verifier().verify(signed(claims(terminal="kiosk-7")))


def test_a_ticket_hands_its_id_on(authorize: Handler) -> None:
    alice = Identity(user="alice", issuer=minting.ISSUER, expires_at_s=NOW_S + 60, groups=("ops",))
    ticket = tickets.issue(alice, TICKET_KEY, ticket_id="ticket-1", now_s=NOW_S)
    context: Any = authorize(event(queryStringParameters={"token": ticket}), None)["context"]
    assert (context["ticket"], context["user"]) == ("ticket-1", "alice")


def test_an_allowed_handshake_is_not_logged(authorize: Handler, log: list[Any]) -> None:
    authorize(event(signed(claims())), None)
    assert log == []


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (None, "token_missing"),
        ("no token", "token_malformed"),
        (signed(claims(exp=NOW_S - 60)), "token_expired"),
        (signed(claims(), "x" * 32), "signature_invalid"),
    ],
)
def test_no_or_a_bad_token_is_unauthorized_and_logged_with_its_reason(
    authorize: Handler, log: list[Any], token: str | None, reason: str
) -> None:
    with pytest.raises(Exception, match=r"\AUnauthorized\Z") as caught:
        authorize(event(token), None)
    assert type(caught.value) is Exception
    assert [(entry["outcome"], entry["reason"]) for entry in log] == [("unauthorized", reason)]


def test_a_refusal_is_logged_with_the_request_it_belongs_to(authorize: Handler, log: list[Any]) -> None:
    with pytest.raises(Exception, match="Unauthorized"):
        authorize(event(), None)
    (entry,) = log
    assert (entry["connection_id"], entry["request_id"], entry["source_ip"]) == (
        "BFHPhfCWIAMCKlQ=",
        "BFHPhFe3IAMF95g=",
        "192.0.2.1",
    )


def test_the_log_holds_no_token(authorize: Handler, log: list[Any]) -> None:
    token = signed(claims(), "x" * 32)
    with pytest.raises(Exception, match="Unauthorized"):
        authorize(event(token), None)
    assert not any(part in json.dumps(log) for part in token.split("."))


def test_an_identity_that_may_not_connect_is_denied(authorize: Handler, log: list[Any]) -> None:
    answer: Any = authorize(event(signed(claims(groups=["guests"]))), None)
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert answer["context"] == {"reason": "connect_not_allowed"}
    assert [(entry["outcome"], entry["user"]) for entry in log] == [("forbidden", "alice")]


def test_an_outage_of_the_issuer_is_an_error_and_not_a_401(log: list[Any]) -> None:
    table = minting.settings(keys=None, jwks_url="https://id.example/keys")
    authorize = build_handler(minting.verifier(table, fetch=minting.Documents()), log.append)
    with pytest.raises(Refusal, match="keys_unavailable"):
        authorize(event(signed(claims())), None)
    assert [entry["outcome"] for entry in log] == ["unavailable"]


@pytest.mark.parametrize("context", [None, [], "x", {"identity": None}, {"identity": []}])
def test_a_refusal_is_logged_whatever_the_event_holds(authorize: Handler, log: list[Any], context: object) -> None:
    with pytest.raises(Exception, match="Unauthorized"):
        authorize(event(requestContext=context), None)
    assert log[0]["reason"] == "token_missing"


@pytest.mark.parametrize("method_arn", [None, 7, ["arn"]])
def test_what_is_no_authorizer_event_is_an_error(authorize: Handler, method_arn: object) -> None:
    with pytest.raises(ValueError, match="methodArn"):
        authorize(event(signed(claims()), methodArn=method_arn), None)


class TestEnvironment:
    ISSUERS = json.dumps([minting.settings()])

    def test_issuers_and_the_ticket_key_come_from_variables(self) -> None:
        environment = {"FANFARE_ISSUERS": self.ISSUERS, "FANFARE_TICKET_KEY": b64(TICKET_KEY)}
        assert verifier_from(environment).needs_network("") is False

    def test_issuers_may_be_in_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "issuers.json"
        path.write_text(self.ISSUERS)
        assert verifier_from({"FANFARE_ISSUERS_FILE": str(path)}).needs_network("") is False

    @pytest.mark.parametrize(
        ("environment", "why"),
        [
            ({}, "exactly one of FANFARE_ISSUERS and FANFARE_ISSUERS_FILE"),
            ({"FANFARE_ISSUERS": ISSUERS, "FANFARE_ISSUERS_FILE": "x"}, "exactly one of"),
            ({"FANFARE_ISSUERS": ""}, "FANFARE_ISSUERS is not JSON"),
            ({"FANFARE_ISSUERS": "[{]"}, "FANFARE_ISSUERS is not JSON"),
            ({"FANFARE_ISSUERS": '[{"issuer": "a", "issuer": "b"}]'}, "occurs twice"),
            ({"FANFARE_ISSUERS": "{}"}, "FANFARE_ISSUERS is not a list"),
            ({"FANFARE_ISSUERS": "[{}]"}, r"FANFARE_ISSUERS\[0\].issuer is missing"),
            (
                {"FANFARE_ISSUERS_FILE": "/nonexistent/issuers.json"},
                "FANFARE_ISSUERS_FILE cannot be read: No such file",
            ),
            ({"FANFARE_ISSUERS": ISSUERS, "FANFARE_TICKET_KEY": "=="}, "FANFARE_TICKET_KEY is not base64url"),
            ({"FANFARE_ISSUERS": ISSUERS, "FANFARE_TICKET_KEY": b64(b"k" * 31)}, "ticket key .* at least 32 bytes"),
        ],
    )
    def test_an_error_names_the_variable(self, environment: dict[str, str], why: str) -> None:
        with pytest.raises(ConfigurationError, match=why):
            verifier_from(environment)


class TestLambdaEntry:
    @pytest.fixture
    def entry(self, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
        """The module as a new Lambda environment loads it."""
        monkeypatch.setenv("FANFARE_ISSUERS", json.dumps([minting.settings()]))
        monkeypatch.delenv("FANFARE_ISSUERS_FILE", raising=False)
        monkeypatch.delenv("FANFARE_TICKET_KEY", raising=False)
        return importlib.reload(handler)

    def test_it_serves_with_the_settings_of_the_environment(self, entry: ModuleType) -> None:
        now_s = int(time.time())
        answer = entry.handler(event(signed(claims(iat=now_s, exp=now_s + 600))), None)
        assert answer["principalId"] == "alice"

    def test_it_logs_one_line_of_json(self, entry: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(Exception, match="Unauthorized"):
            entry.handler(event(), None)
        (line,) = capsys.readouterr().err.splitlines()
        assert json.loads(line)["reason"] == "token_missing"
