"""The gateway's pure decisions: order of maps, selection of routes, policies, proxies, rates."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.gateway import Event, MockRoute, Route, WebSocketApi
from infra.local.gateway.forwarded import TrustedProxies, plain_address
from infra.local.gateway.frames import error_text, text_frames
from infra.local.gateway.hash_order import in_hash_map_order, java_hash
from infra.local.gateway.http_messages import HttpRequest
from infra.local.gateway.policy import MalformedAuthorization, grant_of
from infra.local.gateway.selection import RouteSelection
from infra.local.gateway.throttle import TokenBucket

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


async def nothing(event: Event) -> None:
    return None


class TestHashOrder:
    # Values that Java documents for String.hashCode.
    @pytest.mark.parametrize(
        ("text", "value"),
        [("", 0), ("a", 97), ("ab", 3105), ("Aa", 2112), ("BB", 2112), ("hello", 99162322), ("😀", 1772899)],
    )
    def test_the_hash_is_javas(self, text: str, value: int) -> None:
        assert java_hash(text) == value

    def test_a_captured_order_comes_out(self) -> None:
        captured = [
            "routeKey",
            "disconnectStatusCode",
            "authorizer",
            "messageId",
            "eventType",
            "extendedRequestId",
            "requestTime",
            "messageDirection",
            "disconnectReason",
            "stage",
            "connectedAt",
            "requestTimeEpoch",
            "identity",
            "requestId",
            "domainName",
            "connectionId",
            "apiId",
        ]
        # Stable where two share a bucket, so equality says that no two buckets are out of order.
        assert list(in_hash_map_order(dict.fromkeys(captured), buckets=32)) == captured
        assert list(in_hash_map_order(dict.fromkeys(captured), buckets=64)) != captured

    @given(st.dictionaries(st.text(max_size=8), st.integers(), max_size=40))
    def test_nothing_is_lost_or_added(self, entries: dict[str, int]) -> None:
        assert in_hash_map_order(entries) == entries

    def test_the_map_grows_beyond_three_quarters(self) -> None:
        entries = {chr(ord("a") + number): number for number in range(13)}
        # 13 entries need 32 buckets, in which the letters from a (97 = 3 * 32 + 1) on are in alphabetical order.
        assert list(in_hash_map_order(entries)) == sorted(entries)


class TestSelection:
    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ('{"action":"go"}', "go"),
            ('{"action":5}', "5"),
            ('{"action":1.5}', "1.5"),
            ('{"action":true}', "true"),
            ('{"action":null}', ""),
            ('{"action":["item1","item2"]}', "[item1, item2]"),
            ('{"action":{"a":[1,false]}}', "{a=[1, false]}"),
            ("{}", ""),
            ("[]", ""),
            ('"action"', ""),
            ("not json", ""),
            ("", ""),
            ("[" * 100_000, ""),
            ('{"action":' + "[" * 900 + "]" * 900 + "}", None),
            ('{"action":' + "9" * 5000 + "}", ""),
        ],
        ids=lambda value: str(value)[:30],
    )
    def test_of_a_member(self, text: str, key: str | None) -> None:
        found = RouteSelection("$request.body.action").key_of(text)
        assert key is None or found == key

    def test_of_a_member_within_a_member(self) -> None:
        assert RouteSelection("$request.body.a.b").key_of('{"a":{"b":"deep"}}') == "deep"

    @pytest.mark.parametrize(
        ("text", "key"), [('{"a":"x","b":"y"}', "x/y"), ('{"a":"x"}', "x/"), ('{"b":"y"}', "/y"), ("{}", "/")]
    )
    def test_of_parts(self, text: str, key: str) -> None:
        assert RouteSelection("${request.body.a}/${request.body.b}").key_of(text) == key

    @pytest.mark.parametrize("expression", ["", "action", "$request.header.a", "$body.a", "${request.body.a"])
    def test_refuses_other_expressions(self, expression: str) -> None:
        with pytest.raises(ValueError, match="route selection expression"):
            RouteSelection(expression)

    @given(json_values)
    def test_any_message_has_a_key(self, value: object) -> None:
        selection = RouteSelection("$request.body.action")
        assert isinstance(selection.key_of(json.dumps({"action": value})), str)
        assert selection.key_of(json.dumps([value])) == ""


class TestApi:
    @pytest.mark.parametrize("stage", ["", "a/b", "ä", "a" * 129, "$default"])
    def test_refuses_a_stage_that_aws_would_not_have(self, stage: str) -> None:
        with pytest.raises(ValueError, match="stage"):
            WebSocketApi(routes={}, stage=stage)

    def test_refuses_an_identity_source_that_it_cannot_look_up(self) -> None:
        with pytest.raises(ValueError, match="identity source"):
            WebSocketApi(routes={}, identity_sources=("context.identity.sourceIp",))

    @pytest.mark.parametrize("key", ["$connect", "$disconnect"])
    def test_refuses_a_mock_where_a_function_must_be(self, key: str) -> None:
        with pytest.raises(ValueError, match="integration"):
            WebSocketApi(routes={key: MockRoute("x")})

    def test_a_key_must_match_to_the_letter(self) -> None:
        go = Route(nothing)
        api = WebSocketApi(routes={"go": go})
        assert api.route_of('{"action":"go"}') == ("go", go)
        assert api.route_of('{"action":"Go"}') is None


ARN = "arn:aws:execute-api:us-east-1:000000000000:local/local/$connect"


def answer_with(**statement: object) -> dict[str, object]:
    return {
        "principalId": "p",
        "policyDocument": {
            "Statement": {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": ARN, **statement}
        },
    }


class TestPolicy:
    @pytest.mark.parametrize(
        ("resource", "covers"),
        [
            (ARN, True),
            ("*", True),
            (ARN.replace("$connect", "*"), True),
            (ARN.replace("$connect", "$connec?"), True),
            (ARN.replace("$connect", "$connect*"), True),
            (ARN.replace("$connect", "$connect?"), False),
            (ARN.replace("us-east-1", "*").replace("000000000000", "*"), True),
            (ARN.replace("/local/", "/prod/"), False),
            (ARN.upper(), False),
            ("", False),
            ("*" * 5000 + "x", False),
            ("*a" * 500, False),
            (["nothing", ARN], True),
        ],
        ids=lambda value: str(value)[-40:],
    )
    def test_a_resource_covers(self, resource: object, covers: bool) -> None:
        assert (grant_of(answer_with(Resource=resource), ARN, limit_bytes=8192) is not None) is covers

    @pytest.mark.parametrize("action", ["execute-api:Invoke", "execute-api:*", "*", "EXECUTE-API:INVOKE", ["a:b", "*"]])
    def test_an_action_covers(self, action: object) -> None:
        assert grant_of(answer_with(Action=action), ARN, limit_bytes=8192) is not None

    @pytest.mark.parametrize(
        "statement",
        [
            {"Effect": "allow"},
            {"Effect": None},
            {"Resource": None},
            {"Resource": []},
            {"Resource": [1]},
            {"Action": {}},
            {"NotAction": "x"},
            {"Principal": "*"},
        ],
        ids=str,
    )
    def test_refuses_a_statement_that_it_does_not_understand(self, statement: dict[str, object]) -> None:
        with pytest.raises(MalformedAuthorization):
            grant_of(answer_with(**statement), ARN, limit_bytes=8192)

    @given(json_values)
    def test_anything_else_is_malformed_or_denied(self, value: object) -> None:
        for answer in (value, {"principalId": "p", "policyDocument": value}, answer_with(Resource=value)):
            try:
                granted = grant_of(answer, ARN, limit_bytes=8192)
            except MalformedAuthorization:
                granted = None
            assert granted is None

    def test_an_answer_that_is_not_json_is_malformed(self) -> None:
        for odd in (object(), {1, 2}, b"x"):
            with pytest.raises(MalformedAuthorization):
                grant_of({**answer_with(), "context": {"odd": odd}}, ARN, limit_bytes=8192)

    def test_an_answer_without_end_is_malformed(self) -> None:
        endless: dict[str, object] = answer_with()
        endless["self"] = endless
        with pytest.raises(MalformedAuthorization):
            grant_of(endless, ARN, limit_bytes=8192)


class TestTrustedProxies:
    def origin(self, trusted: tuple[str, ...], peer_ip: str, **headers: str | list[str]) -> tuple[str, str, str]:
        lines = [
            (name.replace("_", "-"), value)
            for name, values in headers.items()
            for value in ([values] if isinstance(values, str) else values)
        ]
        request = HttpRequest(method="GET", target="/local", http_version="1.1", headers=lines)
        found = TrustedProxies(trusted).origin_of(peer_ip, port="8001", proto="http", request=request)
        return found.source_ip, found.port, found.proto

    def test_each_proxy_may_add_a_header_of_its_own(self) -> None:
        found = self.origin(("10.0.0.0/8",), "10.0.0.1", x_forwarded_for=["6.6.6.6", "198.51.100.7", "10.1.2.3"])
        assert found[0] == "198.51.100.7"

    def test_a_proxy_may_tell_the_protocol_alone(self) -> None:
        found = self.origin(("10.0.0.0/8",), "10.0.0.1", x_forwarded_proto="https", x_forwarded_port="443")
        assert found == ("10.0.0.1", "443", "https")

    @pytest.mark.parametrize(
        ("forwarded", "source_ip"),
        [
            ("198.51.100.7", "198.51.100.7"),
            ("6.6.6.6, 198.51.100.7", "198.51.100.7"),
            ("198.51.100.7, 10.1.2.3", "198.51.100.7"),
            ("10.9.9.9, 10.1.2.3", "10.9.9.9"),
            ("198.51.100.7:4711", "198.51.100.7"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("unknown, 198.51.100.7", "198.51.100.7"),
            ("unknown", "10.0.0.1"),
            ("", "10.0.0.1"),
        ],
    )
    def test_the_client_is_the_last_address_that_is_no_proxy(self, forwarded: str, source_ip: str) -> None:
        assert self.origin(("10.0.0.0/8",), "10.0.0.1", x_forwarded_for=forwarded)[0] == source_ip

    @pytest.mark.parametrize(("port", "found"), [("443", "443"), ("abc", "8001"), ("443443", "8001"), ("", "8001")])
    def test_a_port_must_be_one(self, port: str, found: str) -> None:
        headers = {"x_forwarded_for": "1.2.3.4", "x_forwarded_port": port}
        assert self.origin(("10.0.0.0/8",), "10.0.0.1", **headers)[1] == found

    @pytest.mark.parametrize(("proto", "found"), [("https", "https"), ("WSS", "https"), ("x", "http")])
    def test_a_protocol_is_http_or_https(self, proto: str, found: str) -> None:
        headers = {"x_forwarded_for": "1.2.3.4", "x_forwarded_proto": proto}
        assert self.origin(("10.0.0.0/8",), "10.0.0.1", **headers)[2] == found

    def test_an_untrusted_peer_is_itself(self) -> None:
        assert self.origin(("10.0.0.0/8",), "192.0.2.1", x_forwarded_for="1.2.3.4") == ("192.0.2.1", "8001", "http")

    def test_refuses_what_is_no_network(self) -> None:
        with pytest.raises(ValueError, match="nonsense"):
            TrustedProxies(("nonsense",))

    @pytest.mark.parametrize(
        ("text", "plain"),
        [("::ffff:192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80::1"), ("x", "x")],
    )
    def test_addresses_are_written_plainly(self, text: str, plain: str) -> None:
        assert plain_address(text) == plain

    @given(st.text(max_size=60))
    def test_nothing_in_the_header_breaks_it(self, forwarded: str) -> None:
        source_ip, _, _ = self.origin(("10.0.0.0/8",), "10.0.0.1", x_forwarded_for=forwarded)
        assert source_ip


class TestTokenBucket:
    def test_holds_a_burst_and_fills_at_its_rate(self) -> None:
        now_s = 0.0
        bucket = TokenBucket(10, 5, lambda: now_s)
        assert [bucket.take() for _ in range(6)] == [1, 1, 1, 1, 1, 0]
        now_s = 0.1
        assert [bucket.take(), bucket.take()] == [1, 0]
        now_s = 100
        assert bucket.take(50) == 5

    def test_without_a_rate_never_runs_dry(self) -> None:
        assert TokenBucket(None, 1, lambda: 0.0).take(1_000_000) == 1_000_000

    @given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 20)), max_size=50))
    def test_never_gives_more_than_burst_and_rate_allow(self, steps: list[tuple[float, int]]) -> None:
        now_s = 0.0
        bucket = TokenBucket(10, 5, lambda: now_s)
        taken = 0
        for wait_s, wanted in steps:
            now_s += wait_s
            taken += bucket.take(wanted)
            assert taken <= 5 + 10 * now_s + 1e-6


class TestFrames:
    def test_an_error_frame_is_byte_for_byte_as_captured(self) -> None:
        found = error_text("Forbidden", "XDmENcnwIE0CFEQ=", "XDmGEE2RoE0FRdQ=")
        expected = '{"message": "Forbidden", "connectionId":"XDmENcnwIE0CFEQ=", "requestId":"XDmGEE2RoE0FRdQ="}'
        assert found == expected

    @given(data=st.binary(max_size=300), frame_bytes=st.integers(1, 300))
    def test_frames_carry_the_message_and_only_the_last_is_final(self, data: bytes, frame_bytes: int) -> None:
        wire = text_frames(data, frame_bytes)
        whole, opcodes, fins = b"", [], []
        while wire:
            size, at = wire[1], 2
            if size == 126:
                size, at = int.from_bytes(wire[2:4], "big"), 4
            opcodes.append(wire[0] & 0x0F)
            fins.append(bool(wire[0] & 0x80))
            whole += wire[at : at + size]
            assert size <= frame_bytes
            wire = wire[at + size :]
        assert whole == data
        assert opcodes == [1] + [0] * (len(opcodes) - 1)
        assert fins == [False] * (len(fins) - 1) + [True]
