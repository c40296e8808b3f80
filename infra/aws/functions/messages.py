"""What terminals send, by whatever route; but API Gateway itself answers `ping`."""

from __future__ import annotations

import os

from infra.aws import adapters
from infra.aws.metrics import metered
from infra.aws.process import Process
from infra.aws.settings import from_environment
from services.authorizer.handler import verifier_from
from services.messages.handler import build

process = Process(os.environ)
ports = metered(adapters.build(from_environment(os.environ)).ports, process.meter)

handler = process.handler(build(ports, verifier_from(os.environ)))
