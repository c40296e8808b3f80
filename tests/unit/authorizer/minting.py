"""The issuer's side: keys, and tokens under them, well made and ill made."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm, get_default_algorithms

from services.authorizer import issuers
from services.authorizer.fetch import Fetch
from services.authorizer.verifier import Verifier

NOW_S = 1_800_000_000
ISSUER = "https://id.example"
AUDIENCE = "fanfare"
SECRET = "a secret of the issuer, and of nobody else in the whole world; long enough for HS512"
TICKET_KEY = b"the service's own ticket key, 32+"

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


@functools.cache
def private_key(kind: str, number: int = 0) -> PrivateKey:
    """A key of a kind (`RSA`, `P-256`, `Ed25519`, …), the same each time; `number` tells several of a kind apart."""
    match kind:
        case "RSA":
            return rsa.generate_private_key(65_537, 2_048)
        case "P-256":
            return ec.generate_private_key(ec.SECP256R1())
        case "P-384":
            return ec.generate_private_key(ec.SECP384R1())
        case "P-521":
            return ec.generate_private_key(ec.SECP521R1())
        case "Ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case "Ed448":
            return ed448.Ed448PrivateKey.generate()
    raise LookupError(kind)


def rsa_key() -> rsa.RSAPrivateKey:
    key = private_key("RSA")
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def public_jwk(key: PrivateKey, **members: object) -> dict[str, object]:
    """The public JWK of a key, as an issuer publishes it; `members` are added, and None takes one away."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        jwk = RSAAlgorithm.to_jwk(public, as_dict=True)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        jwk = ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        jwk = OKPAlgorithm.to_jwk(public, as_dict=True)
    return {name: value for name, value in {**jwk, **members}.items() if value is not None}


def public_pem(key: PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def claims(**changes: object) -> dict[str, object]:
    """The claims of a good token; `changes` are put over them, and None takes one away."""
    good: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "alice",
        "exp": NOW_S + 3_600,
        "iat": NOW_S - 10,
        "jti": "token-1",
        "groups": ["ops", "berlin"],
        "attrs": {"os": "windows", "floor": 3},
        "scope": "chat push:read",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed_parts(
    header: bytes, payload: bytes, key: str | bytes | PrivateKey = SECRET, algorithm: str = "HS256"
) -> str:
    """A token of exactly this header and payload, whatever they hold, with a good signature."""
    signing_input = f"{b64(header)}.{b64(payload)}"
    implementation = get_default_algorithms()[algorithm]
    material = key.encode() if isinstance(key, str) else key
    return f"{signing_input}.{b64(implementation.sign(signing_input.encode(), material))}"


def signed(
    payload: Mapping[str, object] | bytes,
    key: str | bytes | PrivateKey = SECRET,
    algorithm: str = "HS256",
    **header: object,
) -> str:
    """A token with these claims; `header` members are put over `alg` and `typ`, and None takes one away."""
    members = {"alg": algorithm, "typ": "JWT", "kid": "hmac", **header}
    header_text = json.dumps({name: value for name, value in members.items() if value is not None})
    payload_text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return signed_parts(header_text.encode(), payload_text, key, algorithm)


def by_pyjwt(payload: dict[str, object], key: str | PrivateKey, algorithm: str, **header: object) -> str:
    """A token as PyJWT makes it: the other implementation that ours must agree with."""
    return jwt.encode(payload, key, algorithm, headers=header)


def settings(**changes: object) -> dict[str, object]:
    """Settings of an issuer with one HMAC key; `changes` are put over them, and None takes one away."""
    good: dict[str, object] = {
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "keys": [{"kid": "hmac", "alg": "HS256", "secret": SECRET}],
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now_s: float = NOW_S) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


class Documents:
    """Stands for the network: documents by URL. A URL without one is an outage; every fetch is counted."""

    def __init__(self, documents: Mapping[str, object] | None = None) -> None:
        self.documents = dict(documents or {})
        self.fetched: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.fetched.append(url)
        if url not in self.documents:
            raise OSError("no route to host")
        document = self.documents[url]
        return document if isinstance(document, bytes) else json.dumps(document).encode()


def no_network(url: str) -> bytes:
    raise AssertionError(f"the network was used: {url}")


def ignore(fields: Mapping[str, object]) -> None:
    """A log that nobody reads."""


def verifier(
    *tables: dict[str, object],
    clock: Clock | None = None,
    fetch: Fetch = no_network,
    ticket_key: bytes | None = TICKET_KEY,
    **changes: object,
) -> Verifier:
    """A verifier for the issuers of these tables, or for the one of `settings(**changes)`."""
    parsed = issuers.parse(list(tables or (settings(**changes),)))
    return Verifier(parsed, ticket_key=ticket_key, now_s=clock or Clock(), fetch=fetch, log=ignore)


def json_text(payload: Mapping[str, object]) -> bytes:
    """The claims as `signed` writes them, to be changed by hand where `json` would not."""
    return json.dumps(payload).encode()
