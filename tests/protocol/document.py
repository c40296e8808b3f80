"""docs/asyncapi.yaml, and whether a frame is as it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from jsonschema import Draft7Validator

DOCS = Path(__file__).parents[2] / "docs"


class Document:
    """The parsed document. Its schemas are AsyncAPI's default, a superset of JSON Schema draft 7."""

    def __init__(self) -> None:
        self.root: Mapping[str, object] = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))

    def messages(self) -> Mapping[str, Mapping[str, object]]:
        """Every message by its name."""
        messages = self.at("#/components/messages")
        assert isinstance(messages, dict)
        return messages

    def examples(self) -> Iterator[tuple[str, str, object]]:
        """Name of the message, name of the example, payload."""
        for name, message in self.messages().items():
            examples = message["examples"]
            assert isinstance(examples, list)
            for example in examples:
                yield name, example["name"], example["payload"]

    def schema_of(self, message: str) -> Mapping[str, object]:
        """The schema of a message's payload, on its own feet."""
        return {"$ref": self._schema_place(message), "components": self.root["components"]}

    def faults(self, message: str, payload: object) -> list[str]:
        """What is wrong with a payload; members that the document does not know are wrong too."""
        faults = [error.message for error in Draft7Validator(self.schema_of(message)).iter_errors(payload)]
        schema = self.at(self._schema_place(message))
        assert isinstance(schema, dict)
        if isinstance(payload, dict):
            faults += [f"undocumented member {name}" for name in payload.keys() - schema["properties"].keys()]
        return faults

    def message_of(self, frame: Mapping[str, object]) -> str:
        """The name of the message that a frame is, by its `action` or `type`."""
        if "connectionId" in frame:
            return "gatewayError"
        return str(frame.get("action") or frame.get("type"))

    def references(self) -> Iterator[str]:
        """Every `$ref` in it."""
        waiting: list[object] = [self.root]
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                if isinstance(value.get("$ref"), str):
                    yield value["$ref"]
                waiting.extend(value.values())
            elif isinstance(value, list):
                waiting.extend(value)

    def at(self, reference: str) -> object:
        """What a reference within the document leads to. Raises KeyError."""
        found: object = self.root
        for step in reference.removeprefix("#/").split("/"):
            assert isinstance(found, dict)
            found = found[step]
        return found

    def _schema_place(self, message: str) -> str:
        payload = self.messages()[message]["payload"]
        assert isinstance(payload, dict)
        return str(payload["$ref"])


DOCUMENT = Document()
