"""The issuers that the one-machine server accepts: its own, and those of the settings."""

from __future__ import annotations

from collections.abc import Sequence

from infra.local.secrets import Secrets
from infra.local.settings import SettingsError
from services.authorizer import base64url, issuers
from services.authorizer.section import ConfigurationError
from services.authorizer.verifier import Verifier
from services.ports import Clock

OWN_ISSUER = "fanfare"
OWN_AUDIENCE = "fanfare"
OWN_KEY_ID = "fanfare-1"


def verifier_of(configured: Sequence[dict[str, object]], secrets: Secrets, clock: Clock) -> Verifier:
    """The judge of tokens. Raises SettingsError that names the field of the issuer at fault."""
    own: dict[str, object] = {
        "issuer": OWN_ISSUER,
        "audiences": [OWN_AUDIENCE],
        "keys": [{"kty": "oct", "alg": "HS256", "kid": OWN_KEY_ID, "k": base64url.encode(secrets.token_key)}],
    }
    try:
        accepted = issuers.parse(configured) if configured else ()
        if any(issuer.name == OWN_ISSUER for issuer in accepted):
            raise SettingsError(f"issuers: {OWN_ISSUER!r} is the built-in issuer; give yours another name")
        built_in = issuers.parse([own])
        return Verifier((*built_in, *accepted), ticket_key=secrets.ticket_key, now_s=clock.now_s)
    except ConfigurationError as error:
        raise SettingsError(str(error)) from None
