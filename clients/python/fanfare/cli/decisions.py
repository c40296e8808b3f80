"""What a person does with a push that there is: approve it, reject it, halt it, let it go on, cancel it."""

from __future__ import annotations

import click

from fanfare.cli.api import Api, segment
from fanfare.cli.service import Service, caller_options
from fanfare.frames import JsonValue

EXAMPLE_ID = "019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10"


def _decision(verb: str, scope: str, text: str, *, with_reason: bool) -> click.Command:
    """The command that POSTs to `/v1/pushes/{id}/<verb>` and prints the push's id and state."""

    @click.command(
        name=verb, help=text, epilog=f"\b\nExamples:\n  fanfare {verb} {EXAMPLE_ID}{_reason_example(verb, with_reason)}"
    )
    @click.argument("push_id", metavar="PUSH")
    @caller_options
    def decide(service: Service, push_id: str, reason: str | None = None) -> None:
        body: dict[str, JsonValue] = {} if reason is None else {"reason": reason}
        answer = Api(service, [scope]).call(
            "POST", f"/v1/pushes/{segment(push_id)}/{verb}", body=body if with_reason else None
        )
        click.echo(f"{answer.get('id')} {answer.get('state')}")

    assert isinstance(decide, click.Command)
    if with_reason:
        decide.params.insert(1, click.Option(["--reason"], metavar="TEXT", help="Why, for the record."))
    return decide


def _reason_example(verb: str, with_reason: bool) -> str:
    return f"\n  fanfare {verb} {EXAMPLE_ID} --reason 'after the meeting'" if with_reason else ""


commands = {
    decision.name or "": decision
    for decision in (
        _decision(
            "approve",
            "push:approve",
            "Let a push go that waits for a second person, who is not its sender: --as or --token says who you are.",
            with_reason=True,
        ),
        _decision("reject", "push:approve", "Reject a push that waits for a second person.", with_reason=True),
        _decision(
            "halt",
            "push:send",
            "Release no more of a push. What was released is still delivered; `fanfare resume` goes on.",
            with_reason=True,
        ),
        _decision("resume", "push:send", "Let a halted push go on from where it was.", with_reason=True),
        _decision(
            "cancel", "push:send", "Stop a push for good, and take it off the screens it is on.", with_reason=False
        ),
    )
}
"""Each command by its name."""
