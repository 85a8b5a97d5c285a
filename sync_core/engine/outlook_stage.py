"""First stage of a pass: the folder's changes since the delta link, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sync_core.domain.contact import OutlookId
from sync_core.domain.link import Link
from sync_core.domain.matching import traits
from sync_core.domain.sides import OutlookContact
from sync_core.engine.context import PassContext
from sync_core.engine.ports import DeltaPage
from sync_core.engine.state_port import Cursor, OutlookWork, PipelinerWork, Stage, Unit
from sync_core.errors import DeltaExpired


async def read_outlook(context: PassContext) -> None:
    """Read pages to the new delta link; what changed becomes work, with or without a link."""
    while context.cursor.stage is Stage.OUTLOOK:
        context.checkpoint()
        try:
            page = await context.folder.delta(context.cursor.delta_link)
        except DeltaExpired:
            await _start_over(context)
            continue
        await _take_page(context, page)


async def _start_over(context: PassContext) -> None:
    """Read the whole folder again. A lost delta link says nothing about any contact: the links stay."""
    fresh = Cursor(is_full=True, stage=Stage.OUTLOOK, look_for_missing=context.links > 0)
    context.seen_outlook.clear()
    await context.commit((), fresh)


async def _take_page(context: PassContext, page: DeltaPage) -> None:
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
        elif entry.token != contact.change_key or not contact.change_key:
            touched.append(contact.id)
        else:
            context.counts.echoes += 1
    links = await context.state.links([index[identifier].link_id for identifier in touched]) if touched else {}
    units = (*map(look_at, links.values()), *await newcomer_units(context, newcomers))
    stage = Stage.PIPELINER if page.is_last else Stage.OUTLOOK
    cursor = replace(context.cursor, delta_link=page.link, stage=stage)
    if units or not page.is_last:
        await context.commit(units, cursor)
    context.cursor = cursor


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
