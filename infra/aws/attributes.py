"""DynamoDB's attribute values as Python values, and back.

Numbers are int or float, not Decimal: what is kept here are counts and epoch seconds, which a double holds exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, UniversalAttributeValueTypeDef

Value: TypeAlias = str | int | float | bool | bytes | frozenset[str] | None
"""What an attribute holds. Deeper structures are kept as JSON text: they are read whole, and fast."""
Item: TypeAlias = Mapping[str, Value]


def encoded(value: Value) -> UniversalAttributeValueTypeDef:
    """The attribute value of a Python value. Raises ValueError for an empty set, which DynamoDB does not have."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float():
            return {"N": repr(value)}
        case bytes():
            return {"B": value}
        case frozenset():
            if not value:
                raise ValueError("DynamoDB keeps no empty set; leave the attribute out")
            return {"SS": sorted(value)}


def decoded(value: AttributeValueTypeDef) -> Value:
    """The Python value of an attribute value. Raises ValueError for a type that this table does not use."""
    match value:
        case {"S": text}:
            return text
        case {"N": number}:
            return float(number) if "." in number or "e" in number or "E" in number else int(number)
        case {"BOOL": truth}:
            return truth
        case {"B": data}:
            return data
        case {"SS": texts}:
            return frozenset(texts)
        case {"NULL": _}:
            return None
    raise ValueError(f"an attribute of type {'/'.join(value)} was not written by this service")


def encoded_item(item: Item) -> dict[str, UniversalAttributeValueTypeDef]:
    """Every attribute of an item, encoded."""
    return {name: encoded(value) for name, value in item.items()}


def decoded_item(item: Mapping[str, AttributeValueTypeDef]) -> dict[str, Value]:
    """Every attribute of an item, decoded."""
    return {name: decoded(value) for name, value in item.items()}
