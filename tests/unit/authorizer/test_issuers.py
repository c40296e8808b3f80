"""Settings of issuers: what is read from them, and which field an error names."""

from __future__ import annotations

import re
from typing import Any

import pytest

from services.authorizer import issuers
from services.authorizer.section import ConfigurationError
from tests.unit.authorizer import minting
from tests.unit.authorizer.minting import settings

JWKS = {"keys": None, "jwks_url": "https://id.example/keys"}


def test_settings_that_are_left_out_have_defaults() -> None:
    (issuer,) = issuers.parse([settings(**JWKS)])
    caching = issuer.caching
    assert (issuer.leeway_s, issuer.max_lifetime_s, issuer.connect, issuer.rsa_algorithm) == (30, None, None, "RS256")
    assert (caching.max_age_s, caching.stale_limit_s, caching.min_refresh_s) == (600, 86_400, 10)


def test_settings_are_read() -> None:
    cache = {"max_age_s": 60, "stale_limit_s": 120, "min_refresh_s": 5}
    (issuer,) = issuers.parse(
        [settings(**JWKS, cache=cache, leeway_s=0, max_lifetime_s=900, connect={"groups": ["a"]})]
    )
    caching = issuer.caching
    assert (issuer.leeway_s, issuer.max_lifetime_s, issuer.connect) == (
        0,
        900,
        issuers.ConnectRule(groups=frozenset({"a"})),
    )
    assert (caching.max_age_s, caching.stale_limit_s, caching.min_refresh_s) == (60, 120, 5)


def test_a_toml_file_gives_the_same_issuers_as_json() -> None:
    import tomllib  # noqa: PLC0415 - only here: the authorizer reads no TOML itself

    text = """
    [[issuers]]
    issuer = "https://id.example"
    audiences = ["fanfare"]
    keys = [{kid = "hmac", alg = "HS256", secret = "a secret that is long enough for HS256"}]
    claims.attribute_claims.site = "custom:site"
    """
    (issuer,) = issuers.parse(tomllib.loads(text)["issuers"])
    assert issuer.mapping.attribute_claims["site"].find({"custom:site": "ber"}) == "ber"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"issuer": None}, "issuers[0].issuer is missing"),
        ({"issuer": ""}, "issuers[0].issuer"),
        ({"issuer": 7}, "issuers[0].issuer"),
        ({"issuer": "a\nb"}, "issuers[0].issuer"),
        ({"issuer": "fanfare:ticket"}, "issuers[0].issuer"),
        ({"audiences": None}, "issuers[0].audiences"),
        ({"audiences": []}, "issuers[0].audiences"),
        ({"audiences": "fanfare"}, "issuers[0].audiences"),
        ({"audiences": [7]}, "issuers[0].audiences"),
        ({"audience": ["fanfare"]}, "unknown fields: audience. Known are: "),
        ({"keys": None}, "exactly one of keys, jwks_url and discovery"),
        ({"jwks_url": "https://id.example/keys"}, "exactly one of keys, jwks_url and discovery"),
        ({"keys": None, "discovery": False}, "exactly one of keys, jwks_url and discovery"),
        ({**JWKS, "discovery": True}, "exactly one of keys, jwks_url and discovery"),
        ({"keys": []}, "issuers[0].keys"),
        ({"keys": {}}, "issuers[0].keys"),
        ({"keys": [7]}, "issuers[0].keys[0]"),
        ({"keys": [{}]}, "issuers[0].keys[0].alg is missing"),
        ({"keys": [{"alg": "HS256"}]}, "issuers[0].keys[0]"),
        ({"keys": [{"alg": "HS256", "secret": "s" * 31}]}, "issuers[0].keys[0]: a secret for HS256 has at least 32"),
        ({"keys": [{"alg": "HS256", "secret": "s" * 32, "pem": "p"}]}, "needs one of pem and secret"),
        ({"keys": [{"alg": "none", "secret": "s" * 32}]}, "issuers[0].keys[0]"),
        ({"keys": [{"alg": "HS256", "secret": "s" * 32, "key": "x"}]}, "issuers[0].keys[0] has unknown fields: key"),
        ({"keys": [{"kty": "RSA"}]}, "issuers[0].keys[0]: n is not"),
        ({"keys": None, "jwks_url": "http://id.example/keys"}, "issuers[0].jwks_url"),
        ({"keys": None, "jwks_url": 7}, "issuers[0].jwks_url"),
        ({"keys": None, "discovery": "yes"}, "issuers[0].discovery"),
        ({"keys": None, "discovery": True, "issuer": "id.example"}, "issuers[0].issuer"),
        ({"rsa_algorithm": "ES256"}, "issuers[0].rsa_algorithm"),
        ({"leeway_s": -1}, "issuers[0].leeway_s"),
        ({"leeway_s": 301}, "issuers[0].leeway_s is not between 0 and 300"),
        ({"leeway_s": "30"}, "issuers[0].leeway_s"),
        ({"leeway_s": True}, "issuers[0].leeway_s"),
        ({"leeway_s": float("nan")}, "issuers[0].leeway_s"),
        ({"max_lifetime_s": 59}, "issuers[0].max_lifetime_s"),
        ({"types": "at+jwt"}, "issuers[0].types"),
        ({"require": {"token_use": 7}}, "issuers[0].require.token_use"),
        ({"require": {"token_use": []}}, "issuers[0].require.token_use"),
        ({"require": 7}, "issuers[0].require is not a table"),
        ({"cache": {"max_age_s": 1}}, "issuers[0].cache.max_age_s"),
        ({"cache": {"max_age_s": 600, "stale_limit_s": 599}}, "issuers[0].cache.stale_limit_s"),
        ({"cache": {"ttl": 600}}, "issuers[0].cache has unknown fields: ttl"),
        ({"claims": {"user": 7}}, "issuers[0].claims.user"),
        ({"claims": {"user": ""}}, "issuers[0].claims.user"),
        ({"claims": {"user": []}}, "issuers[0].claims.user"),
        ({"claims": {"users": "sub"}}, "issuers[0].claims has unknown fields: users"),
        ({"claims": {"attribute_claims": {"a": 7}}}, "issuers[0].claims.attribute_claims.a"),
        ({"claims": {"attribute_claims": {" a": "b"}}}, "issuers[0].claims.attribute_claims. a"),
        ({"claims": {"role_scopes": {"admin": "push:send"}}}, "issuers[0].claims.role_scopes.admin"),
        ({"connect": {}}, "issuers[0].connect needs groups or scopes"),
        ({"connect": {"users": ["a"]}}, "issuers[0].connect has unknown fields: users"),
    ],
)
def test_an_error_names_the_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(field)):
        issuers.parse([settings(**changes)])


@pytest.mark.parametrize("given", [None, {}, [], "issuers", [7]])
def test_what_is_no_list_of_issuers_is_refused(given: object) -> None:
    with pytest.raises(ConfigurationError, match="issuers"):
        issuers.parse(given)


def test_an_issuer_is_described_once() -> None:
    with pytest.raises(ConfigurationError, match="twice"):
        issuers.parse([settings(), settings()])


def test_there_are_at_most_32_issuers() -> None:
    tables = [settings(issuer=f"https://{number}.example") for number in range(33)]
    assert len(issuers.parse(tables[:32])) == 32
    with pytest.raises(ConfigurationError, match="at most 32"):
        issuers.parse(tables)


def test_an_error_does_not_show_a_secret() -> None:
    with pytest.raises(ConfigurationError) as caught:
        issuers.parse([settings(keys=[{"alg": "HS512", "secret": minting.SECRET[:63]}])])
    assert minting.SECRET[:63] not in str(caught.value)
