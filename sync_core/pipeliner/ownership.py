"""Who has a contact, as Pipeliner's records tell it."""

from __future__ import annotations

from collections.abc import Iterator

from sync_core.domain.contact import UserId
from sync_core.domain.sides import Ownership, ShareMode
from sync_core.pipeliner.records import Record, elements, flag_of, id_of, number_of

WATCHER, EDITOR = 1, 2
"""Roles of a ContactSharingClientRelation."""

SHARE_MODES = {0: ShareMode.STANDARD, 1: ShareMode.PRIVATE, 2: ShareMode.ALL_VIEW, 3: ShareMode.ALL_EDIT}

OWNERSHIP_FIELDS = (
    "owner_id",
    "unit_id",
    "share_mode",
    "sharing_clients.client_id",
    "sharing_clients.role",
    "sharing_clients.is_deleted",
)


def ownership_of(record: Record) -> Ownership:
    """Read a contact's ownership; an unknown share mode counts as private, the narrowest."""
    return Ownership(
        owner_id=UserId(id_of(record, "owner_id")),
        editor_ids=frozenset(_shared_with(record, EDITOR)),
        watcher_ids=frozenset(_shared_with(record, WATCHER)),
        unit_id=id_of(record, "unit_id"),
        share_mode=SHARE_MODES.get(number_of(record, "share_mode"), ShareMode.PRIVATE),
    )


def _shared_with(record: Record, role: int) -> Iterator[UserId]:
    for relation in elements(record, "sharing_clients"):
        if isinstance(relation, dict) and number_of(relation, "role") == role and not flag_of(relation, "is_deleted"):
            yield UserId(id_of(relation, "client_id"))


def collapsed_shares(record: Record) -> int:
    """How many sharing relations are shown as URIs only, so that their roles are unknown."""
    return sum(isinstance(relation, str) for relation in elements(record, "sharing_clients"))
