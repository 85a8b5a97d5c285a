"""Links between a contact and its accounts, always as records of their own, never deleted by us.

What PATCH does with a nested list is undocumented, and a relation carries roles and comments that a person
entered: so a former primary account is only demoted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync_core.domain.contact import PipelinerId
from sync_core.engine.ports import Refused
from sync_core.errors import ServiceUnavailable
from sync_core.pipeliner.answers import NotThere, Result
from sync_core.pipeliner.client import PipelinerClient, Query
from sync_core.pipeliner.paging import read_page, where
from sync_core.pipeliner.records import Record, flag_of, id_of
from sync_core.pipeliner.targets import ACCOUNT_RELATIONS, Target

_SHOWN: Query = (("load-only", "id,account_id,is_primary,position,is_deleted"),)


async def link(client: PipelinerClient, contact_id: PipelinerId, account_id: str, title: str | None) -> Refused | None:
    """Make an account the contact's primary one, with the job title on the relation unless it is None.

    The new one is made primary before the others are demoted, so a crash in between leaves the contact with
    a company; repeating the call ends in the same state. Raises RetryLater when the outcome is unknown.
    """
    relations = await _relations(client, contact_id)
    wanted = [relation for relation in relations if id_of(relation, "account_id") == account_id]
    body: dict[str, Any] = {"is_primary": True} | ({} if title is None else {"position": title})
    if wanted:
        result = await client.patch(Target(ACCOUNT_RELATIONS, id_of(wanted[0])), body)
    else:
        both = {"contact_id": contact_id, "account_id": account_id}
        result = await client.post(Target(ACCOUNT_RELATIONS), {**both, **body})
    refused = _refused(result)
    return refused or await _demote(client, [relation for relation in relations if relation not in wanted[:1]])


async def unlink(client: PipelinerClient, contact_id: PipelinerId) -> Refused | None:
    """Leave the contact without a primary account."""
    return await _demote(client, await _relations(client, contact_id))


async def _relations(client: PipelinerClient, contact_id: PipelinerId) -> Sequence[Record]:
    page = await read_page(client, ACCOUNT_RELATIONS, (*where("contact_id", contact_id), *_SHOWN))
    return [relation for relation in page if not flag_of(relation, "is_deleted")]


async def _demote(client: PipelinerClient, relations: Sequence[Record]) -> Refused | None:
    for relation in relations:
        if flag_of(relation, "is_primary"):
            result = await client.patch(Target(ACCOUNT_RELATIONS, id_of(relation)), {"is_primary": False})
            if isinstance(result, Refused):
                return result
    return None


def _refused(result: Result) -> Refused | None:
    if isinstance(result, NotThere):
        raise ServiceUnavailable("a relation between contact and account went away meanwhile")
    return result if isinstance(result, Refused) else None
