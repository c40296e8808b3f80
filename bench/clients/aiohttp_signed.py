"""aiohttp with signing of one's own: the signing key and the digest of the body are computed once."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
import time
from urllib.parse import quote, urlsplit

import aiohttp  # type: ignore[import-not-found,unused-ignore]  # in a venv of its own
from yarl import URL  # type: ignore[import-not-found,unused-ignore]  # in a venv of its own

from bench.clients import pace


async def main() -> None:
    task = pace.task_from_arguments()
    target = urlsplit(task.url)
    amz_date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{amz_date[:8]}/{pace.REGION}/execute-api/aws4_request"
    key = f"AWS4{pace.SECRET_ACCESS_KEY}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    body_digest = hashlib.sha256(task.message).hexdigest()
    credential = f"AWS4-HMAC-SHA256 Credential={pace.ACCESS_KEY_ID}/{scope}, SignedHeaders=host;x-amz-date, Signature="

    def authorization(path: str) -> str:
        canonical = f"POST\n{quote(path)}\n\nhost:{target.netloc}\nx-amz-date:{amz_date}\n\nhost;x-amz-date\n"
        digest = hashlib.sha256((canonical + body_digest).encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{amz_date}\n{scope}\n{digest}"
        return credential + hmac.digest(key, text.encode(), "sha256").hex()

    connector = aiohttp.TCPConnector(limit=task.concurrency, ssl=ssl.create_default_context(cafile=task.ca_file))
    async with aiohttp.ClientSession(connector=connector) as session:

        async def post(connection_id: str) -> None:
            path = f"{target.path}/@connections/{quote(connection_id)}"
            url = URL(f"{target.scheme}://{target.netloc}{path}", encoded=True)
            headers = {"x-amz-date": amz_date, "authorization": authorization(path)}
            async with session.post(url, data=task.message, headers=headers) as response:
                assert response.status == 200

        await pace.keep_posting(task, post)


if __name__ == "__main__":
    asyncio.run(main())
