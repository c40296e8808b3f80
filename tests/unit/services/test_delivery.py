"""A fan-out job: pages, retries, counts, and what a worker may do twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from services.domain.pushes import Counts, State
from services.fanout import delivery
from services.fanout.delivery import RETRY_DELAYS_S, deliver
from services.pushes.commands import cancel
from tests.unit.services.service import A_PAGE_EACH, Service
from tests.unit.services.sockets import Outcome

THROTTLED: Outcome = "throttled"
THROTTLED_TO_THE_END = (THROTTLED,) * (len(RETRY_DELAYS_S) + 1)


async def test_everybody_meant_gets_it_and_nobody_else(service: Service) -> None:
    await service.connect("a", "alice", groups=("ops",))
    await service.connect("b", "bob", groups=("ops",))
    await service.connect("c", "cho")
    push = await service.send("group:ops and not user:bob", {"text": "hello"})
    assert service.sockets.reached() == {"a"}
    assert service.sockets.frames("a") == [
        {
            "type": "push",
            "id": push.id,
            "position": service.sockets.frames("a")[0]["position"],
            "topic": "group:ops",
            "message": {"text": "hello"},
            "sent_at": "2026-11-24T12:00:00.000Z",
        }
    ]


async def test_the_frame_says_what_the_strategy_asks_of_the_terminal(service: Service) -> None:
    await service.connect("a")
    await service.send(receipts="each", collapse_key="news", expires_in="15m")
    (frame,) = service.sockets.frames("a")
    assert (frame["ack"], frame["collapse_key"], frame["expires_at"]) == (
        "received",
        "news",
        "2026-11-24T12:15:00.000Z",
    )


@pytest.mark.usefixtures("pages_of_two")
async def test_it_goes_round_the_ring_in_pages(service: Service) -> None:
    await service.connect_in_ring_order(5)
    push = await service.send()
    assert service.sockets.posts == [("c0", "c1"), ("c2", "c3"), ("c4",)]
    assert await service.counts(push) == Counts(targeted=5, sent=5)


async def test_it_is_completed_when_its_last_part_is(service: Service) -> None:
    await service.connect("a", "alice")
    await service.connect("b", "bob")
    await service.crowd(50)
    push = await service.submit("user:alice or user:bob")
    first, second = service.jobs()
    await deliver(service.ports, first)
    assert (await service.push(push.id)).state is State.SENDING
    await deliver(service.ports, second)
    assert (await service.push(push.id)).state is State.COMPLETED


async def test_who_is_found_under_two_topics_gets_it_once(service: Service) -> None:
    await service.connect("a", "alice", groups=("ops", "it"))
    await service.crowd(100)
    push = await service.send("user:alice or group:ops or group:it")
    assert service.pushes_at("a") == [push.id]
    assert await service.counts(push) == Counts(targeted=1, sent=1)


@pytest.mark.usefixtures("pages_of_two")
async def test_a_cancel_on_the_way_stops_it_within_a_page(service: Service) -> None:
    await service.connect_in_ring_order(6)
    push = await service.submit()
    (job,) = service.jobs()

    async def cancelled_at_the_second_page() -> None:
        if len(service.sockets.posts) == 1:
            service.sockets.before_post = None
            await cancel(service.ports, push.id, by="admin")

    service.sockets.before_post = cancelled_at_the_second_page
    await deliver(service.ports, job)
    assert {each for post in service.sockets.posts for each in post} == {"c0", "c1", "c2", "c3"}


async def test_a_push_whose_time_is_over_is_not_delivered(service: Service) -> None:
    await service.connect("a")
    await service.submit(expires_in="10s")
    service.clock.at_s += 10
    await service.settle()
    assert service.sockets.reached() == set()


async def test_a_session_that_is_over_gets_nothing(service: Service) -> None:
    await service.connect("over", lasts_s=10)
    await service.connect("here")
    service.clock.at_s += 10
    push = await service.send()
    assert service.sockets.reached() == {"here"}
    assert await service.counts(push) == Counts(targeted=1, sent=1)


async def test_who_is_gone_leaves_the_registry(service: Service) -> None:
    await service.connect("here", "alice")
    await service.connect("gone", "bob")
    service.clock.at_s += 60
    service.sockets.lose("gone")
    push = await service.send()
    assert await service.registered() == {"here"}
    assert await service.counts(push) == Counts(targeted=2, sent=1, gone=1)


async def test_a_handshake_under_way_is_not_taken_for_gone(service: Service) -> None:
    await service.connect("opening")
    service.sockets.begin("opening")
    await service.send()
    service.sockets.open("opening")
    second = await service.send()
    assert service.pushes_at("opening") == [second.id]


async def test_a_message_that_a_connection_cannot_take_is_skipped_there(service: Service) -> None:
    await service.connect("a")
    service.sockets.next_posts("a", "refused")
    push = await service.send()
    assert await service.counts(push) == Counts(targeted=1, skipped=1)
    assert await service.registered() == {"a"}


async def test_a_throttled_connection_is_tried_again_and_counts_once(service: Service) -> None:
    await service.connect_in_ring_order(2)
    service.sockets.next_posts("c0", "throttled", "throttled")
    push = await service.send()
    assert (service.pushes_at("c0"), service.pushes_at("c1")) == ([push.id], [push.id])
    assert await service.counts(push) == Counts(targeted=2, sent=2)


async def test_retries_wait_longer_each_time(service: Service) -> None:
    await service.connect("a")
    service.sockets.every_post("a", "throttled")
    began_s = service.clock.at_s
    moments: list[float] = []

    async def note() -> None:
        moments.append(round(service.clock.at_s - began_s, 3))

    service.sockets.before_post = note
    await service.send()
    assert moments[: len(RETRY_DELAYS_S) + 1] == [0.0, 0.2, 0.7, 1.7, 3.7, 7.7]


async def test_a_connection_that_cannot_keep_up_is_closed_to_resync(service: Service) -> None:
    await service.connect("slow")
    service.sockets.next_posts("slow", *THROTTLED_TO_THE_END)
    push = await service.send()
    (frame,) = service.sockets.frames("slow")
    assert (frame["type"], frame["code"], frame["reconnect"]) == ("bye", "resync", True)
    assert service.sockets.closed == ["slow"]
    assert await service.registered() == set()
    assert await service.counts(push) == Counts(targeted=1, skipped=1)


async def test_a_connection_that_cannot_be_closed_to_resync_is_not_given_up(service: Service) -> None:
    await service.connect("slow")
    service.sockets.next_posts("slow", *THROTTLED_TO_THE_END)
    service.sockets.stick("slow")
    push = await service.submit()
    with pytest.raises(OSError, match="could not be closed"):
        await service.settle()
    service.sockets.loosen()
    await service.settle()
    assert (service.pushes_at("slow"), await service.counts(push)) == ([push.id], Counts(targeted=1, sent=1))


async def test_a_throttled_connection_that_leaves_is_counted_as_gone(service: Service) -> None:
    await service.connect("a")
    service.sockets.next_posts("a", "throttled")
    push = await service.submit()
    (job,) = service.jobs()
    await deliver(service.ports, job)
    await service.ports.registry.remove(["a"])
    await service.settle()
    assert await service.counts(push) == Counts(targeted=1, gone=1)


@pytest.mark.parametrize(("then", "frames"), [("deliver", 0), ("recall", 1)])
async def test_a_throttled_connection_that_leaves_the_target_gets_no_more_than_a_recall(
    service: Service, then: str, frames: int
) -> None:
    row = await service.connect("a", groups=("ops",))
    push = await service.submit("group:ops")
    if then == "recall":
        await service.settle()
        await cancel(service.ports, push.id, by="admin")
    service.sockets.next_posts("a", "throttled")
    (job,) = service.jobs()
    await deliver(service.ports, job)
    await service.ports.registry.replace(replace(row, groups=(), token_groups=()), was=row)
    await service.settle()
    assert len(service.sockets.frames("a", "cancel" if then == "recall" else "push")) == frames


@pytest.mark.usefixtures("pages_of_two")
async def test_the_rest_of_the_ring_does_not_wait_for_a_throttled_connection(service: Service) -> None:
    await service.connect_in_ring_order(6)
    service.sockets.next_posts("c0", "throttled")
    await service.submit()
    (job,) = service.jobs()
    await deliver(service.ports, job)
    assert service.sockets.reached() == {"c1", "c2", "c3", "c4", "c5"}


@pytest.mark.usefixtures("pages_of_two")
async def test_with_too_many_throttled_it_sees_to_them_before_it_goes_on(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_LEFT", 2)
    ids = await service.connect_in_ring_order(6)
    for connection_id in ids:
        service.sockets.next_posts(connection_id, "throttled")
    push = await service.send()
    assert service.sockets.posts == [
        ("c0", "c1"),
        ("c0", "c1"),
        ("c2", "c3"),
        ("c2", "c3"),
        ("c4", "c5"),
        ("c4", "c5"),
    ]
    assert await service.counts(push) == Counts(targeted=6, sent=6)


@pytest.mark.parametrize(
    ("ending", "accounted"),
    [("cancel", Counts(targeted=1, skipped=1)), ("expire", Counts(targeted=1, expired=1))],
)
async def test_who_was_left_when_a_push_ended_is_accounted_for(
    service: Service, ending: str, accounted: Counts
) -> None:
    await service.connect("a")
    service.sockets.next_posts("a", "throttled")
    push = await service.submit(expires_in="5s")
    (job,) = service.jobs()
    await deliver(service.ports, job)
    if ending == "cancel":
        await cancel(service.ports, push.id, by="admin")
    else:
        service.clock.at_s += 5
    await service.settle()
    assert await service.counts(push) == accounted


@pytest.mark.usefixtures("pages_of_two")
async def test_a_worker_out_of_time_hands_the_rest_back(service: Service) -> None:
    await service.connect_in_ring_order(5)
    await service.submit()
    (job,) = service.jobs()
    await deliver(service.ports, job, A_PAGE_EACH)
    (rest,) = service.jobs()
    assert (rest.step, service.sockets.reached()) == (1, {"c0", "c1"})


@pytest.mark.usefixtures("pages_of_two")
async def test_a_job_that_came_with_an_old_message_goes_on_from_where_it_stands(service: Service) -> None:
    await service.connect_in_ring_order(5)
    push = await service.submit()
    (job,) = service.jobs()
    await deliver(service.ports, job, A_PAGE_EACH)
    await deliver(service.ports, job)
    assert service.sockets.posts == [("c0", "c1"), ("c2", "c3"), ("c4",)]
    assert await service.counts(push) == Counts(targeted=5, sent=5)


@pytest.mark.usefixtures("pages_of_two")
async def test_a_job_that_is_delivered_twice_at_the_same_time_counts_once(service: Service) -> None:
    await service.connect_in_ring_order(5)
    push = await service.submit(receipts="each")
    (job,) = service.jobs()

    async def take_turns() -> None:
        await asyncio.sleep(0)

    service.sockets.before_post = take_turns
    await asyncio.gather(*(deliver(service.ports, job) for _ in range(3)))
    await service.settle()
    assert await service.counts(push) == Counts(targeted=5, sent=5)
    assert service.sockets.reached() == {"c0", "c1", "c2", "c3", "c4"}


async def test_a_finished_job_does_nothing_more(service: Service) -> None:
    await service.connect("a")
    await service.submit()
    (job,) = service.jobs()
    await deliver(service.ports, job)
    await deliver(service.ports, job)
    assert len(service.pushes_at("a")) == 1


@pytest.mark.usefixtures("pages_of_two")
@pytest.mark.parametrize(("noted_every", "posted_again"), [(2, 0), (5, 2)])
async def test_a_worker_that_dies_leaves_what_is_not_noted_to_the_next(
    service: Service, monkeypatch: pytest.MonkeyPatch, noted_every: int, posted_again: int
) -> None:
    monkeypatch.setattr(delivery, "NOTED_EVERY", noted_every)
    await service.connect_in_ring_order(5)
    push = await service.submit()
    (job,) = service.jobs()

    async def dies() -> None:
        if len(service.sockets.posts) == 1:
            raise ConnectionResetError

    service.sockets.before_post = dies
    with pytest.raises(ConnectionResetError):
        await deliver(service.ports, job)
    service.sockets.before_post = None
    await service.settle()
    posts_each = [len(service.pushes_at(f"c{index}")) for index in range(5)]
    assert posts_each == [2] * posted_again + [1] * (5 - posted_again)
    assert await service.counts(push) == Counts(targeted=5, sent=5)


async def test_receipts_say_what_became_of_it_at_each_terminal(service: Service) -> None:
    service.clock.at_s += 60
    for connection_id in ("sent", "gone", "refused", "stuck"):
        await service.connect(connection_id)
    service.sockets.lose("gone")
    service.sockets.next_posts("refused", "refused")
    service.sockets.next_posts("stuck", *THROTTLED_TO_THE_END)
    push = await service.send(receipts="each")
    assert {receipt.connection_id: receipt.kind for receipt in (await service.receipts(push)).values()} == {
        "sent": "sent",
        "gone": "gone",
        "refused": "skipped",
        "stuck": "skipped",
    }


async def test_a_receipt_is_kept_only_where_the_strategy_asks_for_it(service: Service) -> None:
    await service.connect("a")
    push = await service.send(receipts="none")
    assert await service.receipts(push) == {}


async def test_a_recall_counts_nothing(service: Service) -> None:
    await service.connect("a")
    push = await service.send(receipts="each")
    before = await service.counts(push)
    await cancel(service.ports, push.id, by="admin")
    await service.settle()
    assert service.sockets.frames("a", "cancel") == [{"type": "cancel", "id": push.id}]
    assert await service.counts(push) == before


async def test_a_push_to_a_small_group_reads_and_posts_to_that_group_alone(service: Service) -> None:
    await service.crowd(200)
    await service.connect("a", groups=("ops",))
    push = await service.submit("group:ops")
    assert [str(topic) for topic in push.cover.topics] == ["group:ops"]
    await service.settle()
    assert service.sockets.posts == [("a",)]
