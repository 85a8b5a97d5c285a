"""What a space requires of a new contact, and whether a connection's field map and defaults can give it.

Required system fields are told by `Fields`. Other fields are required by the forms of the contact types, whose
layout is not documented: wherever a form names a field beside a flag that says so, it counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sync_core.connection_settings import ConnectionSettings
from sync_core.doctor.findings import Finding, failed, good, warning
from sync_core.domain.contact import Side
from sync_core.domain.fields import Direction
from sync_core.errors import AccessDenied, RequestRejected
from sync_core.pipeliner.client import PipelinerClient
from sync_core.pipeliner.paging import ordered, read_page, where
from sync_core.pipeliner.records import Record, flag_of, text_of
from sync_core.pipeliner.targets import FIELDS

FORMS = "ContactTypes"
_ALWAYS_SENT = frozenset({"owner", "owner_id"})
_GIVEN_BY_PIPELINER = frozenset({"unit", "unit_id", "contact_type", "contact_type_id"})
_NAME_KEYS = ("api_name", "field_api_name", "field_name", "field")
_FLAG_KEYS = ("required", "is_required", "mandatory")
_TRAVELS = frozenset({Direction.BOTH, Direction.TO_PIPELINER})


@dataclass(frozen=True, slots=True)
class Demands:
    """Fields that a new contact needs: on every form, or only on some contact types'."""

    always: frozenset[str]
    sometimes: frozenset[str]


async def read_demands(client: PipelinerClient) -> Demands:
    """Ask the space; forms that the key may not read, or that are not there, demand nothing."""
    system = [record async for record in _all(client, FIELDS, (*where("entity_name", "Contact"), _shown(_FIELD_KEYS)))]
    always = frozenset(text_of(record, "api_name") for record in system if _is_demanded(record))
    try:
        types = [record async for record in _all(client, FORMS, (_shown(("id", "form_edit_api", "is_deleted")),))]
    except (AccessDenied, RequestRejected):
        types = []
    forms = [frozenset(required_on(item.get("form_edit_api"))) for item in types if not flag_of(item, "is_deleted")]
    on_all = frozenset.intersection(*forms) if forms else frozenset()
    on_some = frozenset.union(*forms) if forms else frozenset()
    return Demands(always | on_all, on_some - on_all - always)


_FIELD_KEYS = ("id", "api_name", "system_required", "system_readonly", "default_value", "is_deleted")


def _shown(names: tuple[str, ...]) -> tuple[str, str]:
    return ("load-only", ",".join(names))


async def _all(client: PipelinerClient, entity: str, query: tuple[tuple[str, str], ...]) -> Any:
    after: str | None = None
    while True:
        page = await read_page(client, entity, (*query, *ordered("id")), after)
        for record in page:
            yield record
        if page.after is None:
            return
        after = page.after


def _is_demanded(field: Record) -> bool:
    is_ours_to_give = not flag_of(field, "system_readonly") and not text_of(field, "default_value")
    return flag_of(field, "system_required") and is_ours_to_give and not flag_of(field, "is_deleted")


def required_on(form: Any) -> Iterator[str]:
    """Find the api_names that a form requires, wherever in it they stand."""
    if isinstance(form, str):
        try:
            form = json.loads(form)
        except ValueError:
            return
    if isinstance(form, list):
        for item in form:
            yield from required_on(item) if isinstance(item, dict | list) else ()
    if isinstance(form, dict):
        names = [form[key] for key in _NAME_KEYS if isinstance(form.get(key), str)]
        if names and any(form.get(key) is True for key in _FLAG_KEYS):
            yield names[0]
        for item in form.values():
            yield from required_on(item) if isinstance(item, dict | list) else ()


def demand_findings(demands: Demands, settings: ConnectionSettings, subject: str) -> list[Finding]:
    """Compare what the space demands with what a connection sends when it creates a contact."""
    if not settings.sync_type.reaches(Side.PIPELINER):
        return [good("required fields", subject, "this connection creates nothing in Pipeliner")]
    defaults = {name for name, value in settings.required_defaults.items() if value != ""}
    given = _ALWAYS_SENT | _GIVEN_BY_PIPELINER | defaults | ({settings.key_field} - {""})
    mapped = {name for row in settings.field_map if row.direction in _TRAVELS for name in row.pipeliner}
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
