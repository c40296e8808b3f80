"""The issuers whose tokens are accepted, as the settings describe them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from services.authorizer import keys, tickets
from services.authorizer.claims import MAX_EXP_AHEAD_S, ClaimMapping, ClaimPath
from services.authorizer.fetch import Fetch, fault_of_url
from services.authorizer.key_sources import (
    Caching,
    ConfiguredKeys,
    FetchedKeys,
    KeySource,
    discovery_url,
    from_discovery,
    from_jwks_url,
)
from services.authorizer.keys import Key, KeyFault, KeyRing
from services.authorizer.log import Log
from services.authorizer.section import ConfigurationError, Section
from services.domain.identity import Identity
from services.domain.names import fault_of

DEFAULT_LEEWAY_S = 30.0
MAX_LEEWAY_S = 300.0
MAX_ISSUERS = 32


class ConnectRule(NamedTuple):
    """Whom an issuer lets connect terminals: those in one of the groups, or with one of the scopes."""

    groups: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()

    def admits(self, identity: Identity) -> bool:
        return not (self.groups.isdisjoint(identity.groups) and self.scopes.isdisjoint(identity.scopes))


class Issuer(NamedTuple):
    """Whose tokens are accepted, on which conditions, and what their claims mean.

    `name` is the exact `iss`. The keys are exactly one of `keys`, `jwks_url` and `discovery`. `audience_claim` is
    `client_id` for Cognito's access tokens, which have no `aud`. `types` are the header's `typ` (RFC 8725 §3.11),
    any if empty; `required` are claims that must have one of the given values, such as `token_use = "access"`.
    `connect` None lets everyone with a good token connect.
    """

    name: str
    audiences: frozenset[str]
    audience_claim: ClaimPath = ClaimPath("aud")
    keys: tuple[Key, ...] = ()
    jwks_url: str | None = None
    discovery: bool = False
    rsa_algorithm: str = "RS256"
    caching: Caching = Caching()
    leeway_s: float = DEFAULT_LEEWAY_S
    max_lifetime_s: float | None = None
    types: frozenset[str] = frozenset()
    required: tuple[tuple[ClaimPath, frozenset[str]], ...] = ()
    mapping: ClaimMapping = ClaimMapping()
    connect: ConnectRule | None = None

    def key_source(self, *, fetch: Fetch, now_s: Callable[[], float], log: Log) -> KeySource:
        """Where to find this issuer's keys; nothing is fetched yet."""
        if self.keys:
            return ConfiguredKeys(KeyRing(self.keys))
        jwks_url = self.jwks_url

        def load() -> KeyRing:
            if jwks_url is None:
                return from_discovery(self.name, fetch, rsa_algorithm=self.rsa_algorithm)
            return from_jwks_url(jwks_url, fetch, rsa_algorithm=self.rsa_algorithm)

        return FetchedKeys(load, issuer=self.name, caching=self.caching, now_s=now_s, log=log)


def parse(settings: object, where: str = "issuers") -> tuple[Issuer, ...]:
    """The issuers that a list of tables describes, as JSON or TOML gives it.

    Fields of a table: `issuer`, `audiences`, one of `keys` (a list; each is a JWK, or has `alg` and one of `pem` and
    `secret`, and `kid`), `jwks_url`, `discovery`; and as wanted `audience_claim`, `rsa_algorithm`, `cache`
    (`max_age_s`, `stale_limit_s`, `min_refresh_s`), `leeway_s`, `max_lifetime_s`, `types`, `require`, `claims` (the
    fields of `ClaimMapping`), `connect` (`groups`, `scopes`). Raises ConfigurationError, which names the field.
    """
    if not isinstance(settings, list | tuple) or not settings:
        raise ConfigurationError(f"{where} is not a list with at least one issuer")
    if len(settings) > MAX_ISSUERS:
        raise ConfigurationError(f"{where} has {len(settings)} issuers; at most {MAX_ISSUERS} are allowed")
    issuers = tuple(_issuer(Section(table, f"{where}[{index}]")) for index, table in enumerate(settings))
    names = [issuer.name for issuer in issuers]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"{where} has the issuer {name!r} twice; put its keys into one entry")
    return issuers


def _issuer(section: Section) -> Issuer:
    name = section.required_text("issuer")
    if fault := fault_of(name, max_bytes=1_024):
        raise section.fault("issuer", fault)
    if name == tickets.ISSUER:
        raise section.fault("issuer", f"is {tickets.ISSUER}, which is kept for tickets")
    audiences = frozenset(section.texts("audiences"))
    if not audiences:
        raise section.fault("audiences", "is missing or empty; without it a token made for others would do")
    rsa_algorithm = section.text("rsa_algorithm") or "RS256"
    if rsa_algorithm not in keys.RSA_ALGORITHMS:
        raise section.fault("rsa_algorithm", f"is not one of {', '.join(sorted(keys.RSA_ALGORITHMS))}")
    issuer = Issuer(
        name=name,
        audiences=audiences,
        audience_claim=_path(section, "audience_claim") or ClaimPath("aud"),
        keys=_keys(section, rsa_algorithm),
        jwks_url=section.text("jwks_url"),
        discovery=section.flag("discovery"),
        rsa_algorithm=rsa_algorithm,
        caching=_caching(section.section("cache")),
        leeway_s=_or(section.seconds("leeway_s", least=0, most=MAX_LEEWAY_S), DEFAULT_LEEWAY_S),
        max_lifetime_s=section.seconds("max_lifetime_s", least=60, most=MAX_EXP_AHEAD_S),
        types=frozenset(type_.lower() for type_ in section.texts("types")),
        required=_required(section.section("require")),
        mapping=_mapping(section.section("claims")),
        connect=_connect(section.section("connect")),
    )
    if [bool(issuer.keys), issuer.jwks_url is not None, issuer.discovery].count(True) != 1:
        raise ConfigurationError(f"{section.where} needs exactly one of keys, jwks_url and discovery = true")
    if issuer.jwks_url is not None and (fault := fault_of_url(issuer.jwks_url)):
        raise section.fault("jwks_url", fault)
    if issuer.discovery and (fault := fault_of_url(discovery_url(name))):
        raise section.fault("issuer", f"{fault}, as discovery asks for")
    section.finish()
    return issuer


def _keys(section: Section, rsa_algorithm: str) -> tuple[Key, ...]:
    tables = section.value("keys")
    if "keys" not in section:
        return ()
    if not isinstance(tables, list | tuple) or not 1 <= len(tables) <= keys.MAX_KEYS:
        raise section.fault("keys", f"is not a list of 1 to {keys.MAX_KEYS} keys")
    return tuple(
        _key(Section(table, f"{section.place_of('keys')}[{index}]"), rsa_algorithm)
        for index, table in enumerate(tables)
    )


def _key(section: Section, rsa_algorithm: str) -> Key:
    try:
        if "kty" in section:
            return keys.from_jwk(section.table, rsa_algorithm=rsa_algorithm, secrets_allowed=True)
        key_id, algorithm = section.text("kid"), section.required_text("alg")
        pem, secret = section.text("pem"), section.text("secret")
        section.finish()
        if pem is not None and secret is None:
            return keys.from_pem(pem, algorithm, key_id)
        if secret is not None and pem is None:
            return keys.from_secret(secret.encode(), algorithm, key_id)
    except KeyFault as fault:
        raise ConfigurationError(f"{section.where}: {fault}") from None
    raise ConfigurationError(f"{section.where} is not a JWK (it has no kty) and needs one of pem and secret")


def _caching(section: Section | None) -> Caching:
    if section is None:
        return Caching()
    default = Caching()
    max_age_s = _or(section.seconds("max_age_s", least=10, most=86_400), default.max_age_s)
    caching = Caching(
        max_age_s=max_age_s,
        stale_limit_s=_or(section.seconds("stale_limit_s", least=max_age_s, most=7 * 86_400), default.stale_limit_s),
        min_refresh_s=_or(section.seconds("min_refresh_s", least=1, most=3_600), default.min_refresh_s),
    )
    section.finish()
    return caching


def _required(section: Section | None) -> tuple[tuple[ClaimPath, frozenset[str]], ...]:
    if section is None:
        return ()
    required = []
    for name in section.names():
        allowed = section.value(name)
        values = section.texts(name) if isinstance(allowed, list | tuple) else (section.required_text(name),)
        if not values:
            raise section.fault(name, "is empty; no token could meet it")
        required.append((ClaimPath(name), frozenset(values)))
    return tuple(required)


def _mapping(section: Section | None) -> ClaimMapping:
    default = ClaimMapping()
    if section is None:
        return default
    attribute_claims: dict[str, ClaimPath] = {}
    if (attributes := section.section("attribute_claims")) is not None:
        for name in attributes.names():
            if fault := fault_of(name):
                raise attributes.fault(name, fault)
            attribute_claims[name] = _path(attributes, name) or ClaimPath(name)
    role_scopes: dict[str, frozenset[str]] = {}
    if (roles := section.section("role_scopes")) is not None:
        for role in roles.names():
            role_scopes[role] = frozenset(roles.texts(role))
    groups = _path(section, "groups") or default.groups
    mapping = ClaimMapping(
        user=_path(section, "user") or default.user,
        groups=groups,
        attributes=_path(section, "attributes") or default.attributes,
        attribute_claims=attribute_claims,
        terminal=_path(section, "terminal") or default.terminal,
        scopes=_path(section, "scopes") or default.scopes,
        roles=_path(section, "roles") or groups,
        role_scopes=role_scopes,
        token_id=_path(section, "token_id") or default.token_id,
    )
    section.finish()
    return mapping


def _connect(section: Section | None) -> ConnectRule | None:
    if section is None:
        return None
    rule = ConnectRule(groups=frozenset(section.texts("groups")), scopes=frozenset(section.texts("scopes")))
    section.finish()
    if not rule.groups and not rule.scopes:
        raise ConfigurationError(f"{section.where} needs groups or scopes; as it is, nobody could connect")
    return rule


def _path(section: Section, name: str) -> ClaimPath | None:
    """A claim's path: text, or a list of names to be taken literally."""
    if isinstance(section.value(name), list | tuple):
        steps = section.texts(name)
        if not steps:
            raise section.fault(name, "is an empty path")
        return ClaimPath(steps)
    text = section.text(name)
    return None if text is None else ClaimPath(text)


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
