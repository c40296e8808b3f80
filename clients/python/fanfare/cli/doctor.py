"""`fanfare doctor`: why does this terminal not connect?"""

from __future__ import annotations

import asyncio
import json

import click

from fanfare.cli.findings import Finding, all_well, failed
from fanfare.cli.identity import Identity, minter
from fanfare.cli.network_checks import check_network, endpoint_of
from fanfare.cli.service import Service, service_options
from fanfare.cli.service_checks import Examined, check_service

EXAMPLES = """
\b
Examples:
  fanfare doctor
  fanfare doctor --url wss://push.example.com/local --api-url https://push.example.com --token "$TOKEN"
  fanfare doctor --json | jq '.steps[] | select(.verdict == "failed")'
"""
PATIENT = "fanfare-doctor"
"""The user of the token that is made for an examination."""
_TOKEN_TTL_S = 300


@click.command(epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="All steps as one JSON object.")
@service_options
def command(service: Service, as_json: bool) -> None:
    """Check the way to a running service as a terminal goes it, step by step.

    Name, TCP, TLS, proxy, HTTP, upgrade without and with a token, resume, ping, clock. Each step says what it found
    and, if it failed, what to do. Exits with 1 if any failed.
    """
    url = service.ws()
    api_url = service.known_api()
    token = service.token
    if token is None and service.makes_tokens():
        token = minter(service.data_dir)(Identity(user=PATIENT), _TOKEN_TTL_S)
    findings = asyncio.run(_examine(service, url, api_url, token, quiet=as_json))
    if as_json:
        report = {"ok": all_well(findings), "url": url, "steps": [finding.as_json() for finding in findings]}
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    if not all_well(findings):
        raise SystemExit(1)


async def _examine(service: Service, url: str, api_url: str | None, token: str | None, *, quiet: bool) -> list[Finding]:
    findings: list[Finding] = []

    def note(finding: Finding) -> None:
        findings.append(finding)
        if not quiet:
            click.echo(finding.in_words())

    try:
        endpoint = endpoint_of(url)
    except ValueError as error:
        note(failed("url", str(error), "It begins with ws:// or wss:// and ends with the stage."))
        return findings
    tls = service.tls()
    async for finding in check_network(endpoint, tls):
        note(finding)
    if all_well(findings):
        examined = Examined(endpoint=endpoint, url=url, api_url=api_url, token=token, tls=tls)
        async for finding in check_service(examined):
            note(finding)
    return findings
