"""Why a terminal got a push or did not, and receipts."""

from __future__ import annotations

from pydantic import Field

from admin_api.models.base import EXAMPLE_CONNECTION_ID, EXAMPLE_PUSH_ID, Model, Moment, Name, NextCursor, PageQuery
from services.domain import moments
from services.domain.pushes import ReceiptKind
from services.pushes.case import Answer, StepName
from services.pushes.explain import Explained
from services.pushes.history import Proof, Recall


class ExplainQuery(Model):
    """Of whom: just one of the two."""

    terminal: Name | None = Field(None, description="A `terminal_id`.")
    user: Name | None = Field(
        None, description="A user: their terminal that connected last, else the one that was seen last."
    )


class Step(Model):
    """One link of the chain."""

    step: StepName
    outcome: str = Field(description="How it came out, for programs.")
    text: str = Field(description="The same in words, for people.")
    data: dict[str, object] = Field(description="The facts that it is made of.")


class Explanation(Model):
    """The decision trace of one terminal."""

    push_id: str
    terminal_id: str | None = Field(description="Null: no terminal of the user is known.")
    user: str = Field(description='`""`: nobody knows whose terminal that is.')
    answer: Answer = Field(description="The outcome in one word.")
    steps: list[Step]
    others: list[str] = Field(description="The user's other terminals; each has a trace of its own.")


class ReceiptQuery(PageQuery):
    """Filters; given together, all must hold."""

    kind: list[ReceiptKind] = Field([], description="Repeat it for any of several.")
    wave: int | None = Field(None, ge=1, description="Of this wave, in whichever lane.")
    stage: str | None = Field(None, max_length=300, description="Of this lane of the timeline.", examples=["w1"])


class Receipt(Model):
    """What became of a push at one terminal."""

    terminal_id: str
    user: str
    connection_id: str = Field(description="The connection that got it last.")
    kind: ReceiptKind
    at: Moment
    detail: str | None = Field(description="What the terminal said to it.")
    stage: str = Field(description="The lane of the timeline in which its turn was.")
    recall: Recall | None = Field(
        description="Of a push that was cancelled: `recalled`, `had_been_read`, `not_reached` (it is not connected, or"
        " never had it) or `pending` (it is connected and has not said). Null: it was not cancelled."
    )


class ReceiptPage(Model):
    """By terminal id. Empty, if the strategy keeps no receipts."""

    items: list[Receipt]
    next_cursor: NextCursor


def explanation_json(explained: Explained) -> dict[str, object]:
    """An `Explanation`."""
    steps = [
        {"step": step.step, "outcome": step.outcome, "text": step.text, "data": dict(step.data)}
        for step in explained.trace.steps
    ]
    return {
        "push_id": explained.push_id,
        "terminal_id": explained.terminal_id,
        "user": explained.user,
        "answer": explained.trace.answer,
        "steps": steps,
        "others": list(explained.others),
    }


def receipt_json(proof: Proof) -> dict[str, object]:
    """A `Receipt`."""
    receipt = proof.receipt
    return {
        "terminal_id": receipt.terminal_id,
        "user": receipt.user,
        "connection_id": receipt.connection_id,
        "kind": receipt.kind,
        "at": moments.text(receipt.at_s),
        "detail": receipt.detail,
        "stage": receipt.stage,
        "recall": proof.recall,
    }


EXAMPLE: dict[str, object] = {
    "push_id": EXAMPLE_PUSH_ID,
    "terminal_id": "alice/till-4",
    "user": "alice",
    "answer": "read",
    "steps": [
        {
            "step": "target",
            "outcome": "matched",
            "text": "the target means it by group:ops",
            "data": {"clause": {"groups": ["ops"]}},
        },
        {
            "step": "release",
            "outcome": "released",
            "text": "its part was released at 2026-11-24T09:00:00.004Z",
            "data": {"from": "2026-11-24T09:00:00.004Z", "to": "2026-11-24T09:00:00.004Z"},
        },
        {
            "step": "presence",
            "outcome": "connected",
            "text": "the terminal is connected since 2026-11-24T08:12:40.118Z",
            "data": {"connected_since": "2026-11-24T08:12:40.118Z"},
        },
        {
            "step": "delivery",
            "outcome": "read",
            "text": "a person confirmed it there, at 2026-11-24T09:01:12.500Z",
            "data": {
                "at": "2026-11-24T09:01:12.500Z",
                "kind": "read",
                "connection_id": EXAMPLE_CONNECTION_ID,
                "detail": None,
            },
        },
    ],
    "others": [],
}
EXAMPLE_RECEIPT: dict[str, object] = {
    "terminal_id": "alice/till-4",
    "user": "alice",
    "connection_id": EXAMPLE_CONNECTION_ID,
    "kind": "recalled",
    "at": "2026-11-24T09:02:11.480Z",
    "detail": None,
    "stage": "w1",
    "recall": "recalled",
}
