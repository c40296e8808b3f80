"""The filters of `GET /v1/terminals` and its like, made into one target."""

from __future__ import annotations

from collections.abc import Sequence

from admin_api.models.terminals import TerminalFilters
from admin_api.problems import invalid_request
from services.authorizer import strict_json
from services.domain import names
from services.domain.identity import AttributeValue
from services.domain.problems import Problem
from services.domain.targets import text_form
from services.domain.targets.expression import (
    MAX_LISTED,
    All,
    Attr,
    Every,
    Groups,
    Target,
    Users,
    fault_of_value,
)
from services.domain.targets.tokens import number_in

ATTRIBUTE_PREFIX = "attr."


def target_of(query: TerminalFilters) -> Target:
    """Who the filters mean: all of them must hold, and of one that is repeated any value.

    Raises Problem (422): `invalid_target`, `invalid_name`, `invalid_request` for an unknown parameter.
    """
    parts: list[Target] = []
    for target in map(_target, query.target):
        parts.extend(target.of if isinstance(target, Every) else (target,))
    if query.user:
        parts.append(Users(_names(query.user, "user")))
    if query.group:
        parts.append(Groups(_names(query.group, "group")))
    known = [*type(query).model_fields, f"{ATTRIBUTE_PREFIX}<name>"]
    for parameter, given in (query.model_extra or {}).items():
        parts.append(_attribute(parameter, given if isinstance(given, list) else [given], known))
    if not parts:
        return All()
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def _attribute(parameter: str, values: Sequence[str], known: Sequence[str]) -> Target:
    if not parameter.startswith(ATTRIBUTE_PREFIX):
        detail = f"is no parameter here; {', '.join(known[:-1])} and {known[-1]} are"
        raise invalid_request([{"parameter": parameter[:64], "detail": detail}])
    name = names.checked(parameter.removeprefix(ATTRIBUTE_PREFIX), "the attribute's name")
    _check_number(parameter, values)
    return Attr(name, "in", tuple(meaning for text in values for meaning in _meanings(text, parameter)))


def _target(text: str) -> Target:
    """A target as JSON if it begins like an object, which no text in the expression language does."""
    if not text.lstrip().startswith("{"):
        return text_form.read(text)
    try:
        value = strict_json.value_of(text)
    except ValueError as fault:
        raise Problem("invalid_target", 422, f"target is not JSON: {fault}", position=0) from None
    return text_form.read(value)


def _names(values: Sequence[str], what: str) -> tuple[str, ...]:
    _check_number(what, values)
    return tuple(names.checked(value, what) for value in values)


def _check_number(parameter: str, values: Sequence[str]) -> None:
    if len(values) > MAX_LISTED:
        raise invalid_request([{"parameter": parameter[:64], "detail": f"is given more than {MAX_LISTED} times"}])


def _meanings(text: str, parameter: str) -> list[AttributeValue]:
    """What a value in a URL can mean: it has no quotes that would tell the text 7 from the number 7."""
    fault = fault_of_value("eq", text)
    if fault is not None:
        raise invalid_request([{"parameter": parameter[:64], "detail": f"its value {fault}"}])
    meanings: list[AttributeValue] = [text]
    number = number_in(text)
    if number is not None and fault_of_value("eq", number) is None:
        meanings.append(number)
    if text in ("true", "false"):
        meanings.append(text == "true")
    return meanings
