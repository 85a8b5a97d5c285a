"""Reading one page of a folder's changes, with what Graph allows itself in it.

An entry may come several times and in any order (delta-query-overview.md), a removal may stand next to a change of
the same contact, and an entry may be no whole contact: such ids are unclear and have to be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync_core.domain.contact import OutlookId
from sync_core.errors import ServiceUnavailable
from sync_core.outlook.mapping import change_key_of
from sync_core.outlook.refusals import Subject


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page as Graph told it, an id in exactly one of the three."""

    changed: tuple[Mapping[str, Any], ...]
    removed: tuple[OutlookId, ...]
    unclear: tuple[OutlookId, ...]
    link: str
    is_last: bool


def page_of(body: Mapping[str, Any], subject: Subject) -> RawPage:
    """Read a page; raises ServiceUnavailable when it holds no link to go on with."""
    link = body.get("@odata.nextLink") or body.get("@odata.deltaLink")
    if not isinstance(link, str):
        raise ServiceUnavailable(f"Graph's answer to: {subject} holds no link to go on with; it is asked again")
    told: dict[OutlookId, list[Mapping[str, Any]]] = {}
    for item in body.get("value") or ():
        told.setdefault(OutlookId(str(item["id"])), []).append(item)
    unclear = tuple(known for known, entries in told.items() if _is_unclear(entries))
    clear = {known: entries[0] for known, entries in told.items() if known not in unclear}
    return RawPage(
        changed=tuple(item for item in clear.values() if "@removed" not in item),
        removed=tuple(known for known, item in clear.items() if "@removed" in item),
        unclear=unclear,
        link=link,
        is_last=not body.get("@odata.nextLink"),
    )


def _is_unclear(entries: list[Mapping[str, Any]]) -> bool:
    versions = {None if "@removed" in entry else change_key_of(entry) for entry in entries}
    is_partial = any("@removed" not in entry and "@odata.etag" not in entry for entry in entries)
    return len(versions) > 1 or is_partial
