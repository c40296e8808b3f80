"""The settings file: what it makes of what is written, and how it says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.settings import ConsoleSettings, Settings, SettingsError, load


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fanfare.toml"


def test_without_a_file_everything_is_as_it_is_by_default() -> None:
    assert load(None) == Settings()


def test_of_the_console_everything_can_be_set(file: Path) -> None:
    file.write_text(
        "[console]\n"
        'ws_url = "wss://push.example.com/local"\n'
        'oidc_authority = "https://login.example.com/realms/office"\n'
        'oidc_client_id = "fanfare-console"\n'
        'oidc_scope = "openid push:read"\n'
        'oidc_origins = ["https://tokens.example.com:8443"]\n'
        "confirm_above = 20\n"
    )
    assert load(file).console == ConsoleSettings(
        ws_url="wss://push.example.com/local",
        oidc_authority="https://login.example.com/realms/office",
        oidc_client_id="fanfare-console",
        oidc_scope="openid push:read",
        oidc_origins=("https://tokens.example.com:8443",),
        confirm_above=20,
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('oidc_authority = "https://login.example.com"', "oidc_authority and oidc_client_id go together"),
        ('oidc_client_id = "fanfare-console"', "oidc_authority and oidc_client_id go together"),
        ('oidc_authority = "https://a;script-src *"\noidc_client_id = "c"', "console.oidc_authority"),
        ('oidc_origins = ["https://a; script-src *"]', "console.oidc_origins.0"),
        ('ws_url = "https://push.example.com"', "console.ws_url"),
        ("confirm_above = -1", "console.confirm_above"),
        ('oidc_secret = "s"', "console.oidc_secret: there is no such setting"),
    ],
)
def test_what_makes_no_sense_is_named(file: Path, written: str, said: str) -> None:
    file.write_text(f"[console]\n{written}\n")
    with pytest.raises(SettingsError, match=r"fanfare\.toml: console") as refused:
        load(file)
    assert said in str(refused.value)
