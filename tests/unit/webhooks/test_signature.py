"""The signature of a webhook, held against the scheme's own example and against what the guide tells receivers."""

from __future__ import annotations

import base64

import pytest

from infra.webhooks import signature

# The example of the scheme's specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT_S = 1_614_265_330.9
BODY = b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def signed(*secrets: str) -> str:
    keys = [signature.secret_of(secret) for secret in secrets]
    return signature.headers(keys, event_id=EVENT_ID, at_s=AT_S, body=BODY)["webhook-signature"]


def secret_of_bytes(number: int) -> str:
    return f"whsec_{base64.b64encode(bytes(number)).decode()}"


def test_it_is_that_of_the_scheme() -> None:
    assert signed(SECRET) == SIGNED


def test_the_headers_say_which_event_and_when_it_was_sent() -> None:
    headers = signature.headers([b"k" * 32], event_id=EVENT_ID, at_s=AT_S, body=BODY)
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (EVENT_ID, "1614265330")


def test_every_secret_signs_so_that_either_may_be_the_one_that_is_known() -> None:
    other = secret_of_bytes(32)
    assert signed(other, SECRET).split() == [signed(other), SIGNED]


@pytest.mark.parametrize("number", [24, 64])
def test_a_secret_has_24_to_64_bytes(number: int) -> None:
    assert signature.secret_of(secret_of_bytes(number)) == bytes(number)


@pytest.mark.parametrize(
    "text",
    ["", "hunter2", "whsec_", "whsec_not base64!", secret_of_bytes(23), secret_of_bytes(65), SECRET.removeprefix("w")],
)
def test_another_secret_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="a secret") as refused:
        signature.secret_of(text)
    assert len(text) < 8 or text not in str(refused.value)
