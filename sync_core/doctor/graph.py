"""Sign-in to Microsoft Graph: the token, the roles in it, and an answer."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError

from sync_core.doctor.findings import Finding, failed, good, has_failed, not_run, warning
from sync_core.doctor.listening import Heard, ListeningGraph
from sync_core.doctor.probing import Line, Probe, run_probe
from sync_core.doctor.remedies import SIGN_IN_CODES, Service, Trouble, remedy_for
from sync_core.errors import ServiceUnavailable
from sync_core.operations.ports import Operator
from sync_core.outlook.client import GraphClient
from sync_core.outlook.mailboxes import OutlookMailboxes

NEEDED_ROLE = "Contacts.ReadWrite"
USEFUL_ROLES = frozenset({NEEDED_ROLE, "User.ReadBasic.All", "User.Read.All"})
"""The second and third let the app look a mailbox up by its address; nothing else is of any use."""
_SIGN_IN_CODE = re.compile(r"AADSTS\d+")

SignIn = Callable[[str], AsyncTokenCredential]
"""Makes the credential for a Graph root."""


@dataclass(frozen=True, slots=True)
class GraphLine:
    """Graph as the doctor reaches it."""

    client: GraphClient
    line: Line


def graph_line(operator: Operator) -> GraphLine:
    """Listen in on the deployed app's own transport."""
    url = operator.settings.graph_base_url
    heard = Heard(operator.clock)
    client = GraphClient(ListeningGraph(operator.transports.graph, heard), url, operator.clock)
    return GraphLine(client, Line(Service.GRAPH, url, heard))


async def examine_graph(operator: Operator, graph: GraphLine, sign_in: SignIn) -> list[Finding]:
    """Get a token and an answer; without a token the answer is not asked for."""

    async def ask_token() -> Sequence[Finding]:
        return await _token_findings(sign_in, operator.settings.graph_base_url)

    async def ask_graph() -> Sequence[Finding]:
        await OutlookMailboxes(graph.client).check()
        return [good("graph", "", "it answers and takes the token")]

    found = await run_probe(Probe("sign-in", "Microsoft Graph", Line(Service.SIGN_IN), ask_token))
    if has_failed(found):
        return [*found, not_run("graph", "", "there is no token to ask with")]
    return [*found, *await run_probe(Probe("graph", "", graph.line, ask_graph))]


async def _token_findings(sign_in: SignIn, base_url: str) -> list[Finding]:
    credential = sign_in(base_url)
    try:
        token = await credential.get_token(f"{base_url}/.default")
    except ClientAuthenticationError as error:
        return [_refused(error)]
    except AzureError as error:
        raise ServiceUnavailable(f"the sign-in service gave no token ({type(error).__name__})") from error
    finally:
        await credential.close()
    return _claims_findings(claims_of(token.token))


def _refused(error: ClientAuthenticationError) -> Finding:
    code = _SIGN_IN_CODE.search(str(error))
    named = code.group() if code else type(error).__name__
    remedy = SIGN_IN_CODES.get(named) or remedy_for(Service.SIGN_IN, Trouble.UNAUTHORIZED)
    return failed("sign-in", "Microsoft Graph", f"no token could be had ({named})", remedy)


def claims_of(token: str) -> Mapping[str, Any] | None:
    """Read what a token says, unchecked, for we are not its addressee; None when it cannot be read."""
    parts = token.split(".")
    if len(parts) != len(("header", "claims", "signature")):
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


def _claims_findings(claims: Mapping[str, Any] | None) -> list[Finding]:
    if claims is None:
        return [good("sign-in", "Microsoft Graph", "a token was given; what it says cannot be read")]
    app = claims.get("appid")
    holder = f" to application {app}" if isinstance(app, str) else ""
    given = claims.get("roles")
    roles = frozenset(role for role in given if isinstance(role, str)) if isinstance(given, list) else frozenset()
    return [good("sign-in", "Microsoft Graph", f"a token was given{holder}"), _role_finding(roles)]


def _role_finding(roles: frozenset[str]) -> Finding:
    too_many = sorted(roles - USEFUL_ROLES)
    if too_many:
        remedy = "take these application permissions back; the sync uses none of them"
        return warning("graph roles", "", f"the token grants more than is needed: {', '.join(too_many)}", remedy)
    if NEEDED_ROLE in roles:
        told = f"{NEEDED_ROLE} for every mailbox of the tenant"
        remedy = "to limit it to a group of mailboxes, take it back and use infra/access/grant.ps1"
        return warning("graph roles", "", told, remedy)
    return good("graph roles", "", "no tenant-wide contact role: Exchange decides for each mailbox")
