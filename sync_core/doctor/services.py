"""The two services as the doctor asks them.

Of Microsoft Graph: the token, the roles in it, and an answer. Of Pipeliner: the key and the space, the application
behind the key, what it may read, and what the space requires of a contact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sync_core.connection_settings import ConnectionSettings
from sync_core.doctor.findings import (
    SIGN_IN_CODES,
    Finding,
    Service,
    Trouble,
    failed,
    good,
    has_failed,
    not_run,
    remedy_for,
    warning,
)
from sync_core.doctor.probing import Heard, Line, ListeningTransport, Probe, run_probe
from sync_core.domain import Direction, RightsMode, Side
from sync_core.errors import AccessDenied, CredentialsRejected, RequestRejected
from sync_core.operations import Deployment, examine_rights
from sync_core.outlook.diagnosis import OutlookDiagnosis, SignIn
from sync_core.pipeliner.diagnosis import NEEDED_ENTITIES, Demands, PipelinerDiagnosis

NEEDED_ROLE = "Contacts.ReadWrite"
USEFUL_ROLES = frozenset({NEEDED_ROLE, "User.ReadBasic.All", "User.Read.All"})
"""The second and third let the app look a mailbox up by its address; nothing else is of any use."""
_SIGN_IN = "sign-in"
_GRAPH = "Microsoft Graph"

_ALWAYS_SENT = frozenset({"owner", "owner_id"})
_GIVEN_BY_PIPELINER = frozenset({"unit", "unit_id", "contact_type", "contact_type_id"})
_TRAVELS = frozenset({Direction.BOTH, Direction.TO_PIPELINER})


@dataclass(frozen=True, slots=True)
class GraphLine:
    """Graph as the doctor reaches it."""

    outlook: OutlookDiagnosis
    line: Line


def graph_line(deployment: Deployment, sign_in: SignIn) -> GraphLine:
    """Listen in on the deployed app's own transport."""
    url = deployment.settings.graph_base_url
    heard = Heard(deployment.clock)
    transport = ListeningTransport(deployment.transports.graph, heard)
    return GraphLine(OutlookDiagnosis(transport, url, deployment.clock, sign_in), Line(Service.GRAPH, url, heard))


async def examine_graph(graph: GraphLine) -> list[Finding]:
    """Get a token and an answer; without a token the answer is not asked for."""

    async def ask_token() -> Sequence[Finding]:
        try:
            claims = await graph.outlook.token_claims()
        except CredentialsRejected as error:
            remedy = SIGN_IN_CODES.get(error.code) or remedy_for(Service.SIGN_IN, Trouble.UNAUTHORIZED)
            told = f"no token could be had ({error.code or 'without a code'})"
            return [failed(_SIGN_IN, _GRAPH, told, remedy)]
        if claims is None:
            return [good(_SIGN_IN, _GRAPH, "a token was given; what it says cannot be read")]
        app = claims.get("appid")
        holder = f" to application {app}" if isinstance(app, str) else ""
        return [good(_SIGN_IN, _GRAPH, f"a token was given{holder}"), _role_finding(claims.get("roles"))]

    async def ask_graph() -> Sequence[Finding]:
        await graph.outlook.check()
        return [good("graph", "", "it answers and takes the token")]

    found = await run_probe(Probe(_SIGN_IN, _GRAPH, Line(Service.SIGN_IN), ask_token))
    if has_failed(found):
        return [*found, not_run("graph", "", "there is no token to ask with")]
    return [*found, *await run_probe(Probe("graph", "", graph.line, ask_graph))]


def _role_finding(given: object) -> Finding:
    roles = frozenset(role for role in given if isinstance(role, str)) if isinstance(given, list) else frozenset()
    too_many = sorted(roles - USEFUL_ROLES)
    if too_many:
        remedy = "remove these application permissions; the sync uses none of them"
        return warning("graph roles", "", f"the token grants more than is needed: {', '.join(too_many)}", remedy)
    if NEEDED_ROLE in roles:
        told = f"{NEEDED_ROLE} for every mailbox of the tenant"
        remedy = "to limit it to a group of mailboxes, remove it and use infra/access/grant.ps1"
        return warning("graph roles", "", told, remedy)
    return good("graph roles", "", "no tenant-wide contact role: Exchange decides for each mailbox")


@dataclass(frozen=True, slots=True)
class PipelinerLine:
    """The space as the doctor reaches it."""

    crm: PipelinerDiagnosis
    line: Line


def pipeliner_line(deployment: Deployment) -> PipelinerLine:
    """Listen in on the deployed app's own transport."""
    settings = deployment.settings
    heard = Heard(deployment.clock)
    transport = ListeningTransport(deployment.transports.pipeliner, heard)
    rate = settings.pipeliner_requests_per_second
    crm = PipelinerDiagnosis(transport, settings.pipeliner_space_id, deployment.clock, rate)
    return PipelinerLine(crm, Line(Service.PIPELINER, settings.pipeliner_service_url, heard))


async def examine_pipeliner(deployment: Deployment, pipeliner: PipelinerLine) -> list[Finding]:
    """Ask for users with the key; only a key that is taken goes on to the rest."""
    space = f"space {deployment.settings.pipeliner_space_id}"

    async def ask_users() -> Sequence[Finding]:
        await pipeliner.crm.space.check()
        return [good("pipeliner", space, "it takes the key and shows its users")]

    found = await run_probe(Probe("pipeliner", space, pipeliner.line, ask_users))
    if has_failed(found):
        return [*found, not_run("pipeliner permissions", "", "the space did not answer")]
    token = deployment.settings.pipeliner_api_token.get_secret_value()

    async def ask_application() -> Sequence[Finding]:
        check = "pipeliner application"
        try:
            own = await pipeliner.crm.application_of(token)
        except (AccessDenied, RequestRejected):
            return [good(check, "", "the space does not show its applications to this key")]
        if own is None:
            return [good(check, "", "the space does not list the application of this key")]
        if not own.is_on:
            told, remedy = "the application of this key is switched off", "switch it on: Administration > Applications"
            return [failed(check, own.name, told, remedy)]
        return [good(check, own.name, "the key belongs to it, and it is switched on")]

    async def ask_entity(entity: str) -> Sequence[Finding]:
        await pipeliner.crm.check_entity(entity)
        return [good("pipeliner permissions", entity, "the key may read them")]

    async def ask_rights() -> Sequence[Finding]:
        mode = (await deployment.registry.space()).rights
        unknown = await examine_rights(deployment, pipeliner.crm.rights)
        if unknown is None:
            told = f"users, roles, units and memberships can be read; this space counts by {mode.value}"
            return [good("rights", space, told)]
        if mode is RightsMode.OWNERSHIP:
            told = "roles cannot be read: who owns a contact and with whom it is shared count alone, as was chosen"
            return [warning("rights", space, told, "give the application access to users, roles and units")]
        return [failed("rights", space, unknown.why, unknown.remedy)]

    found += await run_probe(Probe("pipeliner application", "", pipeliner.line, ask_application))
    found += await run_probe(Probe("rights", space, pipeliner.line, ask_rights))
    for entity in NEEDED_ENTITIES:
        found += await run_probe(Probe("pipeliner permissions", entity, pipeliner.line, partial(ask_entity, entity)))
    return found


def demand_findings(demands: Demands, settings: ConnectionSettings, subject: str) -> list[Finding]:
    """Compare what the space demands with what a connection sends when it creates a contact."""
    if not settings.sync_type.reaches(Side.PIPELINER):
        return [good("required fields", subject, "this connection creates nothing in Pipeliner")]
    defaults = {name for name, value in settings.required_defaults.items() if value != ""}
    given = _ALWAYS_SENT | _GIVEN_BY_PIPELINER | defaults | ({settings.key_field} - {""})
    mapped = {name for field in settings.field_map if field.direction in _TRAVELS for name in field.pipeliner}
    never = sorted(demands.always - given - mapped)
    remedy = "set required_defaults of the connection for them, or make them optional in Pipeliner"
    if never:
        told = f"no contact can be created in Pipeliner: it requires {', '.join(never)}, which nothing fills"
        return [failed("required fields", subject, told, remedy)]
    rarely = sorted(demands.sometimes - given - mapped)
    if rarely:
        told = f"some contact types require {', '.join(rarely)}, which nothing fills"
        return [warning("required fields", subject, told, remedy)]
    from_outlook = sorted((demands.always | demands.sometimes) & mapped - given)
    told = f"; contacts need {', '.join(from_outlook)} in Outlook" if from_outlook else ""
    return [good("required fields", subject, f"all that the space requires is filled{told}")]
