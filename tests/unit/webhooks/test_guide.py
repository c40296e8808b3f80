"""docs/events.md: what it shows works, and what it lists is all there is."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from infra.local import settings
from infra.webhooks import signature
from infra.webhooks.delivery import Courier, Told
from infra.webhooks.endpoints import endpoints_of
from services.domain import events
from services.domain.pushes import State
from services.domain.timeline.run import Mark, Run
from tests.unit.webhooks.receiver import SECRET, Received, receiving

PAGE: Final = (Path(__file__).resolve().parents[3] / "docs/events.md").read_text(encoding="utf-8")
OTHER_SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

Verifier = Callable[..., bool]


def examples(language: str) -> list[str]:
    """The code of the page in one language, without the indentation of lists."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGE, flags=re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", code, flags=re.MULTILINE) for indent, code in found]


class Now:
    """The clock of this machine, which the page's example goes by."""

    def now_s(self) -> float:
        return time.time()


@pytest.fixture(scope="module")
def is_from_fanfare() -> Verifier:
    (code,) = examples("python")
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - the page's own example
    verifier: Verifier = names["is_from_fanfare"]
    return verifier


async def delivered(*secrets: str) -> Received:
    """An event as a receiver gets it, signed with these secrets."""
    async with receiving() as receiver:
        endpoint = receiver.endpoint(events=["*"])
        signed = [signature.secret_of(secret) for secret in secrets]
        (made,) = endpoints_of(
            [
                {
                    "url": endpoint.url,
                    "secrets": list(secrets),
                    "http": True,
                    "networks": ["127.0.0.0/8"],
                }
            ]
        )
        assert made.secrets == tuple(signed)
        await Courier(Now()).tell(made, Told(event_id="p/1/halted", body='{"reason":"é"}'))
    return receiver.received[0]


class TestVerifying:
    async def test_the_example_takes_what_we_send(self, is_from_fanfare: Verifier) -> None:
        received = await delivered(SECRET)
        assert is_from_fanfare(SECRET, received.headers, received.body)

    @pytest.mark.parametrize("known", [SECRET, OTHER_SECRET])
    async def test_while_the_secret_changes_either_will_do(self, is_from_fanfare: Verifier, known: str) -> None:
        received = await delivered(OTHER_SECRET, SECRET)
        assert is_from_fanfare(known, received.headers, received.body)

    @pytest.mark.parametrize(
        "forged",
        [
            {"webhook-id": "p/2/halted"},
            {"webhook-timestamp": str(int(time.time()) - 1)},
            {"webhook-timestamp": "0"},
            {"webhook-timestamp": "soon"},
            {"webhook-signature": ""},
            {"webhook-signature": "v1,"},
            {"webhook-signature": "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        ],
    )
    async def test_it_refuses_what_was_changed(self, is_from_fanfare: Verifier, forged: Mapping[str, str]) -> None:
        received = await delivered(SECRET)
        # A second may have passed since the parameters were made.
        headers = {**received.headers, **forged}
        assert headers != received.headers
        assert not is_from_fanfare(SECRET, headers, received.body)

    async def test_it_refuses_another_body_and_another_secret(self, is_from_fanfare: Verifier) -> None:
        received = await delivered(SECRET)
        assert not is_from_fanfare(SECRET, received.headers, received.body + b" ")
        assert not is_from_fanfare(OTHER_SECRET, received.headers, received.body)


class TestWhatIsTold:
    def test_every_type_is_listed_and_no_other(self) -> None:
        listed = re.findall(r"^\| `(fanfare\.[a-z_.]+)` \|", PAGE, flags=re.MULTILINE)
        assert listed == list(events.TYPES)

    def test_the_event_that_is_shown_is_one(self) -> None:
        shown = json.loads(examples("json")[0])
        state = events.PushState(
            push_id=shown["data"]["push"],
            sender="deployments",
            state=State.HALTED,
            step=4,
            created_at_s=0,
            ended_by="halt_if",
            run=Run(halted_by=0, marks=(Mark(at_s=0, kind="halted", detail="failed 3 of 50"),)),
        )
        before = events.PushState(
            push_id=state.push_id, sender="deployments", state=State.SENDING, step=3, created_at_s=0
        )
        (event,) = events.of_push(before, state, at_s=1_795_521_609)
        assert json.loads(events.to_json(event, source="/fanfare")) == shown


class TestTurningItOn:
    def test_the_settings_are_taken(self, tmp_path: Path) -> None:
        (example,) = examples("toml")
        path = tmp_path / "fanfare.toml"
        path.write_text(example)
        (endpoint,) = settings.load(path).endpoints()
        assert (endpoint.host, endpoint.events) == ("hooks.example.com", ("push.*", "terminal.*"))

    def test_so_is_the_secret_for_aws(self) -> None:
        (example,) = [each for each in examples("json") if each.startswith("[")]
        (endpoint,) = endpoints_of(json.loads(example))
        assert endpoint.host == "hooks.example.com"

    def test_a_mistake_is_named_with_its_member(self, tmp_path: Path) -> None:
        path = tmp_path / "fanfare.toml"
        path.write_text('[[webhooks]]\nurl = "http://hooks.example.com/"\nsecret = "x"\n')
        with pytest.raises(settings.SettingsError, match="webhooks: webhook 1: url must begin with https"):
            settings.load(path).endpoints()
