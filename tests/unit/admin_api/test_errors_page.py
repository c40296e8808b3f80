"""docs/errors.md: a section for every code that a caller or a terminal can get, and for no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.authorizer.refusals import REASONS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
PRODUCERS = ("services", "admin_api", "infra/local")

FIRST_ARGUMENT = {"Problem", "Refusal", "error", "bye"}
"""What is called with a code as its first argument: the exceptions, `frames.error` and `frames.bye`."""
NAMED_ARGUMENT = {"Bye", "Warning"}
"""What is called with `code=`."""


def codes_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        if called in FIRST_ARGUMENT and node.args:
            yield from texts(node.args[0])
        if called in NAMED_ARGUMENT:
            for keyword in node.keywords:
                if keyword.arg == "code":
                    yield from texts(keyword.value)


def texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch("[a-z][a-z0-9_]*", node.value):
        yield node.value


def produced() -> set[str]:
    files = [file for folder in PRODUCERS for file in (ROOT / folder).rglob("*.py")]
    return {code for file in files for code in codes_in(file)} | set(REASONS)


def sections() -> dict[str, str]:
    """The text of each section by its code."""
    _, *parts = re.split(r"^### (\S+)\n", PAGE, flags=re.MULTILINE)
    return {
        code: re.split(r"^## ", text, flags=re.MULTILINE)[0] for code, text in zip(parts[::2], parts[1::2], strict=True)
    }


def test_every_code_has_a_section_and_every_section_a_code() -> None:
    assert produced() == sections().keys()


def test_no_code_has_two_sections() -> None:
    headings = re.findall(r"^### (\S+)$", PAGE, flags=re.MULTILINE)
    assert len(headings) == len(set(headings))


@pytest.mark.parametrize(("code", "text"), sections().items(), ids=list(sections()))
def test_a_section_says_where_the_code_appears_and_what_it_means(code: str, text: str) -> None:
    where, _, meaning = text.strip().partition("* ")
    assert re.fullmatch(r"\*.*(\d{3}|frame|Warning).*\.", where), where
    assert len(meaning) > 40


@pytest.mark.parametrize(("code", "reason"), REASONS.items(), ids=list(REASONS))
def test_the_section_of_a_refused_token_says_what_the_authorizer_means(code: str, reason: str) -> None:
    assert " ".join(reason.split()) in " ".join(sections()[code].split())


def test_links_of_the_page_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
