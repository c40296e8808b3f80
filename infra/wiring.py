"""Puts the service together over chosen adapters. The only place that knows both sides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from services.connections import handler as connections
from services.connections.admission import Admission
from services.fanout import handler as fanout
from services.messages import handler as messages
from services.ports import Ports, TokenVerifier
from services.timeline import handler as timeline

Handler = Callable[[Mapping[str, object]], Awaitable[dict[str, object]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The functions of the system, over one set of ports; on AWS each is a Lambda function."""

    ports: Ports
    admission: Admission
    connections: Handler
    messages: Handler
    fanout: Handler
    timeline: Callable[[Mapping[str, object]], Awaitable[None]]


def assemble(ports: Ports, verifier: TokenVerifier, *, connections_per_user: int) -> Service:
    """The service over these ports. `connections_per_user` is the most sockets one user may have open."""
    admission = Admission(ports, connections_per_user=connections_per_user)
    return Service(
        ports=ports,
        admission=admission,
        connections=connections.build(ports, admission),
        messages=messages.build(ports, verifier),
        fanout=fanout.build(ports),
        timeline=timeline.build(ports),
    )
