"""Keys that tokens are verified with. Each has exactly one algorithm, which the token cannot choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import Algorithm, get_default_algorithms
from jwt.exceptions import PyJWTError

from services.authorizer import base64url
from services.authorizer.refusals import Refusal

HMAC_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
"""The HMAC algorithms, with the length of their hash: the shortest key that is accepted (RFC 7518 §3.2)."""
RSA_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
MIN_RSA_BITS = 2_048
MAX_RSA_BITS = 8_192
"""A longer key makes each verification slow, and no provider has one."""
MAX_KEYS = 100
"""Most keys in one set."""
MAX_TRIED = 8
"""Most keys that a token without `kid` is tried with."""

_CURVE_ALGORITHMS = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA", "Ed448": "EdDSA"}
_KTY_OF_CURVE = {"P-256": "EC", "P-384": "EC", "P-521": "EC", "Ed25519": "OKP", "Ed448": "OKP"}
_KTY_OF_ALGORITHM = {"HS": "oct", "RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
"""By the first two letters of an `alg`."""
_EC_ALGORITHMS = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_FULLY_SPECIFIED = frozenset({"Ed25519", "Ed448"})
"""EdDSA's names by curve (RFC 9864 §2.2); each fits the key of its own curve alone."""

_IMPLEMENTED = get_default_algorithms()
ALGORITHMS = frozenset({*HMAC_BYTES, *RSA_ALGORITHMS, *_CURVE_ALGORITHMS.values(), *_FULLY_SPECIFIED})
"""Every `alg` that a token may have. `none` is not one of them."""

_MAX_MEMBER_BYTES = MAX_RSA_BITS // 8
_PUBLIC_MEMBERS = {"RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",), "oct": ("k",)}


class KeyFault(ValueError):
    """Why something is not a key that tokens may be verified with. Says nothing of the key's value."""


class Key:
    """A key, parsed once. `algorithms` holds the `alg` that tokens under it have (two spellings for EdDSA)."""

    __slots__ = ("_implementation", "_material", "algorithms", "key_id")

    def __init__(
        self, key_id: str | None, algorithms: frozenset[str], implementation: Algorithm, material: object
    ) -> None:
        self.key_id = key_id
        self.algorithms = algorithms
        self._implementation = implementation
        self._material = material

    @property
    def algorithm(self) -> str:
        """Its `alg` in the spelling that a JWK has (RFC 7518 §3.1, RFC 8037 §3.1)."""
        return "EdDSA" if len(self.algorithms) > 1 else next(iter(self.algorithms))

    @property
    def type(self) -> str:
        """Its `kty` (RFC 7518 §6.1, RFC 8037 §2)."""
        return _KTY_OF_ALGORITHM[self.algorithm[:2]]

    def __repr__(self) -> str:
        return f"<Key {self.key_id!r} for {'/'.join(sorted(self.algorithms))}>"

    def verifies(self, signing_input: bytes, signature: bytes) -> bool:
        """Whether this key made `signature` over `signing_input`."""
        return self._implementation.verify(signing_input, self._material, signature)

    def has_secret(self, secret: bytes) -> bool:
        """Whether this is the HMAC key with this secret."""
        return self._material == secret


def from_secret(secret: bytes, algorithm: str, key_id: str | None = None) -> Key:
    """An HMAC key. Raises KeyFault if the secret is shorter than the hash, or is really a PEM or JWK text."""
    shortest = HMAC_BYTES.get(algorithm)
    if shortest is None:
        raise KeyFault(f"a secret needs an alg of {', '.join(HMAC_BYTES)}")
    if len(secret) < shortest:
        raise KeyFault(f"a secret for {algorithm} has at least {shortest} bytes; this one has {len(secret)}")
    implementation = _IMPLEMENTED[algorithm]
    try:
        material = implementation.prepare_key(secret)
    except PyJWTError:
        raise KeyFault("a public key, a certificate or a JWK is not a secret") from None
    return Key(key_id, frozenset({algorithm}), implementation, material)


def from_pem(pem: str, algorithm: str, key_id: str | None = None) -> Key:
    """The public key in a PEM text (SubjectPublicKeyInfo, RFC 7468 §13). Raises KeyFault if it is none, or does not
    fit the algorithm."""
    if algorithm not in ALGORITHMS or algorithm in HMAC_BYTES:
        raise KeyFault(f"a PEM key needs an alg of {', '.join(sorted(ALGORITHMS - HMAC_BYTES.keys()))}")
    implementation = _implementation_of(algorithm)
    try:
        material: object = implementation.prepare_key(pem)
    except (PyJWTError, ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFault(f"is not a PEM public key for {algorithm}") from None
    return _public(material, algorithm, key_id)


def from_jwk(jwk: Mapping[str, object], *, rsa_algorithm: str = "RS256", secrets_allowed: bool = False) -> Key:
    """The key of a JWK (RFC 7517), if signatures may be verified with it.

    `use`, `key_ops` and `alg` are honoured. An RSA key without `alg`, as Entra ID publishes them, has
    `rsa_algorithm`. Only with `secrets_allowed` may it be symmetric (`oct`): a secret that a URL publishes is none.
    Raises KeyFault.
    """
    kty, key_id = jwk.get("kty"), jwk.get("kid")
    members = _PUBLIC_MEMBERS.get(kty) if isinstance(kty, str) else None
    if members is None:
        raise KeyFault("kty is not RSA, EC, OKP or oct")
    if not (key_id is None or isinstance(key_id, str)):
        raise KeyFault("kid is not text")
    if "use" in jwk and jwk["use"] != "sig":
        raise KeyFault("use is not sig")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise KeyFault("key_ops does not hold verify")
    decoded = {}
    for member in members:
        try:
            decoded[member] = base64url.decode(jwk.get(member))
        except ValueError:
            raise KeyFault(f"{member} is not canonical base64url") from None
        if len(decoded[member]) > _MAX_MEMBER_BYTES:
            raise KeyFault(f"{member} is longer than {_MAX_MEMBER_BYTES} bytes")
    algorithm = _algorithm_of(jwk, rsa_algorithm)
    if kty == "oct":
        if not secrets_allowed:
            raise KeyFault("a published key cannot be symmetric")
        return from_secret(decoded["k"], algorithm, key_id)
    if "d" in jwk:
        raise KeyFault("holds a private key; give its public members only")
    if kty == "RSA" and len(decoded["e"]) > 8:
        raise KeyFault("e is longer than 64 bits")
    implementation = _implementation_of(algorithm)
    public = {"kty": kty, "crv": jwk.get("crv"), **{member: jwk[member] for member in members}}
    try:
        material: object = implementation.prepare_key(implementation.from_jwk(public))
    except (PyJWTError, ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFault(f"is not a valid {kty} key") from None
    return _public(material, algorithm, key_id)


def _algorithm_of(jwk: Mapping[str, object], rsa_algorithm: str) -> str:
    """The one algorithm of a JWK: its `alg` if that fits its type and curve, else what these imply."""
    kty, curve, alg = jwk.get("kty"), jwk.get("crv"), jwk.get("alg")
    implied: str | None
    if kty == "RSA":
        implied, fitting = rsa_algorithm, RSA_ALGORITHMS
    elif kty == "oct":
        implied, fitting = None, frozenset(HMAC_BYTES)
    else:
        if not isinstance(curve, str) or _KTY_OF_CURVE.get(curve) != kty:
            raise KeyFault(f"crv is not a curve that is supported for {kty}")
        implied = _CURVE_ALGORITHMS[curve]
        fitting = frozenset({implied, curve} if kty == "OKP" else {implied})
    if alg is None and implied is not None:
        return implied
    if not isinstance(alg, str) or alg not in fitting:
        raise KeyFault(f"alg is not one of {', '.join(sorted(fitting))}, which fit the key")
    return alg


def _implementation_of(algorithm: str) -> Algorithm:
    return _IMPLEMENTED["EdDSA" if algorithm in _FULLY_SPECIFIED else algorithm]


def _public(material: object, algorithm: str, key_id: str | None) -> Key:
    """The Key for a public key object, which must be of the right kind, curve and size for `algorithm`."""
    names = frozenset({algorithm})
    if isinstance(material, RSAPublicKey):
        if not MIN_RSA_BITS <= material.key_size <= MAX_RSA_BITS:
            raise KeyFault(f"an RSA key has {MIN_RSA_BITS} to {MAX_RSA_BITS} bits, not {material.key_size}")
    elif isinstance(material, EllipticCurvePublicKey):
        if _EC_ALGORITHMS.get(material.curve.name) != algorithm:
            raise KeyFault(f"the key's curve does not fit {algorithm}")
    elif isinstance(material, Ed25519PublicKey | Ed448PublicKey):
        curve = "Ed25519" if isinstance(material, Ed25519PublicKey) else "Ed448"
        if algorithm not in {"EdDSA", curve}:
            raise KeyFault(f"the key's curve does not fit {algorithm}")
        names = frozenset({"EdDSA", curve})
    else:
        raise KeyFault("is not a public key; give the public half only")
    return Key(key_id, names, _implementation_of(algorithm), material)


class KeyRing:
    """The keys of one issuer at one moment, by their ids. Never changes. `url` is where they were fetched, if so."""

    def __init__(self, keys: Iterable[Key], *, url: str | None = None) -> None:
        self._keys = tuple(keys)
        self.url = url
        self._by_id: dict[str | None, tuple[Key, ...]] = {}
        for key in self._keys:
            self._by_id[key.key_id] = (*self._by_id.get(key.key_id, ()), key)

    def find(self, key_id: str | None, algorithm: str) -> tuple[Key, ...]:
        """The keys that a token with this `kid` and `alg` may have been signed with; none if the `kid` is unknown.

        A token without `kid` is tried with all that fit, and a key without one fits every `kid` that no other key
        has. Raises Refusal: `algorithm_not_allowed` if only the algorithm does not fit, `key_unknown` if too many
        keys would have to be tried.
        """
        named = self._named(key_id)
        fitting = tuple(key for key in named if algorithm in key.algorithms)
        if named and not fitting:
            raise Refusal("algorithm_not_allowed", "The token's alg is not the algorithm of the issuer's key.")
        if len(fitting) > MAX_TRIED:
            detail = f"More than {MAX_TRIED} keys would have to be tried; the issuer must give each its own kid."
            raise Refusal("key_unknown", detail)
        return fitting

    def all(self) -> tuple[Key, ...]:
        """Every key, in the order they came in."""
        return self._keys

    def fits(self, key_id: str | None, algorithm: str) -> bool:
        """Whether there is a key that such a token may have been signed with."""
        return any(algorithm in key.algorithms for key in self._named(key_id))

    def _named(self, key_id: str | None) -> tuple[Key, ...]:
        return self._keys if key_id is None else self._by_id.get(key_id) or self._by_id.get(None, ())
