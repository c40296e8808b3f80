"""Published keys: kept, refreshed, rotated, and held on to through an outage."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.authorizer import issuers
from services.authorizer.keys import MAX_KEYS
from services.authorizer.refusals import Refusal
from services.authorizer.verifier import KnownIssuer, KnownKey, Verifier
from tests.unit.authorizer import minting
from tests.unit.authorizer.minting import ISSUER, Clock, Documents, b64, claims, private_key, public_jwk, signed

JWKS_URL = "https://id.example/keys"
DISCOVERY_URL = "https://id.example/.well-known/openid-configuration"
FIRST, SECOND = private_key("P-256", 1), private_key("P-256", 2)


def key_set(**keys: minting.PrivateKey) -> dict[str, object]:
    return {"keys": [public_jwk(key, kid=kid, use="sig") for kid, key in keys.items()]}


def by_url(clock: Clock, documents: Documents, **changes: object) -> Verifier:
    return minting.verifier(minting.settings(keys=None, jwks_url=JWKS_URL, **changes), clock=clock, fetch=documents)


def by_discovery(clock: Clock, documents: Documents) -> Verifier:
    return minting.verifier(minting.settings(keys=None, discovery=True), clock=clock, fetch=documents)


def token(key: minting.PrivateKey = FIRST, kid: str | None = "first") -> str:
    return signed(claims(exp=minting.NOW_S + 10 * 86_400), key, "ES256", kid=kid)


def refused(verifier: Verifier, given: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        verifier.verify(given)
    return caught.value


def test_keys_are_fetched_once_and_used_while_they_are_young() -> None:
    clock, documents = Clock(), Documents({JWKS_URL: key_set(first=FIRST)})
    verifier = by_url(clock, documents)
    for _ in range(3):
        verifier.verify(token())
        clock.now_s += 199
    assert documents.fetched == [JWKS_URL]


def test_nothing_is_fetched_before_the_first_token() -> None:
    documents = Documents()
    by_url(Clock(), documents)
    assert documents.fetched == []


def test_keys_are_fetched_again_when_they_are_old() -> None:
    clock, documents = Clock(), Documents({JWKS_URL: key_set(first=FIRST)})
    verifier = by_url(clock, documents)
    verifier.verify(token())
    clock.now_s += 600
    verifier.verify(token())
    assert documents.fetched == [JWKS_URL] * 2


def test_a_key_that_was_taken_back_is_refused_once_the_keys_are_old() -> None:
    clock, documents = Clock(), Documents({JWKS_URL: key_set(first=FIRST)})
    verifier = by_url(clock, documents)
    verifier.verify(token())
    documents.documents[JWKS_URL] = key_set(second=SECOND)
    clock.now_s += 600
    assert refused(verifier, token()).code == "key_unknown"


def test_a_rotated_key_is_found_by_its_unknown_kid() -> None:
    clock, documents = Clock(), Documents({JWKS_URL: key_set(first=FIRST)})
    verifier = by_url(clock, documents)
    verifier.verify(token())
    documents.documents[JWKS_URL] = key_set(first=FIRST, second=SECOND)
    clock.now_s += 10
    assert verifier.verify(token(SECOND, "second")).user == "alice"


def test_a_key_of_another_algorithm_is_found_when_the_keys_are_old() -> None:
    clock, documents = Clock(), Documents({JWKS_URL: key_set(first=private_key("Ed25519"))})
    verifier = by_url(clock, documents)
    verifier.verify(signed(claims(), private_key("Ed25519"), "EdDSA", kid="first"))
    documents.documents[JWKS_URL] = key_set(first=FIRST)
    clock.now_s += 600
    assert verifier.verify(token()).user == "alice"


def test_unknown_kids_fetch_no_more_often_than_the_limit() -> None:
    clock, documents = Clock(), Documents({JWKS_URL: key_set(first=FIRST)})
    verifier = by_url(clock, documents)
    for number in range(200):
        assert refused(verifier, token(SECOND, f"made-up-{number}")).code == "key_unknown"
        clock.now_s += 0.1
    assert len(documents.fetched) == 2


def test_unknown_algorithms_and_issuers_fetch_nothing() -> None:
    documents = Documents({JWKS_URL: key_set(first=FIRST)})
    verifier = by_url(Clock(), documents)
    refused(verifier, signed(claims(iss="https://other.example"), FIRST, "ES256"))
    refused(verifier, minting.signed_parts(b'{"alg":"none"}', b'{"iss":"https://id.example"}'))
    assert documents.fetched == []


def test_the_last_good_keys_serve_through_an_outage_until_the_limit() -> None:
    clock, documents = Clock(), Documents({JWKS_URL: key_set(first=FIRST)})
    verifier = by_url(clock, documents, cache={"stale_limit_s": 7_200})
    verifier.verify(token())
    documents.documents.clear()
    clock.now_s += 7_199
    assert verifier.verify(token()).user == "alice"
    clock.now_s += 1
    assert refused(verifier, token()).code == "keys_unavailable"


def test_an_outage_is_asked_after_no_more_often_than_the_limit() -> None:
    clock, documents = Clock(), Documents()
    verifier = by_url(clock, documents)
    for _ in range(100):
        assert refused(verifier, token()).code == "keys_unavailable"
        clock.now_s += 0.3
    assert len(documents.fetched) == 3


def test_keys_are_found_again_after_an_outage() -> None:
    clock, documents = Clock(), Documents()
    verifier = by_url(clock, documents)
    refused(verifier, token())
    documents.documents[JWKS_URL] = key_set(first=FIRST)
    clock.now_s += 10
    assert verifier.verify(token()).user == "alice"


def test_an_outage_says_when_to_come_back() -> None:
    refusal = refused(by_url(Clock(), Documents(), cache={"min_refresh_s": 25}), token())
    assert (refusal.status, refusal.retry_after_s) == (503, 25)


def test_a_kid_that_may_be_new_is_not_called_unknown_during_an_outage() -> None:
    clock, documents = Clock(), Documents({JWKS_URL: key_set(first=FIRST)})
    verifier = by_url(clock, documents)
    verifier.verify(token())
    documents.documents.clear()
    clock.now_s += 60
    assert refused(verifier, token(SECOND, "second")).code == "keys_unavailable"


def test_an_outage_is_logged_with_its_cause_and_without_a_token() -> None:
    logged: list[Any] = []
    table = minting.settings(keys=None, jwks_url=JWKS_URL)
    verifier = Verifier(issuers.parse([table]), now_s=Clock(), fetch=Documents(), log=logged.append)
    refused(verifier, token())
    assert logged == [{"event": "keys_unavailable", "issuer": ISSUER, "fault": "no route to host"}]


def test_a_clock_that_steps_back_does_not_keep_old_keys_young() -> None:
    clock, documents = Clock(minting.NOW_S + 86_400), Documents({JWKS_URL: key_set(first=FIRST)})
    verifier = by_url(clock, documents)
    verifier.verify(token())
    clock.now_s -= 86_400
    verifier.verify(token())
    assert len(documents.fetched) == 2


def test_a_token_without_kid_is_tried_with_published_keys_that_fit() -> None:
    documents = Documents({JWKS_URL: key_set(rsa=private_key("RSA"), first=FIRST, second=SECOND)})
    assert by_url(Clock(), documents).verify(token(SECOND, None)).user == "alice"


def test_two_keys_of_one_kid_are_both_tried() -> None:
    keys = [public_jwk(FIRST, kid="same"), public_jwk(SECOND, kid="same")]
    verifier = by_url(Clock(), Documents({JWKS_URL: {"keys": keys}}))
    assert [verifier.verify(token(key, "same")).user for key in (FIRST, SECOND)] == ["alice", "alice"]


def test_an_rsa_key_without_alg_has_the_configured_algorithm() -> None:
    key = private_key("RSA")
    documents = Documents({JWKS_URL: {"keys": [public_jwk(key, kid="k")]}})
    verifier = by_url(Clock(), documents, rsa_algorithm="PS256")
    assert verifier.verify(signed(claims(), key, "PS256", kid="k")).user == "alice"
    assert refused(verifier, signed(claims(), key, "RS256", kid="k")).code == "algorithm_not_allowed"


def test_keys_that_cannot_be_used_are_left_out() -> None:
    unusable: list[object] = [
        7,
        {},
        {"kty": "oct", "k": b64(b"s" * 32), "alg": "HS256", "kid": "hmac"},
        public_jwk(SECOND, kid="second", use="enc"),
        {"kty": "AKP", "kid": "new"},
    ]
    documents = Documents({JWKS_URL: {"keys": [*unusable, public_jwk(FIRST, kid="first")]}})
    verifier = by_url(Clock(), documents)
    assert verifier.verify(token()).user == "alice"
    assert refused(verifier, token(SECOND, "second")).code == "key_unknown"


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"not JSON",
        b"[]",
        b"\xff\xfe",
        b'{"keys": [], "keys": []}',
        b"[" * 100_000,
        b" " * 262_145,
        {},
        {"keys": {}},
        {"keys": []},
        {"keys": [{"kty": "oct", "k": b64(b"s" * 32), "alg": "HS256"}]},
        {"keys": [public_jwk(FIRST, kid="first")] * (MAX_KEYS + 1)},
    ],
)
def test_what_is_no_key_set_is_an_outage(document: object) -> None:
    verifier = by_url(Clock(), Documents({JWKS_URL: document}))
    assert refused(verifier, token()).code == "keys_unavailable"


def test_a_broken_key_set_does_not_replace_good_keys() -> None:
    clock, documents = Clock(), Documents({JWKS_URL: key_set(first=FIRST)})
    verifier = by_url(clock, documents)
    verifier.verify(token())
    documents.documents[JWKS_URL] = {"keys": []}
    clock.now_s += 3_600
    assert verifier.verify(token()).user == "alice"


def test_discovery_finds_the_key_set() -> None:
    documents = Documents({DISCOVERY_URL: {"issuer": ISSUER, "jwks_uri": JWKS_URL}, JWKS_URL: key_set(first=FIRST)})
    assert by_discovery(Clock(), documents).verify(token()).user == "alice"
    assert documents.fetched == [DISCOVERY_URL, JWKS_URL]


def test_discovery_takes_a_slash_off_the_end_of_the_issuer() -> None:
    issuer = ISSUER + "/"
    documents = Documents({DISCOVERY_URL: {"issuer": issuer, "jwks_uri": JWKS_URL}, JWKS_URL: key_set(first=FIRST)})
    table = minting.settings(issuer=issuer, keys=None, discovery=True)
    verifier = minting.verifier(table, fetch=documents)
    assert verifier.verify(signed(claims(iss=issuer), FIRST, "ES256", kid="first")).issuer == issuer


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example", "jwks_uri": JWKS_URL},
        {"issuer": ISSUER + "/", "jwks_uri": JWKS_URL},
        {"jwks_uri": JWKS_URL},
        {"issuer": ISSUER},
        {"issuer": ISSUER, "jwks_uri": 7},
        {"issuer": ISSUER, "jwks_uri": "http://id.example/keys"},
        {"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"},
    ],
)
def test_a_discovery_document_that_is_not_the_issuers_own_or_unsafe_is_an_outage(document: object) -> None:
    documents = Documents(
        {DISCOVERY_URL: document, JWKS_URL: key_set(first=FIRST), "http://id.example/keys": key_set(first=FIRST)}
    )
    assert refused(by_discovery(Clock(), documents), token()).code == "keys_unavailable"


def test_discovery_is_limited_like_any_other_refresh() -> None:
    clock, documents = Clock(), Documents()
    verifier = by_discovery(clock, documents)
    for _ in range(20):
        refused(verifier, token())
    assert documents.fetched == [DISCOVERY_URL]


def test_threads_that_need_the_same_keys_fetch_them_once_however_long_it_takes() -> None:
    clock = Clock()
    documents = Documents({JWKS_URL: key_set(first=FIRST)})
    started, release = threading.Event(), threading.Event()

    def slow(url: str) -> bytes:
        started.set()
        assert release.wait(10)
        clock.now_s += 20
        return documents(url)

    table = minting.settings(keys=None, jwks_url=JWKS_URL)
    verifier = minting.verifier(table, clock=clock, fetch=slow)
    with ThreadPoolExecutor(8) as pool:
        identities = [pool.submit(verifier.verify, token()) for _ in range(8)]
        assert started.wait(10)
        release.set()
        assert {identity.result(10).user for identity in identities} == {"alice"}
    assert documents.fetched == [JWKS_URL]


def test_a_known_key_is_not_held_up_by_a_refresh() -> None:
    clock, documents = Clock(), Documents({JWKS_URL: key_set(first=FIRST)})
    started, release = threading.Event(), threading.Event()
    slow = threading.Event()

    def fetch(url: str) -> bytes:
        if slow.is_set():
            started.set()
            assert release.wait(10)
        return documents(url)

    table = minting.settings(keys=None, jwks_url=JWKS_URL)
    verifier = minting.verifier(table, clock=clock, fetch=fetch)
    verifier.verify(token())
    clock.now_s += 600
    slow.set()
    with ThreadPoolExecutor(1) as pool:
        refreshing = pool.submit(verifier.verify, token())
        assert started.wait(10)
        assert verifier.verify(token()).user == "alice"
        assert not refreshing.done()
        release.set()
        assert refreshing.result(10).user == "alice"


class TestNeedsNetwork:
    def test_before_the_keys_are_there(self) -> None:
        assert by_url(Clock(), Documents()).needs_network(token()) is True

    def test_not_for_a_known_key(self) -> None:
        verifier = by_url(Clock(), Documents({JWKS_URL: key_set(first=FIRST)}))
        verifier.verify(token())
        assert verifier.needs_network(token()) is False

    def test_not_for_a_known_key_of_another_algorithm(self) -> None:
        verifier = by_url(Clock(), Documents({JWKS_URL: key_set(first=FIRST)}))
        verifier.verify(token())
        assert verifier.needs_network(signed(claims(), kid="first")) is False

    @pytest.mark.parametrize(("age_s", "needed"), [(5, False), (9, True), (11, True)])
    def test_for_an_unknown_kid_as_soon_as_the_limit_allows_a_refresh(self, age_s: int, needed: bool) -> None:
        clock = Clock()
        verifier = by_url(clock, Documents({JWKS_URL: key_set(first=FIRST)}))
        verifier.verify(token())
        clock.now_s += age_s
        assert verifier.needs_network(token(SECOND, "second")) is needed

    @pytest.mark.parametrize(("age_s", "needed"), [(598, False), (599, True), (600, True)])
    def test_when_the_keys_are_about_to_be_old(self, age_s: int, needed: bool) -> None:
        clock = Clock()
        verifier = by_url(clock, Documents({JWKS_URL: key_set(first=FIRST)}))
        verifier.verify(token())
        clock.now_s += age_s
        assert verifier.needs_network(token()) is needed

    @pytest.mark.parametrize(
        "given",
        [
            "",
            "no token",
            signed(claims(iss="https://other.example")),
            signed(claims(iss=["https://id.example"])),
            signed(claims(), typ="fanfare-ticket+jwt"),
            minting.signed_parts(b'{"alg":"none"}', b'{"iss":"https://id.example"}'),
        ],
    )
    def test_not_for_what_is_refused_anyway(self, given: str) -> None:
        assert by_url(Clock(), Documents()).needs_network(given) is False


def test_keys_are_known_by_name_once_they_were_fetched_and_nothing_is_fetched_to_say_so() -> None:
    clock, documents = Clock(), Documents({JWKS_URL: key_set(first=FIRST, second=private_key("Ed25519"))})
    verifier = by_url(clock, documents)
    assert verifier.known_issuers() == (KnownIssuer(ISSUER, (minting.AUDIENCE,), None, JWKS_URL),)
    assert documents.fetched == []
    verifier.verify(token())
    clock.now_s += 10 * 86_400
    keys = (KnownKey("first", "ES256", "EC"), KnownKey("second", "EdDSA", "OKP"))
    assert verifier.known_issuers() == (KnownIssuer(ISSUER, (minting.AUDIENCE,), keys, JWKS_URL),)
    assert documents.fetched == [JWKS_URL]


def test_where_keys_are_is_known_once_it_was_discovered() -> None:
    documents = Documents({DISCOVERY_URL: {"issuer": ISSUER, "jwks_uri": JWKS_URL}, JWKS_URL: key_set(first=FIRST)})
    verifier = by_discovery(Clock(), documents)
    assert [issuer.jwks_url for issuer in verifier.known_issuers()] == [None]
    verifier.verify(token())
    assert [issuer.jwks_url for issuer in verifier.known_issuers()] == [JWKS_URL]
