"""docs/architecture.md shows the keys of the table as they are built, docs/security.md the roles as they are."""

from __future__ import annotations

import json
import re
from typing import Final

import pytest

from infra.aws import keys
from infra.aws.keys import Key
from services.domain import topics
from tests.emulator import template_file
from tests.emulator.template_file import of_type, properties

DOCS: Final = template_file.ROOT / "docs"
ARCHITECTURE: Final = (DOCS / "architecture.md").read_text(encoding="utf-8")
SECURITY: Final = (DOCS / "security.md").read_text(encoding="utf-8")
TEMPLATE: Final = template_file.load()
ID: Final = "01a20da7-977a-7718-a922-e128d82fac7d"
"""A UUIDv7 of 24 November 2026."""


def _keys() -> set[tuple[str, str]]:
    """Every key that the table has, built of the names that the page gives to their parts."""
    topic = topics.group("g")
    built = {
        keys.connection("<connection>"),
        keys.heard("<connection>"),
        keys.topic_row(topic, 0, "<place>#<connection>"),
        keys.TOTALS,
        keys.group_count("<group>"),
        keys.group_sizes(8),
        keys.minute(3),
        keys.user_count("<user>"),
        keys.terminal_count("<terminal>"),
        keys.standing("<user>"),
        keys.revoked_token("<jti>"),
        Key(keys.given_to("<user>"), "<group>"),
        Key(keys.members("<group>"), "<user>"),
        keys.push("<push>"),
        keys.push_contents("<push>"),
        keys.job(("<push>", "<position>", 7, 8)),
        Key(keys.receipt_partition("<push>", 9), keys.receipt("<terminal>", 6)),
        Key(keys.receipt_partition("<push>", 9), keys.reader("<user>")),
        Key(keys.receipt_partition("<push>", 9), keys.counter("<stage>", 5)),
        Key(keys.log_partition(topic), "<position>"),
        Key(keys.pushes_of("<day>"), "<push>"),
        Key(keys.UNDER_WAY, "<push>"),
        keys.idempotency("<caller>", "<key>"),
        keys.audit(ID),
        keys.ticket("<ticket>"),
        keys.timer("<name>"),
        keys.strategy("<name>"),
        keys.strategy_version("<name>", 4),
        Key(keys.SENDERS, "<sub>"),
        keys.sender_minute("<sub>", 3),
        keys.plan("<plan>"),
        keys.plan_names("<plan>", 5),
        Key(keys.seen(9), "<terminal>"),
        Key(keys.seen_of("<user>"), "<terminal>"),
    }
    numbers = {"#7#8": "#<part>#<lane>", "#9": "#<shard>", "#6": "#<sort>", "#5": "#<n>"}
    numbers |= {"0000000004": "<version>", "0000000003": "<minute>", "0000000008": "<second>"}
    words = {"group:g#0": "<topic>#<shard>", "group:g": "<topic>", "2026-11": "<month>", ID: "<entry>", **numbers}
    return {(_replaced(key.pk, words), _replaced(key.sk, words)) for key in built}


def _replaced(text: str, words: dict[str, str]) -> str:
    for word, name in words.items():
        text = text.replace(word, name)
    return text


def _shown() -> set[tuple[str, str]]:
    """The keys in the page's table: a row has one partition key for all of its sort keys, or one for each."""
    table = ARCHITECTURE.partition("| item |")[2].partition("\n\n")[0]
    shown: set[tuple[str, str]] = set()
    for partitions, sorts in re.findall(r"^\| [^|]+ \| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE):
        pks, sks = (re.findall(r"`([^`]+)`", cell) for cell in (partitions, sorts))
        longest = max(len(pks), len(sks))
        pks, sks = pks * (longest // len(pks)), sks * (longest // len(sks))
        shown.update(zip(pks, sks, strict=True))
    return shown


def test_the_keys_of_the_table_are_shown() -> None:
    assert _shown() == _keys()


def _granted(function: str) -> tuple[bool, set[str], bool, bool]:
    """Whether a role reads items, which queues it names, whether it reaches sockets, whether it makes schedules."""
    role = json.dumps(properties(of_type(TEMPLATE, "AWS::IAM::Role")[f"{function}Role"]))
    return (
        "dynamodb:GetItem" in role or "dynamodb:BatchGetItem" in role,
        set(re.findall(r"\b\w+Queue\b", role)),
        "PostToTerminals" in role,
        "scheduler:CreateSchedule" in role,
    )


def _said() -> dict[str, tuple[bool, set[str], bool, bool]]:
    """The same, as the page says it."""
    rows = re.findall(r"^\|(.+)\|$", SECURITY.partition("| function |")[2].partition("\n\n")[0], re.MULTILINE)
    said: dict[str, tuple[bool, set[str], bool, bool]] = {}
    for row in rows[1:]:
        names, items, queues, sockets, other = row.split("|")
        for name in re.findall(r"`(\w+)`", names):
            schedules = "schedules" in other
            said[name] = ("items" in items, set(re.findall(r"`(\w+)`", queues)), "post" in sockets, schedules)
    return said


def test_what_each_function_may_do_is_shown() -> None:
    assert _said() == {name: _granted(name) for name in of_type(TEMPLATE, "AWS::Serverless::Function")}


def test_what_secrets_come_to_is_shown() -> None:
    everywhere = of_type(TEMPLATE, "AWS::Serverless::Function").items()
    for variable, heading in (("FANFARE_ISSUERS", "Issuers' keys"), ("FANFARE_TICKET_KEY", "The ticket key")):
        holders = {name for name, function in everywhere if variable in json.dumps(properties(function))}
        told = SECURITY.partition(f"**{heading}**")[2].partition("\n- ")[0].partition("\n\n")[0]
        assert holders == set(re.findall(r"`(\w+)`", told)) & {name for name, _ in everywhere}
        assert variable in told


@pytest.mark.parametrize("page", [ARCHITECTURE, SECURITY], ids=["architecture", "security"])
def test_a_link_leads_to_a_page_and_a_heading(page: str) -> None:
    for file, heading in re.findall(r"\]\(([\w.-]+\.md)#?([\w-]*)\)", page):
        there = (DOCS / file).read_text(encoding="utf-8")
        anchors = {each.lower().replace(" ", "-") for each in re.findall(r"^#+ (.+)$", there, re.MULTILINE)}
        assert not heading or heading in anchors
