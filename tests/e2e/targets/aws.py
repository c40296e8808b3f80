"""template.yaml deployed to an emulator of AWS, its functions in packages as `make build` makes them.

What the emulator itself does otherwise than AWS is listed here, each with what AWS does. Nothing else is excused.
"""

from __future__ import annotations

import base64
import functools
import mmap
import struct
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import jwt

from tests.e2e.targets.target import SHIFTED_CLOCK, Claims, ManagementAccess, Target, Tuning
from tests.emulator import deploy, ministack

ISSUER: Final = "https://id.e2e.example"
AUDIENCE: Final = "fanfare-e2e"
KEY: Final = b"e2e-key-of-thirty-two-bytes-or-so"

NOT_TUNABLE: Final = {
    "idle_timeout_s": "API Gateway closes idle connections after 10 minutes, which cannot be set",
    "max_duration_s": "API Gateway closes connections after two hours, which cannot be set",
    "write_buffer_bytes": "what waits for a slow terminal is API Gateway's own affair",
    "post_latency_s": "the emulator answers @connections as fast as it can",
    "lost_disconnects": "the emulator always calls $disconnect",
    "throttled_posts": "the emulator never throttles @connections",
}


_UNAUTHORIZED = "an authorizer that raises Unauthorized is a 500 here; on AWS it is a 401"
_REFUSED = "whatever status $connect refuses with is a 403 here; on AWS it is that status"
_NOT_DESCRIBED = "GET @connections answers nothing here; on AWS when it was connected, last active, and from where"
_DECODED = "the path of a request comes decoded here; a REST API of AWS hands it over as it came"

DEVIATIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "test_no_token_is_401",
            "test_a_token_signed_by_another_key_is_401",
            "test_a_token_that_is_no_jwt_is_401",
            "test_an_expired_token_is_401",
            "test_a_token_for_another_service_is_401",
            "test_a_token_of_an_unknown_issuer_is_401",
            "test_a_token_without_a_user_is_401",
            "test_two_tokens_that_differ_are_401",
        ),
        _UNAUTHORIZED,
    ),
    **dict.fromkeys(
        ("test_a_terminal_that_calls_itself_what_cannot_be_a_name_is_400", "test_a_ticket_works_once"), _REFUSED
    ),
    **dict.fromkeys(
        (
            "test_verifying_an_open_connection_finds_it",
            "test_get_tells_since_when_and_from_where",
            "test_a_closed_connection_makes_room_for_another",
        ),
        _NOT_DESCRIBED,
    ),
    **dict.fromkeys(("test_a_group_may_have_any_name[a/b]", "test_a_group_may_have_any_name[\\xe4%2F]"), _DECODED),
    "test_the_subprotocol_is_answered_without_the_token": (
        "headers of $connect's answer are dropped here; AWS passes Sec-WebSocket-Protocol on"
    ),
    "test_a_plain_http_request_is_told_to_upgrade": "a plain GET is a 502 here; on AWS a 426",
    "test_an_unknown_stage_is_403": "any stage is let in here; on AWS another one is a 403",
    "test_an_accepted_push_is_found_where_its_location_says": (
        "APIs have addresses here that no event tells; on AWS a request's path is that of its event"
    ),
    "test_an_id_that_cannot_be_one_is_a_bad_request": "a malformed id is 410 here; on AWS 400",
    "test_a_frame_that_makes_no_sense_is_refused_and_the_socket_stays[too deep]": (
        "a message that is nested too deep to be parsed ends the connection here; AWS hands it to $default"
    ),
    "test_a_message_over_128_kib_is_too_large": "200 KB are posted here; AWS refuses over 128 KiB with 413",
    "test_a_request_with_a_wrong_signature_is_refused_and_posts_nothing": (
        "the account's root needs no right signature here; AWS refuses with 403"
    ),
    "test_a_binary_frame_is_closed_with_1003": "a binary frame is a message here; AWS closes with 1003",
    "test_a_frame_over_32_kib_is_closed_with_1009": "frames have no limit here; AWS closes with 1009 over 32 KiB",
}


class AwsTarget(Target):
    """An emulator of its own with one stack. What it can be tuned in are the template's parameters and its clock."""

    name = "aws"
    may_lag = True
    deviations = DEVIATIONS

    def __init__(self, directory: Path, tuning: Tuning) -> None:
        self._directory = directory
        self._tuning = tuning
        self._running = ExitStack()
        self._deployment: deploy.Deployment | None = None
        self._clock: mmap.mmap | None = None

    @property
    def deployment(self) -> deploy.Deployment:
        """The stack; it runs."""
        assert self._deployment is not None, "it does not run"
        return self._deployment

    @property
    def http_url(self) -> str:
        return self.deployment.http_url

    @property
    def ws_url(self) -> str:
        return self.deployment.ws_url

    def start(self) -> None:
        assert self._deployment is None, "it runs; what it had is gone when it is stopped"
        for name, reason in NOT_TUNABLE.items():
            if getattr(self._tuning, name) is not None:
                self.deviates(reason)
        emulator = self._running.enter_context(ministack.running(variables=self._environment()))
        self._deployment = deploy.deploy(emulator, packages(), self._parameters())

    def stop(self) -> int:
        self._running.close()
        self._deployment = None
        return 0

    def kill(self) -> None:
        self.deviates("no process holds the service on AWS; tests/emulator kills its functions")

    def sign(self, claims: Claims) -> str:
        return jwt.encode(dict(claims), KEY, algorithm="HS256")

    def own_claims(self) -> Claims:
        return {"iss": ISSUER, "aud": AUDIENCE}

    def management(self) -> ManagementAccess:
        return ManagementAccess(
            endpoint_url=self.deployment.connections_url,
            region=ministack.REGION,
            access_key_id="test",
            secret_access_key="test",
        )

    def metrics_url(self) -> str:
        self.deviates("metrics go to CloudWatch")

    def advance(self, by_s: float) -> None:
        assert self._clock is not None, "Tuning.movable_clock was not asked for"
        struct.pack_into("d", self._clock, 0, self.ahead_s() + by_s)

    def ahead_s(self) -> float:
        return 0.0 if self._clock is None else float(struct.unpack_from("d", self._clock)[0])

    def _parameters(self) -> Mapping[str, str]:
        given = {
            "Issuer": ISSUER,
            "Audience": AUDIENCE,
            "Hs256Key": base64.urlsafe_b64encode(KEY).decode().rstrip("="),
            "DeletionProtection": "false",
            "SweepRate": "rate(1 minute)",
        }
        if self._tuning.connections_per_user is not None:
            given["ConnectionsPerUser"] = str(self._tuning.connections_per_user)
        return given

    def _environment(self) -> Mapping[str, str]:
        """The emulator hands its environment on to the functions, so that all clocks of the target move together."""
        if not self._tuning.movable_clock:
            return {}
        path = self._directory / "clock"
        path.write_bytes(struct.pack("d", 0.0))
        with path.open("r+b") as file:
            self._clock = mmap.mmap(file.fileno(), 8)
        return {"FANFARE_TEST_CLOCK": str(path), "PYTHONPATH": str(SHIFTED_CLOCK)}


@functools.cache
def packages() -> Path:
    """The functions' packages for this machine, built once for all targets of a run."""
    directory = Path(_PACKAGES.name)
    deploy.build_packages(directory)
    return directory


_PACKAGES = tempfile.TemporaryDirectory(prefix="fanfare-packages-")  # removed when this process ends
