"""Tickets: an identity for one handshake, and for nothing else."""

from __future__ import annotations

import pytest

from services.authorizer import tickets
from services.authorizer.keys import KeyFault
from services.authorizer.refusals import Refusal
from services.authorizer.verifier import Verified
from services.domain.identity import Identity
from services.domain.problems import Problem
from tests.unit.authorizer import minting
from tests.unit.authorizer.minting import ISSUER, NOW_S, TICKET_KEY, Clock, claims, signed

ALICE = Identity(
    user="alice",
    issuer=ISSUER,
    expires_at_s=NOW_S + 3_600,
    issued_at_s=NOW_S - 10,
    token_id="token-1",
    groups=("ops", "運用"),
    attributes={"os": "windows", "floor": 3, "vip": True, "load": 0.5},
    terminal="kiosk-7",
    scopes=frozenset({"chat", "push:read"}),
)


def ticket(identity: Identity = ALICE, lifetime_s: int = tickets.LIFETIME_S) -> str:
    return tickets.issue(identity, TICKET_KEY, ticket_id="ticket-1", now_s=NOW_S, lifetime_s=lifetime_s)


def refused(given: str, now_s: float = NOW_S) -> str:
    with pytest.raises(Refusal) as caught:
        minting.verifier(clock=Clock(now_s)).verify_any(given)
    return caught.value.code


def forged(key: bytes = TICKET_KEY, algorithm: str = "HS256", typ: str = tickets.TYPE, **changes: object) -> str:
    """A ticket by hand; `changes` are put over its claims, and None takes one away."""
    good: dict[str, object] = {
        "iss": tickets.ISSUER,
        "jti": "ticket-1",
        "exp": NOW_S + 60,
        "identity": {
            "user": "alice",
            "issuer": ISSUER,
            "expires_at": str(NOW_S + 3_600),
            "groups": "[]",
            "attributes": "{}",
            "scopes": "",
        },
    }
    given = {name: value for name, value in {**good, **changes}.items() if value is not None}
    return signed(given, key, algorithm, typ=typ, kid=None)


def test_a_ticket_gives_back_the_whole_identity_and_its_own_id() -> None:
    assert minting.verifier().verify_any(ticket()) == Verified(ALICE, "ticket-1")


def test_a_token_comes_without_a_ticket_id() -> None:
    assert minting.verifier().verify_any(signed(claims())).ticket_id is None


def test_a_ticket_by_hand_is_accepted_so_that_the_refusals_below_mean_something() -> None:
    assert minting.verifier().verify_any(forged()).identity.user == "alice"


def test_a_ticket_lives_a_minute() -> None:
    assert minting.verifier(clock=Clock(NOW_S + 59.9)).verify_any(ticket()).ticket_id == "ticket-1"
    assert refused(ticket(), NOW_S + 60) == "token_expired"


def test_a_ticket_ends_with_the_identity_in_it() -> None:
    short = Identity(user="alice", issuer=ISSUER, expires_at_s=NOW_S + 10)
    assert refused(ticket(short), NOW_S + 10) == "token_expired"


def test_an_identity_that_has_expired_is_refused_in_a_fresh_ticket() -> None:
    context = {
        "user": "a",
        "issuer": ISSUER,
        "expires_at": str(NOW_S),
        "groups": "[]",
        "attributes": "{}",
        "scopes": "",
    }
    assert refused(forged(identity=context)) == "token_expired"


def test_a_ticket_is_not_a_token() -> None:
    with pytest.raises(Refusal, match="ticket_not_accepted"):
        minting.verifier().verify(ticket())


def test_a_service_without_a_ticket_key_accepts_no_ticket() -> None:
    with pytest.raises(Refusal, match="ticket_not_accepted"):
        minting.verifier(ticket_key=None).verify_any(ticket())


def test_a_ticket_under_another_key_is_refused() -> None:
    assert refused(forged(key=b"k" * 32)) == "signature_invalid"


def test_a_ticket_under_an_issuers_key_is_refused() -> None:
    assert refused(forged(key=minting.SECRET.encode())) == "signature_invalid"


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_ticket_of_another_algorithm_is_refused(algorithm: str) -> None:
    assert refused(forged(algorithm=algorithm)) == "algorithm_not_allowed"


@pytest.mark.parametrize("typ", ["JWT", "Fanfare-Ticket+JWT", "application/fanfare-ticket+jwt"])
def test_the_ticket_key_signs_nothing_but_tickets(typ: str) -> None:
    assert refused(forged(typ=typ)) == "issuer_unknown"
    assert refused(forged(typ=typ, iss=ISSUER, aud=minting.AUDIENCE, sub="alice")) == "signature_invalid"


@pytest.mark.parametrize("iss", [ISSUER, "fanfare", None, ["fanfare:ticket"]])
def test_a_ticket_is_issued_by_the_service_itself(iss: object) -> None:
    assert refused(forged(iss=iss)) == "issuer_unknown"


@pytest.mark.parametrize("jti", ["", 7, ["a"], "a\x00", None])
def test_a_ticket_has_an_id(jti: object) -> None:
    assert refused(forged(jti=jti)) == "claim_invalid"


def test_a_ticket_has_an_end() -> None:
    assert refused(forged(exp=None)) == "claim_missing"


def test_a_ticket_that_would_live_long_is_refused() -> None:
    assert refused(forged(exp=NOW_S + 331)) == "lifetime_too_long"


@pytest.mark.parametrize("identity", [None, "alice", [], {}, {"user": "alice"}, {"user": "a", "expires_at": "soon"}])
def test_a_ticket_holds_an_identity(identity: object) -> None:
    assert refused(forged(identity=identity)) == "claim_invalid"


def test_a_ticket_that_does_not_fit_into_a_url_is_not_made() -> None:
    many = Identity(user="a", issuer=ISSUER, expires_at_s=NOW_S + 60, groups=tuple(f"group-{n:030}" for n in range(60)))
    with pytest.raises(Refusal, match="ticket_too_large") as caught:
        ticket(many)
    assert caught.value.status == 422


@pytest.mark.parametrize("lifetime_s", [0, -1, 301])
def test_a_ticket_lives_one_second_to_five_minutes(lifetime_s: int) -> None:
    with pytest.raises(ValueError, match="1 to 300 s"):
        ticket(lifetime_s=lifetime_s)


def test_a_short_key_issues_no_ticket() -> None:
    with pytest.raises(KeyFault, match="at least 32 bytes"):
        tickets.issue(ALICE, b"k" * 31, ticket_id="ticket-1", now_s=NOW_S)


def test_the_id_of_a_ticket_is_a_name() -> None:
    with pytest.raises(Problem, match="the ticket's id"):
        tickets.issue(ALICE, TICKET_KEY, ticket_id="", now_s=NOW_S)
