"""`$connect` and `$disconnect` of the WebSocket API."""

from __future__ import annotations

import os

from infra.aws import adapters
from infra.aws.metrics import MeteredAdmission, metered
from infra.aws.process import Process
from infra.aws.settings import from_environment
from services.connections.handler import build

process = Process(os.environ)
settings = from_environment(os.environ)
ports = metered(adapters.build(settings).ports, process.meter)

handler = process.handler(
    build(ports, MeteredAdmission(ports, process.meter, connections_per_user=settings.connections_per_user))
)
