"""Links and the index rows by which they are found from either side's ids."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sync_core.domain.contact import LinkId, OutlookId, PipelinerId, Side
from sync_core.domain.link import Leaving, Link, LinkState, Pending
from sync_core.domain.merge import Baselines
from sync_core.engine.state_port import IndexEntry
from sync_core.state.rows import (
    LINK,
    Json,
    body,
    contact_json,
    contact_of,
    index_key,
    link_key,
    parsed,
    time_text,
    without_blanks,
)
from sync_core.state.store import Operation, Put, Remove, Row


def link_body(link: Link) -> str:
    """Write a link; baselines that are equal, as most are, are stored once."""
    outlook, pipeliner = contact_json(link.baselines.outlook), contact_json(link.baselines.pipeliner)
    stored: Json = {"outlook_id": link.outlook_id, "pipeliner_id": link.pipeliner_id, "baseline": outlook}
    if pipeliner != outlook:
        stored["pipeliner_baseline"] = pipeliner
    if link.revision != -1:
        stored["revision"] = link.revision
    if link.state is not LinkState.LINKED:
        stored["state"] = link.state
    if link.pending is not None:
        stored["pending"] = _pending_json(link.pending)
    if link.leaving is not None:
        stored["leaving"] = {"side": link.leaving.side, "contact": contact_json(link.leaving.contact)}
    return body(
        stored
        | without_blanks(
            change_key=link.change_key,
            why_resting=link.why_resting,
            created_on=link.created_on,
            written=[time_text(at) for at in link.written] or None,
        )
    )


def link_of(row: Row) -> Link:
    """Read a link."""
    stored = parsed(row.body)
    outlook = contact_of(stored["baseline"])
    pipeliner = contact_of(stored["pipeliner_baseline"]) if "pipeliner_baseline" in stored else outlook
    return Link(
        LinkId(row.key.removeprefix(LINK)),
        OutlookId(stored["outlook_id"]),
        PipelinerId(stored["pipeliner_id"]),
        Baselines(outlook, pipeliner),
        stored.get("change_key", ""),
        stored.get("revision", -1),
        LinkState(stored.get("state", LinkState.LINKED)),
        stored.get("why_resting", ""),
        Side(stored["created_on"]) if "created_on" in stored else None,
        tuple(datetime.fromisoformat(at) for at in stored.get("written", ())),
        _pending_of(stored["pending"]) if "pending" in stored else None,
        _leaving_of(stored["leaving"]) if "leaving" in stored else None,
    )


def _leaving_of(stored: Json) -> Leaving:
    return Leaving(Side(stored["side"]), contact_of(stored["contact"]))


def _pending_json(pending: Pending) -> Json:
    return {
        "before": [contact_json(pending.before.of(side)) for side in Side],
        "after": [contact_json(pending.after.of(side)) for side in Side],
        "to_outlook": sorted(pending.to_outlook),
        "to_pipeliner": sorted(pending.to_pipeliner),
        "change_key": pending.change_key,
        "revision": pending.revision,
        "unknown": sorted(pending.unknown),
    }


def _pending_of(stored: Json) -> Pending:
    return Pending(
        Baselines(*map(contact_of, stored["before"])),
        Baselines(*map(contact_of, stored["after"])),
        frozenset(stored["to_outlook"]),
        frozenset(stored["to_pipeliner"]),
        stored["change_key"],
        stored["revision"],
        frozenset(map(Side, stored["unknown"])),
    )


def index_entry_of(row: Row) -> IndexEntry:
    """Read an index row."""
    stored = parsed(row.body)
    return IndexEntry(LinkId(stored["link"]), stored.get("token", ""))


def link_operations(before: Link | None, after: Link | None) -> Iterator[Operation]:
    """Say what stores a link's change, its index rows included; rows that stay as they are cost nothing."""
    old, new = _index_bodies(before), _index_bodies(after)
    for key in old:
        if key not in new:
            yield Remove(key)
    for key, stored in new.items():
        if old.get(key) != stored:
            yield Put(key, stored)
    if after is not None and after != before:
        yield Put(link_key(after.id), link_body(after))
    if before is not None and (after is None or after.id != before.id):
        yield Remove(link_key(before.id))


def _index_bodies(link: Link | None) -> dict[str, str]:
    if link is None:
        return {}
    # A contact whose link rests must never be taken for our own echo when it comes back.
    is_linked = link.state is LinkState.LINKED
    tokens = (link.change_key, str(link.revision)) if is_linked else ("", "")
    keys = (index_key(Side.OUTLOOK, link.outlook_id), index_key(Side.PIPELINER, link.pipeliner_id))
    return {key: body({"link": link.id} | without_blanks(token=token)) for key, token in zip(keys, tokens, strict=True)}
