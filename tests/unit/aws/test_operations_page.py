"""docs/operations-aws.md names what template.yaml has, and its commands are commands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, get_args
from unittest import mock

import boto3
import botocore.session
import jwt
import pytest
from botocore import xform_name
from botocore.model import ServiceModel

from infra.aws.keys import push_partition
from infra.aws.metrics import Count, Duration
from infra.aws.table import Table
from services.authorizer import base64url
from tests.contract import dynamodb
from tests.contract.adapters import NOON_S, ManualClock
from tests.contract.makers import push
from tests.cost import page
from tests.emulator import template_file
from tests.emulator.template_file import of_type, properties, section
from tests.unit.aws.stores import names, stores

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import CreateTableInputTypeDef

TEMPLATE: Final = template_file.load()
PARAMETERS: Final = section(TEMPLATE["Parameters"])
OTHER_NAMES: Final = {"Content-Type", "User-Agent", "Fanfare", "Active", "README", "PUSH"}
"""Words in code style that look like names of the template and are others."""
OF_THE_CLI: Final = {"query", "output", "region", "profile"}
"""Options that the AWS CLI gives to every command."""
SOMETHING: Final = "something"
"""Stands for what another command prints."""
WITHOUT_MODEL: Final = {("logs", "tail"), ("dynamodb", "wait"), ("cloudformation", "wait"), ("lambda", "wait")}
"""Commands that the AWS CLI makes of several calls."""


def commands() -> list[list[str]]:
    """Every command of the AWS CLI on the page, as words from its service on, also those within others."""
    waiting = [line for text in page.blocks() for line in text.splitlines()]
    found: list[list[str]] = []
    while waiting:
        line = re.sub(r"\$\(\(.*?\)\)", SOMETHING, waiting.pop(0))
        while inner := re.search(r"\$\(([^()]*)\)", line):
            waiting.append(inner[1])
            line = f"{line[: inner.start()]}{SOMETHING}{line[inner.end() :]}"
        if re.search(r"\baws ", line):
            words = shlex.shlex(line, posix=True, punctuation_chars=";|&{}")
            words.whitespace_split = True
            for is_end, some in groupby(words, lambda word: word in {";", "|", "&&", "{", "}"}):
                one = list(some)
                if not is_end and one[0] == "aws":
                    found.append(one[1:])
    return found


@cache
def model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


class TestNames:
    def test_every_parameter_is_explained_with_its_default(self) -> None:
        shown = {name.strip("`"): default for name, default, _ in page.table("parameter | default")}
        assert shown == {name: str(section(node).get("Default", "")) for name, node in PARAMETERS.items()}

    def test_every_alarm_has_a_runbook(self) -> None:
        runbooks = [heading for heading in page.sections(3) if heading.endswith("Alarm")]
        assert runbooks == list(of_type(TEMPLATE, "AWS::CloudWatch::Alarm"))

    def test_a_runbook_says_what_it_means_where_to_look_and_what_to_do(self) -> None:
        runbooks = re.findall(r"^### \w+Alarm$.*?(?=^##)", page.PAGE, re.MULTILINE | re.DOTALL)
        assert runbooks
        for runbook in runbooks:
            assert re.findall(r"^\*\*(\w+)\*\*:", runbook, re.MULTILINE) == ["Means", "Look", "Do"]
            assert "```" in runbook

    def test_every_log_group_is_listed(self) -> None:
        there = {
            str(section(properties(group)["LogGroupName"])["Fn::Sub"]).replace("${AWS::StackName}", "<stack>")
            for group in of_type(TEMPLATE, "AWS::Logs::LogGroup").values()
        }
        assert {group.strip("`") for group, _ in page.table("log group")} == there

    def test_every_metric_is_listed(self) -> None:
        assert {name.strip("`") for name, _ in page.table("metric")} == {*get_args(Count), *get_args(Duration)}

    def test_every_output_is_named(self) -> None:
        assert set(section(TEMPLATE["Outputs"])) <= page.names()

    def test_every_function_is_listed(self) -> None:
        created = page.PAGE.partition("### What it creates")[2].partition("\n## ")[0]
        assert set(of_type(TEMPLATE, "AWS::Serverless::Function")) <= set(re.findall(r"`(\w+)`", created))

    def test_what_looks_like_a_name_of_the_template_is_one(self) -> None:
        known = {*PARAMETERS, *section(TEMPLATE["Resources"]), *section(TEMPLATE["Outputs"])}
        assert page.names() - known - {*get_args(Count), *get_args(Duration)} - OTHER_NAMES == set()

    @pytest.mark.parametrize("link", re.findall(r"\]\(([^)]+)\)", page.PAGE))
    def test_a_link_leads_somewhere(self, link: str) -> None:
        file, _, heading = link.partition("#")
        if file:
            assert (template_file.ROOT / "docs" / file).is_file()
        else:
            anchors = {each.lower().replace(" ", "-") for level in (2, 3) for each in page.sections(level)}
            assert heading in anchors


class TestCommands:
    @pytest.mark.parametrize("command", commands(), ids=lambda command: " ".join(command)[:60])
    def test_a_command_has_options_that_there_are(self, command: list[str]) -> None:
        service, operation, *words = command
        if (service, operation) in WITHOUT_MODEL:
            return
        called = {xform_name(name, "-"): name for name in model(service).operation_names}
        inputs = model(service).operation_model(called[operation]).input_shape
        assert inputs is not None
        options = {word.removeprefix("--") for word in words if word.startswith("--")}
        members = {xform_name(name, "-") for name in inputs.members}
        negated = {option for option in options if option.removeprefix("no-") in members}
        assert options - members - negated - OF_THE_CLI == set()
        needed = {xform_name(name, "-") for name in inputs.required_members}
        assert needed <= options

    def test_there_are_commands(self) -> None:
        assert len(commands()) > 30

    def test_the_helper_finds_a_resource_by_its_logical_id(self) -> None:
        (helper,) = (line for text in page.blocks() for line in text.splitlines() if line.startswith("of()"))
        assert '--logical-resource-id "$1"' in helper

    def test_a_token_is_made_as_the_page_says(self) -> None:
        (make_key,) = (text for text in page.blocks() if text.startswith("export KEY="))
        (function,) = (text for text in page.blocks() if text.startswith("token()"))
        script = f'{make_key}{function}token alice push:send push:read; echo "$KEY"'
        made = subprocess.run(
            ["bash", "-c", script.replace(".venv/bin/python", sys.executable)],
            check=True,
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"]},
        )
        token, key = made.stdout.split()
        pattern = str(section(PARAMETERS["Hs256Key"])["AllowedPattern"])
        assert re.fullmatch(pattern, key)
        claims = jwt.decode(token, base64url.decode(key), ["HS256"], audience="fanfare", issuer="https://try.example")
        assert (claims["sub"], claims["scope"]) == ("alice", "push:send push:read")


class TestRepair:
    async def test_a_job_without_its_mark_is_handed_out_again(self, table: Table, clock: ManualClock) -> None:
        store = stores(table, clock)
        (job,) = await store.started(push("alice"))
        assert await store.pushes.set_aside(job, reason="broken", at_s=NOON_S)
        clock.at_s += 3_600
        assert await store.rescued() == 0
        command = next(each for each in commands() if each[:2] == ["dynamodb", "update-item"])
        dynamodb.client().update_item(
            TableName=dynamodb.NAME,
            Key={"pk": {"S": push_partition(job.push_id)}, "sk": {"S": "META"}},
            UpdateExpression=command[command.index("--update-expression") + 1],
            ConditionExpression=command[command.index("--condition-expression") + 1],
        )
        assert await store.rescued() == 1

    async def test_the_mark_is_found_as_the_page_says(self, table: Table, clock: ManualClock) -> None:
        store = stores(table, clock)
        jobs = await store.started(push("alice", "bob"))
        await store.pushes.set_aside(jobs[1], reason="broken", at_s=NOON_S)
        command = next(each for each in commands() if each[:2] == ["dynamodb", "query"])
        found = dynamodb.client().query(
            TableName=dynamodb.NAME,
            KeyConditionExpression=command[command.index("--key-condition-expression") + 1],
            FilterExpression=command[command.index("--filter-expression") + 1],
            ProjectionExpression=command[command.index("--projection-expression") + 1],
            ExpressionAttributeValues={":push": {"S": push_partition(jobs[0].push_id)}},
        )
        assert [item["dead_reason"]["S"] for item in found["Items"]] == ["broken"]

    async def test_what_was_lost_is_put_back_and_what_is_there_is_left(self, table: Table, clock: ManualClock) -> None:
        store = stores(table, clock)
        await store.started(push("alice"))
        lost = names()
        restored: CreateTableInputTypeDef = {**dynamodb.DEFINITION, "TableName": "restored"}
        dynamodb.client().create_table(**restored)
        for item in _items(dynamodb.NAME):
            dynamodb.client().put_item(TableName="restored", Item=item)
            dynamodb.client().delete_item(TableName=dynamodb.NAME, Key={name: item[name] for name in ("pk", "sk")})
        await table.put({"pk": "CONN#gone", "sk": "META", "was": "restored"})
        moved = _items("restored")[0]
        dynamodb.client().put_item(TableName=dynamodb.NAME, Item={**moved, "newer": {"BOOL": True}})
        dynamodb.client().put_item(TableName="restored", Item={"pk": {"S": "CONN#old"}, "sk": {"S": "META"}})
        (script,) = page.blocks("python")
        argv = mock.patch.object(sys, "argv", ["-", "restored", dynamodb.NAME])
        with argv, mock.patch.object(boto3, "client", return_value=dynamodb.client()):
            exec(compile(script, "restore", "exec"), {})  # noqa: S102 - the page's own
        assert set(names()) == {*lost, "CONN#gone META"}
        assert [item["pk"] for item in _items(dynamodb.NAME) if "newer" in item] == [moved["pk"]]


def _items(name: str) -> list[Mapping[str, Any]]:
    pages = dynamodb.client().get_paginator("scan").paginate(TableName=name)
    return [item for page_ in pages for item in page_["Items"]]
