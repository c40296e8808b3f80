"""Which keys are taken, for which algorithm, and which are refused when they are read."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from services.authorizer import keys
from services.authorizer.keys import KeyFault
from tests.unit.authorizer import minting
from tests.unit.authorizer.minting import b64, private_key, public_jwk, public_pem

RSA = public_jwk(private_key("RSA"), kid="k")
EC = public_jwk(private_key("P-256"), kid="k")
OKP = public_jwk(private_key("Ed25519"), kid="k")
OCT: dict[str, object] = {"kty": "oct", "kid": "k", "alg": "HS256", "k": b64(b"s" * 32)}


@pytest.mark.parametrize(
    ("jwk", "algorithms"),
    [
        (RSA, {"RS256"}),
        ({**RSA, "alg": "PS512"}, {"PS512"}),
        (EC, {"ES256"}),
        (public_jwk(private_key("P-384")), {"ES384"}),
        (public_jwk(private_key("P-521")), {"ES512"}),
        (OKP, {"EdDSA", "Ed25519"}),
        (public_jwk(private_key("Ed448")), {"EdDSA", "Ed448"}),
        (OCT, {"HS256"}),
    ],
)
def test_a_key_has_the_algorithm_of_its_type_curve_and_alg(jwk: dict[str, object], algorithms: set[str]) -> None:
    assert keys.from_jwk(jwk, secrets_allowed=True).algorithms == algorithms


def test_the_algorithm_of_rsa_keys_without_alg_is_a_setting() -> None:
    assert keys.from_jwk(RSA, rsa_algorithm="PS256").algorithms == {"PS256"}


@pytest.mark.parametrize("use", ["enc", "", None, 1, ["sig"]])
def test_a_key_for_another_use_is_refused(use: object) -> None:
    with pytest.raises(KeyFault, match="use"):
        keys.from_jwk({**RSA, "use": use})


@pytest.mark.parametrize("operations", [["encrypt"], ["sign"], [], "verify", None, 7])
def test_a_key_for_other_operations_is_refused(operations: object) -> None:
    with pytest.raises(KeyFault, match="key_ops"):
        keys.from_jwk({**RSA, "key_ops": operations})


@pytest.mark.parametrize(
    ("jwk", "alg"),
    [
        (RSA, "HS256"),
        (RSA, "ES256"),
        (RSA, "none"),
        (RSA, "RSA-OAEP"),
        (RSA, 256),
        (EC, "ES384"),
        (EC, "RS256"),
        (EC, "ES256K"),
        (OKP, "Ed448"),
        (OKP, "ES256"),
        (OCT, "RS256"),
        (OCT, "none"),
    ],
)
def test_an_alg_that_does_not_fit_the_key_is_refused(jwk: dict[str, object], alg: object) -> None:
    with pytest.raises(KeyFault, match="alg"):
        keys.from_jwk({**jwk, "alg": alg}, secrets_allowed=True)


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "rsa"},
        {"kty": ["RSA"]},
        {**RSA, "kid": 7},
        {**RSA, "n": None},
        {**RSA, "n": str(RSA["n"]) + "="},
        {**RSA, "n": str(RSA["n"]) + "\n"},
        {**RSA, "e": b64(b"\x01")},
        {**RSA, "e": b64(b"\x02")},
        {**RSA, "e": b64(b"\x01" * 9)},
        {**EC, "crv": "secp256k1"},
        {**EC, "crv": "Ed25519"},
        {**EC, "crv": None},
        {**EC, "crv": "P-384"},
        {**EC, "x": EC["y"]},
        {**EC, "x": b64(b"\x00" * 32), "y": b64(b"\x00" * 32)},
        {**OKP, "crv": "P-256"},
        {**OKP, "crv": "X25519"},
        {**OKP, "crv": "Ed448"},
        {**OKP, "x": b64(b"\x00" * 31)},
        {**OCT, "k": ""},
        {**OCT, "k": b64(b"s" * 31)},
        {**OCT, "alg": "HS384"},
        {**OCT, "alg": None},
        {"kty": "oct", "k": b64(b"s" * 32)},
    ],
)
def test_what_is_no_usable_key_is_refused(jwk: dict[str, object]) -> None:
    with pytest.raises(KeyFault):
        keys.from_jwk(jwk, secrets_allowed=True)


@pytest.mark.parametrize("jwk", [{**RSA, "n": b64(b"\xff" * 1_025)}, {**OCT, "k": b64(b"s" * 1_025)}])
def test_a_member_of_a_key_is_at_most_1024_bytes_long(jwk: dict[str, object]) -> None:
    with pytest.raises(KeyFault, match="longer than 1024 bytes"):
        keys.from_jwk(jwk, secrets_allowed=True)


def test_a_symmetric_key_is_refused_where_keys_are_published() -> None:
    with pytest.raises(KeyFault, match="symmetric"):
        keys.from_jwk(OCT)


def test_a_private_jwk_is_refused() -> None:
    private = RSAAlgorithm.to_jwk(minting.rsa_key(), as_dict=True)
    with pytest.raises(KeyFault, match="private"):
        keys.from_jwk({**private, "key_ops": ["sign", "verify"]})


@pytest.mark.parametrize("bits", [1_024, 2_040])
def test_an_rsa_key_under_2048_bits_is_refused(bits: int) -> None:
    public = rsa.generate_private_key(65_537, bits).public_key()
    with pytest.raises(KeyFault, match="2048"):
        keys.from_jwk(RSAAlgorithm.to_jwk(public, as_dict=True))


def test_a_key_on_bitcoins_curve_is_refused() -> None:
    public = ec.generate_private_key(ec.SECP256K1()).public_key()
    with pytest.raises(KeyFault, match="crv"):
        keys.from_jwk(ECAlgorithm.to_jwk(public, as_dict=True))


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        ("RSA", "ES256"),
        ("RSA", "EdDSA"),
        ("P-256", "ES384"),
        ("P-256", "RS256"),
        ("Ed25519", "Ed448"),
        ("Ed448", "ES512"),
        ("RSA", "HS256"),
        ("RSA", "none"),
        ("RSA", ""),
    ],
)
def test_a_pem_key_for_another_algorithm_is_refused(kind: str, algorithm: str) -> None:
    with pytest.raises(KeyFault):
        keys.from_pem(public_pem(private_key(kind)), algorithm)


@pytest.mark.parametrize("kind_and_algorithm", [("RSA", "RS256"), ("P-256", "ES256"), ("Ed25519", "EdDSA")])
def test_a_private_pem_key_is_refused(kind_and_algorithm: tuple[str, str]) -> None:
    kind, algorithm = kind_and_algorithm
    pem = private_key(kind).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(KeyFault, match="public"):
        keys.from_pem(pem, algorithm)


@pytest.mark.parametrize("pem", ["", "not a key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_what_is_no_pem_key_is_refused(pem: str, algorithm: str) -> None:
    with pytest.raises(KeyFault, match="PEM"):
        keys.from_pem(pem, algorithm)


@pytest.mark.parametrize(("algorithm", "bytes_"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_a_secret_is_at_least_as_long_as_the_hash(algorithm: str, bytes_: int) -> None:
    assert keys.from_secret(b"s" * bytes_, algorithm).algorithms == {algorithm}
    with pytest.raises(KeyFault, match=f"at least {bytes_} bytes"):
        keys.from_secret(b"s" * (bytes_ - 1), algorithm)


def test_a_public_key_is_not_taken_for_a_secret() -> None:
    with pytest.raises(KeyFault, match="not a secret"):
        keys.from_secret(public_pem(private_key("RSA")).encode(), "HS256")


def test_a_key_does_not_show_its_secret() -> None:
    assert minting.SECRET not in repr(keys.from_secret(minting.SECRET.encode(), "HS256", "k"))
