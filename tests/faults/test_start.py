"""What keeps the one-machine server from starting is said in one line that names it and the way out."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

DEADLINE_S = 30


def refused(data_dir: Path, *options: str) -> str:
    """What `fanfare serve` says when it does not start."""
    command = [str(Path(sys.executable).with_name("fanfare")), "serve", "--data", str(data_dir)]
    result = subprocess.run(
        [*command, "--http-port", "0", "--ws-port", "0", *options],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert result.returncode != 0
    assert result.stdout == ""
    return result.stderr.splitlines()[-1]


@pytest.mark.parametrize("option", ["--http-port", "--ws-port"])
def test_a_port_in_use_is_named_with_its_option(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused(tmp_path, option, port)
    assert said.startswith(f"Error: cannot listen on 127.0.0.1 port {port}: ")
    assert option in said


def test_a_setting_that_there_is_not_is_named(tmp_path: Path) -> None:
    settings = tmp_path / "fanfare.toml"
    settings.write_text("[gateway]\nidle = 5\n")
    assert refused(tmp_path, "--settings", str(settings)) == (
        f"Error: {settings}: gateway.idle: there is no such setting"
    )


def test_secrets_that_others_can_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{}")
    (tmp_path / "secrets.json").chmod(0o644)
    assert "chmod 600" in refused(tmp_path)


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    certificate = tmp_path / "c.pem"
    certificate.write_text("no certificate")
    assert "--tls-cert and --tls-key go together" in refused(tmp_path, "--tls-cert", str(certificate))


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    certificate = tmp_path / "c.pem"
    certificate.write_text("no certificate")
    said = refused(tmp_path, "--tls-cert", str(certificate), "--tls-key", str(certificate))
    assert f"cannot use {certificate}" in said
