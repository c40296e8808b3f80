"""What the one-machine server tells Prometheus at /metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from infra.local.gateway.gateway import Gateway
from services.domain.pushes import State
from services.ports import Presence

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What has to be asked of the ports before a scrape."""

    presence: Presence
    pushes: Mapping[State, int]


class _Service(Collector):
    def __init__(self, gateway: Gateway, webhooks: Mapping[str, int], snapshot: Callable[[], Snapshot | None]) -> None:
        self._gateway = gateway
        self._webhooks = webhooks
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        counters = self._gateway.counters
        yield GaugeMetricFamily(
            "fanfare_connections", "Open connections that can be posted to", value=self._gateway.open_connections
        )
        totals = {
            "fanfare_connections_opened": ("Connections that were opened", counters.connections),
            "fanfare_messages_in": ("Messages from terminals", counters.messages_in),
            "fanfare_messages_out": ("Messages to terminals", counters.messages_out),
            "fanfare_bytes_in": ("TCP payload bytes from terminals", counters.bytes_in),
            "fanfare_bytes_out": ("Message bytes to terminals", counters.bytes_out),
            "fanfare_posts_throttled": ("Posts refused for a rate or a slow terminal", counters.throttled),
            "fanfare_function_errors": ("Handlers that raised or timed out", counters.function_errors),
        }
        for name, (meaning, value) in totals.items():
            yield CounterMetricFamily(name, meaning, value=value)
        yield _by_label("fanfare_handshakes", "WebSocket handshakes", "status", counters.handshakes)
        yield _by_label("fanfare_management_requests", "Other requests to the gateway", "status", counters.requests)
        yield _by_label("fanfare_closes", "Closed connections", "code", counters.closes)
        yield _by_label("fanfare_webhooks", "Attempts to tell webhooks, and events given up", "result", self._webhooks)
        snapshot = self._snapshot()
        if snapshot is None:
            return
        registered = GaugeMetricFamily("fanfare_registered", "What the registry holds", labels=["of"])
        registered.add_metric(["connections"], snapshot.presence.connections)
        registered.add_metric(["terminals"], snapshot.presence.terminals)
        registered.add_metric(["users"], snapshot.presence.users)
        registered.add_metric(["groups"], snapshot.presence.groups)
        yield registered
        pushes = GaugeMetricFamily("fanfare_pushes_in_flight", "Pushes that are under way", labels=["state"])
        for state, number in snapshot.pushes.items():
            pushes.add_metric([state.value], number)
        yield pushes


def _by_label(
    name: str, meaning: str, label: str, counts: Mapping[int, int] | Mapping[str, int]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, meaning, labels=[label])
    for value, number in counts.items():
        family.add_metric([str(value)], number)
    return family


class Metrics:
    """The text of a scrape. `webhooks` are counts by result, kept by who makes the attempts."""

    def __init__(self, gateway: Gateway, webhooks: Mapping[str, int]) -> None:
        self._latest: Snapshot | None = None
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._registry.register(_Service(gateway, webhooks, lambda: self._latest))

    def text(self, snapshot: Snapshot) -> bytes:
        """Prometheus' text format, with `snapshot` as the latest."""
        self._latest = snapshot
        return generate_latest(self._registry)
