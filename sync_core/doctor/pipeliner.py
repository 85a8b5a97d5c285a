"""Pipeliner: the key and the space, the application behind the key, and what it may read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sync_core.doctor.findings import Finding, failed, good, has_failed, not_run
from sync_core.doctor.listening import Heard, ListeningPipeliner
from sync_core.doctor.probing import Line, Probe, run_probe
from sync_core.doctor.remedies import Service
from sync_core.errors import AccessDenied, RequestRejected
from sync_core.operations.ports import Operator
from sync_core.pipeliner.client import PipelinerClient
from sync_core.pipeliner.paging import read_page
from sync_core.pipeliner.records import flag_of, text_of
from sync_core.pipeliner.space import PipelinerSpace
from sync_core.pipeliner.targets import ACCOUNT_RELATIONS, ACCOUNTS, CLIENTS, CONTACTS, FIELDS, SHARING

APPLICATIONS = "ApiAccesses"
"""Pipeliner's list of its API keys; where a key may not read it, nothing is told of the application."""
READ = (CONTACTS, ACCOUNTS, ACCOUNT_RELATIONS, SHARING, FIELDS)


@dataclass(frozen=True, slots=True)
class PipelinerLine:
    """The space as the doctor reaches it: without repeats, so that a fault is told at once."""

    client: PipelinerClient
    space: PipelinerSpace
    line: Line


def pipeliner_line(operator: Operator) -> PipelinerLine:
    """Listen in on the deployed app's own transport."""
    settings = operator.settings
    heard = Heard(operator.clock)
    client = PipelinerClient(
        ListeningPipeliner(operator.transports.pipeliner, heard),
        settings.pipeliner_space_id,
        operator.clock,
        settings.pipeliner_requests_per_second,
        tries=1,
    )
    return PipelinerLine(client, PipelinerSpace(client), Line(Service.PIPELINER, settings.pipeliner_service_url, heard))


async def examine_pipeliner(operator: Operator, crm: PipelinerLine) -> list[Finding]:
    """Ask for users with the key; only a key that is taken goes on to the rest."""
    space_id = operator.settings.pipeliner_space_id
    found = await run_probe(Probe("pipeliner", f"space {space_id}", crm.line, partial(_ask_users, crm, space_id)))
    if has_failed(found):
        return [*found, not_run("pipeliner permissions", "", "the space did not answer")]
    token = operator.settings.pipeliner_api_token.get_secret_value()
    asked: list[tuple[str, str, Callable[[], Awaitable[Sequence[Finding]]]]] = [
        ("pipeliner application", "", partial(_ask_application, crm, token)),
        *(("pipeliner permissions", entity, partial(_ask_entity, crm, entity)) for entity in READ),
    ]
    for check, subject, ask in asked:
        found += await run_probe(Probe(check, subject, crm.line, ask))
    return found


async def _ask_users(crm: PipelinerLine, space_id: str) -> Sequence[Finding]:
    await read_page(crm.client, CLIENTS, (("load-only", "id"),), size=1)
    return [good("pipeliner", f"space {space_id}", "it takes the key and shows its users")]


async def _ask_entity(crm: PipelinerLine, entity: str) -> Sequence[Finding]:
    await read_page(crm.client, entity, (("load-only", "id"),), size=1)
    return [good("pipeliner permissions", entity, "the key may read them")]


async def _ask_application(crm: PipelinerLine, token: str) -> Sequence[Finding]:
    """Find the key among the space's; it is compared here, for in a filter it would stand in the address."""
    check = "pipeliner application"
    try:
        page = await read_page(crm.client, APPLICATIONS, (("load-only", "id,name,username,is_active"),))
    except (AccessDenied, RequestRejected):
        return [good(check, "", "the space does not show its applications to this key")]
    own = next((record for record in page if text_of(record, "username") == token), None)
    if own is None:
        return [good(check, "", "the space does not list the application of this key")]
    if own.get("is_active") is not None and not flag_of(own, "is_active"):
        told, remedy = "the application of this key is switched off", "switch it on: Administration > Applications"
        return [failed(check, text_of(own, "name"), told, remedy)]
    return [good(check, text_of(own, "name"), "the key belongs to it, and it is switched on")]
