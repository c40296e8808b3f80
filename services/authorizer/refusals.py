"""Why a token is refused: one stable code for each reason, each with its meaning and its remedy."""

from __future__ import annotations

from services.domain.problems import Problem

REASONS: dict[str, str] = {
    "token_missing": "The request carries no token. Send one in `Authorization: Bearer`, in"
    " `Sec-WebSocket-Protocol` as `bearer.<token>`, or as `?token=`.",
    "token_ambiguous": "The request carries two different tokens, and choosing one would be a guess."
    " Send a single token, in one place.",
    "token_too_large": "The token is longer than 8,192 bytes. Ask the issuer for fewer claims.",
    "token_malformed": "The token is not a signed JWT in compact form (RFC 7515 §3.1) with plain JSON objects in"
    " it. Send it exactly as the issuer made it; encrypted tokens and `crit` extensions are not supported.",
    "token_expired": "The token's `exp` has passed. Get a new token or ticket.",
    "token_not_yet_valid": "The token's `nbf` or `iat` lies ahead of this service's clock by more than the leeway."
    " Check the clock of the issuer.",
    "lifetime_too_long": "The token's `exp` is further away than this service accepts."
    " Have the issuer make shorter-lived tokens.",
    "type_not_allowed": "The token's header `typ` is not one that its issuer is configured with."
    " Send an access token, not another kind of token.",
    "issuer_unknown": "The token's `iss` is not an issuer that this service is configured with."
    " Compare it, character by character, with the issuer in the service's settings.",
    "audience_mismatch": "The token was made for another service: its audience is not one of this service's."
    " Ask the issuer for a token with this service's audience.",
    "claim_missing": "The token lacks a claim that this service needs."
    " Have the issuer add it, or correct the claim mapping in the service's settings.",
    "claim_invalid": "A claim of the token has a form or a size that is not allowed; the detail names it."
    " Correct it at the issuer.",
    "claim_not_allowed": "A claim of the token has another value than the issuer's `require` setting asks for."
    " Send the right kind of token, such as an access token instead of an ID token.",
    "claim_not_in_token": "The issuer left a claim out of the token and only said where it is (OIDC Core §5.6.2);"
    " Entra ID does so above 200 groups. Limit the token to the groups that are assigned to the application.",
    "identity_too_large": "User, groups, attributes and scopes together exceed the 7,000 bytes that the"
    " authorizer can hand on. Ask the issuer for fewer groups or attributes.",
    "key_unknown": "The token's `kid` is not among the keys of its issuer, or it has none and cannot be matched."
    " Get a new token; if that fails too, compare the issuer's keys with the service's settings.",
    "keys_unavailable": "The issuer's keys cannot be fetched at the moment, so the token cannot be checked."
    " The token may be good: try again after a while.",
    "algorithm_not_allowed": "The token's `alg` is not the algorithm of the key that it names, or is not supported."
    " The key decides the algorithm, never the token.",
    "signature_invalid": "The signature does not match: the token was changed, or another key signed it."
    " Get a new token.",
    "ticket_not_accepted": "A ticket opens one WebSocket and nothing else. Send the token itself here.",
    "ticket_too_large": "The ticket would not fit into a URL. Connect with the token itself, in"
    " `Sec-WebSocket-Protocol` or in `Authorization`.",
    "connect_not_allowed": "The token is good, but its owner may not connect a terminal: it lacks every group and"
    " scope that its issuer's `connect` setting asks for. Ask an administrator for one of them.",
}
"""Every code of a `Refusal`: what it means, then what to do. The error pages are made from it."""

_STATUS = {"keys_unavailable": 503, "connect_not_allowed": 403, "ticket_too_large": 422}


class Refusal(Problem):
    """A token that is not accepted, or may not do what it was sent for; `code` is a key of `REASONS`.

    The status is 401, but for `connect_not_allowed` (403), `ticket_too_large` (422) and `keys_unavailable`
    (503: the fault is not the caller's). `detail` may be shown to the caller: it names claims and limits,
    and repeats neither what the token holds nor what the service is configured with.
    """

    def __init__(self, code: str, detail: str, *, retry_after_s: int | None = None) -> None:
        if code not in REASONS:
            raise LookupError(f"refusal {code!r} is not documented in REASONS")
        super().__init__(code, _STATUS.get(code, 401), detail, retry_after_s=retry_after_s)
