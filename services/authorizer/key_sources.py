"""Where an issuer's keys come from: its settings, or a key set at a URL, kept and refreshed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from services.authorizer import strict_json
from services.authorizer.fetch import MAX_DOCUMENT_BYTES, Fetch, fault_of_url
from services.authorizer.keys import MAX_KEYS, Key, KeyFault, KeyRing, from_jwk
from services.authorizer.log import Log
from services.authorizer.refusals import Refusal


class ConfiguredKeys:
    """Keys from the settings: they change with these alone."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def find(self, key_id: str | None, algorithm: str) -> tuple[Key, ...]:
        """The keys that a token may have been signed with: at least one.

        Raises Refusal: `key_unknown`, `algorithm_not_allowed`.
        """
        found = self._ring.find(key_id, algorithm)
        if not found:
            raise Refusal("key_unknown", "The issuer has no key with the token's kid.")
        return found

    def may_fetch(self, key_id: str | None, algorithm: str) -> bool:
        """Never: `find` does not wait for the network."""
        return False

    def known(self) -> KeyRing:
        """The keys."""
        return self._ring


class Caching(NamedTuple):
    """How long fetched keys are used, in seconds.

    They are fetched again when they are older than `max_age_s`, or when a token names a key that is not among
    them; but no more often than each `min_refresh_s`, whatever tokens arrive. While the issuer cannot be reached,
    the last good ones serve until they are `stale_limit_s` old.
    """

    max_age_s: float = 600
    stale_limit_s: float = 86_400
    min_refresh_s: float = 10


class _Loaded(NamedTuple):
    ring: KeyRing
    at_s: float


class FetchedKeys:
    """Keys that `load` gets. Safe for threads: one of them fetches, and those that can go on do so meanwhile.

    `load` raises OSError or ValueError when it cannot get keys. That is logged, and the last good ones stay.
    """

    def __init__(
        self,
        load: Callable[[], KeyRing],
        *,
        issuer: str,
        caching: Caching,
        now_s: Callable[[], float],
        log: Log,
    ) -> None:
        self._load = load
        self._issuer = issuer
        self._caching = caching
        self._now_s = now_s
        self._log = log
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._attempted_at_s: float | None = None
        self._last_attempt_failed = False

    def find(self, key_id: str | None, algorithm: str) -> tuple[Key, ...]:
        """The keys that a token may have been signed with: at least one. May fetch them first.

        Raises Refusal: `key_unknown`, `algorithm_not_allowed`, `keys_unavailable`.
        """
        loaded, now_s = self._loaded, self._now_s()
        found = _ring(loaded, now_s, self._caching.max_age_s).find(key_id, algorithm)
        if found:
            return found
        usable_meanwhile = _ring(loaded, now_s, self._caching.stale_limit_s).fits(key_id, algorithm)
        self._refresh(loaded, wait=not usable_meanwhile)
        found = _ring(self._loaded, self._now_s(), self._caching.stale_limit_s).find(key_id, algorithm)
        if found:
            return found
        if self._last_attempt_failed:
            raise Refusal(
                "keys_unavailable",
                "The issuer's keys cannot be fetched at the moment. Try again later.",
                retry_after_s=max(1, round(self._caching.min_refresh_s)),
            )
        raise Refusal("key_unknown", "The issuer publishes no key with the token's kid.")

    def may_fetch(self, key_id: str | None, algorithm: str) -> bool:
        """Whether `find` may wait for the network, if it is called within the next second."""
        soon_s = self._now_s() + _HINT_HOLDS_S
        try:
            found = _ring(self._loaded, soon_s, self._caching.max_age_s).find(key_id, algorithm)
        except Refusal:
            return False
        return not found and (self._lock.locked() or self._may_attempt(soon_s))

    def known(self) -> KeyRing | None:
        """The keys that were fetched last, however old; None if none were yet. Never fetches."""
        loaded = self._loaded
        return None if loaded is None else loaded.ring

    def _may_attempt(self, now_s: float) -> bool:
        at_s = self._attempted_at_s
        return at_s is None or not 0 <= now_s - at_s < self._caching.min_refresh_s

    def _refresh(self, seen: _Loaded | None, *, wait: bool) -> None:
        """Fetch the keys, unless another thread has replaced those `seen`, or it is too early."""
        if not self._lock.acquire(blocking=wait):
            return
        try:
            if self._loaded is not seen or not self._may_attempt(self._now_s()):
                return
            self._attempted_at_s = self._now_s()
            self._last_attempt_failed = True
            try:
                ring = self._load()
            except (OSError, ValueError) as fault:
                self._log({"event": "keys_unavailable", "issuer": self._issuer, "fault": str(fault)})
                return
            self._loaded = _Loaded(ring, self._now_s())
            self._last_attempt_failed = False
        finally:
            self._lock.release()


_EMPTY = KeyRing(())
_HINT_HOLDS_S = 1.0


def _ring(loaded: _Loaded | None, now_s: float, limit_s: float) -> KeyRing:
    """The keys if they are young enough. A clock that stepped back makes them too old, never too young."""
    return loaded.ring if loaded is not None and 0 <= now_s - loaded.at_s < limit_s else _EMPTY


KeySource = ConfiguredKeys | FetchedKeys
"""Finds an issuer's keys."""


def from_jwks_url(url: str, fetch: Fetch, *, rsa_algorithm: str) -> KeyRing:
    """The key set at `url` (RFC 7517 §5).

    Keys that are for other uses, or of kinds not supported, are left out, as the RFC asks. Raises OSError if it
    cannot be fetched, ValueError if it is no key set, holds more than `MAX_KEYS`, or none that can be used.
    """
    members = _document(url, fetch).get("keys")
    if not isinstance(members, list):
        raise ValueError("the key set has no list of keys")
    if len(members) > MAX_KEYS:
        raise ValueError(f"the key set holds {len(members)} keys; at most {MAX_KEYS} are read")
    keys, fault = [], "it is empty"
    for member in members:
        try:
            if not isinstance(member, dict):
                raise KeyFault("is not a JSON object")
            keys.append(from_jwk(member, rsa_algorithm=rsa_algorithm))
        except KeyFault as why:
            fault = f"the last one {why}"
    if not keys:
        raise ValueError(f"the key set has no key that verifies signatures: {fault}")
    return KeyRing(keys, url=url)


def discovery_url(issuer: str) -> str:
    """Where an issuer describes itself (OpenID Connect Discovery 1.0 §4)."""
    return issuer.removesuffix("/") + "/.well-known/openid-configuration"


def from_discovery(issuer: str, fetch: Fetch, *, rsa_algorithm: str) -> KeyRing:
    """The key set that the issuer's discovery document names.

    Raises as `from_jwks_url` does; ValueError also if the document is another issuer's (§4.3) or names no key set
    that may be fetched.
    """
    document = _document(discovery_url(issuer), fetch)
    if document.get("issuer") != issuer:
        raise ValueError("the discovery document's issuer is not the one that is configured")
    jwks_uri = document.get("jwks_uri")
    fault = fault_of_url(jwks_uri)
    if fault is not None or not isinstance(jwks_uri, str):
        raise ValueError(f"the discovery document's jwks_uri {fault}")
    return from_jwks_url(jwks_uri, fetch, rsa_algorithm=rsa_algorithm)


def _document(url: str, fetch: Fetch) -> dict[str, object]:
    text = fetch(url)
    if len(text) > MAX_DOCUMENT_BYTES:
        raise ValueError(f"the document is larger than {MAX_DOCUMENT_BYTES} bytes")
    return strict_json.object_of(text)
