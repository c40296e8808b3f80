"""aiobotocore's `post_to_connection` from tasks, as many as requests under way."""

from __future__ import annotations

import asyncio

from aiobotocore.config import AioConfig  # type: ignore[import-not-found,unused-ignore]  # in a venv of its own
from aiobotocore.session import get_session  # type: ignore[import-not-found,unused-ignore]  # in a venv of its own

from bench.clients import pace


async def main() -> None:
    task = pace.task_from_arguments()
    async with get_session().create_client(
        "apigatewaymanagementapi",
        endpoint_url=task.url,
        region_name=pace.REGION,
        aws_access_key_id=pace.ACCESS_KEY_ID,
        aws_secret_access_key=pace.SECRET_ACCESS_KEY,
        verify=task.ca_file,
        config=AioConfig(max_pool_connections=task.concurrency, retries={"mode": "standard", "total_max_attempts": 1}),
    ) as client:

        async def post(connection_id: str) -> None:
            await client.post_to_connection(ConnectionId=connection_id, Data=task.message)

        await pace.keep_posting(task, post)


if __name__ == "__main__":
    asyncio.run(main())
