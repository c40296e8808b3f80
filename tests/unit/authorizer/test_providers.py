"""Worked examples: tokens as well-known identity providers make them, with the settings that read them."""

from __future__ import annotations

from typing import Any, Final

import pytest

from services.authorizer.refusals import Refusal
from services.authorizer.verifier import Verifier
from services.domain.identity import Identity
from tests.unit.authorizer import minting
from tests.unit.authorizer.minting import NOW_S, Clock, Documents, private_key, public_jwk, signed

KEY = private_key("RSA")


def verifier(settings: dict[str, object], **jwk: object) -> Verifier:
    issuer = str(settings["issuer"])
    jwks_url = f"{issuer}/keys"
    documents = Documents(
        {
            f"{issuer}/.well-known/openid-configuration": {"issuer": issuer, "jwks_uri": jwks_url},
            jwks_url: {"keys": [public_jwk(KEY, kid="provider-key", use="sig", key_ops=None, **jwk)]},
        }
    )
    return minting.verifier(settings, clock=Clock(), fetch=documents)


def token(claims: dict[str, Any], **header: object) -> str:
    return signed(claims, KEY, "RS256", **{"kid": "provider-key", **header})


class TestCognito:
    """An access token: no `aud`, the app client in `client_id`, `token_use` says what it is."""

    POOL = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123"
    SETTINGS: Final[dict[str, object]] = {
        "issuer": POOL,
        "discovery": True,
        "audience_claim": "client_id",
        "audiences": ["4example1client2id"],
        "require": {"token_use": "access"},
        "claims": {
            "user": "username",
            "groups": "cognito:groups",
            "role_scopes": {"push-admins": ["push:send", "push:read"]},
        },
    }
    CLAIMS: Final[dict[str, Any]] = {
        "sub": "b3a4c5d6-0000-4000-8000-000000000001",
        "cognito:groups": ["push-admins", "berlin"],
        "iss": POOL,
        "version": 2,
        "client_id": "4example1client2id",
        "origin_jti": "b3a4c5d6-0000-4000-8000-000000000002",
        "event_id": "b3a4c5d6-0000-4000-8000-000000000003",
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin openid",
        "auth_time": NOW_S - 30,
        "exp": NOW_S + 3_600,
        "iat": NOW_S - 30,
        "jti": "b3a4c5d6-0000-4000-8000-000000000004",
        "username": "alice",
    }

    def test_an_access_token_is_read(self) -> None:
        assert verifier(self.SETTINGS, alg="RS256").verify(token(self.CLAIMS, typ=None)) == Identity(
            user="alice",
            issuer=self.POOL,
            expires_at_s=NOW_S + 3_600,
            issued_at_s=NOW_S - 30,
            token_id="b3a4c5d6-0000-4000-8000-000000000004",
            groups=("push-admins", "berlin"),
            scopes=frozenset({"aws.cognito.signin.user.admin", "openid", "push:send", "push:read"}),
        )

    def test_an_id_token_is_not_an_access_token(self) -> None:
        id_claims = {**self.CLAIMS, "token_use": "id", "aud": "4example1client2id"}
        with pytest.raises(Refusal, match="claim_not_allowed"):
            verifier(self.SETTINGS, alg="RS256").verify(token(id_claims))

    def test_a_token_of_another_app_client_is_refused(self) -> None:
        with pytest.raises(Refusal, match="audience_mismatch"):
            verifier(self.SETTINGS, alg="RS256").verify(token({**self.CLAIMS, "client_id": "another"}))


class TestKeycloak:
    """Roles of the realm and of the client lie deep in the token, and a client's name may have dots."""

    REALM = "https://sso.example/realms/office"
    SETTINGS: Final[dict[str, object]] = {
        "issuer": REALM,
        "discovery": True,
        "audiences": ["fanfare"],
        "require": {"typ": "Bearer"},
        "claims": {
            "user": "preferred_username",
            "groups": "realm_access.roles",
            "roles": ["resource_access", "fanfare.api", "roles"],
            "role_scopes": {"sender": ["push:send"], "viewer": ["push:read", "terminals:read"]},
            "attribute_claims": {"locale": "locale", "city": "address.locality"},
        },
    }
    CLAIMS: Final[dict[str, Any]] = {
        "exp": NOW_S + 300,
        "iat": NOW_S,
        "jti": "onrtac:0f1e2d3c-0000-4000-8000-000000000001",
        "iss": REALM,
        "aud": ["fanfare", "account"],
        "sub": "0f1e2d3c-0000-4000-8000-000000000002",
        "typ": "Bearer",
        "azp": "terminal",
        "sid": "0f1e2d3c-0000-4000-8000-000000000003",
        "acr": "1",
        "realm_access": {"roles": ["offline_access", "dispatch"]},
        "resource_access": {
            "fanfare.api": {"roles": ["sender", "viewer"]},
            "account": {"roles": ["view-profile"]},
        },
        "scope": "openid profile",
        "address": {"locality": "Berlin"},
        "locale": "de",
        "email_verified": True,
        "preferred_username": "alice",
    }

    def test_an_access_token_is_read(self) -> None:
        assert verifier(self.SETTINGS, alg="RS256").verify(token(self.CLAIMS)) == Identity(
            user="alice",
            issuer=self.REALM,
            expires_at_s=NOW_S + 300,
            issued_at_s=NOW_S,
            token_id="onrtac:0f1e2d3c-0000-4000-8000-000000000001",
            groups=("offline_access", "dispatch"),
            attributes={"locale": "de", "city": "Berlin"},
            scopes=frozenset({"openid", "profile", "push:send", "push:read", "terminals:read"}),
        )

    def test_a_refresh_token_is_not_an_access_token(self) -> None:
        with pytest.raises(Refusal, match="claim_not_allowed"):
            verifier(self.SETTINGS, alg="RS256").verify(token({**self.CLAIMS, "typ": "Refresh"}))

    def test_a_key_for_encryption_in_the_same_set_does_no_harm(self) -> None:
        settings = {**self.SETTINGS, "discovery": False, "jwks_url": self.REALM + "/keys"}
        keys = [public_jwk(KEY, kid="enc", use="enc", alg="RSA-OAEP"), public_jwk(KEY, kid="provider-key", use="sig")]
        published = minting.verifier(settings, fetch=Documents({self.REALM + "/keys": {"keys": keys}}))
        assert published.verify(token(self.CLAIMS)).user == "alice"
        with pytest.raises(Refusal, match="key_unknown"):
            published.verify(token(self.CLAIMS, kid="enc"))


class TestEntraId:
    """A v2 access token: `sub` differs per application, so the user is `oid`; keys are published without `alg`."""

    TENANT = "11111111-2222-4333-8444-555555555555"
    ISSUER = f"https://login.microsoftonline.com/{TENANT}/v2.0"
    SETTINGS: Final[dict[str, object]] = {
        "issuer": ISSUER,
        "discovery": True,
        "audiences": ["6e74172b-0000-4000-8000-000000000001"],
        "require": {"ver": "2.0", "tid": TENANT},
        "claims": {
            "user": "oid",
            "groups": "groups",
            "scopes": "scp",
            "roles": "roles",
            "role_scopes": {"Push.Sender": ["push:send"]},
            "token_id": "uti",
            "attribute_claims": {"tenant": "tid"},
        },
    }
    CLAIMS: Final[dict[str, Any]] = {
        "aud": "6e74172b-0000-4000-8000-000000000001",
        "iss": ISSUER,
        "iat": NOW_S - 5,
        "nbf": NOW_S - 5,
        "exp": NOW_S + 4_500,
        "aio": "AVQAq/8QAAAA",
        "azp": "6e74172b-0000-4000-8000-000000000002",
        "azpacr": "0",
        "groups": ["aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"],
        "name": "Alice Example",
        "oid": "bbbbbbbb-0000-4000-8000-000000000001",
        "preferred_username": "alice@example.com",
        "rh": "0.AX0A",
        "roles": ["Push.Sender"],
        "scp": "access_as_user",
        "sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ",
        "tid": TENANT,
        "uti": "fqiBqXLPj0eQa82S-IYFAA",
        "ver": "2.0",
    }

    def test_an_access_token_is_read(self) -> None:
        assert verifier(self.SETTINGS).verify(token(self.CLAIMS)) == Identity(
            user="bbbbbbbb-0000-4000-8000-000000000001",
            issuer=self.ISSUER,
            expires_at_s=NOW_S + 4_500,
            issued_at_s=NOW_S - 5,
            token_id="fqiBqXLPj0eQa82S-IYFAA",
            groups=("aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"),
            attributes={"tenant": self.TENANT},
            scopes=frozenset({"access_as_user", "push:send"}),
        )

    def test_groups_that_do_not_fit_into_the_token_are_noticed(self) -> None:
        overage = {name: value for name, value in self.CLAIMS.items() if name != "groups"}
        overage["_claim_names"] = {"groups": "src1"}
        overage["_claim_sources"] = {"src1": {"endpoint": "https://graph.microsoft.com/v1.0/…/getMemberObjects"}}
        with pytest.raises(Refusal, match="claim_not_in_token"):
            verifier(self.SETTINGS).verify(token(overage))

    def test_a_token_of_another_tenant_is_refused(self) -> None:
        other = {**self.CLAIMS, "iss": self.ISSUER.replace("1111", "9999")}
        with pytest.raises(Refusal, match="issuer_unknown"):
            verifier(self.SETTINGS).verify(token(other))
