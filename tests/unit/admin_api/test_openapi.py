"""The OpenAPI document: valid, fresh, and with real examples of everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter
from openapi_spec_validator import validate

from admin_api.documented import PROBLEMS
from admin_api.openapi import FILE, document, text
from admin_api.problems import MEDIA_TYPE
from admin_api.routing import ApiRoute
from tests.unit.admin_api.conformance import METHODS, validator, validator_of
from tests.unit.admin_api.service import Service

JSON = "application/json"
Operation = tuple[str, dict[str, Any]]


def operations() -> Iterator[Operation]:
    for path, item in document()["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


OPERATIONS = list(operations())
EACH = pytest.mark.parametrize(
    "operation", [operation for _, operation in OPERATIONS], ids=[name for name, _ in OPERATIONS]
)


def test_it_is_valid() -> None:
    validate(document())


def test_it_is_version_3_1() -> None:
    assert document()["openapi"].startswith("3.1.")


def test_the_file_in_the_docs_is_fresh() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "docs/openapi.json is stale: run make openapi"


def test_the_page_in_the_docs_names_every_operation_with_its_scope() -> None:
    page = (FILE.parent / "rest.md").read_text(encoding="utf-8")
    for name, operation in OPERATIONS:
        security = operation["security"]
        scope = "no token" if not security else " ".join(security[0]["bearer"]) or "none"
        assert re.search(rf"^\| `{re.escape(name)}` \| `?{scope}`? \|", page, flags=re.MULTILINE), name


async def test_the_service_serves_it(service: Service) -> None:
    assert (await service.caller(None).get("/openapi.json")).json() == document()


@EACH
def test_a_body_has_an_example_that_its_schema_accepts(operation: dict[str, Any]) -> None:
    if "requestBody" in operation:
        content = operation["requestBody"]["content"][JSON]
        validator_of(content["schema"]).validate(content["example"])


@EACH
def test_a_success_has_an_example_that_its_schema_accepts(operation: dict[str, Any]) -> None:
    (status,) = [status for status in operation["responses"] if status.startswith("2")]
    response = operation["responses"][status]
    if status == "204":
        assert "content" not in response
        return
    content = response["content"][JSON]
    validator(content["schema"]["$ref"]).validate(content["example"])


@EACH
def test_every_refusal_has_an_example_of_a_problem(operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        if status.startswith("2") or status == "304":
            continue
        assert response["content"].keys() == {MEDIA_TYPE}
        examples = response["content"][MEDIA_TYPE]["examples"]
        assert examples, status
        for code, example in examples.items():
            assert example == {"$ref": f"#/components/examples/{code}"}
            assert document()["components"]["examples"][code]["value"]["status"] == int(status)


@pytest.mark.parametrize("code", PROBLEMS)
def test_an_example_of_a_problem_is_one(code: str) -> None:
    problem = document()["components"]["examples"][code]["value"]
    validator("#/components/schemas/Problem").validate(problem)
    assert problem["code"] == code


@EACH
def test_an_operation_teaches(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert len(operation["description"]) > 40
    assert operation["tags"]
    for parameter in operation.get("parameters", ()):
        assert _resolved(parameter).get("description"), parameter


def _resolved(parameter: dict[str, Any]) -> dict[str, Any]:
    name = parameter.get("$ref", "").removeprefix("#/components/parameters/")
    resolved: dict[str, Any] = document()["components"]["parameters"][name] if name else parameter
    return resolved


@EACH
def test_what_is_read_has_a_tag(operation: dict[str, Any]) -> None:
    refs = [parameter.get("$ref") for parameter in operation.get("parameters", ())]
    assert ("304" in operation["responses"]) == ("#/components/parameters/IfNoneMatch" in refs)
    if "304" in operation["responses"]:
        assert operation["responses"]["200"]["headers"].keys() == {"ETag"}
        assert "content" not in operation["responses"]["304"]


@EACH
def test_an_operation_says_what_it_needs(operation: dict[str, Any]) -> None:
    assert operation["security"] == [] or list(operation["security"][0]) == ["bearer"]
    assert ("401" in operation["responses"]) == bool(operation["security"])


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(set(ids)) == len(ids)


def test_every_property_of_an_answer_is_described_or_plain() -> None:
    undescribed = [name for name, schema in document()["components"]["schemas"].items() if not _description(schema)]
    assert undescribed == []


def _description(schema: dict[str, Any]) -> bool:
    return "description" in schema or "anyOf" in schema or "enum" in schema


def test_a_shown_problem_is_shown_somewhere() -> None:
    shown = {
        code
        for _, operation in OPERATIONS
        for response in operation["responses"].values()
        for code in response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
    }
    # Those of no operation: paths and methods that do not exist.
    assert PROBLEMS.keys() - shown == {"not_found", "method_not_allowed", "bad_request"}


def test_an_operation_that_does_not_say_what_it_needs_cannot_be_made() -> None:
    router = APIRouter(route_class=ApiRoute)
    with pytest.raises(LookupError, match="needs"):
        router.get("/v1/open")(lambda: None)
