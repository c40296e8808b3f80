"""What the functions read from their environment."""

from __future__ import annotations

import pytest

from infra.aws.settings import EXAMPLE, SettingsError, Variables, from_environment

NEEDED = sorted(
    set(EXAMPLE)
    - {"AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    - {"FANFARE_ISSUERS", "FANFARE_TICKET_KEY", "FANFARE_BIG_GROUPS"}
    - {"FANFARE_WEBHOOKS_QUEUE_URL", "FANFARE_WEBHOOKS_SECRET"}
    - {name for name in EXAMPLE if name.startswith("FANFARE_CONSOLE_") or name == "FANFARE_WS_URL"}
)
"""What every function but the authorizer needs; what only one of them reads, it asks for itself."""
NUMBERS = [name for name in NEEDED if EXAMPLE[name].isdecimal()]


def test_the_example_can_be_read() -> None:
    settings = from_environment(EXAMPLE)
    assert (settings.table, settings.shards, settings.big_groups) == ("fanfare", 16, frozenset())


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("missing", [None, "", "  "])
def test_what_is_missing_is_named(name: str, missing: str | None) -> None:
    variables = {key: value for key, value in EXAMPLE.items() if key != name}
    if missing is not None:
        variables[name] = missing
    with pytest.raises(SettingsError, match=f"{name} is missing"):
        from_environment(variables)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "1e3", "٣", "9" * 30])
def test_a_number_that_makes_no_sense_is_named_with_its_bounds(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"{name} is .+; it must be from \d+ to \d+"):
        from_environment({**EXAMPLE, name: value})


def test_groups_are_names_with_commas_between_them() -> None:
    settings = from_environment({**EXAMPLE, "FANFARE_BIG_GROUPS": "sales, all staff ,,"})
    assert settings.big_groups == {"sales", "all staff"}


def test_what_may_be_missing_is_none() -> None:
    assert Variables({"FANFARE_EVENT_BUS": " "}).optional_text("FANFARE_EVENT_BUS") is None
