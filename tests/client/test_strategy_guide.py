"""docs/strategies.md: its strategies are strategies, its tables name every member, its commands are commands."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from admin_api.models import strategies as documented
from fanfare.cli import main
from services.domain.strategies import json_form
from services.domain.strategies.built_in import BUILT_IN

GUIDE = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text(encoding="utf-8")
_JSON_BLOCK = re.compile(r"```json\n(.*?)```", re.DOTALL)
_SHELL_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def section(heading: str) -> str:
    """The text below a heading, up to the next of the same level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    below = GUIDE.partition(f"\n{heading}\n")[2]
    assert below, f"{heading} is not there"
    return re.split(rf"\n#{{1,{level}}} ", below)[0]


def commands() -> Iterator[list[str]]:
    """The words behind every `fanfare` that a console block shows being typed; a quoted word may go over lines."""
    for block in _SHELL_BLOCK.findall(GUIDE):
        lines = iter(block.splitlines())
        for line in lines:
            if not line.startswith("$ "):
                continue
            typed = line[2:]
            while typed.count("'") % 2:
                typed += f" {next(lines)}"
            for command in " ".join(map(_as_a_word, _words(typed))).split(" | "):
                words = shlex.split(command)
                if words[0] == "fanfare":
                    yield words[1:]


def _words(typed: str) -> list[str]:
    read = shlex.shlex(typed, posix=True, punctuation_chars="|")
    read.whitespace_split = True
    return list(read)


def _as_a_word(word: str) -> str:
    return word if word == "|" else shlex.quote(word)


COMMANDS = list(commands())


@pytest.mark.parametrize("written", _JSON_BLOCK.findall(GUIDE))
def test_a_strategy_in_the_guide_is_one(written: str) -> None:
    value = json.loads(written)
    strategy = json_form.from_json({"name": "example", **value})
    assert json_form.from_json(json_form.to_json(strategy)) == strategy


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_a_built_in_strategy_is_shown_as_it_is(name: str) -> None:
    (written, *_) = _JSON_BLOCK.findall(section(f"### `{name}`"))
    meant = BUILT_IN[name].strategy
    assert json_form.from_json({"name": name, "version": meant.version, **json.loads(written)}) == meant


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("### Strategy", documented.Policy),
        ("### `window`", documented.Window),
        ("### `pace`", documented.Pace),
        ("### `ramp`", documented.Ramp),
        ("### `waves`", documented.Wave),
        ("### `halt_if`", documented.HaltIf),
        ("### `ack`", documented.Ack),
        ("### `escalate`", documented.Escalation),
    ],
)
def test_a_table_names_every_member(heading: str, model: type[BaseModel]) -> None:
    named = set(re.findall(r"^\| `([a-z_]+)` \|", section(heading), re.MULTILINE))
    assert named == {field.alias or name for name, field in model.model_fields.items()}


def test_the_guide_shows_commands() -> None:
    assert len(COMMANDS) >= len(BUILT_IN)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_in_the_guide_is_one(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for word in words:
        if word.endswith(".json"):
            Path(word).touch()
    command: click.Command = main
    context = click.Context(main, info_name="fanfare")
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, words)
        assert found is not None, name
        command = found
    # Raises if an option or an argument is not one of the command's.
    command.make_context(command.name, list(words), parent=context)


def test_every_link_within_the_guide_leads_somewhere() -> None:
    anchors = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", GUIDE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", GUIDE)) - anchors == set()
