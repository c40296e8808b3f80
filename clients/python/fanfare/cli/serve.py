"""`fanfare serve`: the whole service on this machine."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path

import click
import uvloop

from fanfare.cli.data_directory import data_option
from fanfare.cli.office_process import OfficeProcess
from fanfare.cli.tour import tour as text_of_tour
from infra.local import database, logs
from infra.local.data_directory import DataDirectoryError
from infra.local.gateway.chaos import Chaos, ChaosError
from infra.local.secrets import Secrets
from infra.local.server import Listen, ListenError, Urls, serve_until_stopped
from infra.local.settings import SettingsError, load

EXAMPLES = """
\b
Examples:
  fanfare serve                                        on 127.0.0.1:8080 (REST) and :8081 (WebSocket)
  fanfare serve --host 0.0.0.0 --tls-cert c.pem --tls-key k.pem
  fanfare serve --settings fanfare.toml                your own issuers, limits, origins
  fanfare serve --tour --office 50                     to look around: a console, tokens, 50 terminals
  fanfare serve --chaos post_latency=0.2 --chaos drop_sockets=0.1
"""
TOUR_OFFICE = 200
"""Terminals of the office that is simulated on a tour, unless told otherwise."""

PORT = click.IntRange(0, 65535)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
LEVELS = click.Choice(["debug", "info", "warning", "error"])


@click.command(epilog=EXAMPLES)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--http-port", default=8080, show_default=True, type=PORT, help="REST API; 0: free one.")
@click.option("--ws-port", default=8081, show_default=True, type=PORT, help="WebSocket; 0: free one.")
@data_option("Directory of the database and the secrets; made at first start.")
@click.option(
    "--settings",
    "settings_path",
    type=click.Path(path_type=Path),
    help="TOML file; docs/operations-local.md lists its members.",
)
@click.option("--tls-cert", type=FILE, help="Certificate chain, PEM.")
@click.option("--tls-key", type=FILE, help="Its private key, PEM.")
@click.option("--chaos", multiple=True, metavar="NAME=VALUE", help="Misbehave on purpose; --chaos help lists how.")
@click.option("--log-level", default="info", show_default=True, type=LEVELS)
@click.option("--tour", is_flag=True, help="To look around: print addresses, tokens and commands, simulate an office.")
@click.option(
    "--office",
    type=click.IntRange(0, 20_000),
    metavar="TERMINALS",
    help=f"Simulate an office of so many; 0: none.  [default: {TOUR_OFFICE} with --tour, else 0]",
)
def command(
    host: str,
    http_port: int,
    ws_port: int,
    data_dir: Path,
    settings_path: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    chaos: tuple[str, ...],
    log_level: str,
    tour: bool,
    office: int | None,
) -> None:
    """Run the service on this machine until SIGTERM or Ctrl-C.

    Prints one line when it is ready, a JSON object with both URLs. Logs go to standard error.
    """
    if chaos == ("help",):
        click.echo(Chaos.help())
        return
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    logs.configure(log_level)
    is_new = not (data_dir / database.FILE).exists()
    terminals = office if office is not None else TOUR_OFFICE if tour else 0
    beside: list[OfficeProcess] = []

    def ready(urls: Urls, secrets: Secrets) -> None:
        line = {"ready": True, "http": urls.http, "ws": urls.ws, "data": str(data_dir)}
        click.echo(json.dumps(line))
        if tour:
            click.echo(text_of_tour(urls, secrets, data_dir, office=terminals))
        if terminals:
            first_day = ["--first-day"] if tour and is_new else []
            trusted = ["--cacert", str(tls_cert)] if tls_cert else []
            beside.append(OfficeProcess.start(data_dir, ["--terminals", str(terminals), *first_day, *trusted]))

    try:
        settings = load(settings_path)
        misbehaviour = Chaos.parse(chaos) if chaos else None
        listen = Listen(host=host, http_port=http_port, ws_port=ws_port, tls_cert=tls_cert, tls_key=tls_key)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve_until_stopped(data_dir, listen, settings, misbehaviour, ready))
    except (SettingsError, ChaosError, DataDirectoryError, ListenError) as error:
        raise click.ClickException(str(error)) from None
    except ssl.SSLError as error:
        raise click.ClickException(f"cannot use {tls_cert} with {tls_key}: {error.reason}") from None
    except OSError as error:
        raise click.ClickException(f"cannot start: {error.strerror or error}") from None
    finally:
        for each in beside:
            each.stop()
