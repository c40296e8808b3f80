"""What of template.yaml decides about cost and capacity, read from it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from tests.emulator import template_file
from tests.emulator.template_file import Node, Section, of_type, properties, section

TEMPLATE: Final = template_file.load()


def _always(kind: str) -> dict[str, Section]:
    """The resources of a type that are there in any case: what parameters add is not in the sums."""
    return {name: resource for name, resource in of_type(TEMPLATE, kind).items() if "Condition" not in resource}


FUNCTIONS: Final = _always("AWS::Serverless::Function")
ALARMS: Final = _always("AWS::CloudWatch::Alarm")
_EVERYWHERE: Final = section(section(TEMPLATE["Globals"])["Function"])

TYPICAL: Final[Mapping[str, str]] = {
    "requestTime": "24/Nov/2026:12:00:00 +0000",
    "requestId": "BFHPhFe3IAMF95g=",
    "eventType": "DISCONNECT",
    "routeKey": "$disconnect",
    "status": "200",
    "connectionId": "BFHPhfCWIAMCKlQ=",
    "messageId": "BFHPxfDSIAMCKlQ=",
    "identity.sourceIp": "192.0.2.100",
    "authorizer.principalId": "firstname.lastname@subsidiary.example.com",
    "authorizer.error": "-",
    "integrationStatus": "200",
    "integrationLatency": "31",
    "integrationErrorMessage": "-",
    "disconnectStatusCode": "1001",
    "error.message": "-",
}
"""What a line of the terminals' access log says, about as long as it is."""


def parameter(name: str) -> int:
    """The default of a parameter that is a number."""
    return int(str(section(section(TEMPLATE["Parameters"])[name])["Default"]))


def memory_gb(function: str) -> float:
    """The memory of a function in GB of 1,024 MB."""
    return _number(properties(FUNCTIONS[function]).get("MemorySize", _EVERYWHERE["MemorySize"])) / 1_024


def timeout_s(function: str) -> float:
    """How long a function may take."""
    return _number(properties(FUNCTIONS[function]).get("Timeout", _EVERYWHERE["Timeout"]))


def records_at_once() -> int:
    """How many records of the table's stream its function gets at most."""
    return _batch_size("Stream", "Table")


def most_jobs_at_once() -> int:
    """How many jobs one invocation of a worker can be set to get."""
    return int(str(section(section(TEMPLATE["Parameters"])["JobsPerInvocation"])["MaxValue"]))


def alarm_metrics() -> int:
    """How many metrics all alarms watch together; one that does arithmetic watches several."""
    return sum(
        sum("MetricStat" in section(metric) for metric in metrics) if isinstance(metrics, list) else 1
        for metrics in (properties(alarm).get("Metrics") for alarm in ALARMS.values())
    )


def queues_with_a_poller() -> int:
    """How many queues a function is fed from."""
    sources = (section(properties(function).get("Events", {})).values() for function in FUNCTIONS.values())
    return sum(section(source)["Type"] == "SQS" for some in sources for source in some)


def access_line_bytes() -> int:
    """The length of a line in the terminals' access log."""
    (websocket,) = of_type(TEMPLATE, "AWS::Serverless::WebSocketApi").values()
    conditional = section(properties(websocket)["AccessLogSettings"])["Fn::If"]
    assert isinstance(conditional, list)
    written = str(section(conditional[1])["Format"])
    line = re.sub(r"\$context\.([\w.]+)", lambda match: TYPICAL[match[1]], written)
    json.loads(line)
    return len(line.encode())


def _batch_size(function: str, event: str) -> int:
    source = section(section(properties(FUNCTIONS[function])["Events"])[event])
    return int(_number(properties(source)["BatchSize"]))


def _number(node: Node) -> float:
    assert isinstance(node, int | float)
    return node
