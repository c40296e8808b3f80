"""The entry of the fan-out queue: a batch of jobs, of which some may fail."""

from __future__ import annotations

from services.domain import jobs
from services.domain.pushes import Job
from services.fanout import handler
from tests.unit.services.service import A_PAGE_EACH, Service


def _event(*bodies: str) -> dict[str, object]:
    return {"Records": [{"messageId": f"m{index}", "body": body} for index, body in enumerate(bodies)]}


def _bodies(left: list[Job]) -> list[str]:
    return [jobs.to_json(job) for job in left]


async def test_every_job_of_a_batch_is_done(service: Service) -> None:
    await service.connect("a")
    pushes = [await service.submit() for _ in range(3)]
    answer = await handler.build(service.ports)(_event(*_bodies(service.jobs())))
    assert answer == {"batchItemFailures": []}
    assert sorted(map(str, service.pushes_at("a"))) == [push.id for push in pushes]
    assert service.jobs() == []


async def test_a_job_that_fails_comes_again_and_the_others_do_not(service: Service) -> None:
    await service.connect("a")
    for _ in range(3):
        await service.submit()

    async def fails_the_second_time() -> None:
        if len(service.sockets.posts) == 1:
            service.sockets.before_post = None
            raise ConnectionResetError

    service.sockets.before_post = fails_the_second_time
    answer = await handler.build(service.ports)(_event(*_bodies(service.jobs())))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert len(service.jobs()) == 1


async def test_a_message_that_is_no_job_fails_alone(service: Service) -> None:
    await service.connect("a")
    await service.submit()
    answer = await handler.build(service.ports)(_event("not json", "{}", *_bodies(service.jobs())))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}, {"itemIdentifier": "m1"}]}
    assert service.jobs() == []


async def test_a_job_that_is_finished_already_is_no_failure(service: Service) -> None:
    await service.submit()
    event = _event(*_bodies(service.jobs()))
    handle = handler.build(service.ports)
    await handle(event)
    assert await handle(event) == {"batchItemFailures": []}


async def test_a_job_out_of_time_is_no_failure_and_stays(service: Service, pages_of_two: None) -> None:
    for index in range(3):
        await service.connect(f"c{index}")
    await service.submit()
    handle = handler.build(service.ports, A_PAGE_EACH)
    assert await handle(_event(*_bodies(service.jobs()))) == {"batchItemFailures": []}
    assert [job.step for job in service.jobs()] == [1]
