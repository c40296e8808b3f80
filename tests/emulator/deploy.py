"""Deploys template.yaml to the emulator, as `make deploy` does to AWS, save for what the emulator does not have.

Each change of the template stands here with what AWS does; everything else goes in as it is.
"""

from __future__ import annotations

import functools
import io
import json
import string
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import boto3
from botocore.config import Config

from infra.aws import packaging
from tests.emulator import template_file
from tests.emulator.ministack import REGION, MiniStack
from tests.emulator.template_file import Section, listed, of_type, properties, section

STACK: Final = "fanfare"
BUCKET: Final = "packages"
STAGE: Final = "live"


class DeploymentFailed(Exception):
    """The stack could not be made; the message says which resources failed, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A stack on an emulator: where it is reached, and a session that is its account's root."""

    emulator: MiniStack
    outputs: Mapping[str, str]
    resources: Mapping[str, str]
    """Physical ids by logical ids; of a function its name."""

    @property
    def ws_url(self) -> str:
        """Where terminals connect. The emulator serves every API at one address, by its id."""
        return f"ws://127.0.0.1:{self.emulator.port}{self._path(self.outputs['WebSocketApiId'])}"

    @property
    def http_url(self) -> str:
        """Where the REST API is."""
        return f"{self.emulator.url}{self._path(self.outputs['RestApiId'])}"

    @property
    def connections_url(self) -> str:
        """Where `@connections` is."""
        return f"{self.emulator.url}{self._path(self.outputs['WebSocketApiId'])}"

    def logs(self, function: str) -> Sequence[str]:
        """What a function has written, by its logical id, oldest first."""
        client = session().client("logs", endpoint_url=self.emulator.url, config=CONFIG)
        pages = client.get_paginator("filter_log_events").paginate(logGroupName=self.resources[f"{function}Log"])
        return [event["message"] for page in pages for event in page["events"]]

    @staticmethod
    def _path(api_id: str) -> str:
        return f"/_aws/execute-api/{api_id}/{STAGE}"


CONFIG: Final = Config(retries={"mode": "standard", "total_max_attempts": 2}, read_timeout=60)


def session() -> boto3.session.Session:
    """A session of the emulator's root."""
    return boto3.session.Session("test", "test", region_name=REGION)


def build_packages(into: Path) -> None:
    """The functions' packages for this machine. The emulator runs them in this Python, on this processor; AWS on arm64.

    Raises CalledProcessError for a function that cannot be imported.
    """
    packaging.build(packaging.FUNCTIONS, into, packaging.installed_here(), sys.executable)


def deploy(
    emulator: MiniStack, packages: Path, parameters: Mapping[str, str], *, connections_at: str | None = None
) -> Deployment:
    """Make the stack and wait until it is there. Raises DeploymentFailed.

    `connections_at` is the address of a proxy by which the functions call `@connections`; None is the emulator's own.
    """
    template = template_file.load()
    _upload(emulator, template, packages)
    taken_out = _adapt(template, parameters, connections_at=connections_at or emulator.url)
    client = session().client("cloudformation", endpoint_url=emulator.url, config=CONFIG)
    s3 = session().client("s3", endpoint_url=emulator.url, config=CONFIG)
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(template).encode())
    client.create_stack(
        StackName=STACK,
        TemplateURL=f"{emulator.url}/{BUCKET}/template.json",
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    try:
        client.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    except Exception as error:
        events = client.describe_stack_events(StackName=STACK)["StackEvents"]
        failed = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            for event in events
            if event["ResourceStatus"].endswith("FAILED")
        ]
        raise DeploymentFailed("\n".join(failed) or f"{error}\n{emulator.output()}") from error
    stack = client.describe_stacks(StackName=STACK)["Stacks"][0]
    resources = {
        summary["LogicalResourceId"]: summary["PhysicalResourceId"]
        for page in client.get_paginator("list_stack_resources").paginate(StackName=STACK)
        for summary in page["StackResourceSummaries"]
    }
    deployment = Deployment(
        emulator=emulator,
        outputs={output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())},
        resources=resources,
    )
    _answer_pings(deployment, taken_out)
    return deployment


def _upload(emulator: MiniStack, template: Section, packages: Path) -> None:
    """Upload each package and name it in the template: what `sam deploy` does for AWS too."""
    client = session().client("s3", endpoint_url=emulator.url, config=CONFIG)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for function in of_type(template, "AWS::Serverless::Function").values():
        name = Path(str(properties(function)["CodeUri"])).name
        client.upload_fileobj(io.BytesIO(_archive(packages / name)), BUCKET, f"{name}.zip")
        properties(function)["CodeUri"] = f"s3://{BUCKET}/{name}.zip"


@functools.cache
def _archive(package: Path) -> bytes:
    """A package as it is uploaded. Packages do not change while tests run, and many stacks are made of them."""
    return packaging.zipped(package, level=1)


def _adapt(template: Section, parameters: Mapping[str, str], *, connections_at: str) -> Mapping[str, Section]:
    """Change the template to what the emulator can do; what had to be taken out of it."""
    # The emulator serves every API at its own address, and has neither names nor TLS (AWS: a host for each API).
    variables = section(section(section(section(template["Globals"])["Function"])["Environment"])["Variables"])
    variables["FANFARE_CONNECTIONS_URL"] = {"Fn::Sub": f"{connections_at}/_aws/execute-api/${{Ws}}/{STAGE}"}
    resources = section(template["Resources"])
    # Without a list the emulator demands an Authorization header (AWS: no identity source means none is demanded).
    (websocket,) = of_type(template, "AWS::Serverless::WebSocketApi").values()
    section(properties(websocket)["Auth"])["IdentitySource"] = []
    # The emulator heeds only excluded characters, and makes punctuation that was not asked for (AWS: heeds both).
    for secret in of_type(template, "AWS::SecretsManager::Secret").values():
        section(properties(secret)["GenerateSecretString"])["ExcludeCharacters"] = string.punctuation
    # The emulator keeps a parameter of type Number as text where its poller compares numbers (AWS: converts it).
    source = properties(section(section(properties(section(resources["FanOut"]))["Events"])["Jobs"]))
    section(source["ScalingConfig"])["MaximumConcurrency"] = _number(template, parameters, "FanOutConcurrency")
    source["BatchSize"] = _number(template, parameters, "JobsPerInvocation")
    of_default = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/default/*"
    for statement in _statements(template):
        # The emulator demands an action of its own for a batch (AWS: sqs:SendMessage covers SendMessageBatch).
        if statement["Action"] == "sqs:SendMessage":
            statement["Action"] = ["sqs:SendMessage", "sqs:SendMessageBatch"]
        # The emulator's IAM takes every schedule to be in the group `default` (AWS: in the one that the request names).
        if "scheduler:CreateSchedule" in str(statement["Action"]):
            statement["Resource"] = [statement["Resource"], {"Fn::Sub": of_default}]
    # The emulator's CloudFormation has no alarms over several metrics (AWS: `Metrics` of an alarm).
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
        if "Metrics" in properties(alarm):
            del resources[name]
    # The emulator's CloudFormation does not know these two types, but its API does (AWS: both know both).
    unknown = ("AWS::ApiGatewayV2::IntegrationResponse", "AWS::ApiGatewayV2::RouteResponse")
    return {name: section(resources.pop(name)) for kind in unknown for name in list(of_type(template, kind))}


def _number(template: Section, parameters: Mapping[str, str], name: str) -> int:
    """What a parameter is set to, or its default."""
    return int(parameters.get(name, str(section(section(template["Parameters"])[name])["Default"])))


def _statements(template: Section) -> Sequence[Section]:
    """The statements of all roles' own policies, save for those that are there under a condition."""
    policies = [
        section(section(policy)["PolicyDocument"])
        for role in of_type(template, "AWS::IAM::Role").values()
        for policy in listed(properties(role).get("Policies", []))
    ]
    statements = [section(statement) for policy in policies for statement in listed(policy["Statement"])]
    return [statement for statement in statements if "Action" in statement]


def _answer_pings(deployment: Deployment, taken_out: Mapping[str, Section]) -> None:
    """Make by the API what was taken out of the template."""
    client = session().client("apigatewayv2", endpoint_url=deployment.emulator.url, config=CONFIG)
    for resource in taken_out.values():
        request = {name: _referred(deployment, value) for name, value in properties(resource).items()}
        if resource["Type"] == "AWS::ApiGatewayV2::RouteResponse":
            client.create_route_response(**request)  # type: ignore[arg-type]  # the template's names are the API's
        else:
            client.create_integration_response(**request)  # type: ignore[arg-type]  # likewise


def _referred(deployment: Deployment, value: object) -> object:
    if isinstance(value, dict) and "Ref" in value:
        # The emulator's physical id of a route or an integration has its API's before it (AWS: its own alone).
        return deployment.resources[str(value["Ref"])].rpartition("/")[2]
    return value
