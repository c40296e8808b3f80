"""Our sender, in pages of 500 as fan-out posts them."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

from botocore.credentials import Credentials

from bench.clients import pace
from infra.aws.sender import Limits, Sender

PAGE = 500


async def main() -> None:
    task = pace.task_from_arguments()
    sender = Sender(
        task.url,
        region=pace.REGION,
        limits=Limits(connections=task.concurrency),
        ca_file=Path(task.ca_file),
        credential_chain=lambda: Credentials(pace.ACCESS_KEY_ID, pace.SECRET_ACCESS_KEY),
    )
    ids = pace.connection_ids()
    for seconds in (task.warm_up_s, task.seconds):
        count = pace.Count()
        while not count.is_over(seconds):
            page = list(itertools.islice(ids, PAGE))
            result = await sender.post(page, task.message)
            assert len(result.sent) == PAGE, result
            count.posts += PAGE
    count.tell()
    await sender.aclose()


if __name__ == "__main__":
    asyncio.run(main())
