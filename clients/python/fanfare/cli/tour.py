"""What `make run` prints beside the URLs: tokens and commands, ready to paste."""

from __future__ import annotations

import shlex
import time
from pathlib import Path

from infra.local.secrets import Secrets
from infra.local.server import Urls
from infra.local.tokens import mint

TERMINAL_TTL_S = 8 * 3600
ADMIN_SCOPES = (
    "push:send",
    "push:read",
    "push:approve",
    "terminals:read",
    "terminals:manage",
    "strategies:write",
    "senders:write",
    "audit:read",
)


def tour(urls: Urls, secrets: Secrets, data_dir: Path, *, office: int) -> str:
    """The text, with fresh tokens that are good for eight hours; `office` is how many terminals are simulated."""
    now_s = time.time()
    alice = mint(
        secrets,
        user="alice",
        groups=["ops"],
        attributes={"os": "windows", "site": "tokyo", "tz": "Asia/Tokyo"},
        scopes=["chat"],
        now_s=now_s,
        ttl_s=TERMINAL_TTL_S,
    )
    admin = mint(secrets, user="admin", scopes=ADMIN_SCOPES, now_s=now_s, ttl_s=TERMINAL_TTL_S)
    data = "" if data_dir == Path("data") else f" --data {shlex.quote(str(data_dir))}"
    fanfare = ".venv/bin/fanfare"
    # In the fragment, which a browser keeps to itself; the page takes it out of the address at once.
    return f"""
Fanfare is running. Ctrl-C stops it.

See who is there, what a push will do and what it did:
  {urls.http}/console/#token={admin}

Be a terminal, as alice of ops, in another window beside it:
  {urls.http}/terminal#token={alice}

{_office(office, fanfare, data)}
The same from the command line, in another shell; each line is one:
  {fanfare} listen{data} --user bob --group sales --attr os=linux
  {fanfare} push{data} --target 'group:ops and os = windows' 'Printer 4 is back'
  {fanfare} push{data} --group tokyo --strategy must-read --preview 'Restart tonight'
  npx wscat -c '{urls.ws}' -H 'Authorization: Bearer {alice}'

The same by REST ({urls.http}/docs has all of it):
  export TOKEN='{admin}'
  curl -sS {urls.http}/v1/pushes -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -d '{{"target": {{"users": ["alice"]}}, "message": "Hello, Alice"}}'
  curl -sS "{urls.http}/v1/terminals?target=group:ops" -H "Authorization: Bearer $TOKEN"
"""


def _office(terminals: int, fanfare: str, data: str) -> str:
    if terminals:
        return f"An office of {terminals} made-up terminals works here meanwhile; `make run OFFICE=0` does without.\n"
    return f"A lively office of 200 terminals:\n  {fanfare} simulate{data} --terminals 200\n"
