"""The server is killed, or the endpoint is away: what happened is told all the same."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from tests.e2e.deadlines import eventually
from tests.e2e.fixtures import OwnOffice
from tests.e2e.office import Office
from tests.e2e.targets.target import Tuning
from tests.unit.webhooks.receiver import SECRET


class Hook(ThreadingHTTPServer):
    """Who gets webhooks. `answer` is the status of every answer; None is to hang until it is another."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Request)
        self.answer: int | None = 204
        self.answering = threading.Condition()
        self.received: list[Mapping[str, object]] = []

    def told(self, subject: str) -> list[str]:
        """Types of the events of one subject that were answered, in order, without their prefix."""
        with self.answering:
            events = [event for event in self.received if event["subject"] == subject]
        return [str(event["type"]).rpartition(".")[2] for event in events]

    def ids(self) -> list[str]:
        with self.answering:
            return [str(event["id"]) for event in self.received]

    def becomes(self, answer: int | None) -> None:
        """Answer so from now on, and those who wait."""
        with self.answering:
            self.answer = answer
            self.answering.notify_all()


class _Request(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.answering:
            while self.server.answer is None:
                self.server.answering.wait()
            self.server.received.append(event)
            answer = self.server.answer
        try:
            self.send_response(answer)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except ConnectionError:
            # Who has posted it was killed meanwhile.
            return

    def log_message(self, format: str, *args: object) -> None:
        """Tests are silent."""


@contextmanager
def hook(port: int = 0) -> Iterator[Hook]:
    with Hook(port) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.becomes(server.answer or 204)
            server.shutdown()
            thread.join()


def telling(port: int) -> Tuning:
    """A server that tells a hook on this port."""
    return Tuning(webhook=f"http://127.0.0.1:{port}/hook", webhook_secret=SECRET)


async def cancelled_push(office: Office) -> str:
    """A push that was sent and called back."""
    push_id = await office.api.push({"users": [office.name("alice")]})
    await office.api.completed(push_id)
    await office.api.cancel(push_id)
    return push_id


async def test_killed_between_commit_and_delivery(own_office: OwnOffice) -> None:
    with hook() as receiver:
        receiver.becomes(None)
        office = own_office(telling(receiver.server_port))
        push_id = await cancelled_push(office)
        office.target.kill()
        receiver.becomes(204)
        office.target.start()
        wanted = ["created", "sending", "completed", "cancelled"]
        await eventually(lambda: _told(receiver, push_id), lambda told: set(told) == set(wanted))


async def test_killed_again_and_again_it_tells_every_push(own_office: OwnOffice) -> None:
    with hook() as receiver:
        office = own_office(telling(receiver.server_port))
        pushes: list[str] = []
        for _ in range(3):
            pushes += [await office.api.push({"users": [office.name("alice")]}) for _ in range(10)]
            office.target.kill()
            office.target.start()
        for push_id in pushes:
            await eventually(lambda: _told(receiver, push_id), lambda told: "completed" in told)  # noqa: B023 - awaited
            assert {"created", "sending", "completed"} == set(receiver.told(f"push:{push_id}"))


async def test_an_endpoint_that_was_away_is_told_when_it_is_back(own_office: OwnOffice) -> None:
    with hook() as receiver:
        port = receiver.server_port
    office = own_office(telling(port))
    push_id = await cancelled_push(office)

    async def failed() -> float:
        return await _metric(office, "failed")

    await eventually(failed, lambda number: number > 0)
    with hook(port) as receiver:
        await eventually(lambda: _told(receiver, push_id), lambda told: len(set(told)) == 4, within_s=60)
    assert await _metric(office, "given_up") == 0


async def test_a_terminal_that_a_killed_server_left_is_told_to_have_gone(own_office: OwnOffice) -> None:
    with hook() as receiver:
        office = own_office(telling(receiver.server_port))
        terminal = await office.terminal(office.name("bob"))
        subject = f"user:{terminal.user}"

        async def told() -> list[str]:
            return receiver.told(subject)

        await eventually(told, lambda events: events == ["connected"])
        office.target.kill()
        office.target.start()
        await eventually(told, lambda events: events == ["connected", "disconnected"])


async def test_a_halt_is_told_with_who_did_it_and_why(own_office: OwnOffice) -> None:
    with hook() as receiver:
        office = own_office(telling(receiver.server_port))
        strategy = {"waves": [{"percent": 50, "then_wait": "10m"}, {"percent": 100}]}
        push_id = await office.api.push({"users": [office.name("alice")]}, strategy=strategy)
        await office.api.in_state(push_id, "waiting")
        await office.api.post(f"/v1/pushes/{push_id}/halt", {"reason": "wrong text"})
        await eventually(lambda: _told(receiver, push_id), lambda told: "halted" in told)
        (halted,) = [event for event in receiver.received if event["type"] == "fanfare.push.halted"]
    data = halted["data"]
    assert isinstance(data, dict)
    assert (data["push"], data["previous_state"], data["reason"]) == (push_id, "waiting", "wrong text")
    assert data["by"]


async def _told(receiver: Hook, push_id: str) -> list[str]:
    return receiver.told(f"push:{push_id}")


async def _metric(office: Office, result: str) -> float:
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(office.target.metrics_url())).text
    lines = [line for line in text.splitlines() if line.startswith(f'fanfare_webhooks_total{{result="{result}"}}')]
    return float(lines[0].split()[-1])
