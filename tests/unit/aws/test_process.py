"""A process of a Lambda function: its loop, its log lines, its metrics."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from infra.aws.log_lines import about
from infra.aws.process import Process
from infra.aws.settings import EXAMPLE, SettingsError
from tests.unit.aws.lambda_context import Context

ROOT = Path(__file__).resolve().parents[3]
log = logging.getLogger("services.somewhere")
MESSAGE = {"requestContext": {"connectionId": "R0oXAdfD0kwCH6w=", "routeKey": "$default"}, "body": "{}"}


@pytest.fixture(autouse=True)
def left_as_it_was() -> Iterator[None]:
    """What a process changes for good: the root logger, and the thread's event loop."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    with contextlib.suppress(RuntimeError):
        asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """What was written since the last call; every line is JSON."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_handlers_answer_is_the_functions() -> None:
    process = Process(EXAMPLE)

    async def handle(event: Mapping[str, object]) -> object:
        return {"statusCode": 200, "of": event["body"]}

    assert process.handler(handle)(MESSAGE, Context()) == {"statusCode": 200, "of": "{}"}


def test_all_invocations_run_on_one_loop() -> None:
    process = Process(EXAMPLE)

    async def handle(_event: Mapping[str, object]) -> object:
        return asyncio.get_running_loop()

    handler = process.handler(handle)
    assert handler(MESSAGE, Context()) is handler(MESSAGE, Context())


def test_a_handler_learns_how_long_it_may_go_on() -> None:
    process = Process(EXAMPLE)

    async def handle(_event: Mapping[str, object]) -> float:
        return process.remaining_s()

    assert 29 < process.handler(handle)(MESSAGE, Context()) <= 30


def test_a_line_says_which_invocation_and_which_connection(capsys: pytest.CaptureFixture[str]) -> None:
    process = Process(EXAMPLE)

    async def handle(_event: Mapping[str, object]) -> None:
        log.info("frame refused", extra={"code": "unknown_action"})

    process.handler(handle)(MESSAGE, Context("request-1"))
    (line,) = lines(capsys)
    assert {name: line[name] for name in ("message", "service", "level", "code")} == {
        "message": "frame refused",
        "service": "fanfare",
        "level": "INFO",
        "code": "unknown_action",
    }
    assert line["function_request_id"] == "request-1"
    assert line["connection_id"] == "R0oXAdfD0kwCH6w="


def test_only_the_first_invocation_is_a_cold_start(capsys: pytest.CaptureFixture[str]) -> None:
    process = Process(EXAMPLE)

    async def handle(_event: Mapping[str, object]) -> None:
        log.info("here")

    handler = process.handler(handle)
    handler(MESSAGE, Context())
    handler({}, Context())
    assert [line["cold_start"] for line in lines(capsys)] == [True, False]


def test_the_next_invocation_is_not_about_the_last_ones_connection(capsys: pytest.CaptureFixture[str]) -> None:
    process = Process(EXAMPLE)

    async def handle(_event: Mapping[str, object]) -> None:
        log.info("here")

    handler = process.handler(handle)
    handler(MESSAGE, Context())
    handler({"Records": []}, Context())
    assert "connection_id" not in lines(capsys)[1]


def test_lines_of_jobs_that_run_at_the_same_time_each_name_their_own_push(capsys: pytest.CaptureFixture[str]) -> None:
    process = Process(EXAMPLE)

    async def deliver(push_id: str) -> None:
        about(push_id=push_id)
        await asyncio.sleep(0)
        log.info("delivered", extra={"of": push_id})

    async def handle(_event: Mapping[str, object]) -> None:
        await asyncio.gather(deliver("push-1"), deliver("push-2"))

    process.handler(handle)({}, Context())
    written = lines(capsys)
    assert len(written) == 2
    assert all(line["push_id"] == line["of"] for line in written)


def test_a_failure_is_the_functions_and_its_metrics_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    process = Process(EXAMPLE)

    async def handle(_event: Mapping[str, object]) -> None:
        process.meter.count("Deliveries", 3)
        raise OSError("the table throttles")

    with pytest.raises(OSError, match="the table throttles"):
        process.handler(handle)({}, Context())
    (metric,) = lines(capsys)
    assert metric["Deliveries"] == [3.0]


def test_an_exception_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    process = Process(EXAMPLE)

    async def handle(_event: Mapping[str, object]) -> None:
        try:
            raise ValueError("what was wrong")
        except ValueError:
            log.exception("record failed")

    process.handler(handle)({}, Context())
    (line,) = lines(capsys)
    assert str(line["exception"]).endswith("ValueError: what was wrong")
    assert line["exception_name"] == "ValueError"


@pytest.mark.parametrize("name", ["botocore", "mangum.http", "urllib3.connectionpool"])
def test_libraries_do_not_tell_what_was_sent(capsys: pytest.CaptureFixture[str], name: str) -> None:
    Process(EXAMPLE)
    logging.getLogger(name).info("POST /v1/pushes 202")
    assert lines(capsys) == []


def test_without_the_name_of_its_service_it_does_not_start() -> None:
    with pytest.raises(SettingsError, match="POWERTOOLS_SERVICE_NAME is missing"):
        Process({})


TRACED = """
import json
from aws_xray_sdk.core import xray_recorder
from infra.aws.process import Process
from infra.aws.settings import EXAMPLE
from tests.unit.aws.lambda_context import Context

async def handle(event):
    return {"secret": "of the answer"}

xray_recorder.emitter.send_entity = lambda entity: print(json.dumps(entity.to_dict()))
Process({**EXAMPLE, "FANFARE_TRACING": "Active"}).handler(handle)(
    {"requestContext": {"connectionId": "R0oXAdfD0kwCH6w="}}, Context()
)
"""
"""In a process of its own: the X-Ray SDK looks when it is imported whether it is in Lambda."""


def test_where_traces_are_made_an_invocation_can_be_found_by_its_connection() -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "LAMBDA_TASK_ROOT": "/var/task",
        "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    }
    written = subprocess.check_output([sys.executable, "-c", TRACED], env=environment, cwd=ROOT, text=True, timeout=60)
    subsegment = json.loads(written)
    assert subsegment["trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
    assert subsegment["annotations"]["connection_id"] == "R0oXAdfD0kwCH6w="
    assert "of the answer" not in written
