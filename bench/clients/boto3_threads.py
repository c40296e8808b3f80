"""boto3's `post_to_connection` from threads, as many as requests under way; the signer and the pool are boto3's."""

from __future__ import annotations

import threading

import boto3
from botocore.config import Config

from bench.clients import pace


def main() -> None:
    task = pace.task_from_arguments()
    client = boto3.session.Session().client(
        "apigatewaymanagementapi",
        endpoint_url=task.url,
        region_name=pace.REGION,
        aws_access_key_id=pace.ACCESS_KEY_ID,
        aws_secret_access_key=pace.SECRET_ACCESS_KEY,
        verify=task.ca_file,
        config=Config(max_pool_connections=task.concurrency, retries={"mode": "standard", "total_max_attempts": 1}),
    )
    ids = pace.connection_ids()
    counted = threading.Lock()

    def one_after_another(count: pace.Count, seconds: float) -> None:
        while not count.is_over(seconds):
            client.post_to_connection(ConnectionId=next(ids), Data=task.message)
            with counted:
                count.posts += 1

    for seconds in (task.warm_up_s, task.seconds):
        count = pace.Count()
        threads = [threading.Thread(target=one_after_another, args=(count, seconds)) for _ in range(task.concurrency)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    count.tell()


if __name__ == "__main__":
    main()
