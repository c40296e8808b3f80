"""Where the service is, and how the command line calls it: the options that most commands share."""

from __future__ import annotations

import functools
import json
import os
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from fanfare.cli.identity import Identity, minter

CALLER = "fanfare-cli"
"""The user of the tokens that commands make for themselves."""
_CALL_TTL_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The service that the options name: by its URLs, or by the data directory of the one that runs here.

    A token is made only from secrets that belong to it: for a service found by its data directory, or where
    `--data` was given beside the URL.
    """

    data_dir: Path
    data_given: bool = False
    url: str | None = None
    api_url: str | None = None
    token: str | None = None
    cacert: Path | None = None
    caller: str = CALLER

    @property
    def remote(self) -> bool:
        """Whether it was named by URL."""
        return self.url is not None or self.api_url is not None

    def ws(self) -> str:
        """Its WebSocket URL. Raises click.ClickException if it cannot be told."""
        if self.url is not None:
            return self.url
        if self.api_url is not None:
            raise click.UsageError("--api-url alone does not say where terminals connect; give --url too")
        return self._running("ws")

    def api(self) -> str:
        """The base URL of its REST API, without a slash at its end. Raises click.ClickException."""
        api_url = self.known_api()
        if api_url is None:
            raise click.UsageError("--url alone does not say where the REST API is; give --api-url too")
        return api_url

    def known_api(self) -> str | None:
        """The same, None if the options do not tell."""
        if self.api_url is not None:
            return self.api_url.rstrip("/")
        return None if self.url is not None else self._running("http").rstrip("/")

    def makes_tokens(self) -> bool:
        """Whether a token can be made here, should one be needed."""
        return self.data_given or not self.remote

    def caller_token(self, scopes: Sequence[str]) -> str:
        """The token to call the REST API with: the one given, else one made for this call."""
        if self.token is not None:
            return self.token
        if not self.makes_tokens():
            raise click.UsageError("this service needs a token: --token, or the variable FANFARE_TOKEN")
        return minter(self.data_dir)(Identity(user=self.caller, scopes=scopes), _CALL_TTL_S)

    def options(self) -> list[str]:
        """The options that lead another command to the same service, without the token."""
        places = (
            ("--data", str(self.data_dir) if self.data_given else None),
            ("--url", self.url),
            ("--api-url", self.api_url),
            ("--cacert", None if self.cacert is None else str(self.cacert)),
            ("--as", None if self.caller == CALLER else self.caller),
        )
        return [word for option, value in places if value is not None for word in (option, value)]

    def tls(self) -> ssl.SSLContext | None:
        """How certificates are checked: as the system does, or against `--cacert` alone."""
        if self.cacert is None:
            return None
        try:
            return ssl.create_default_context(cafile=str(self.cacert))
        except (OSError, ssl.SSLError) as error:
            raise click.ClickException(f"--cacert {self.cacert} cannot be used: {error}") from None

    def _running(self, what: str) -> str:
        path = self.data_dir / "server.json"
        try:
            running = json.loads(path.read_text(encoding="utf-8"))
            url, process_id = str(running[what]), int(running["pid"])
        except FileNotFoundError:
            raise click.ClickException(
                f"no service runs on the data directory {self.data_dir} ({path} is not there);"
                " start one with `fanfare serve`, or name one with --data, or with --url and --api-url"
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise click.ClickException(f"{path} does not say where the service is: {error}") from None
        if not _is_alive(process_id):
            raise click.ClickException(
                f"the service on {self.data_dir} (process {process_id}) has ended; start it again with `fanfare serve`"
            )
        return url


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def service_options(function: Callable[..., None]) -> Callable[..., None]:
    """Options that say where the service is; the command gets them together, as `service`."""

    @functools.wraps(function)
    def with_service(
        *,
        data_dir: Path | None,
        url: str | None,
        api_url: str | None,
        token: str | None,
        cacert: Path | None,
        caller: str | None = None,
        **options: object,
    ) -> None:
        service = Service(
            data_dir=data_dir or Path("data"),
            data_given=data_dir is not None,
            url=url,
            api_url=api_url,
            token=token,
            cacert=cacert,
            caller=caller or CALLER,
        )
        function(service=service, **options)

    decorated: Callable[..., None] = with_service
    for option in (
        click.option(
            "--cacert",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Certificates to trust, PEM, instead of the system's.",
        ),
        click.option("--token", envvar="FANFARE_TOKEN", show_envvar=True, help="Token to call with."),
        click.option("--api-url", envvar="FANFARE_API_URL", show_envvar=True, help="REST API: https://host"),
        click.option("--url", envvar="FANFARE_URL", show_envvar=True, help="WebSocket side: wss://host/stage"),
        click.option(
            "--data",
            "data_dir",
            envvar="FANFARE_DATA",
            show_envvar=True,
            type=click.Path(file_okay=False, path_type=Path),
            help="Data directory of a service on this machine.  [default: data]",
        ),
    ):
        decorated = option(decorated)
    return decorated


def caller_options(function: Callable[..., None]) -> Callable[..., None]:
    """The options of `service_options`, and who calls the REST API."""
    return click.option(
        "--as", "caller", metavar="USER", help=f"Who calls, where no --token says it.  [default: {CALLER}]"
    )(service_options(function))
