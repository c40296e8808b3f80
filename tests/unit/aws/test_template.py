"""What template.yaml promises, read from it: least privilege, what is kept, and that it fits the code."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, get_args

import pytest

from infra.aws import keys, metrics, packaging
from infra.aws.settings import EXAMPLE
from infra.webhooks import retries
from services.authorizer import base64url, issuers
from services.domain import frames
from tests.emulator import template_file
from tests.emulator.template_file import Node, Section, listed, of_type, properties, section

TEMPLATE: Final = template_file.load()
FUNCTIONS: Final = of_type(TEMPLATE, "AWS::Serverless::Function")
ROLES: Final = of_type(TEMPLATE, "AWS::IAM::Role")
ALARMS: Final = of_type(TEMPLATE, "AWS::CloudWatch::Alarm")
OF_THE_CONSOLE: Final = {name for name in EXAMPLE if name == "FANFARE_WS_URL" or name.startswith("FANFARE_CONSOLE_")}
ISSUER: Final = {"Issuer": "https://id.example", "Audience": "fanfare"}


def text(node: Node) -> str:
    """A node that must be text."""
    assert isinstance(node, str)
    return node


def number(node: Node) -> int:
    """A node that must be a whole number."""
    assert isinstance(node, int)
    return node


def default_of(parameter: str) -> Node:
    return section(section(TEMPLATE["Parameters"])[parameter])["Default"]


def variables_of(function: str) -> Section:
    """The environment of a function, with what all of them get."""
    everywhere = section(section(section(TEMPLATE["Globals"])["Function"])["Environment"])
    own = section(properties(FUNCTIONS[function]).get("Environment", {}))
    return {**section(everywhere["Variables"]), **section(own.get("Variables", {}))}


def statements() -> Iterator[tuple[str, Section]]:
    """Every statement of every policy, with whose it is; those that are there under a condition too."""
    for name, role in ROLES.items():
        for policy in listed(properties(role).get("Policies", [])):
            yield from ((name, each) for each in _statements_of(section(policy)))
    for name, policy in of_type(TEMPLATE, "AWS::IAM::ManagedPolicy").items():
        yield from ((name, each) for each in _statements_of(properties(policy)))


def _statements_of(policy: Section) -> Iterator[Section]:
    for node in listed(section(policy["PolicyDocument"])["Statement"]):
        statement = section(node)
        branches = listed(statement["Fn::If"])[1:] if "Fn::If" in statement else [statement]
        yield from (section(branch) for branch in branches if "Action" in section(branch))


def evaluated(node: Node, parameters: Mapping[str, str]) -> Node:
    """A node with the intrinsic functions that the issuers need carried out."""
    match node:
        case {"Ref": str(name)}:
            return parameters.get(name, text(default_of(name)))
        case {"Fn::Sub": str(pattern)}:
            return re.sub(r"\$\{(\w+)\}", lambda match: parameters[match[1]], pattern)
        case {"Fn::If": [str(condition), yes, no]}:
            return evaluated(yes if holds(condition, parameters) else no, parameters)
    return node


def holds(condition: str, parameters: Mapping[str, str]) -> bool:
    """Whether a condition of the form `not (parameter = "")` holds."""
    match section(TEMPLATE["Conditions"])[condition]:
        case {"Fn::Not": [{"Fn::Equals": [reference, ""]}]}:
            return evaluated(reference, parameters) != ""
    raise AssertionError(f"{condition} has another form")


class TestFunctions:
    def test_each_is_one_that_the_build_makes_a_package_for(self) -> None:
        built = {f"build/{name}": f"infra.aws.functions.{name}.handler" for name in packaging.FUNCTIONS}
        used = {
            text(properties(function)["CodeUri"]): text(properties(function)["Handler"])
            for function in FUNCTIONS.values()
        }
        assert used == built

    @pytest.mark.parametrize("function", sorted(set(FUNCTIONS) - {"Authorizer"}))
    def test_each_is_told_all_that_the_settings_ask_for(self, function: str) -> None:
        only_some = {
            "FANFARE_ISSUERS",
            "FANFARE_TICKET_KEY",
            "FANFARE_WEBHOOKS_QUEUE_URL",
            "FANFARE_WEBHOOKS_SECRET",
            *OF_THE_CONSOLE,
        }
        needed = {name for name in EXAMPLE if not name.startswith("AWS_")} - only_some
        assert needed <= set(variables_of(function))

    def test_only_who_checks_tokens_knows_the_issuers_keys(self) -> None:
        assert {name for name in FUNCTIONS if "FANFARE_ISSUERS" in variables_of(name)} == {
            "Authorizer",
            "Messages",
            "Api",
        }

    def test_only_who_checks_or_signs_tickets_has_their_key(self) -> None:
        assert {name for name in FUNCTIONS if "FANFARE_TICKET_KEY" in variables_of(name)} == {"Authorizer", "Api"}

    @pytest.mark.parametrize("function", FUNCTIONS)
    def test_each_has_a_role_and_a_log_of_its_own(self, function: str) -> None:
        assert properties(FUNCTIONS[function])["Role"] == {"Fn::GetAtt": [f"{function}Role", "Arn"]}
        assert properties(FUNCTIONS[function])["LoggingConfig"] == {"LogGroup": {"Ref": f"{function}Log"}}

    def test_a_job_is_hidden_six_times_as_long_as_a_worker_may_take(self) -> None:
        timeout_s = number(section(section(TEMPLATE["Globals"])["Function"])["Timeout"])
        assert "Timeout" not in properties(FUNCTIONS["FanOut"])
        assert number(default_of("JobVisibilityTimeout")) >= 6 * timeout_s

    @pytest.mark.parametrize(
        ("function", "event"), [("FanOut", "Jobs"), ("DeadJobs", "DeadJobs"), ("Timeline", "Timers")]
    )
    def test_what_failed_of_a_batch_comes_again_alone(self, function: str, event: str) -> None:
        source = section(section(properties(FUNCTIONS[function])["Events"])[event])
        assert properties(source)["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


class TestLive:
    """What somebody waits for is called by an alias; a parameter that is changed must reach it."""

    PUBLISHED: Final = [name for name, function in FUNCTIONS.items() if "SnapStart" in properties(function)]

    def test_apis_call_functions_by_nothing_else(self) -> None:
        resources = section(TEMPLATE["Resources"])
        apis = [resources[name] for name in ("Ws", "RestMethod", "RestRootMethod", "RestPermission")]
        called = set(re.findall(r'"Ref": "((?:' + "|".join(FUNCTIONS) + r')(?:Live|\.\w+)?)"', json.dumps(apis)))
        assert called == {f"{name}Live" for name in self.PUBLISHED}

    @pytest.mark.parametrize("function", PUBLISHED)
    def test_it_is_the_function_as_it_is_unless_it_starts_from_a_snapshot(self, function: str) -> None:
        alias = properties(of_type(TEMPLATE, "AWS::Lambda::Alias")[f"{function}Live"])
        assert alias["FunctionName"] == {"Ref": function}
        version = {"Fn::GetAtt": [function, "Version.Version"]}
        assert alias["FunctionVersion"] == {"Fn::If": ["HasSnapStart", version, "$LATEST"]}

    @pytest.mark.parametrize("function", PUBLISHED)
    def test_turning_snapshots_on_publishes_another_version(self, function: str) -> None:
        assert properties(FUNCTIONS[function])["VersionDescription"] == {"Fn::Sub": "SnapStart ${SnapStart}"}

    def test_every_deployment_by_make_has_other_packages_of_what_is_published(self, tmp_path: Path) -> None:
        made = subprocess.run(
            ["make", "--dry-run", "deploy"], cwd=template_file.ROOT, capture_output=True, text=True, check=True
        )
        (stamp,) = (line for line in made.stdout.splitlines() if "deployed_at" in line)
        packages = [tmp_path / text(properties(FUNCTIONS[name])["CodeUri"]) for name in self.PUBLISHED]
        for package in packages:
            package.mkdir(parents=True)
        subprocess.run(["sh", "-c", stamp], cwd=tmp_path, check=True)
        assert all((package / "deployed_at").read_text() for package in packages)


class TestPrivileges:
    @pytest.mark.parametrize(
        ("owner", "statement"), [(owner, each) for owner, each in statements() if owner != "SendTraces"]
    )
    def test_no_statement_is_about_everything(self, owner: str, statement: Section) -> None:
        actions, resources = statement["Action"], statement["Resource"]
        assert "*" not in json.dumps(actions), owner
        for resource in resources if isinstance(resources, list) else [resources]:
            assert resource != "*", owner

    def test_what_has_no_resource_to_name_is_there_only_with_traces(self) -> None:
        assert of_type(TEMPLATE, "AWS::IAM::ManagedPolicy")["SendTraces"]["Condition"] == "HasTracing"

    def test_the_authorizer_may_do_nothing_but_log(self) -> None:
        allowed = [statement["Action"] for owner, statement in statements() if owner == "AuthorizerRole"]
        assert allowed == [["logs:CreateLogStream", "logs:PutLogEvents"]]

    def test_each_function_writes_to_its_own_log_only(self) -> None:
        writing = ["logs:CreateLogStream", "logs:PutLogEvents"]
        logs = {owner: statement["Resource"] for owner, statement in statements() if statement["Action"] == writing}
        assert logs == {f"{name}Role": {"Fn::GetAtt": [f"{name}Log", "Arn"]} for name in FUNCTIONS}

    def test_posts_go_to_this_stage_only(self) -> None:
        (resources,) = (
            listed(statement["Resource"]) for owner, statement in statements() if owner == "PostToTerminals"
        )
        scope = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Ws}/live"
        assert [section(resource)["Fn::Sub"] for resource in resources] == [
            f"{scope}/{method}/@connections/*" for method in ("POST", "DELETE", "GET")
        ]


class TestWhatIsKept:
    def test_the_table_can_be_restored_is_encrypted_and_outlives_the_stack(self) -> None:
        (table,) = of_type(TEMPLATE, "AWS::DynamoDB::Table").values()
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
        kept = properties(table)
        assert kept["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert kept["SSESpecification"] == {"SSEEnabled": True}
        assert kept["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert kept["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
        assert default_of("DeletionProtection") == "true"

    @pytest.mark.parametrize("queue", of_type(TEMPLATE, "AWS::SQS::Queue").values())
    def test_queues_are_encrypted(self, queue: Section) -> None:
        assert properties(queue)["SqsManagedSseEnabled"] is True

    @pytest.mark.parametrize(("queue", "dead"), [("JobsQueue", "DeadJobsQueue"), ("TimersQueue", "DeadTimersQueue")])
    def test_what_fails_five_times_is_set_aside(self, queue: str, dead: str) -> None:
        redrive = section(properties(of_type(TEMPLATE, "AWS::SQS::Queue")[queue])["RedrivePolicy"])
        assert redrive == {"deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]}, "maxReceiveCount": 5}

    def test_an_event_for_webhooks_is_set_aside_after_the_tries_of_a_day(self) -> None:
        redrive = section(properties(of_type(TEMPLATE, "AWS::SQS::Queue")["WebhooksQueue"])["RedrivePolicy"])
        dead = {"Fn::GetAtt": ["DeadWebhooksQueue", "Arn"]}
        assert redrive == {"deadLetterTargetArn": dead, "maxReceiveCount": retries.TRIES}

    @pytest.mark.parametrize("log", of_type(TEMPLATE, "AWS::Logs::LogGroup").values())
    def test_logs_are_kept_for_as_long_as_was_asked_for(self, log: Section) -> None:
        assert properties(log)["RetentionInDays"] == {"Ref": "LogRetentionDays"}


class TestWebhooks:
    """What is made for webhooks is there only where they are asked for, and only its function may read their secret."""

    MADE: Final = [name for name in section(TEMPLATE["Resources"]) if "Webhook" in name]

    @pytest.mark.parametrize("name", MADE)
    def test_it_is_there_under_their_condition(self, name: str) -> None:
        assert section(section(TEMPLATE["Resources"])[name])["Condition"] == "HasWebhooks"

    def test_only_its_function_may_read_the_secret(self) -> None:
        reading = [owner for owner, statement in statements() if "secretsmanager" in json.dumps(statement["Action"])]
        assert reading == ["WebhooksRole"]

    def test_only_the_rule_may_put_into_the_queue(self) -> None:
        (policy,) = of_type(TEMPLATE, "AWS::SQS::QueuePolicy").values()
        (statement,) = listed(section(properties(policy)["PolicyDocument"])["Statement"])
        assert section(statement)["Principal"] == {"Service": "events.amazonaws.com"}
        assert section(statement)["Condition"] == {
            "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["WebhooksRule", "Arn"]}}
        }

    def test_the_stream_tells_of_what_counts_deliveries(self) -> None:
        of_pushes = {"S": [{"prefix": keys.PUSHES_BEGIN}]}
        _, jobs, counters, _ = self._filters()
        assert json.loads(text(section(jobs)["Pattern"])) == {
            "eventName": ["MODIFY"],
            "dynamodb": {"Keys": {"pk": of_pushes, "sk": {"S": [keys.META, {"prefix": keys.JOBS[0]}]}}},
        }
        assert json.loads(text(section(counters)["Pattern"])) == {
            "eventName": ["INSERT", "MODIFY"],
            "dynamodb": {"Keys": {"pk": of_pushes, "sk": {"S": [{"prefix": keys.COUNTERS[0]}]}}},
        }

    def test_the_stream_tells_of_new_pushes_only_where_somebody_listens(self) -> None:
        *_, conditional = self._filters()
        condition, pattern, nothing = listed(section(conditional)["Fn::If"])
        assert (condition, nothing) == ("HasEvents", {"Ref": "AWS::NoValue"})
        assert json.loads(text(section(pattern)["Pattern"])) == {
            "eventName": ["INSERT", "MODIFY"],
            "dynamodb": {"Keys": {"pk": {"S": [{"prefix": keys.PUSHES_BEGIN}]}, "sk": {"S": [keys.META]}}},
        }

    def _filters(self) -> list[Node]:
        source = section(section(properties(FUNCTIONS["Stream"])["Events"])["Table"])
        return listed(section(properties(source)["FilterCriteria"])["Filters"])


class TestTokens:
    @pytest.mark.parametrize(
        "parameters",
        [
            ISSUER,
            {**ISSUER, "JwksUrl": "https://id.example/keys"},
            {**ISSUER, "Hs256Key": base64url.encode(bytes(32))},
            {"IssuersJson": EXAMPLE["FANFARE_ISSUERS"]},
        ],
    )
    @pytest.mark.parametrize("function", ["Authorizer", "Messages", "Api"])
    def test_the_parameters_make_issuers_that_are_accepted(self, function: str, parameters: Mapping[str, str]) -> None:
        written = evaluated(variables_of(function)["FANFARE_ISSUERS"], parameters)
        (issuer,) = issuers.parse(json.loads(text(written)))
        assert issuer.name == "https://id.example"

    @pytest.mark.parametrize("parameter", ["Issuer", "Audience", "JwksUrl", "Hs256Key"])
    @pytest.mark.parametrize("sign", ['"', "\\", "\n"])
    def test_no_parameter_can_break_out_of_the_json(self, parameter: str, sign: str) -> None:
        pattern = text(section(section(TEMPLATE["Parameters"])[parameter])["AllowedPattern"])
        assert not re.fullmatch(pattern, f"https://id.example/{sign}A")
        assert not re.fullmatch(pattern, "A" * 43 + sign)

    @pytest.mark.parametrize("parameter", ["Hs256Key", "IssuersJson"])
    def test_keys_are_not_shown(self, parameter: str) -> None:
        assert section(section(TEMPLATE["Parameters"])[parameter])["NoEcho"] is True

    def test_the_ticket_key_is_long_enough_and_can_be_read(self) -> None:
        (secret,) = of_type(TEMPLATE, "AWS::SecretsManager::Secret").values()
        made = section(properties(secret)["GenerateSecretString"])
        assert made["ExcludePunctuation"] is True
        assert len(base64url.decode("A" * number(made["PasswordLength"]))) >= 32

    @pytest.mark.parametrize("stage", ["Ws", "RestStage"])
    def test_access_logs_hold_nothing_that_a_token_may_be_in(self, stage: str) -> None:
        given = properties(section(section(TEMPLATE["Resources"])[stage]))
        settings = given.get("AccessLogSettings", given.get("AccessLogSetting"))
        _, logged, _ = listed(section(settings)["Fn::If"])
        fields = json.loads(text(section(logged)["Format"]))
        sources = " ".join(fields.values()).lower()
        assert not re.search(r"query|header|authorization|protocol|token|body|fullpath", sources)


class TestConsole:
    """What its pages are told is told to the function that serves them, and to no other."""

    def test_only_the_api_is_told(self) -> None:
        assert OF_THE_CONSOLE
        assert {name for name in FUNCTIONS if set(variables_of(name)) >= OF_THE_CONSOLE} == {"Api"}
        assert {name for name in FUNCTIONS if OF_THE_CONSOLE & set(variables_of(name))} == {"Api"}

    def test_it_connects_where_terminals_are_told_to(self) -> None:
        output = section(section(TEMPLATE["Outputs"])["WebSocketUrl"])
        assert variables_of("Api")["FANFARE_WS_URL"] == output["Value"]

    def test_people_paste_a_token_unless_there_is_an_identity_provider(self) -> None:
        assert default_of("ConsoleOidcAuthority") == ""

    @pytest.mark.parametrize("sign", [";", ",", " ", "'", '"', "\n"])
    def test_no_authority_can_break_out_of_the_policy_that_names_it(self, sign: str) -> None:
        pattern = text(section(section(TEMPLATE["Parameters"])["ConsoleOidcAuthority"])["AllowedPattern"])
        assert re.fullmatch(pattern, "https://id.example/realms/office")
        assert not re.fullmatch(pattern, f"https://id.example{sign}*")

    @pytest.mark.parametrize("given", ["https://a.example; script-src *", "https://a.example/path", "a.example"])
    def test_nor_can_another_origin(self, given: str) -> None:
        pattern = text(section(section(TEMPLATE["Parameters"])["ConsoleOidcOrigins"])["AllowedPattern"])
        assert re.fullmatch(pattern, "https://a.example,https://b.example:8443")
        assert not re.fullmatch(pattern, given)

    def test_compressed_files_come_out_as_they_are(self) -> None:
        (rest,) = of_type(TEMPLATE, "AWS::ApiGateway::RestApi").values()
        assert properties(rest)["BinaryMediaTypes"] == ["*/*"]


class TestApis:
    def test_ping_is_answered_as_the_service_answers_it(self) -> None:
        (response,) = of_type(TEMPLATE, "AWS::ApiGatewayV2::IntegrationResponse").values()
        assert properties(response)["ResponseTemplates"] == {"200": frames.PONG.decode()}

    def test_the_authorizer_demands_no_place_where_a_token_must_be(self) -> None:
        (websocket,) = of_type(TEMPLATE, "AWS::Serverless::WebSocketApi").values()
        assert properties(websocket)["Auth"] == {"AuthType": "CUSTOM", "AuthArn": {"Ref": "AuthorizerLive"}}

    def test_every_route_and_method_is_throttled(self) -> None:
        (websocket,) = of_type(TEMPLATE, "AWS::Serverless::WebSocketApi").values()
        (stage,) = of_type(TEMPLATE, "AWS::ApiGateway::Stage").values()
        throttles = [
            section(properties(websocket)["DefaultRouteSettings"]),
            section(section(properties(websocket)["RouteSettings"])["$connect"]),
            section(listed(properties(stage)["MethodSettings"])[0]),
        ]
        assert all({"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= set(throttle) for throttle in throttles)


class TestAlarms:
    @pytest.mark.parametrize("name", ALARMS)
    def test_each_tells_somebody_and_is_quiet_while_nothing_happens(self, name: str) -> None:
        alarm = properties(ALARMS[name])
        assert alarm["AlarmActions"] == alarm["OKActions"]
        assert {"Ref": "AlarmTopicArn"} in listed(section(listed(alarm["AlarmActions"])[0])["Fn::If"])
        assert alarm["TreatMissingData"] == "notBreaching"

    def test_those_of_our_own_metrics_watch_what_is_counted(self) -> None:
        own = {
            text(properties(alarm)["MetricName"])
            for alarm in ALARMS.values()
            if properties(alarm).get("Namespace") == metrics.NAMESPACE
        }
        assert own
        assert own <= set(get_args(metrics.Count))

    def test_the_dashboard_shows_what_is_counted(self) -> None:
        (dashboard,) = of_type(TEMPLATE, "AWS::CloudWatch::Dashboard").values()
        body = json.loads(text(section(properties(dashboard)["DashboardBody"])["Fn::Sub"]))
        shown = {
            metric[1]
            for widget in body["widgets"]
            for metric in widget["properties"]["metrics"]
            if len(metric) > 1 and metric[0] in (metrics.NAMESPACE, ".") and isinstance(metric[1], str)
        }
        own = set(get_args(metrics.Count)) | set(get_args(metrics.Duration))
        assert own - shown == {"JobsSentAgain", "SessionsEnded"}

    def test_errors_of_every_function_but_the_authorizer_are_watched(self) -> None:
        metrics_of = [section(metric) for metric in listed(properties(ALARMS["FunctionErrorAlarm"])["Metrics"])]
        # A function that is there under a condition is watched under the same one.
        there = [section(listed(metric["Fn::If"])[1]) if "Fn::If" in metric else metric for metric in metrics_of]
        watched = {
            str(section(listed(section(section(metric["MetricStat"])["Metric"])["Dimensions"])[0])["Value"])
            for metric in there
            if "MetricStat" in metric
        }
        assert watched == {str({"Ref": name}) for name in FUNCTIONS if name != "Authorizer"}
