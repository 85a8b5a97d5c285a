"""The steps that read both sides: the folder's changes; in a full sync also the space's contacts, and who is missing.

What changed becomes work. A full sync keeps all links: what a listing does not show is looked up, never taken for
deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from sync_core.domain import (
    AbsentBy,
    Link,
    OutlookContact,
    OutlookId,
    PipelinerContact,
    PipelinerId,
    Side,
    changed_fields,
    outlook_subject,
)
from sync_core.domain.identity import HANDLED
from sync_core.engine.applying import apply
from sync_core.engine.context import BATCH, RunContext
from sync_core.engine.indexing import note_page
from sync_core.engine.matching import knows_everybody
from sync_core.engine.pairing import Paired, pair_with_folder, stored_ids
from sync_core.engine.ports import ChangeSet, Cursor, DeltaPage, OutlookLook, PipelinerLook, Step, Walk
from sync_core.engine.removed import await_half
from sync_core.engine.setting_aside import apart
from sync_core.errors import ContactsFailing, DeltaExpired, ServiceUnavailable


async def read_outlook(context: RunContext) -> None:
    """Read pages to the new delta link; what changed becomes work, with or without a link.

    A full sync that an earlier run began also takes over what has happened in the folder since: who was written
    there meanwhile must be known before anybody is matched or created.
    """
    was_begun = context.cursor.step is not Step.READ_OUTLOOK or context.cursor.is_paging
    await _read_pages(context)
    if was_begun:
        await _catch_up(context)
        await _read_pages(context)


async def _read_pages(context: RunContext) -> None:
    walk: Walk | None = None
    while context.cursor.step is Step.READ_OUTLOOK:
        context.checkpoint()
        if context.cursor.delta_link is None:
            await context.folder_index.begin()
        try:
            page = await context.folder.delta(context.cursor.delta_link)
        except DeltaExpired as error:
            _check_forgets_once(context, error)
            await _start_over(context)
            continue
        if not page.is_last:
            walk = walk or Walk("the changes of a folder")
            try:
                walk.to(page.link)
            except ServiceUnavailable:  # the place leads nowhere: the next run reads from the start
                await _start_over(context)
                raise
        await _take_page(context, page, Step.LIST_PIPELINER if page.is_last else Step.READ_OUTLOOK)


async def _catch_up(context: RunContext) -> None:
    """Read the changes since, and leave the step where it stands; a lost delta link starts over.

    No checkpoint here: a run whose time is up at once would never get any further.
    """
    is_last, walk = False, Walk("the changes of a folder")
    while not is_last:
        try:
            page = await context.folder.delta(context.cursor.delta_link)
        except DeltaExpired as error:
            _check_forgets_once(context, error)
            await _start_over(context)
            return
        walk.to(page.link)
        is_last = page.is_last
        await _take_page(context, page, context.cursor.step)


def _check_forgets_once(context: RunContext, lost: DeltaExpired) -> None:
    if context.has_started_over:
        raise ServiceUnavailable(f"the service misbehaves: it forgets at once where reading began ({lost})")
    context.has_started_over = True


async def _start_over(context: RunContext) -> None:
    """Read the whole folder again. A lost delta link says nothing about any contact: the links stay."""
    fresh = Cursor(is_full=True, step=Step.READ_OUTLOOK, look_for_missing=context.links > 0)
    context.seen_outlook.clear()
    await context.commit((), fresh)


async def _take_page(context: RunContext, page: DeltaPage, step: Step) -> None:
    changed = {contact.id: contact for contact in page.changed}
    removed = [identifier for identifier in dict.fromkeys(page.removed) if identifier not in changed]
    index = await context.state.outlook_index([*changed, *removed, *page.unread])
    if context.cursor.is_full:
        context.seen_outlook.update(changed)
    echoes = {
        contact.id
        for contact in changed.values()
        if contact.change_key and contact.id in index and index[contact.id].token == contact.change_key
    }
    touched = [identifier for identifier in removed if identifier in index]
    unlinked: list[OutlookId] = []
    for contact in changed.values():
        if contact.id not in index:
            unlinked.append(contact.id)
        elif context.cursor.is_full or contact.id not in echoes:
            touched.append(contact.id)
        else:
            context.counts.echoes += 1
    links = await context.state.links([index[identifier].link_id for identifier in touched]) if touched else {}
    baselines = {link.outlook_id: link.baselines.outlook for link in links.values()}
    fields = context.connection.field_map
    known = echoes.union(
        key
        for key, base in baselines.items()
        if key in changed and HANDLED.isdisjoint(changed_fields(fields, changed[key].contact, base))
    )
    unknown = [contact for contact in page.changed if contact.id not in known]
    if unknown or page.removed or context.cursor.is_full:  # else nothing has changed by which people are told apart
        await note_page(context, page, unknown)
    looks: list[ChangeSet] = []
    missing: list[Link] = []
    for identifier in touched:
        link, now = links.get(index[identifier].link_id), changed.get(identifier)
        if link is not None and now is None:
            missing.append(link)
        # A full sync compares known versions too: rules and fields may be others than when they were merged.
        elif link is not None and now is not None and (identifier not in echoes or _differs(context, link, now)):
            looks.append(ChangeSet(put_work=(PipelinerLook(link.pipeliner_id),)))
    looks.extend(await missing_cards(context, missing) if missing else ())
    looks.extend(await unlinked_looks(context, unlinked) if unlinked else ())
    moved: list[str] = [*touched, *unlinked, *(identifier for identifier in removed if identifier not in index)]
    moved.extend(link.pipeliner_id for link in missing)
    looks.extend(await ask_anew(context, moved, unlinked))
    looks.extend(ChangeSet(put_work=(OutlookLook(key, is_new=key not in index),)) for key in page.unread)
    change_sets = tuple(looks)
    cursor = replace(context.cursor, delta_link=page.link, step=step, is_paging=not page.is_last)
    if change_sets or not page.is_last:  # else the end of the run stores the cursor, and the index with it
        await context.commit(change_sets, cursor)
    context.cursor = cursor


async def unlinked_looks(context: RunContext, ids: Sequence[OutlookId]) -> tuple[ChangeSet, ...]:
    """Turn Outlook contacts without a link into work, with the stored id that matching needs."""
    unread: Sequence[str] = ()
    try:
        contacts = await context.folder.read(ids)
    except ContactsFailing as error:  # they are looked at, and counted there
        contacts, unread = error.found, [*error.failed, *error.untried]
    here = [work_of(contact) for contact in contacts.values() if contact.folder_id == context.folder_id]
    here.extend(OutlookLook(OutlookId(key), is_new=True) for key in unread)
    return tuple(ChangeSet(put_work=(look,)) for look in here)


async def missing_cards(context: RunContext, links: Sequence[Link]) -> list[ChangeSet]:
    """Say of links whose cards the folder shows no more that these are missing; one that is elsewhere is looked at."""
    try:
        found: Collection[str] = await context.folder.read([link.outlook_id for link in links])
    except ContactsFailing as error:  # nobody knows whether they are missing: they are looked at
        found = {*error.found, *error.failed, *error.untried}
    now = context.clock.now()
    return [
        ChangeSet(put_work=(PipelinerLook(link.pipeliner_id),))
        if link.outlook_id in found or link.absent is not None or link.pending is not None
        else await_half(link, Side.OUTLOOK, AbsentBy.UNKNOWN, now)
        for link in links
    ]


async def ask_anew(context: RunContext, ids: Sequence[str], looked_at: Collection[str] = ()) -> list[ChangeSet]:
    """Look again at whoever a question is about that these contacts are candidates in: they are others now.

    `looked_at` are contacts that wait for a look already.
    """
    looks: list[ChangeSet] = []
    for item in await context.state.questions(ids) if ids else ():
        card, contact = item.outlook_id, item.pipeliner_id
        if card is not None and item.subject == outlook_subject(card):
            looks.extend([ChangeSet(put_work=(OutlookLook(card, is_new=True),))] if card not in looked_at else [])
        elif contact is not None and contact not in looked_at:
            looks.append(ChangeSet(put_work=(PipelinerLook(contact),)))
    return looks


def work_of(contact: OutlookContact) -> OutlookLook:
    """Work row of an Outlook contact without a link."""
    return OutlookLook(contact.id, contact.stored_id, is_new=True)


async def list_pipeliner(context: RunContext) -> None:
    """Walk the scope in batches; links that differ become work, contacts without one are matched or created."""
    stored = await stored_ids(context)
    is_known = await knows_everybody(context)
    after = context.cursor.listing_after
    done, walk = False, Walk("the contacts in scope")
    while not done:
        context.checkpoint()
        batch: list[PipelinerContact] = []
        unread: list[PipelinerId] = []
        while not done and len(batch) < BATCH:
            page = await context.contacts.scope_page(context.connection.user, context.connection.scope, after)
            batch.extend(page.contacts)
            unread.extend(page.unread)
            after, done = walk.to(page.after), page.after is None
        contacts = {contact.id: contact for contact in batch}
        context.seen_pipeliner.update(contacts)
        index = await context.state.pipeliner_index(list(contacts))
        links = await context.state.links([entry.link_id for entry in index.values()]) if index else {}
        known = [(link, contacts[link.pipeliner_id]) for link in links.values() if link.pipeliner_id in contacts]
        changed = [
            ChangeSet(put_work=(PipelinerLook(contact.id),))
            for link, contact in known
            if link.absent is not None or _differs(context, link, contact)
        ]
        changed.extend(ChangeSet(put_work=(PipelinerLook(key),)) for key in unread)
        new = [one for key, one in contacts.items() if key not in index]
        if not is_known:  # as long as it is not known who is there already, they wait
            changed.extend(ChangeSet(put_work=(PipelinerLook(one.id),)) for one in new)
        paired: list[Paired] = []
        if is_known:
            pair = (lambda some: pair_with_folder(context, some, stored), lambda one: (PipelinerLook(one.id),))
            paired = await apart(context, new, *pair)
        applied = await apply(context, [job for one in paired for job in one.jobs])
        changed.extend(change_set for one in paired for change_set in one.change_sets)
        cursor = replace(context.cursor, listing_after=after)
        await context.commit((*changed, *applied.change_sets), cursor, applied.finished)
    step = Step.LOOK_FOR_MISSING if context.cursor.look_for_missing else Step.PIPELINER_WORK
    context.cursor = replace(context.cursor, step=step, listing_after=None)


def _differs(context: RunContext, link: Link, contact: OutlookContact | PipelinerContact) -> bool:
    """Compare by value: a renamed account or a new relation does not move a contact's revision."""
    side = Side.OUTLOOK if isinstance(contact, OutlookContact) else Side.PIPELINER
    changed = changed_fields(context.connection.field_map, contact.contact, link.baselines.of(side))
    return link.pending is not None or bool(changed)


async def look_for_missing(context: RunContext) -> None:
    """Walk all links; those that were not seen on either side in this sync become work."""
    while page := await context.state.links_page(context.cursor.links_after):
        context.checkpoint()
        unseen = [link for link in page if link.pipeliner_id not in context.seen_pipeliner]
        change_sets = [ChangeSet(put_work=(PipelinerLook(link.pipeliner_id),)) for link in unseen]
        cards = [link for link in page if link.outlook_id not in context.seen_outlook and link not in unseen]
        change_sets.extend(await missing_cards(context, cards) if cards else ())
        cursor = replace(context.cursor, links_after=page[-1].id)
        await context.commit(change_sets, cursor if change_sets else None)
        context.cursor = cursor
    context.cursor = replace(context.cursor, step=Step.PIPELINER_WORK, links_after=None)
