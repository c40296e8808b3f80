"""RS256 tokens for many terminals, from a key made for the benchmark and kept with them under build/."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://issuer.bench.example"
AUDIENCE = "fanfare-bench"
KEY_ID = "bench-1"
GROUP_SIZE = 10
_VALID_S = 12 * 3600
_LEAST_LEFT_S = 3600
_KEY_BITS = 2048


def user_of(terminal: int) -> str:
    """The user of terminal number `terminal`; each has its own."""
    return f"user-{terminal}"


def group_of(terminal: int) -> str:
    """The group of terminal number `terminal`: GROUP_SIZE neighbours share one."""
    return f"team-{terminal // GROUP_SIZE}"


@dataclass(frozen=True, slots=True)
class TokenStore:
    """A key pair and a file of tokens, one a line, of user `user-<n>` in group `team-<n / 10>`."""

    public_key: Path
    tokens: Path
    _private_key: rsa.RSAPrivateKey

    def caller(self, *scopes: str) -> str:
        """A token for a caller of the API with these scopes."""
        return _signed(self._private_key, {"sub": "bench-caller", "scope": " ".join(scopes)})


def _signed(key: rsa.RSAPrivateKey, claims: dict[str, object]) -> str:
    now_s = int(time.time())
    common = {"iss": ISSUER, "aud": AUDIENCE, "iat": now_s, "exp": now_s + _VALID_S}
    return jwt.encode(common | claims, key, algorithm="RS256", headers={"kid": KEY_ID})


def made(directory: Path, count: int) -> TokenStore:
    """Tokens for `count` terminals in `directory`; those of an earlier run are used while they last an hour."""
    directory.mkdir(parents=True, exist_ok=True)
    private_file, public_file = directory / "private.pem", directory / "public.pem"
    tokens_file = directory / "terminals.tokens"
    if private_file.exists() and _still_good(tokens_file, count):
        key = serialization.load_pem_private_key(private_file.read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return TokenStore(public_file, tokens_file, key)
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    private_file.touch(mode=0o600)
    private_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public_file.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    with ThreadPoolExecutor(2) as pool:
        lines = pool.map(lambda n: _signed(key, {"sub": user_of(n), "groups": [group_of(n)]}) + "\n", range(count))
        tokens_file.write_text("".join(lines))
    return TokenStore(public_file, tokens_file, key)


def _still_good(tokens_file: Path, count: int) -> bool:
    if not tokens_file.exists():
        return False
    age_s = time.time() - tokens_file.stat().st_mtime
    return age_s < _VALID_S - _LEAST_LEFT_S and tokens_file.read_bytes().count(b"\n") >= count
