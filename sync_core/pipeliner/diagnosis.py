"""What the doctor asks of a space: users, entities, the application behind the key, and what a contact requires.

Required system fields are told by `Fields`. Other fields are required by the forms of the contact types, whose
layout is not documented: wherever a form names a field beside a flag that says so, it counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sync_core.engine.ports import Clock, PipelinerPort, RightsPort
from sync_core.errors import AccessDenied, RequestRejected
from sync_core.http import Query, Transport
from sync_core.pipeliner.answers import (
    ACCOUNT_RELATIONS,
    ACCOUNTS,
    CONTACTS,
    FIELDS,
    SHARING,
    SHARING_UNITS,
    flag_of,
    text_of,
)
from sync_core.pipeliner.client import PipelinerClient, every_record, ordered, read_page, where
from sync_core.pipeliner.roles import PipelinerRights
from sync_core.pipeliner.space import PipelinerSpace

NEEDED_ENTITIES = (CONTACTS, ACCOUNTS, ACCOUNT_RELATIONS, SHARING, SHARING_UNITS, FIELDS)
"""What the sync reads beside the users."""
APPLICATIONS = "ApiAccesses"
"""Pipeliner's list of its API keys."""
FORMS = "ContactTypes"

_FIELD_KEYS = "id,api_name,system_required,system_readonly,default_value,is_deleted"
_NAME_KEYS = ("api_name", "field_api_name", "field_name", "field")
_FLAG_KEYS = ("required", "is_required", "mandatory")


@dataclass(frozen=True, slots=True)
class Application:
    """What a space shows of the application of a key."""

    name: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Demands:
    """Fields that a new contact needs: on every form, or only on some contact types'."""

    always: frozenset[str]
    sometimes: frozenset[str]


class PipelinerDiagnosis:
    """Asks one space, without repeats, so that a fault is found at once; raises what is wrong."""

    def __init__(self, transport: Transport, space_id: str, clock: Clock, requests_per_second: float) -> None:
        self._client = PipelinerClient(transport, space_id, clock, requests_per_second, tries=1)
        self.rights: RightsPort = PipelinerRights(self._client)
        self.space: PipelinerPort = PipelinerSpace(self._client)

    async def check_entity(self, entity: str) -> None:
        """Read one record of an entity."""
        await read_page(self._client, entity, _shown("id"), size=1)

    async def application_of(self, token: str) -> Application | None:
        """Find the application of a key, None when the space does not list it.

        It is compared here, for in a filter the token would stand in the address. Raises AccessDenied or
        RequestRejected where a key may not read the list.
        """
        page = await read_page(self._client, APPLICATIONS, _shown("id,name,username,is_active"))
        own = next((record for record in page.records if text_of(record, "username") == token), None)
        if own is None:
            return None
        return Application(text_of(own, "name"), own.get("is_active") is None or flag_of(own, "is_active"))

    async def demands(self) -> Demands:
        """Read what a new contact needs; forms that the key may not read, or that are not there, demand nothing."""
        system = (*where("entity_name", "Contact"), *_shown(_FIELD_KEYS))
        fields = [field async for field in every_record(self._client, FIELDS, (*system, *ordered("id")))]
        always = frozenset(
            text_of(field, "api_name")
            for field in fields
            if flag_of(field, "system_required")
            and not any(flag_of(field, other) for other in ("system_readonly", "is_deleted"))
            and not text_of(field, "default_value")
        )
        try:
            forms_of = (*_shown("id,form_edit_api,is_deleted"), *ordered("id"))
            types = [record async for record in every_record(self._client, FORMS, forms_of)]
        except (AccessDenied, RequestRejected):
            types = []
        forms = [frozenset(required_on(item.get("form_edit_api"))) for item in types if not flag_of(item, "is_deleted")]
        on_all = frozenset.intersection(*forms) if forms else frozenset()
        on_some = frozenset.union(*forms) if forms else frozenset()
        return Demands(always | on_all, on_some - on_all - always)


def _shown(names: str) -> Query:
    return (("load-only", names),)


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
