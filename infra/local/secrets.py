"""The secrets of a data directory: made at first start, in a file that only its owner may read. Never printed."""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets as randomness
import stat
import string
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from infra.local import data_directory
from infra.local.data_directory import DataDirectoryError

FILE = "secrets.json"
KEY_BYTES = 32
REGION = "us-east-1"
_ACCESS_KEY_ALPHABET = string.ascii_uppercase + "234567"
_SECRET_KEY_ALPHABET = string.ascii_letters + string.digits + "+/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What this service signs and verifies with.

    `token_key` signs the tokens of its own issuer (HS256, 32 bytes), `ticket_key` the one-time tickets. The access
    key pair is what callers of the management API sign with (SigV4), for `region`.
    """

    token_key: bytes = field(repr=False)
    ticket_key: bytes = field(repr=False)
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    region: str = REGION


def load_or_create(data_dir: Path) -> Secrets:
    """The secrets in DATA/secrets.json, made and written first if there are none. Raises DataDirectoryError."""
    data_directory.make(data_dir)
    path = data_dir / FILE
    if not path.exists():
        _write_once(path, _made())
    return load(data_dir)


def load(data_dir: Path) -> Secrets:
    """The secrets in DATA/secrets.json. Raises DataDirectoryError: missing, readable by others, or damaged."""
    path = data_dir / FILE
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            written = file.read()
    except FileNotFoundError:
        raise DataDirectoryError(
            f"{path} is not there; start the service on {data_dir} once with `fanfare serve`, which makes it"
        ) from None
    except OSError as error:
        raise DataDirectoryError(f"cannot read {path}: {error.strerror}") from None
    if mode & 0o077:
        raise DataDirectoryError(
            f"{path} holds secrets and others may read it (mode {mode:04o}); run: chmod 600 {path}"
        )
    try:
        return parse(written)
    except ValueError as error:
        raise DataDirectoryError(f"{path} is damaged ({error}); put it back from a backup") from None


def parse(written: bytes) -> Secrets:
    """The secrets in the text of such a file. Raises ValueError that names the member, never its value."""
    try:
        members = json.loads(written)
    except ValueError:
        raise ValueError("it is not JSON") from None
    if not isinstance(members, dict):
        raise ValueError("it is not a JSON object")
    return Secrets(
        token_key=_key(members, "token_key"),
        ticket_key=_key(members, "ticket_key"),
        access_key_id=_text(members, "access_key_id"),
        secret_access_key=_text(members, "secret_access_key"),
        region=_text(members, "region"),
    )


def _made() -> Secrets:
    return Secrets(
        token_key=randomness.token_bytes(KEY_BYTES),
        ticket_key=randomness.token_bytes(KEY_BYTES),
        access_key_id="AKIA" + _random_text(_ACCESS_KEY_ALPHABET, 16),
        secret_access_key=_random_text(_SECRET_KEY_ALPHABET, 40),
    )


def _write_once(path: Path, made: Secrets) -> None:
    """Put the file in place whole, unless another process was first; at no moment can others read it."""
    members = {
        "token_key": base64.urlsafe_b64encode(made.token_key).decode().rstrip("="),
        "ticket_key": base64.urlsafe_b64encode(made.ticket_key).decode().rstrip("="),
        "access_key_id": made.access_key_id,
        "secret_access_key": made.secret_access_key,
        "region": made.region,
    }
    try:
        # A new file of mode 0600 and a name of its own; it gets its real name when it is whole.
        fd, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            json.dump(members, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        finally:
            os.unlink(draft)
        data_directory.sync(path.parent)
    except OSError as error:
        raise DataDirectoryError(f"cannot write {path}: {error.strerror}") from None


def _random_text(alphabet: str, length: int) -> str:
    return "".join(randomness.choice(alphabet) for _ in range(length))


def _text(members: dict[str, object], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value


def _key(members: dict[str, object], name: str) -> bytes:
    text = _text(members, name)
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError(f"{name} is not base64url") from None
    if len(key) < KEY_BYTES:
        raise ValueError(f"{name} is shorter than {KEY_BYTES} bytes")
    return key
