"""What there is to look at in a new service: a strategy or two, and the first pushes of the simulated office."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import click

from fanfare.cli.api import Api, segment
from fanfare.cli.service import Service
from fanfare.frames import JsonValue

HALT: Final[JsonValue] = {"failed_over": 0.2, "gone_over": 0.3, "at_least": 5}
STRATEGIES: Final[Mapping[str, dict[str, JsonValue]]] = {
    "staged-must-read": {
        "waves": [
            {"percent": 10, "then_wait": "20s", "halt_if": HALT},
            {"percent": 50, "then_wait": "20s", "halt_if": HALT},
            {"percent": 100},
        ],
        "ack": {
            "need": "read",
            "within": "45s",
            "resend": 1,
            "once_per_user": True,
            "escalate": {
                "target": {"groups": ["oncall"]},
                "message": {"title": "Not everybody has read it", "body": "Please ask those who have not, by phone."},
            },
        },
    },
    "kiosk-update": {
        "waves": [
            {"percent": 60, "then_wait": "10s", "halt_if": {"failed_over": 0.02, "at_least": 5}},
            {"percent": 100},
        ],
        "receipts": "each",
    },
}
"""Kept under these names. The first takes about two and a half minutes from beginning to end."""
APPROVED_OVER: Final = 50
IN_AFTER_S: Final = 30.0
"""For so long the first pushes wait at most until nearly everybody is in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPush:
    """A push of the first day, and who sends it. `recalled`: its sender thinks better of it."""

    sender: str
    body: dict[str, JsonValue]
    recalled: bool = False


FIRST_PUSHES: Final = (
    FirstPush(
        sender="facilities",
        body={
            "target": "all",
            "message": {"title": "Good morning", "body": "The lifts in all buildings are back in service."},
            "strategy": {"receipts": "each"},
        },
    ),
    FirstPush(
        sender="kiosk-team",
        body={
            "target": "group:kiosks",
            "message": {"title": "Load configuration 41", "body": "New opening hours on the start page."},
            "strategy": {"name": "kiosk-update"},
        },
    ),
    FirstPush(
        sender="facilities",
        body={
            "target": "group:berlin and not kind = kiosk",
            "message": {"title": "Door 4 is closed", "body": "Please use door 2."},
            "strategy": {"receipts": "each"},
        },
        recalled=True,
    ),
    FirstPush(
        sender="it-operations",
        body={
            "target": "group:tokyo",
            "message": {"title": "Restart tonight", "body": "Save your work before 20:00. Please confirm."},
            "strategy": {"name": "staged-must-read"},
        },
    ),
    FirstPush(
        sender="it-operations",
        body={
            "target": "group:austin and os = windows",
            "message": {"title": "Weekly backup", "body": "Leave your PC on when you go home."},
            "repeat": {"cron": "0 16 * * fri", "timezone": "America/Chicago"},
        },
    ),
    FirstPush(
        sender="reception",
        body={
            "target": "all",
            "message": {"title": "Fire drill at three", "body": "Leave the building by the nearest stairs."},
            "strategy": {"name": "must-read"},
        },
    ),
)
"""One that is done, one that some kiosks cannot carry out, one that was recalled, one that runs, one that repeats, and
one that waits for a second person."""


async def first_day(service: Service, nearly_all_in: Callable[[], bool]) -> None:
    """Keep the strategies, wait for the office to come in, and send its first pushes.

    What the service refuses is said on standard error; the office goes on without it.
    """
    try:
        await asyncio.to_thread(_keep, service)
        for _ in range(int(IN_AFTER_S / 0.2)):
            if nearly_all_in():
                break
            await asyncio.sleep(0.2)
        await asyncio.to_thread(_send, service)
    except click.ClickException as refusal:
        click.echo(f"The first day is cut short: {refusal.message}", err=True)


def _keep(service: Service) -> None:
    api = Api(replace(service, caller="admin"), ["strategies:write", "senders:write"])
    for name, strategy in STRATEGIES.items():
        api.call("PUT", f"/v1/strategies/{segment(name)}", body=strategy, headers={"If-None-Match": "*"})
    api.call("PUT", "/v1/senders/reception", body={"approve_over": APPROVED_OVER})


def _send(service: Service) -> None:
    for push in FIRST_PUSHES:
        api = Api(replace(service, caller=push.sender), ["push:send"])
        # As people send it from the console: so it is known whom it was for.
        planned = api.call("POST", "/v1/pushes/preview", body=push.body)
        plan: dict[str, JsonValue] = {"id": _id_of(planned["plan"]), "if_changed": "send"}
        sent = api.call("POST", "/v1/pushes", body={"plan": plan})
        if push.recalled:
            api.call("POST", f"/v1/pushes/{segment(str(sent['id']))}/cancel")


def _id_of(plan: JsonValue) -> str:
    assert isinstance(plan, dict)
    return str(plan["id"])
