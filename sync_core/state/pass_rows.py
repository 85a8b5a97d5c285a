"""What one pass leaves for the next: the cursor, the journal's intents and the work that waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sync_core.domain.contact import LinkId, OutlookId, PipelinerId, Side
from sync_core.domain.matching import Traits
from sync_core.engine.state_port import Cursor, Intent, OutlookWork, PipelinerWork, RemovalWork, Stage, Work
from sync_core.state.rows import (
    MAX_ROW_CHARACTERS,
    OUTLOOK_WORK,
    PIPELINER_WORK,
    REMOVAL_WORK,
    Json,
    body,
    compact,
    contact_json,
    contact_of,
    parsed,
    time_text,
    without_blanks,
)
from sync_core.state.store import Row


def cursor_body(cursor: Cursor) -> str:
    """Write a cursor; the number of links stands in the lease row, which every transaction writes."""
    return body(
        {"stage": cursor.stage, "is_full": cursor.is_full}
        | without_blanks(
            delta_link=cursor.delta_link,
            is_paging=int(cursor.is_paging),
            listing_after=cursor.listing_after,
            links_after=cursor.links_after,
            look_for_missing=int(cursor.look_for_missing),
        )
    )


def cursor_of(row: Row | None, links: int) -> Cursor:
    """Read a cursor; a connection that was never synced starts with a full round."""
    if row is None:
        return Cursor(links=links)
    stored = parsed(row.body)
    after = stored.get("links_after")
    return Cursor(
        delta_link=stored.get("delta_link"),
        is_paging=bool(stored.get("is_paging")),
        is_full=stored["is_full"],
        stage=Stage(stored["stage"]),
        listing_after=stored.get("listing_after"),
        links_after=None if after is None else LinkId(after),
        look_for_missing=bool(stored.get("look_for_missing")),
        links=links,
    )


def same_place(one: Cursor, other: Cursor) -> bool:
    """Whether two cursors stand at the same place, whatever the number of links."""
    return replace(one, links=other.links) == other


def intent_json(intent: Intent) -> Json:
    """Write an intent."""
    return {
        "link": intent.link_id,
        "side": intent.side,
        "draft": contact_json(intent.draft),
        "at": time_text(intent.at),
    } | without_blanks(outlook_id=intent.outlook_id, pipeliner_id=intent.pipeliner_id)


def intent_of(stored: Json) -> Intent:
    """Read an intent."""
    outlook_id, pipeliner_id = stored.get("outlook_id"), stored.get("pipeliner_id")
    return Intent(
        LinkId(stored["link"]),
        Side(stored["side"]),
        contact_of(stored["draft"]),
        datetime.fromisoformat(stored["at"]),
        OutlookId(outlook_id) if outlook_id else None,
        PipelinerId(pipeliner_id) if pipeliner_id else None,
    )


def journal_body(intents: Iterable[Intent]) -> str:
    """Write the intents of one journal row."""
    return body([intent_json(intent) for intent in intents])


def journal_pages(intents: Iterable[Intent]) -> list[list[Intent]]:
    """Divide intents over journal rows."""
    pages: list[list[Intent]] = []
    room = 0
    for intent in intents:
        characters = len(compact(intent_json(intent))) + 1
        if characters > room:
            pages.append([])
            room = MAX_ROW_CHARACTERS
        pages[-1].append(intent)
        room -= characters
    return pages


def journal_of(row: Row) -> tuple[Intent, ...]:
    """Read the intents of one journal row."""
    return tuple(intent_of(stored) for stored in parsed(row.body))


def work_body(work: Work) -> str:
    """Write a work item; its id is in the key."""
    if isinstance(work, RemovalWork):
        return body({})
    stored = without_blanks(tries=work.tries, not_before=time_text(work.not_before))
    if isinstance(work, OutlookWork):
        stored |= without_blanks(stored_id=work.stored_id)
        if work.traits is not None:
            stored["traits"] = _traits_json(work.traits)
    elif work.held:
        stored["held"] = True
    return body(stored)


def outlook_work_of(row: Row) -> OutlookWork:
    """Read an Outlook contact that waits."""
    stored = parsed(row.body)
    stored_id, traits = stored.get("stored_id"), stored.get("traits")
    return OutlookWork(
        OutlookId(row.key.removeprefix(OUTLOOK_WORK)),
        PipelinerId(stored_id) if stored_id else None,
        None if traits is None else _traits_of(traits),
        stored.get("tries", 0),
        row.etag,
        _time_or_none(stored),
    )


def pipeliner_work_of(row: Row) -> PipelinerWork:
    """Read a Pipeliner contact that waits."""
    stored = parsed(row.body)
    return PipelinerWork(
        PipelinerId(row.key.removeprefix(PIPELINER_WORK)),
        stored.get("tries", 0),
        row.etag,
        _time_or_none(stored),
        stored.get("held", False),
    )


def _time_or_none(stored: Json) -> datetime | None:
    text = stored.get("not_before")
    return datetime.fromisoformat(text) if text else None


def removal_work_of(row: Row) -> RemovalWork:
    """Read a removal that waits."""
    return RemovalWork(LinkId(row.key.removeprefix(REMOVAL_WORK)), row.etag)


def _traits_json(traits: Traits) -> Json:
    return without_blanks(
        emails=sorted(traits.emails), given_name=traits.given_name, surname=traits.surname, company=traits.company
    )


def _traits_of(stored: Json) -> Traits:
    return Traits(
        frozenset(stored.get("emails", ())),
        stored.get("given_name", ""),
        stored.get("surname", ""),
        stored.get("company", ""),
    )
