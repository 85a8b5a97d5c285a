"""First stage of a pass: the folder's changes since the delta link, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sync_core.domain.contact import OutlookId
from sync_core.domain.link import Link
from sync_core.domain.matching import traits
from sync_core.domain.merge import changed_fields
from sync_core.domain.sides import OutlookContact
from sync_core.engine.context import PassContext
from sync_core.engine.ports import DeltaPage
from sync_core.engine.state_port import Cursor, IndexEntry, OutlookWork, PipelinerWork, Stage, Unit
from sync_core.errors import DeltaExpired


async def read_outlook(context: PassContext) -> None:
    """Read pages to the new delta link; what changed becomes work, with or without a link.

    A round that an earlier pass began also takes over what has happened in the folder since: who was written
    there meanwhile must be known before anybody is matched or created.
    """
    was_begun = context.cursor.stage is not Stage.OUTLOOK or context.cursor.is_paging
    await _read_pages(context)
    if was_begun:
        await _catch_up(context)
        await _read_pages(context)


async def _read_pages(context: PassContext) -> None:
    while context.cursor.stage is Stage.OUTLOOK:
        context.checkpoint()
        try:
            page = await context.folder.delta(context.cursor.delta_link)
        except DeltaExpired:
            await _start_over(context)
            continue
        await _take_page(context, page, Stage.PIPELINER if page.is_last else Stage.OUTLOOK)


async def _catch_up(context: PassContext) -> None:
    """Read the changes since, and leave the round where it stands; a lost delta link starts it over.

    No checkpoint here: a pass whose time is up at once would never get any further.
    """
    is_last = False
    while not is_last:
        try:
            page = await context.folder.delta(context.cursor.delta_link)
        except DeltaExpired:
            await _start_over(context)
            return
        is_last = page.is_last
        await _take_page(context, page, context.cursor.stage)


async def _start_over(context: PassContext) -> None:
    """Read the whole folder again. A lost delta link says nothing about any contact: the links stay."""
    fresh = Cursor(is_full=True, stage=Stage.OUTLOOK, look_for_missing=context.links > 0)
    context.seen_outlook.clear()
    await context.commit((), fresh)


async def _take_page(context: PassContext, page: DeltaPage, stage: Stage) -> None:
    changed = {contact.id: contact for contact in page.changed}
    removed = [identifier for identifier in dict.fromkeys(page.removed) if identifier not in changed]
    index = await context.state.outlook_index([*changed, *removed])
    if context.cursor.is_full:
        context.seen_outlook.update(changed)
    touched: list[OutlookId] = [identifier for identifier in removed if identifier in index]
    newcomers: list[OutlookId] = []
    for contact in changed.values():
        entry = index.get(contact.id)
        if entry is None:
            newcomers.append(contact.id)
        elif context.cursor.is_full or not _is_echo(entry, contact):
            touched.append(contact.id)
        else:
            context.counts.echoes += 1
    links = await context.state.links([index[identifier].link_id for identifier in touched]) if touched else {}
    looks = [
        look_at(links[index[identifier].link_id])
        for identifier in touched
        if index[identifier].link_id in links
        and _is_news(context, index[identifier], links[index[identifier].link_id], changed.get(identifier))
    ]
    units = (*looks, *await newcomer_units(context, newcomers))
    cursor = replace(context.cursor, delta_link=page.link, stage=stage, is_paging=not page.is_last)
    if units or not page.is_last:
        await context.commit(units, cursor)
    context.cursor = cursor


def _is_echo(entry: IndexEntry, contact: OutlookContact) -> bool:
    return bool(contact.change_key) and entry.token == contact.change_key


def _is_news(context: PassContext, entry: IndexEntry, link: Link, contact: OutlookContact | None) -> bool:
    """A full round compares known versions by value: rules and fields may be others than when they were merged."""
    if contact is None or link.pending is not None or not _is_echo(entry, contact):
        return True
    return bool(changed_fields(context.connection.field_map, contact.contact, link.baselines.outlook))


async def newcomer_units(context: PassContext, ids: Sequence[OutlookId]) -> tuple[Unit, ...]:
    """Turn Outlook contacts without a link into work, with the stored id and the traits that matching needs."""
    if not ids:
        return ()
    contacts = await context.folder.read(ids)
    return tuple(
        Unit(put_work=(work_of(contact),)) for contact in contacts.values() if contact.folder_id == context.folder_id
    )


def look_at(link: Link) -> Unit:
    """Have a link looked at in the last stage."""
    return Unit(put_work=(PipelinerWork(link.pipeliner_id),))


def work_of(contact: OutlookContact) -> OutlookWork:
    """Work row of an Outlook contact without a link."""
    return OutlookWork(contact.id, contact.stored_id, traits(contact.contact))
