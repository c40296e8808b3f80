"""Who may open a socket: the REQUEST authorizer of the WebSocket API.

It is built when the module is imported, which Lambda does before the first handshake and keeps in a SnapStart snapshot.
Nothing of `infra` but this module is in its package, so what it logs is made a metric here, by hand: a line in
CloudWatch's embedded metric format
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from services.authorizer.handler import build_handler, verifier_from
from services.authorizer.log import write_line

_SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME", "fanfare")
_DIRECTIVE = {
    "Namespace": "Fanfare",
    "Dimensions": [["service"], ["service", "reason"]],
    "Metrics": [{"Name": "Refusals", "Unit": "Count"}],
}


def _log(fields: Mapping[str, object]) -> None:
    if fields.get("event") != "connect_refused":
        write_line({"service": _SERVICE, **fields})
        return
    metric = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [_DIRECTIVE]}
    write_line({"service": _SERVICE, **fields, "Refusals": 1, "_aws": metric})


handler = build_handler(verifier_from(os.environ), _log)
