"""Attacks on tokens: what is forged, changed, replayed or malformed is refused, and with a refusal, never a crash.

How published keys stand up to outages, floods and rotations is in tests/unit/authorizer/test_key_sources.py, what a
ticket is not good for in test_tickets.py beside it.
"""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.authorizer import tickets
from services.authorizer.base64url import ALPHABET
from services.authorizer.bearer import token_of
from services.authorizer.refusals import Refusal
from services.authorizer.verifier import Verifier
from services.domain.identity import MAX_CONTEXT_BYTES, Identity, from_context, to_context
from tests.unit.authorizer import minting
from tests.unit.authorizer.minting import (
    ISSUER,
    NOW_S,
    SECRET,
    Documents,
    b64,
    claims,
    json_text,
    private_key,
    public_jwk,
    public_pem,
    signed,
    signed_parts,
)

JWKS_URL = "https://id.example/keys"
KINDS = {"RSA": "RS256", "P-256": "ES256", "Ed25519": "EdDSA", "Ed448": "EdDSA"}
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    """An issuer with a key of every kind, each under its own kid."""
    public = [public_jwk(private_key(kind), kid=kind, key_ops=None) for kind in KINDS]
    return minting.verifier(keys=[{"kid": "hmac", "alg": "HS256", "secret": SECRET}, *public])


def reason(verifier: Verifier, token: str) -> str:
    with pytest.raises(Refusal) as caught:
        verifier.verify_any(token)
    return caught.value.code


def good(kind: str) -> str:
    if kind == "hmac":
        return signed(claims())
    return signed(claims(), private_key(kind), KINDS[kind], kid=kind)


def with_signature(token: str, signature: bytes) -> str:
    return f"{token.rpartition('.')[0]}.{b64(signature)}"


def signature_of(token: str) -> bytes:
    return base64.urlsafe_b64decode(token.rpartition(".")[2] + "==")


@pytest.mark.parametrize("kind", ["hmac", *KINDS])
def test_the_tokens_that_the_attacks_start_from_are_good(verifier: Verifier, kind: str) -> None:
    assert verifier.verify_any(good(kind)).identity.user == "alice"


class TestAlgorithm:
    @pytest.mark.parametrize(
        "alg", ["none", "None", "NONE", "nOnE", "", " HS256", "hs256", "HS256\x00", "ES256K", "RSA1_5"]
    )
    @pytest.mark.parametrize("kid", ["hmac", "RSA", None])
    def test_none_and_unknown_algorithms_are_refused(self, verifier: Verifier, alg: str, kid: str | None) -> None:
        token = signed_parts(json.dumps({"alg": alg, "kid": kid}).encode(), json_text(claims()))
        assert reason(verifier, token) == "algorithm_not_allowed"

    @pytest.mark.parametrize("alg", ["none", "HS256", "RS256"])
    def test_a_token_without_a_signature_is_refused(self, verifier: Verifier, alg: str) -> None:
        token = f"{b64(json.dumps({'alg': alg}).encode())}.{b64(json_text(claims()))}."
        assert reason(verifier, token) in {"algorithm_not_allowed", "signature_invalid"}

    @pytest.mark.parametrize("alg", [None, 7, True, ["HS256"], {"HS256": 1}])
    def test_an_alg_that_is_not_text_is_refused(self, verifier: Verifier, alg: object) -> None:
        token = signed_parts(json.dumps({"alg": alg, "kid": "hmac"}).encode(), json_text(claims()))
        assert reason(verifier, token) == "token_malformed"

    def test_a_header_without_alg_is_refused(self, verifier: Verifier) -> None:
        assert reason(verifier, signed_parts(b'{"kid":"hmac"}', json_text(claims()))) == "token_malformed"

    @pytest.mark.parametrize("kid", ["RSA", None, "another"])
    @pytest.mark.parametrize("form", ["PEM", "DER", "JWK", "n"])
    def test_a_public_key_is_not_an_hmac_secret(self, kid: str | None, form: str) -> None:
        key = private_key("RSA")
        jwk = public_jwk(key, kid="RSA", key_ops=None)
        secret = {
            "PEM": public_pem(key).encode(),
            "DER": key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            "JWK": json.dumps(jwk).encode(),
            "n": base64.urlsafe_b64decode(str(jwk["n"]) + "=="),
        }[form]
        token = signed(claims(), secret, "HS256", kid=kid)
        pem = {"kid": "RSA", "alg": "RS256", "pem": public_pem(key)}
        codes = {reason(minting.verifier(keys=[configured]), token) for configured in (jwk, pem)}
        assert codes <= {"algorithm_not_allowed", "key_unknown"}

    def test_a_public_key_is_not_an_hmac_secret_beside_a_real_one(self, verifier: Verifier) -> None:
        token = signed(claims(), public_pem(private_key("RSA")), "HS256", kid=None)
        assert reason(verifier, token) == "signature_invalid"

    @pytest.mark.parametrize("alg", ["RS384", "RS512", "PS256", "HS256", "ES256"])
    def test_an_rsa_key_serves_its_one_algorithm_only(self, verifier: Verifier, alg: str) -> None:
        key = SECRET if alg == "HS256" else private_key("P-256" if alg == "ES256" else "RSA")
        assert reason(verifier, signed(claims(), key, alg, kid="RSA")) == "algorithm_not_allowed"

    @pytest.mark.parametrize(("named", "made"), [("RS256", "PS256"), ("RS256", "RS512")])
    def test_a_signature_of_another_scheme_under_the_right_name_is_refused(
        self, verifier: Verifier, named: str, made: str
    ) -> None:
        header = json.dumps({"alg": named, "kid": "RSA"}).encode()
        token = signed_parts(header, json_text(claims()), private_key("RSA"), made)
        assert reason(verifier, token) == "signature_invalid"

    @pytest.mark.parametrize(("kid", "signer"), [("Ed25519", "Ed448"), ("Ed448", "Ed25519")])
    def test_the_edwards_curves_are_not_taken_for_each_other(self, verifier: Verifier, kid: str, signer: str) -> None:
        token = signed(claims(), private_key(signer), "EdDSA", kid=kid)
        assert reason(verifier, token) == "signature_invalid"

    @pytest.mark.parametrize(("kid", "alg"), [("Ed25519", "Ed448"), ("Ed448", "Ed25519")])
    def test_a_fully_specified_name_fits_its_own_curve_only(self, verifier: Verifier, kid: str, alg: str) -> None:
        header = json.dumps({"alg": alg, "kid": kid}).encode()
        token = signed_parts(header, json_text(claims()), private_key(kid), "EdDSA")
        assert reason(verifier, token) == "algorithm_not_allowed"


class TestKeys:
    @pytest.mark.parametrize(
        "kid",
        [
            "",
            "../../../../dev/null",
            "/etc/passwd",
            "' OR '1'='1",
            "hmac' UNION SELECT 'x' --",
            "hmac\x00",
            " hmac",
            "HMAC",
            "\ud800",
            "__class__",
            "https://evil.example/keys",
            "k" * 5_000,
        ],
    )
    def test_a_made_up_kid_names_no_key(self, verifier: Verifier, kid: str) -> None:
        assert reason(verifier, signed(claims(), kid=kid)) == "key_unknown"

    @pytest.mark.parametrize("kid", [7, True, ["hmac"], {"hmac": 1}])
    def test_a_kid_that_is_not_text_is_refused(self, verifier: Verifier, kid: object) -> None:
        assert reason(verifier, signed(claims(), kid=kid)) == "token_malformed"

    @pytest.mark.parametrize("kid", ["RSA", None])
    def test_keys_that_the_token_brings_along_are_not_looked_at(self, kid: str | None) -> None:
        attackers = private_key("RSA", 666)
        documents = Documents({"https://evil.example/keys": {"keys": [public_jwk(attackers, kid="RSA")]}})
        verifier = minting.verifier(
            minting.settings(keys=[public_jwk(private_key("RSA"), kid="RSA", key_ops=None)]), fetch=documents
        )
        token = signed(
            claims(),
            attackers,
            "RS256",
            kid=kid,
            jwk=public_jwk(attackers, kid="RSA"),
            jku="https://evil.example/keys",
            x5u="https://evil.example/keys",
            x5c=["MIIB"],
            x5t="x",
        )
        assert reason(verifier, token) == "signature_invalid"
        assert documents.fetched == []

    @pytest.mark.parametrize(
        "members",
        [{"use": "enc"}, {"key_ops": ["encrypt"]}, {"key_ops": []}, {"alg": "RSA-OAEP"}, {"alg": "ES256"}],
    )
    def test_a_key_that_is_published_for_something_else_verifies_nothing(self, members: dict[str, object]) -> None:
        marked = public_jwk(private_key("RSA"), **{"kid": "RSA", "key_ops": None, **members})
        keys = {"keys": [marked, public_jwk(private_key("P-256"), kid="P-256")]}
        verifier = minting.verifier(minting.settings(keys=None, jwks_url=JWKS_URL), fetch=Documents({JWKS_URL: keys}))
        assert reason(verifier, good("RSA")) == "key_unknown"

    def test_a_secret_that_is_published_verifies_nothing(self) -> None:
        published = {"kty": "oct", "kid": "hmac", "alg": "HS256", "k": b64(SECRET.encode())}
        keys = {"keys": [published, public_jwk(private_key("P-256"), kid="P-256")]}
        verifier = minting.verifier(minting.settings(keys=None, jwks_url=JWKS_URL), fetch=Documents({JWKS_URL: keys}))
        assert reason(verifier, signed(claims())) == "key_unknown"

    def test_a_flood_of_made_up_kids_from_many_threads_fetches_the_keys_twice_at_most(self) -> None:
        documents = Documents({JWKS_URL: {"keys": [public_jwk(private_key("P-256"), kid="P-256")]}})
        verifier = minting.verifier(minting.settings(keys=None, jwks_url=JWKS_URL), fetch=documents)
        tokens = [signed(claims(), private_key("P-256", 666), "ES256", kid=f"made-up-{n}") for n in range(200)]
        with ThreadPoolExecutor(8) as pool:
            reasons = set(pool.map(lambda token: reason(verifier, token), tokens))
        assert reasons == {"key_unknown"}
        assert len(documents.fetched) <= 2


class TestSignature:
    @pytest.mark.parametrize("kind", ["hmac", *KINDS])
    @pytest.mark.parametrize("change", ["empty", "cut", "longer", "zeros", "ones", "twice", "reversed", "one bit"])
    def test_a_changed_signature_is_refused(self, verifier: Verifier, kind: str, change: str) -> None:
        token = good(kind)
        signature = signature_of(token)
        changed = {
            "empty": b"",
            "cut": signature[:-1],
            "longer": signature + b"\x00",
            "zeros": bytes(len(signature)),
            "ones": b"\xff" * len(signature),
            "twice": signature * 2,
            "reversed": signature[::-1],
            "one bit": bytes([signature[0] ^ 1]) + signature[1:],
        }[change]
        assert reason(verifier, with_signature(token, changed)) == "signature_invalid"

    @pytest.mark.parametrize("kind", ["hmac", *KINDS])
    def test_a_signature_does_not_cover_another_payload(self, verifier: Verifier, kind: str) -> None:
        header, _, signature = good(kind).split(".")
        token = f"{header}.{b64(json_text(claims(sub='mallory')))}.{signature}"
        assert reason(verifier, token) == "signature_invalid"

    @pytest.mark.parametrize(
        ("r", "s"),
        [(0, 0), (0, 1), (1, 0), (P256_ORDER, P256_ORDER), (P256_ORDER, 1), (1, P256_ORDER), (2**256 - 1, 2**256 - 1)],
    )
    def test_an_ecdsa_signature_out_of_range_is_refused(self, verifier: Verifier, r: int, s: int) -> None:
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        assert reason(verifier, with_signature(good("P-256"), signature)) == "signature_invalid"

    def test_an_ecdsa_signature_in_der_is_refused(self, verifier: Verifier) -> None:
        raw = signature_of(good("P-256"))
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        assert decode_dss_signature(der)
        assert reason(verifier, with_signature(good("P-256"), der)) == "signature_invalid"

    def test_an_eddsa_signature_with_the_order_added_is_refused(self, verifier: Verifier) -> None:
        order = 2**252 + 27742317777372353535851937790883648493
        raw = signature_of(good("Ed25519"))
        moved = int.from_bytes(raw[32:], "little") + order
        signature = raw[:32] + moved.to_bytes(32, "little")
        assert reason(verifier, with_signature(good("Ed25519"), signature)) == "signature_invalid"


class TestForm:
    @pytest.mark.parametrize(
        "token",
        [
            "",
            ".",
            "..",
            "...",
            "a.b",
            "a.b.c.d",
            "a.b.c.d.e",
            "null",
            "{}",
            "[]",
            "\x00",
            "\ud800.\ud800.\ud800",
            "é.é.é",
            json.dumps({"payload": b64(b"{}"), "signatures": []}),
        ],
    )
    def test_what_is_no_token_is_refused(self, verifier: Verifier, token: str) -> None:
        assert reason(verifier, token) == "token_malformed"

    def test_an_encrypted_token_is_refused_with_a_reason(self, verifier: Verifier) -> None:
        with pytest.raises(Refusal, match="encrypted"):
            verifier.verify(".".join([b64(b'{"alg":"dir","enc":"A256GCM"}'), "", "a", "b", "c"]))

    @pytest.mark.parametrize("space", [" ", "\t", "\n", "\r\n", "\x00", "\x0b", "\u00a0", "\u200b", "\ufeff"])
    @pytest.mark.parametrize("place", ["before", "after", "in the header", "in the signature", "at a dot"])
    def test_white_space_is_no_part_of_a_token(self, verifier: Verifier, space: str, place: str) -> None:
        token = good("hmac")
        at = {
            "before": 0,
            "after": len(token),
            "in the header": 5,
            "in the signature": len(token) - 5,
            "at a dot": token.index(".") + 1,
        }[place]
        assert reason(verifier, token[:at] + space + token[at:]) == "token_malformed"

    @pytest.mark.parametrize("part", [0, 1, 2])
    @pytest.mark.parametrize("padding", ["=", "==", "+", "/", "%3D", "A"])
    def test_each_part_is_unpadded_base64url(self, verifier: Verifier, part: int, padding: str) -> None:
        parts = good("hmac").split(".")
        parts[part] += padding
        assert reason(verifier, ".".join(parts)) in {"token_malformed", "signature_invalid"}

    @pytest.mark.parametrize("kind", ["hmac", "RSA"])
    def test_bits_that_are_left_over_in_a_signature_are_zero(self, verifier: Verifier, kind: str) -> None:
        token = good(kind)
        last = ALPHABET.index(token[-1].encode())
        spelt_otherwise = token[:-1] + chr(ALPHABET[last + 1])
        assert signature_of(spelt_otherwise) == signature_of(token)
        assert reason(verifier, spelt_otherwise) == "token_malformed"

    def test_a_token_of_8192_bytes_is_read_and_one_of_8193_is_not(self, verifier: Verifier) -> None:
        def padded(characters: int) -> str:
            return signed(claims(padding="x" * characters))

        length = next(length for length in range(5_000, 6_200) if len(padded(length)) >= 8_192)
        assert len(padded(length)) == 8_192
        assert verifier.verify(padded(length)).user == "alice"
        assert reason(verifier, padded(length + 1)) == "token_too_large"

    def test_what_is_too_large_is_not_parsed(self, verifier: Verifier) -> None:
        assert reason(verifier, "\x00" * 8_193) == "token_too_large"

    @pytest.mark.parametrize(
        "text", [b"", b"null", b"7", b'"x"', b"[]", b"{", b"{}x", b"{'a':1}", b"{}\x00", b"//\n{}"]
    )
    def test_header_and_payload_are_json_objects(self, verifier: Verifier, text: bytes) -> None:
        assert reason(verifier, signed_parts(text, json_text(claims()))) == "token_malformed"
        assert reason(verifier, signed(text)) == "token_malformed"

    @pytest.mark.parametrize(
        "text",
        [
            b"\xef\xbb\xbf" + json_text(claims()),
            json.dumps(claims()).encode("utf-16"),
            json_text(claims()).replace(b"alice", b"al\xffce"),
            json_text(claims()).replace(b"alice", b"al\xc0\xafce"),
            json_text(claims()).replace(b"alice", b"al\xed\xa0\x80ce"),
            json_text(claims()).replace(b"alice", b"al\x00ce"),
            json_text(claims()).replace(b"alice", b"al\nce"),
        ],
    )
    def test_a_payload_is_strict_utf8_and_strict_json(self, verifier: Verifier, text: bytes) -> None:
        assert reason(verifier, signed(text)) == "token_malformed"

    @pytest.mark.parametrize("opening", [b"[", b'{"":', b'[{"":'])
    @pytest.mark.parametrize("before", [b"", b'{"sub":', b'{"sub":"alice","attrs":'])
    def test_deep_nesting_does_not_exhaust_the_stack(self, verifier: Verifier, opening: bytes, before: bytes) -> None:
        text = before + opening * (6_000 // len(opening))
        assert reason(verifier, signed(text)) == "token_malformed"
        assert reason(verifier, signed_parts(text, json_text(claims()))) in {"token_malformed", "token_too_large"}

    def test_deep_nesting_that_is_well_formed_does_no_harm(self, verifier: Verifier) -> None:
        text = json_text(claims(deep=7)).replace(b'"deep": 7', b'"deep": ' + b"[" * 2_500 + b"]" * 2_500)
        try:
            identity = verifier.verify(signed(text))
        except Refusal as refusal:
            assert refusal.code == "token_malformed"  # noqa: PT017 - how deep Python reads differs by its version
        else:
            assert identity.user == "alice"

    @pytest.mark.parametrize(
        "member", ['"sub":"mallory"', '"exp":4000000000', '"iss":"https://id.example"', '"\\u0073ub":"m"']
    )
    def test_a_claim_that_occurs_twice_is_refused(self, verifier: Verifier, member: str) -> None:
        text = json_text(claims())[:-1] + b"," + member.encode() + b"}"
        assert reason(verifier, signed(text)) == "token_malformed"

    def test_a_member_that_occurs_twice_deep_inside_is_refused(self, verifier: Verifier) -> None:
        text = json_text(claims(attrs=7)).replace(b'"attrs": 7', b'"attrs": {"os": "a", "os": "b"}')
        assert reason(verifier, signed(text)) == "token_malformed"

    def test_a_header_member_that_occurs_twice_is_refused(self, verifier: Verifier) -> None:
        header = b'{"alg":"none","kid":"hmac","alg":"HS256"}'
        assert reason(verifier, signed_parts(header, json_text(claims()))) == "token_malformed"

    @pytest.mark.parametrize(
        "header",
        [{"crit": ["exp"], "exp": 1}, {"crit": []}, {"crit": ["b64"], "b64": False}, {"b64": False}, {"b64": True}],
    )
    def test_extensions_that_must_be_understood_are_refused(self, verifier: Verifier, header: dict[str, Any]) -> None:
        assert reason(verifier, signed(claims(), **header)) == "token_malformed"

    def test_a_token_within_a_token_is_refused(self, verifier: Verifier) -> None:
        assert reason(verifier, signed(good("hmac").encode(), cty="JWT")) == "token_malformed"


class TestDates:
    @pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
    @pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity", b"+1", b"01", b"0x7f", b"1_000", b"1."])
    def test_what_json_does_not_know_as_a_number_is_refused(
        self, verifier: Verifier, claim: str, literal: bytes
    ) -> None:
        text = json_text(claims(**{claim: 123_456})).replace(b"123456", literal)
        assert reason(verifier, signed(text)) == "token_malformed"

    @pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
    @pytest.mark.parametrize(
        "literal", [b"1e400", b"-1e400", b"1e300", b"9007199254740993", b"9" * 400, b'"1"', b"true"]
    )
    def test_a_number_out_of_bounds_or_of_another_kind_is_refused(
        self, verifier: Verifier, claim: str, literal: bytes
    ) -> None:
        text = json_text(claims(**{claim: 123_456})).replace(b"123456", literal)
        assert reason(verifier, signed(text)) == "claim_invalid"

    def test_a_number_with_more_digits_than_python_reads_is_refused(self, verifier: Verifier) -> None:
        text = json_text(claims(exp=123_456)).replace(b"123456", b"9" * 5_000)
        assert reason(verifier, signed(text)) == "token_malformed"

    def test_a_token_that_ends_in_the_year_9999_is_refused(self, verifier: Verifier) -> None:
        assert reason(verifier, signed(claims(exp=253_402_300_799))) == "lifetime_too_long"


class TestTickets:
    ALICE = Identity(user="alice", issuer=ISSUER, expires_at_s=NOW_S + 3_600)

    def ticket(self) -> str:
        return tickets.issue(self.ALICE, minting.TICKET_KEY, ticket_id="ticket-1", now_s=NOW_S)

    def test_a_token_of_an_issuer_that_calls_itself_a_ticket_is_refused(self, verifier: Verifier) -> None:
        assert reason(verifier, signed(claims(), typ=tickets.TYPE)) == "signature_invalid"

    def test_a_ticket_that_calls_itself_a_token_is_refused(self, verifier: Verifier) -> None:
        _, payload, signature = self.ticket().split(".")
        header = b64(b'{"alg":"HS256"}')
        assert reason(verifier, f"{header}.{payload}.{signature}") == "issuer_unknown"

    def test_a_ticket_for_another_user_cannot_be_made_of_one(self, verifier: Verifier) -> None:
        header, payload, signature = self.ticket().split(".")
        changed = base64.urlsafe_b64decode(payload + "==").replace(b"alice", b"admin")
        assert reason(verifier, f"{header}.{b64(changed)}.{signature}") == "signature_invalid"

    def test_an_issuer_cannot_be_configured_to_make_tickets(self) -> None:
        with pytest.raises(ValueError, match="fanfare:ticket"):
            minting.verifier(issuer=tickets.ISSUER)


MUTABLE = {kind: good(kind) for kind in ("hmac", *KINDS)}
CHARACTERS = st.one_of(st.sampled_from(ALPHABET.decode() + "._-=+/ \n\x00"), st.characters())


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, str]:
    """A good token, and what becomes of it by a few changes."""
    token = original = MUTABLE[draw(st.sampled_from(sorted(MUTABLE)))]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(token)))
        end = draw(st.integers(start, min(len(token), start + 3)))
        token = token[:start] + draw(st.text(CHARACTERS, max_size=3)) + token[end:]
    return original, token


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(NOW_S - 100, NOW_S + 100),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["\ud800", "\x00", "fanfare", "a b", "é" * 200, ISSUER]),
)
JSON_VALUES = st.recursive(
    SCALARS,
    lambda values: st.lists(values, max_size=5) | st.dictionaries(st.text(max_size=8), values, max_size=5),
    max_leaves=12,
)
CLAIM_NAMES = ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "groups", "attrs", "scope", "terminal", "_claim_names"]
PROPERTY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@PROPERTY
@given(mutated())
def test_a_token_that_was_changed_anywhere_is_refused(verifier: Verifier, tokens: tuple[str, str]) -> None:
    original, changed = tokens
    if changed != original:
        with pytest.raises(Refusal):
            verifier.verify_any(changed)


@PROPERTY
@given(st.dictionaries(st.sampled_from(CLAIM_NAMES), JSON_VALUES))
def test_any_claims_give_a_sound_identity_or_a_refusal(verifier: Verifier, changes: dict[str, object]) -> None:
    try:
        identity = verifier.verify(signed({**claims(), **changes}))
    except Refusal:
        return
    assert identity.user
    assert identity.issuer == ISSUER
    assert identity.expires_at_s > NOW_S - 31
    context = to_context(identity)
    assert from_context(context) == identity
    assert len(json.dumps(context, ensure_ascii=False).encode()) <= MAX_CONTEXT_BYTES


@PROPERTY
@given(st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jwk", "x"]), JSON_VALUES))
def test_any_header_gives_an_identity_or_a_refusal(verifier: Verifier, changes: dict[str, object]) -> None:
    header = json.dumps({"alg": "HS256", "kid": "hmac", **changes}).encode()
    try:
        identity = verifier.verify_any(signed_parts(header, json_text(claims()))).identity
    except Refusal:
        return
    assert identity.user == "alice"


@PROPERTY
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_as_header_and_payload_are_refused(verifier: Verifier, header: bytes, payload: bytes) -> None:
    for token in (signed_parts(header, json_text(claims())), signed(payload), signed_parts(header, payload)):
        with pytest.raises(Refusal):
            verifier.verify_any(token)


@PROPERTY
@given(st.text())
def test_any_text_is_refused(verifier: Verifier, text: str) -> None:
    assert verifier.needs_network(text) is False
    with pytest.raises(Refusal):
        verifier.verify_any(text)


@PROPERTY
@given(
    st.dictionaries(
        st.sampled_from(["headers", "multiValueHeaders", "queryStringParameters", "multiValueQueryStringParameters"]),
        st.one_of(
            JSON_VALUES,
            st.dictionaries(st.sampled_from(["Authorization", "sec-websocket-protocol", "token"]), JSON_VALUES),
        ),
    )
)
def test_any_event_gives_a_token_or_a_refusal(event: dict[str, object]) -> None:
    try:
        token = token_of(event)
    except Refusal as refusal:
        assert refusal.code in {"token_missing", "token_ambiguous"}  # noqa: PT017 - a token is as good an outcome
    else:
        assert token
