"""API Gateway's WebSocket APIs on one machine: Lambda handlers with their events and outcomes, and `@connections`."""

from infra.local.gateway.api import Event, Integration, MockRoute, Route, WebSocketApi
from infra.local.gateway.chaos import Chaos
from infra.local.gateway.counters import Counters
from infra.local.gateway.delivery import Outcome, PostResult
from infra.local.gateway.gateway import Gateway
from infra.local.gateway.limits import Limits
from infra.local.gateway.management import ConnectionInfo
from infra.local.gateway.sigv4 import Credentials

__all__ = [
    "Chaos",
    "ConnectionInfo",
    "Counters",
    "Credentials",
    "Event",
    "Gateway",
    "Integration",
    "Limits",
    "MockRoute",
    "Outcome",
    "PostResult",
    "Route",
    "WebSocketApi",
]
