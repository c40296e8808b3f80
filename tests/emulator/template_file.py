"""template.yaml as data: CloudFormation's short forms written out, as its API takes them in JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeAlias

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
Node: TypeAlias = "dict[str, Node] | list[Node] | str | int | float | bool | None"
Section: TypeAlias = "dict[str, Node]"


class _Loader(yaml.SafeLoader):
    """YAML with `!Ref` and its like."""


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, object]:
    """`!Sub x` as {"Fn::Sub": x}; `!Ref` and `!Condition` have no prefix."""
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: object = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


_Loader.add_multi_constructor("!", _function)


def load(path: Path = ROOT / "template.yaml") -> Section:
    """The template. Every place is a value of its own, also where the file repeats one by an anchor."""
    return section(_copied(yaml.load(path.read_text(encoding="utf-8"), _Loader)))  # noqa: S506 - a SafeLoader


def section(node: Node) -> Section:
    """A node that must be a mapping. Raises TypeError."""
    if not isinstance(node, dict):
        raise TypeError(f"not a mapping: {node!r}")
    return node


def listed(node: Node) -> list[Node]:
    """A node that must be a list. Raises TypeError."""
    if not isinstance(node, list):
        raise TypeError(f"not a list: {node!r}")
    return node


def of_type(template: Section, kind: str) -> dict[str, Section]:
    """The resources of a type, by their logical ids."""
    resources = {name: section(node) for name, node in section(template["Resources"]).items()}
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


def properties(resource: Section) -> Section:
    """The properties of a resource."""
    return section(resource.get("Properties", {}))


def _copied(node: Node) -> Node:
    if isinstance(node, dict):
        return {str(name): _copied(value) for name, value in node.items()}
    if isinstance(node, list):
        return [_copied(value) for value in node]
    return node
