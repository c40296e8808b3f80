"""The functions' packages: what is in them, that it is enough, and that it is the same every time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from infra.aws import packaging
from infra.aws.packaging import Contents
from infra.aws.settings import EXAMPLE

SDK: Final = {"boto3", "botocore"}
FRAMEWORK: Final = {"fastapi", "starlette", "pydantic", "pydantic-core", "mangum"}
WRITTEN: Final = ("authorizer", "stream", "api", "timeline")
"""Packages that are written for these tests: the smallest, one that only keeps, the largest, one that takes steps."""


@pytest.fixture(scope="module")
def contents() -> Mapping[str, Contents]:
    return {function: packaging.imported_by(function) for function in packaging.FUNCTIONS}


@pytest.fixture(scope="module")
def packages(contents: Mapping[str, Contents], tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("packages")
    for function in WRITTEN:
        packaging.write(contents[function], directory / function, packaging.installed_here())
    return directory


def run(package: Path, code: str) -> str:
    """What code prints in an interpreter that has the standard library and this package, and nothing else."""
    command = [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path.append({str(package)!r}); {code}"]
    return subprocess.run(
        command, env=EXAMPLE, stdout=subprocess.PIPE, text=True, timeout=60, check=True
    ).stdout.strip()


def test_the_authorizer_is_pyjwt_and_nothing_more(contents: Mapping[str, Contents]) -> None:
    assert contents["authorizer"].distributions == {"pyjwt", "cryptography", "cffi"}


def test_of_infra_the_authorizer_has_its_entry_only(contents: Mapping[str, Contents]) -> None:
    assert {file for file in contents["authorizer"].files if file.startswith("infra/")} == {
        "infra/__init__.py",
        "infra/aws/__init__.py",
        "infra/aws/functions/__init__.py",
        "infra/aws/functions/authorizer.py",
    }


@pytest.mark.parametrize("function", sorted(set(packaging.FUNCTIONS) - {"api"}))
def test_only_the_api_has_the_framework(contents: Mapping[str, Contents], function: str) -> None:
    assert FRAMEWORK.isdisjoint(contents[function].distributions)


@pytest.mark.parametrize("function", sorted(set(packaging.FUNCTIONS) - {"api", "authorizer", "messages"}))
def test_only_who_checks_tokens_has_what_that_needs(contents: Mapping[str, Contents], function: str) -> None:
    assert {"pyjwt", "cryptography"}.isdisjoint(contents[function].distributions)


@pytest.mark.parametrize("function", packaging.FUNCTIONS)
def test_none_has_what_is_only_for_one_machine(contents: Mapping[str, Contents], function: str) -> None:
    assert not [file for file in contents[function].files if file.startswith(("infra/local/", "clients/", "tests/"))]
    assert {"uvicorn", "websockets", "click"}.isdisjoint(contents[function].distributions)


@pytest.mark.parametrize("distribution", ["tzdata", "aws-xray-sdk", "wrapt"])
def test_what_is_loaded_only_when_it_is_needed_is_there(contents: Mapping[str, Contents], distribution: str) -> None:
    assert distribution in contents["api"].distributions


@pytest.mark.parametrize("function", ["api", "fanout", "sweeper", "timeline"])
def test_who_takes_steps_knows_time_zones_and_cron(contents: Mapping[str, Contents], function: str) -> None:
    assert {"tzdata", "cronsim"}.issubset(contents[function].distributions)


def test_a_package_knows_time_zones_where_the_machine_has_none(packages: Path) -> None:
    code = (
        "import zoneinfo; zoneinfo.reset_tzpath(to=[]);"
        "from services.domain import time_zones; print(time_zones.zone('Asia/Tokyo'), len(time_zones.names()) > 400)"
    )
    assert run(packages / "timeline", code) == "Asia/Tokyo True"


@pytest.mark.parametrize("function", WRITTEN)
def test_a_package_is_enough_for_its_function(packages: Path, function: str) -> None:
    code = f"from infra.aws.functions.{function} import handler; print(callable(handler))"
    assert run(packages / function, code) == "True"


def test_the_models_that_are_kept_are_enough_for_every_client(packages: Path) -> None:
    code = (
        "from infra.aws.clients import Clients; c = Clients('eu-central-1');"
        "print(*(f().meta.service_model.service_name for f in (c.dynamodb, c.sqs, c.scheduler, c.events)))"
    )
    assert run(packages / "stream", code) == "dynamodb sqs scheduler events"


def test_of_four_hundred_services_only_those_that_are_called_are_described(packages: Path) -> None:
    described = {path.name for path in (packages / "api" / "botocore" / "data").iterdir() if path.is_dir()}
    assert described == packaging.BOTOCORE_SERVICES


def test_the_api_brings_the_page_of_errors_that_it_serves(packages: Path) -> None:
    code = "from admin_api import error_page; print('token_expired' in error_page.page())"
    assert run(packages / "api", code) == "True"


def test_the_api_brings_the_console_that_was_built(tmp_path: Path) -> None:
    build = tmp_path / packaging.CONSOLE
    (build / "assets").mkdir(parents=True)
    for name in ("index.html", "assets/app-1a2b.js", "assets/app-1a2b.js.map"):
        (build / name).touch()
    assert set(packaging.read_by("admin_api.console_build", tmp_path)) == {
        f"{packaging.CONSOLE}/index.html",
        f"{packaging.CONSOLE}/assets/app-1a2b.js",
    }


def test_it_is_read_where_the_package_has_it(packages: Path) -> None:
    code = "from admin_api.settings import CONSOLE_BUILD; print(CONSOLE_BUILD)"
    assert run(packages / "api", code) == str(packages / "api" / packaging.CONSOLE)


def test_without_a_console_the_api_is_packaged_all_the_same(tmp_path: Path) -> None:
    assert list(packaging.read_by("admin_api.console_build", tmp_path)) == []


def test_that_the_console_is_left_out_is_said(tmp_path: Path) -> None:
    said = packaging.left_out(tmp_path / "api")
    assert said is not None
    assert "make console" in said
    assert packaging.left_out(tmp_path / "stream") is None
    (tmp_path / "api" / packaging.CONSOLE).mkdir(parents=True)
    assert packaging.left_out(tmp_path / "api") is None


@pytest.mark.parametrize(("function", "most_mb"), [("authorizer", 18), ("stream", 12), ("api", 45)])
def test_packages_stay_small(packages: Path, function: str, most_mb: int) -> None:
    assert packaging.size_bytes(packages / function) < most_mb * 1_000_000


def test_the_same_contents_make_the_same_bytes(
    contents: Mapping[str, Contents], packages: Path, tmp_path: Path
) -> None:
    packaging.write(contents["stream"], tmp_path / "again", packaging.installed_here())
    assert packaging.zipped(tmp_path / "again") == packaging.zipped(packages / "stream")


def test_what_was_there_is_gone_when_a_package_is_written_anew(
    contents: Mapping[str, Contents], tmp_path: Path
) -> None:
    (tmp_path / "authorizer").mkdir()
    (tmp_path / "authorizer" / "left_over.py").touch()
    packaging.write(contents["authorizer"], tmp_path / "authorizer", packaging.installed_here())
    assert not (tmp_path / "authorizer" / "left_over.py").exists()


def test_a_distribution_that_is_not_pinned_is_named(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=r"boto4; add what brings it to aws\.in"):
        packaging.write(Contents((), {"boto4"}), tmp_path, packaging.installed_here())


def test_modules_are_compiled_the_same_wherever_they_were_built(tmp_path: Path) -> None:
    found: list[bytes] = []
    for place in ("here", "there"):
        (tmp_path / place / "ours").mkdir(parents=True)
        (tmp_path / place / "ours" / "module.py").write_text("def nothing():\n    pass\n")
        packaging.compile_modules({tmp_path / place: Contents((), (), ["ours/module.py"])}, sys.executable)
        (compiled,) = (tmp_path / place / "ours" / "__pycache__").iterdir()
        found.append(compiled.read_bytes())
    assert found[0] == found[1]
    assert b"/var/task/ours/module.py" in found[0]


def test_a_compiled_module_is_used_though_its_source_is_newer(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("print('compiled')")
    packaging.compile_modules({tmp_path: Contents((), (), ["module.py"])}, sys.executable)
    (tmp_path / "module.py").write_text("print('source')")
    assert run(tmp_path, "import module") == "compiled"


def test_one_module_in_two_packages_is_in_both(tmp_path: Path) -> None:
    for package in ("one", "two"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "module.py").write_text("print('here')")
    both = {tmp_path / package: Contents((), (), ["module.py"]) for package in ("one", "two")}
    packaging.compile_modules(both, sys.executable)
    assert all(list((package / "__pycache__").iterdir()) for package in both)


def test_an_interpreter_of_another_version_compiles_nothing() -> None:
    assert packaging.runtime_interpreter("no-such-python") is None
