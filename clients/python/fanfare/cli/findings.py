"""What an examination finds, step by step, and how it is written down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from fanfare.cli.printable import in_a_line
from fanfare.frames import JsonValue

Verdict = Literal["ok", "failed", "skipped"]
_SIGNS: dict[Verdict, str] = {"ok": "ok    ", "failed": "FAILED", "skipped": "-     "}


@dataclass(frozen=True, slots=True)
class Finding:
    """One step: what was found, and what to do about it if it failed."""

    step: str
    verdict: Verdict
    detail: str
    advice: str = ""

    def as_json(self) -> dict[str, JsonValue]:
        return {"step": self.step, "verdict": self.verdict, "detail": self.detail, "advice": self.advice or None}

    def in_words(self) -> str:
        """One line, and a second one with the advice, if there is any."""
        line = f"{_SIGNS[self.verdict]}  {self.step:<22}  {in_a_line(self.detail)}"
        return f"{line}\n{'':32}→ {in_a_line(self.advice)}" if self.advice else line


def ok(step: str, detail: str) -> Finding:
    """A step that is as it should be."""
    return Finding(step, "ok", detail)


def failed(step: str, detail: str, advice: str) -> Finding:
    """A step that is not, and what to do."""
    return Finding(step, "failed", detail, advice)


def skipped(step: str, why: str) -> Finding:
    """A step that could not, or need not, be taken."""
    return Finding(step, "skipped", why)


def all_well(findings: Iterable[Finding]) -> bool:
    """Whether no step failed."""
    return all(finding.verdict != "failed" for finding in findings)
