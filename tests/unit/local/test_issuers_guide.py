"""What the pages say to put into the settings file can be put there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.clock import SystemClock
from infra.local.issuers import verifier_of
from infra.local.secrets import load_or_create
from infra.local.settings import SettingsError, load

DOCS = Path(__file__).parents[3] / "docs"
_TOML = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    pytest.param(text, id=f"{name}-{number}")
    for name in ("issuers.md", "operations-local.md")
    for number, text in enumerate(_TOML.findall((DOCS / name).read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_pages_is_accepted(example: str, tmp_path: Path) -> None:
    file = tmp_path / "fanfare.toml"
    file.write_text(example, encoding="utf-8")
    verifier_of(load(file).issuers, load_or_create(tmp_path), SystemClock())


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("[gateway]\nidle_timeout = 5", "gateway.idle_timeout"),
        ('[gateway]\nidle_timeout_s = "5"', "gateway.idle_timeout_s"),
        ("[limits]\nconnections_per_user = 0", "limits.connections_per_user"),
        ('[gateway]\ntrusted_proxies = ["10.0.0.1/8"]', "gateway.trusted_proxies"),
        ("gateway", "is not TOML"),
        ('[[issuers]]\nissuer = "x"\naudiences = ["y"]', "issuers[0]"),
        (
            '[[issuers]]\nissuer = "fanfare"\naudiences = ["y"]\n'
            '[[issuers.keys]]\nalg = "HS256"\nsecret = "0123456789abcdef0123456789abcdef"',
            "'fanfare' is the built-in issuer",
        ),
    ],
)
def test_a_mistake_in_the_settings_is_named(content: str, named: str, tmp_path: Path) -> None:
    file = tmp_path / "fanfare.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=re.escape(named)):
        verifier_of(load(file).issuers, load_or_create(tmp_path), SystemClock())


def test_settings_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml"):
        load(tmp_path / "none.toml")
