"""`fanfare push`: send a message to those it is for."""

from __future__ import annotations

import sys

import click

from fanfare.cli.api import Api
from fanfare.cli.preview import in_words
from fanfare.cli.request import member, message_of, schedule_of, strategy_of, target_of
from fanfare.cli.service import Service, caller_options
from fanfare.cli.watch import watch
from fanfare.frames import JsonValue

EXAMPLES = """
\b
Examples:
  fanfare push --user alice 'Your call at ten is off'
  fanfare push --target 'group:ops and os = windows and not user:bob' 'Printer 4 is back'
  fanfare push --group ops --json '{"title": "Deploy", "level": "info"}' --expires-in 10m
  fanfare push --all --strategy staged-rollout --set 'pace={"per_second": 50}' --preview 'New client'
  fanfare push --plan 019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10 --watch
  fanfare push --group ops --repeat '0 9 * * mon-fri' --timezone Europe/Berlin 'Stand-up'
  fanfare push --all - < notice.txt
"""


@click.command(epilog=EXAMPLES)
@click.option("--target", metavar="TEXT", help="Who it is for, as an expression; JSON works too.")
@click.option("--user", "users", multiple=True, metavar="ID", help="Send to this user; repeatable.")
@click.option("--group", "groups", multiple=True, metavar="NAME", help="Send to this group; repeatable.")
@click.option("--all", "everyone", is_flag=True, help="Send to everyone.")
@click.option("--json", "is_json", is_flag=True, help="MESSAGE is JSON; without this it is sent as text.")
@click.option("--strategy", "strategy_text", metavar="NAME", help="A strategy's name, or a strategy as a JSON object.")
@click.option(
    "--set",
    "members",
    multiple=True,
    type=member,
    metavar="MEMBER=JSON",
    help="Override a member of the strategy for this push; repeatable.",
)
@click.option("--retain", metavar="DURATION", help="How long terminals that are away can still get it.")
@click.option("--expires-in", metavar="DURATION", help="After this long it is not delivered any more.")
@click.option("--send-at", metavar="TIME", help="When to send it, such as 2026-11-25T09:00:00+01:00.")
@click.option("--repeat", "cron", metavar="CRON", help="Send it again and again, such as '0 9 * * mon-fri'.")
@click.option("--timezone", metavar="NAME", help="Whose clock --repeat goes by.  [default: UTC]")
@click.option("--until", metavar="TIME", help="Until when it repeats.")
@click.option("--times", type=click.IntRange(1), help="How often it repeats.")
@click.option("--test", is_flag=True, help="Send it to your own terminals only, to try it out.")
@click.option("--idempotency-key", metavar="KEY", help="Sent again with the same key, it is one push.")
@click.option("--plan", metavar="ID", help="Send what --preview showed, exactly; nothing else is to be said then.")
@click.option(
    "--if-changed",
    type=click.Choice(["reject", "send"]),
    help="With --plan: what to do if the audience has moved.  [default: reject]",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0),
    help="With --plan: the share that may come and go.  [default: 0.1]",
)
@click.option("--preview", is_flag=True, help="Say whom it would reach, when and how fast, and send nothing.")
@click.option("--watch", "watching", is_flag=True, help="Show how it goes until it has ended; exits with 1 if badly.")
@click.option("--no-color", is_flag=True, help="With --watch: plain lines instead of bars.")
@click.argument("message", required=False)
@caller_options
def command(
    service: Service,
    target: str | None,
    users: tuple[str, ...],
    groups: tuple[str, ...],
    everyone: bool,
    is_json: bool,
    strategy_text: str | None,
    members: tuple[tuple[str, JsonValue], ...],
    retain: str | None,
    expires_in: str | None,
    send_at: str | None,
    cron: str | None,
    timezone: str | None,
    until: str | None,
    times: int | None,
    test: bool,
    idempotency_key: str | None,
    plan: str | None,
    if_changed: str | None,
    tolerance: float | None,
    preview: bool,
    watching: bool,
    no_color: bool,
    message: str | None,
) -> None:
    """Send MESSAGE (- reads it from standard input); prints the push's id and state.

    Several --user and --group reach whoever is any of them.
    """
    strategy = strategy_of(strategy_text, members=members, retain=retain, expires_in=expires_in)
    schedule = schedule_of(send_at, cron, timezone=timezone, until=until, times=times)
    if plan is not None:
        if message is not None or target is not None or users or groups or everyone or strategy or schedule or test:
            raise click.UsageError("--plan says it all: whom, what and how; leave out the rest, or the plan")
        if preview:
            raise click.UsageError("--plan was previewed; leave out --preview to send it")
        body = _plan_use(plan, if_changed, tolerance)
    else:
        if if_changed is not None or tolerance is not None:
            raise click.UsageError("--if-changed and --tolerance belong to --plan")
        if message is None:
            raise click.UsageError("say what to send: MESSAGE, or - to read it from standard input")
        body = {
            "target": target_of(target, users=users, groups=groups, everyone=everyone),
            "message": message_of(sys.stdin.read() if message == "-" else message, is_json=is_json),
            **({"strategy": strategy} if strategy else {}),
            **schedule,
            **({"test": True} if test else {}),
        }
    api = Api(service, ["push:send", "push:read"])
    if preview:
        click.echo(in_words(api.call("POST", "/v1/pushes/preview", body=body), service.options()))
        return
    headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
    answer = api.call("POST", "/v1/pushes", body=body, headers=headers)
    click.echo(f"{answer.get('id')} {answer.get('state')}")
    if watching:
        watch(api, str(answer.get("id")), plain=no_color)


def _plan_use(plan: str, if_changed: str | None, tolerance: float | None) -> dict[str, JsonValue]:
    use: dict[str, JsonValue] = {"id": plan}
    if if_changed is not None:
        use["if_changed"] = if_changed
    if tolerance is not None:
        use["tolerance"] = tolerance
    return {"plan": use}
