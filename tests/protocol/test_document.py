"""The AsyncAPI document is whole, and its examples are what it says they are."""

from __future__ import annotations

import pytest
from jsonschema import Draft7Validator

from tests.protocol.document import DOCUMENT

EXAMPLES = list(DOCUMENT.examples())


@pytest.mark.parametrize(("message", "example", "payload"), EXAMPLES, ids=[f"{e[0]}-{e[1]}" for e in EXAMPLES])
def test_an_example_is_as_its_schema_says(message: str, example: str, payload: object) -> None:
    assert DOCUMENT.faults(message, payload) == []


def test_every_message_has_an_example() -> None:
    assert {example[0] for example in EXAMPLES} == set(DOCUMENT.messages())


@pytest.mark.parametrize("message", sorted(DOCUMENT.messages()))
def test_a_schema_is_one(message: str) -> None:
    Draft7Validator.check_schema(dict(DOCUMENT.schema_of(message)))


def test_every_reference_leads_somewhere() -> None:
    for reference in DOCUMENT.references():
        assert DOCUMENT.at(reference) is not None, reference


def test_every_message_is_sent_or_received() -> None:
    operations = str(DOCUMENT.root["operations"])
    unused = [name for name in DOCUMENT.messages() if f"#/channels/terminal/messages/{name}'" not in operations]
    assert unused == []


@pytest.mark.parametrize("missing", ["id", "position", "topic", "message", "sent_at"])
def test_a_push_without_one_of_its_members_is_faulty(missing: str) -> None:
    payload = next(payload for message, _, payload in EXAMPLES if message == "push")
    assert isinstance(payload, dict)
    assert DOCUMENT.faults("push", {name: value for name, value in payload.items() if name != missing})


def test_a_push_with_a_member_more_is_faulty() -> None:
    payload = next(payload for message, _, payload in EXAMPLES if message == "push")
    assert isinstance(payload, dict)
    assert DOCUMENT.faults("push", payload | {"priority": 1}) == ["undocumented member priority"]
