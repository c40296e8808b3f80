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


def tour(urls: Urls, secrets: Secrets, data_dir: Path) -> str:
    """The text, with fresh tokens that are good for eight hours."""
    now_s = time.time()
    alice = mint(
        secrets,
        user="alice",
        groups=["ops"],
        attributes={"os": "windows", "site": "tokyo"},
        scopes=["chat"],
        now_s=now_s,
        ttl_s=TERMINAL_TTL_S,
    )
    admin = mint(secrets, user="admin", scopes=ADMIN_SCOPES, now_s=now_s, ttl_s=TERMINAL_TTL_S)
    data = "" if data_dir == Path("data") else f" --data {shlex.quote(str(data_dir))}"
    fanfare = ".venv/bin/fanfare"
    return f"""
Fanfare is running. Ctrl-C stops it.

  REST API    {urls.http}/docs
  WebSocket   {urls.ws}

Be a terminal (in another shell; each line is one):
  {fanfare} listen{data} --user alice --group ops --attr os=windows
  {fanfare} listen{data} --user bob --group sales --attr os=linux
  npx wscat -c '{urls.ws}' -H 'Authorization: Bearer {alice}'

Push:
  {fanfare} push{data} --target 'group:ops and os = windows' 'Printer 4 is back'
  {fanfare} push{data} --target all 'Lunch is served'

The same by REST:
  export TOKEN='{admin}'
  curl -sS {urls.http}/v1/pushes -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -d '{{"target": {{"users": ["alice"]}}, "message": "Hello, Alice"}}'
  curl -sS "{urls.http}/v1/terminals?target=group:ops" -H "Authorization: Bearer $TOKEN"

A lively office of 200 terminals:
  {fanfare} simulate{data} --terminals 200
"""
