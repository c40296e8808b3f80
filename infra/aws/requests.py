"""Parts of DynamoDB's requests, as boto3 takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.aws.actions import Action, Check, Condition, Delete, Put, Update
from infra.aws.attributes import Value, encoded, encoded_item
from infra.aws.keys import Key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        ConditionCheckTypeDef,
        DeleteTypeDef,
        PutTypeDef,
        TransactWriteItemTypeDef,
        UniversalAttributeValueTypeDef,
        UpdateTypeDef,
    )


def transact_item(table: str, action: Action) -> TransactWriteItemTypeDef:
    """One action of a transaction on a table."""
    match action:
        case Put(item=item, condition=condition):
            put: PutTypeDef = {"TableName": table, "Item": encoded_item(item)}
            if condition is not None:
                put["ConditionExpression"] = condition.expression
                fill(put, condition)
            return {"Put": put}
        case Delete(key=key, condition=condition):
            delete: DeleteTypeDef = {"TableName": table, "Key": key_of(key)}
            if condition is not None:
                delete["ConditionExpression"] = condition.expression
                fill(delete, condition)
            return {"Delete": delete}
        case Update(key=key, change=change, condition=condition):
            update: UpdateTypeDef = {
                "TableName": table,
                "Key": key_of(key),
                "UpdateExpression": change.expression,
            }
            if condition is not None:
                update["ConditionExpression"] = condition.expression
            fill(update, change, condition)
            return {"Update": update}
        case Check(key=key, condition=condition):
            check: ConditionCheckTypeDef = {
                "TableName": table,
                "Key": key_of(key),
                "ConditionExpression": condition.expression,
            }
            fill(check, condition)
            return {"ConditionCheck": check}


def fill(request: object, *conditions: Condition | None) -> None:
    """Put what the placeholders of these expressions stand for into a request."""
    values: dict[str, UniversalAttributeValueTypeDef] = {}
    names: dict[str, str] = {}
    for condition in conditions:
        if condition is not None:
            values.update({name: encoded(value) for name, value in condition.values.items()})
            names.update(condition.names)
    assert isinstance(request, dict)
    if values:
        request["ExpressionAttributeValues"] = values
    if names:
        request["ExpressionAttributeNames"] = names


def key_of(key: Key) -> dict[str, UniversalAttributeValueTypeDef]:
    """A primary key."""
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def key_range(pk: str, first: str | None, last: str | None) -> tuple[str, Condition]:
    """The condition for sort keys from `first` to `last`, both included, and what its placeholders stand for."""
    values: dict[str, Value] = {":pk": pk}
    expression = "pk = :pk"
    if first is not None:
        values[":first"] = first
    if last is not None:
        values[":last"] = last
    if first is not None and last is not None:
        expression += " AND sk BETWEEN :first AND :last"
    elif first is not None:
        expression += " AND sk >= :first"
    elif last is not None:
        expression += " AND sk <= :last"
    return expression, Condition(expression=expression, values=values)
