"""What the verifier accepts, what it refuses, and what it says of itself."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from services import authorizer
from services.authorizer.refusals import REASONS, Refusal
from services.authorizer.section import ConfigurationError
from services.authorizer.verifier import KnownKey
from services.domain.identity import Identity
from tests.unit.authorizer import minting
from tests.unit.authorizer.minting import ISSUER, NOW_S, SECRET, Clock, claims, signed

ASYMMETRIC = [
    ("RSA", "RS256"),
    ("RSA", "RS384"),
    ("RSA", "RS512"),
    ("RSA", "PS256"),
    ("RSA", "PS384"),
    ("RSA", "PS512"),
    ("P-256", "ES256"),
    ("P-384", "ES384"),
    ("P-521", "ES512"),
    ("Ed25519", "EdDSA"),
    ("Ed448", "EdDSA"),
]


def refusal_of(token: str, **changes: object) -> str:
    with pytest.raises(Refusal) as caught:
        minting.verifier(minting.settings(**changes)).verify(token)
    return caught.value.code


def test_a_good_token_gives_the_whole_identity() -> None:
    assert minting.verifier().verify(signed(claims(terminal="kiosk-7"))) == Identity(
        user="alice",
        issuer=ISSUER,
        expires_at_s=NOW_S + 3_600,
        issued_at_s=NOW_S - 10,
        token_id="token-1",
        groups=("ops", "berlin"),
        attributes={"os": "windows", "floor": 3},
        terminal="kiosk-7",
        scopes=frozenset({"chat", "push:read"}),
    )


def test_a_token_with_no_more_than_it_needs_is_accepted() -> None:
    bare = {"iss": ISSUER, "aud": minting.AUDIENCE, "sub": "bob", "exp": NOW_S + 60}
    assert minting.verifier().verify(signed(bare)) == Identity(user="bob", issuer=ISSUER, expires_at_s=NOW_S + 60)


@pytest.mark.parametrize(("kind", "algorithm"), ASYMMETRIC)
def test_every_asymmetric_algorithm_agrees_with_pyjwt(kind: str, algorithm: str) -> None:
    key = minting.private_key(kind)
    verifier = minting.verifier(keys=[minting.public_jwk(key, kid="k", alg=algorithm, key_ops=None)])
    assert verifier.verify(minting.by_pyjwt(claims(), key, algorithm, kid="k")).user == "alice"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_every_hmac_algorithm_agrees_with_pyjwt(algorithm: str) -> None:
    verifier = minting.verifier(keys=[{"kid": "k", "alg": algorithm, "secret": SECRET}])
    assert verifier.verify(minting.by_pyjwt(claims(), SECRET, algorithm, kid="k")).user == "alice"


@pytest.mark.parametrize(("kind", "algorithm"), ASYMMETRIC)
def test_a_key_can_be_configured_as_pem(kind: str, algorithm: str) -> None:
    key = minting.private_key(kind)
    verifier = minting.verifier(keys=[{"kid": "k", "alg": algorithm, "pem": minting.public_pem(key)}])
    assert verifier.verify(minting.by_pyjwt(claims(), key, algorithm, kid="k")).user == "alice"


@pytest.mark.parametrize("curve", ["Ed25519", "Ed448"])
def test_the_fully_specified_names_of_eddsa_are_known(curve: str) -> None:
    key = minting.private_key(curve)
    verifier = minting.verifier(keys=[minting.public_jwk(key, kid="k", alg=curve)])
    token = minting.signed_parts(f'{{"alg":"{curve}","kid":"k"}}'.encode(), json.dumps(claims()).encode(), key, "EdDSA")
    assert verifier.verify(token).user == "alice"


def test_the_previous_key_is_accepted_during_a_rotation() -> None:
    previous = "the secret that was in use until yesterday"
    keys = [
        {"kid": "hmac", "alg": "HS256", "secret": SECRET},
        {"kid": "old", "alg": "HS256", "secret": previous},
    ]
    verifier = minting.verifier(keys=keys)
    users = [verifier.verify(token).user for token in (signed(claims()), signed(claims(), previous, kid="old"))]
    assert users == ["alice", "alice"]


def test_a_token_without_kid_is_tried_with_each_key_that_fits() -> None:
    keys = [{"kid": f"k{number}", "alg": "HS256", "secret": SECRET + str(number)} for number in range(3)]
    assert minting.verifier(keys=keys).verify(signed(claims(), SECRET + "2", kid=None)).user == "alice"


def test_a_token_without_kid_is_not_tried_with_more_than_eight_keys() -> None:
    keys = [{"kid": f"k{number}", "alg": "HS256", "secret": SECRET + str(number)} for number in range(9)]
    assert refusal_of(signed(claims(), SECRET + "0", kid=None), keys=keys) == "key_unknown"


def test_a_key_without_kid_serves_a_token_that_has_one() -> None:
    keys = [{"alg": "HS256", "secret": SECRET}]
    assert minting.verifier(keys=keys).verify(signed(claims(), kid="whatever")).user == "alice"


def test_several_issuers_are_told_apart_by_iss() -> None:
    other_secret = "the secret of another issuer altogether"
    verifier = minting.verifier(
        minting.settings(),
        minting.settings(issuer="https://other.example", keys=[{"alg": "HS256", "secret": other_secret}]),
    )
    identity = verifier.verify(signed(claims(iss="https://other.example"), other_secret))
    assert identity.issuer == "https://other.example"


def test_the_key_of_one_issuer_does_not_sign_for_another() -> None:
    verifier = minting.verifier(
        minting.settings(),
        minting.settings(issuer="https://other.example", keys=[{"alg": "HS256", "secret": "o" * 32}]),
    )
    with pytest.raises(Refusal, match="signature_invalid"):
        verifier.verify(signed(claims(iss="https://other.example")))


@pytest.mark.parametrize("leeway_s", [0, 30, 300])
def test_a_token_expires_when_the_leeway_is_over(leeway_s: int) -> None:
    clock = Clock(NOW_S + 3_600 + leeway_s - 0.001)
    verifier = minting.verifier(clock=clock, leeway_s=leeway_s)
    assert verifier.verify(signed(claims())).expires_at_s == NOW_S + 3_600
    clock.now_s = NOW_S + 3_600 + leeway_s
    with pytest.raises(Refusal, match="token_expired"):
        verifier.verify(signed(claims()))


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_a_token_may_begin_no_further_ahead_than_the_leeway(claim: str) -> None:
    assert minting.verifier().verify(signed(claims(**{claim: NOW_S + 30}))).user == "alice"
    assert refusal_of(signed(claims(**{claim: NOW_S + 31}))) == "token_not_yet_valid"


def test_fractions_of_seconds_are_accepted_and_cut_off() -> None:
    identity = minting.verifier().verify(signed(claims(exp=NOW_S + 60.9, iat=NOW_S - 1.5)))
    assert (identity.expires_at_s, identity.issued_at_s) == (NOW_S + 60, NOW_S - 2)


def test_exp_may_lie_ten_years_ahead_and_no_more() -> None:
    ten_years_s = 10 * 366 * 86_400
    assert minting.verifier(leeway_s=0).verify(signed(claims(exp=NOW_S + ten_years_s))).user == "alice"
    assert refusal_of(signed(claims(exp=NOW_S + ten_years_s + 1)), leeway_s=0) == "lifetime_too_long"


def test_an_issuer_can_be_held_to_a_shorter_lifetime() -> None:
    assert refusal_of(signed(claims(exp=NOW_S + 601)), leeway_s=0, max_lifetime_s=600) == "lifetime_too_long"


@pytest.mark.parametrize("audience", [minting.AUDIENCE, ["other", minting.AUDIENCE]])
def test_an_audience_is_text_or_a_list_that_names_this_service(audience: object) -> None:
    assert minting.verifier().verify(signed(claims(aud=audience))).user == "alice"


@pytest.mark.parametrize("audience", ["other", [], ["other"], "fanfar", ["fan", "fare"]])
def test_a_token_for_another_service_is_refused(audience: object) -> None:
    assert refusal_of(signed(claims(aud=audience))) == "audience_mismatch"


@pytest.mark.parametrize("audience", [7, {"fanfare": 1}, [minting.AUDIENCE, 7], True])
def test_an_audience_of_another_form_is_refused(audience: object) -> None:
    assert refusal_of(signed(claims(aud=audience))) == "claim_invalid"


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "sub"])
def test_a_token_must_have_the_claims_that_say_who_for_whom_and_how_long(claim: str) -> None:
    assert refusal_of(signed(claims(**{claim: None}))) == "claim_missing"


def test_an_issuer_is_compared_character_by_character() -> None:
    assert refusal_of(signed(claims(iss=ISSUER + "/"))) == "issuer_unknown"


def test_an_unknown_kid_is_refused() -> None:
    assert refusal_of(signed(claims(), kid="other")) == "key_unknown"


@pytest.mark.parametrize("type_", ["at+jwt", "AT+JWT", "application/at+jwt"])
def test_an_issuer_can_be_held_to_a_type_of_token(type_: str) -> None:
    assert minting.verifier(types=["at+jwt"]).verify(signed(claims(), typ=type_)).user == "alice"


@pytest.mark.parametrize("type_", ["JWT", None, "at+jwt+x"])
def test_a_token_of_another_type_is_refused(type_: str | None) -> None:
    assert refusal_of(signed(claims(), typ=type_), types=["at+jwt"]) == "type_not_allowed"


@pytest.mark.parametrize("wanted", ["access", ["access", "device"]])
def test_a_claim_can_be_asked_to_have_a_value(wanted: object) -> None:
    verifier = minting.verifier(require={"token_use": wanted})
    assert verifier.verify(signed(claims(token_use="access"))).user == "alice"


@pytest.mark.parametrize(
    ("value", "code"), [("id", "claim_not_allowed"), (["access"], "claim_not_allowed"), (None, "claim_missing")]
)
def test_a_claim_without_the_value_asked_for_is_refused(value: object, code: str) -> None:
    assert refusal_of(signed(claims(token_use=value)), require={"token_use": "access"}) == code


def test_everyone_may_connect_where_the_issuer_asks_for_nothing() -> None:
    verifier = minting.verifier()
    assert verifier.may_connect(verifier.verify(signed(claims(groups=None, scope=None)))) is None


@pytest.mark.parametrize("admitted", [{"groups": ["ops", "it"]}, {"scope": "terminal"}])
def test_one_of_the_groups_or_scopes_asked_for_is_enough_to_connect(admitted: dict[str, object]) -> None:
    verifier = minting.verifier(connect={"groups": ["ops"], "scopes": ["terminal"]})
    token = signed(claims(**{"groups": None, "scope": None, **admitted}))
    assert verifier.may_connect(verifier.verify(token)) is None


def test_an_identity_without_what_connecting_asks_for_may_not() -> None:
    verifier = minting.verifier(connect={"groups": ["it"], "scopes": ["terminal"]})
    refusal = verifier.may_connect(verifier.verify(signed(claims())))
    assert refusal is not None
    assert (refusal.code, refusal.status) == ("connect_not_allowed", 403)


def test_an_identity_of_an_issuer_that_is_gone_may_not_connect() -> None:
    identity = minting.verifier().verify(signed(claims()))
    refusal = minting.verifier(issuer="https://other.example").may_connect(identity)
    assert refusal is not None
    assert refusal.code == "connect_not_allowed"


def test_configured_keys_need_no_network() -> None:
    assert minting.verifier().needs_network(signed(claims())) is False


def test_a_ticket_key_that_is_an_issuers_secret_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="also a secret of issuer"):
        minting.verifier(ticket_key=SECRET.encode())


def test_a_ticket_key_under_32_bytes_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least 32 bytes"):
        minting.verifier(ticket_key=b"x" * 31)


@pytest.mark.parametrize(
    ("code", "status"),
    [("token_expired", 401), ("keys_unavailable", 503), ("connect_not_allowed", 403), ("ticket_too_large", 422)],
)
def test_a_refusal_has_the_status_of_its_code(code: str, status: int) -> None:
    assert Refusal(code, "why").status == status


def test_a_refusal_without_documentation_cannot_be_made() -> None:
    with pytest.raises(LookupError):
        Refusal("no_such_code", "why")


def test_every_reason_is_used_and_every_reason_used_is_documented() -> None:
    used = {
        node.args[0].value
        for path in Path(authorizer.__path__[0]).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Refusal"
        and isinstance(node.args[0], ast.Constant)
    }
    assert used == REASONS.keys()


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_says_what_it_means_and_what_to_do(code: str) -> None:
    assert len([sentence for sentence in REASONS[code].split(". ") if sentence]) >= 2


@pytest.mark.parametrize(
    ("kind", "algorithm", "type_"),
    [("RSA", "PS384", "RSA"), ("P-521", "ES512", "EC"), ("Ed25519", "EdDSA", "OKP"), ("Ed448", "Ed448", "OKP")],
)
def test_a_key_of_the_settings_is_known_by_name_and_kind(kind: str, algorithm: str, type_: str) -> None:
    key = minting.public_jwk(minting.private_key(kind), kid="k", alg=algorithm)
    (issuer,) = minting.verifier(keys=[key]).known_issuers()
    shown = "EdDSA" if type_ == "OKP" else algorithm
    assert (issuer.keys, issuer.jwks_url) == ((KnownKey("k", shown, type_),), None)


def test_a_shared_key_is_known_by_name_and_kind() -> None:
    (issuer,) = minting.verifier(keys=[{"alg": "HS512", "secret": SECRET}]).known_issuers()
    assert issuer.keys == (KnownKey(None, "HS512", "oct"),)
